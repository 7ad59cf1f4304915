import type { EpochMs, JsonObject, JsonValue, ServerId } from '@lutra/core';
import type { ServerFilter, ServerPageRequest } from './calls.ts';
import type { Compute } from './compute.ts';
import { objectOf, textOf } from './json-values.ts';
import { patternOf } from './pattern.ts';
import type { View } from './published.ts';
import { lastSegment } from './reference.ts';
import { addressesOf } from './server-json.ts';
import type { ServerLook } from './server-record.ts';

/** What a page of a listing shows. Without a filter its cost is that of the page alone. */
export function pageOf(
  compute: Compute,
  view: View,
  { limit = Number.POSITIVE_INFINITY, marker, name, filter }: ServerPageRequest,
): readonly ServerLook[] {
  if (name === undefined && filter === undefined) return compute.list(view, limit, marker);
  const fits = filter === undefined ? () => true : fitting(filter);
  const found = compute
    .list(view, Number.POSITIVE_INFINITY, marker)
    .filter((look) => (name === undefined || look.name === name) && fits(look));
  const gone = filter?.changesSince === undefined ? [] : goneSince(compute, filter.changesSince, marker, fits);
  return [...found, ...gone].slice(0, limit);
}

function fitting({ name, status, ip, image, flavor, changesSince }: ServerFilter): (look: ServerLook) => boolean {
  const pattern = name === undefined ? undefined : patternOf(name);
  const address = ip === undefined ? undefined : patternOf(ip, true);
  return (look) =>
    (pattern === undefined || pattern.test(look.name)) &&
    (status === undefined || look.status === status.toUpperCase()) &&
    (address === undefined || textsOf(addressesOf(look)).some((one) => address.test(one))) &&
    fitsRest(look, { image, flavor, changesSince });
}

/** Its addresses, of whatever network. */
const textsOf = (addresses: JsonObject): readonly string[] =>
  Object.values(addresses).flatMap((entries) =>
    Array.isArray(entries) ? entries.flatMap((entry: JsonValue) => textOf(objectOf(entry)?.addr) ?? []) : [],
  );

const fitsRest = ({ request, updatedAt }: ServerLook, { image, flavor, changesSince }: ServerFilter): boolean =>
  (image === undefined || lastSegment(textOf(request.imageRef)) === lastSegment(image)) &&
  (flavor === undefined || lastSegment(textOf(request.flavorRef)) === lastSegment(flavor)) &&
  (changesSince === undefined || updatedAt >= changesSince);

/** Those that are gone come last; a marker among them is the last one shown. */
function goneSince(
  compute: Compute,
  since: EpochMs,
  marker: ServerId | undefined,
  fits: (look: ServerLook) => boolean,
): readonly ServerLook[] {
  const gone = compute
    .departed()
    .filter(({ goneAt }) => goneAt >= since)
    .map(({ look }) => look);
  const slot = gone.findIndex(({ id }) => id === marker);
  return gone.slice(slot + 1).filter(fits);
}

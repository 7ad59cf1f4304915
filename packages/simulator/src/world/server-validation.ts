/** Why Nova does not make a server, in its own words (spec/providers.md, section 3.2). */
import { cutTo, hasAtMost, type JsonObject, type JsonValue } from '@lutra/core';
import { computeLimits, flavors, longestName as longest, metadataItems, publicNetwork, serviceNetwork } from './catalogue.ts';
import type { Limits } from './effects.ts';
import { objectOf, textOf, wordsOf } from './json-values.ts';
import { demandOf, overQuota, quotaResources } from './quota.ts';
import { lastSegment } from './reference.ts';
import { type Refusal, refusals } from './refusal.ts';
import { networkIdsIn } from './server-networks.ts';
import type { ServerRecord } from './server-record.ts';
import { vmStateOf } from './server-status.ts';
import type { Tenant } from './tenant.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The first thing that is wrong with a request; undefined when it is good. */
export function whyNotCreated(tenant: Tenant, server: JsonObject, { metadataItems: most = metadataItems }: Limits): Refusal | undefined {
  const message = whyBadName(server) ?? whyBadImage(tenant, server) ?? whyBadFlavor(server) ?? whyBadRest(tenant, server);
  if (message !== undefined) return refusals.badServerRequest(message);
  return server.metadata === undefined || server.metadata === null ? undefined : whyBadMetadata(server.metadata, 0, most);
}

function whyBadName({ name }: JsonObject): string | undefined {
  if (typeof name !== 'string' || name.trim() === '') return 'Server name is not defined';
  return hasAtMost(name, longest) ? undefined : `Server name is too long. It has ${[...name].length} characters, more than ${longest}.`;
}
function whyBadImage({ belongings }: Tenant, server: JsonObject): string | undefined {
  const id = lastSegment(textOf(server.imageRef));
  if (id === undefined) {
    const bootsFromVolume = server.block_device_mapping !== undefined || server.block_device_mapping_v2 !== undefined;
    return bootsFromVolume ? undefined : 'Missing imageRef attribute';
  }
  const image = belongings.image(id);
  if (image === undefined) return 'Can not find requested image';
  if (image.status !== 'ACTIVE') return `Image ${id} is not active.`;
  const flavor = flavors.get(lastSegment(textOf(server.flavorRef)) ?? '');
  if (flavor !== undefined && flavor.ram < image.minRam) return "Flavor's memory is too small for requested image.";
  return flavor !== undefined && flavor.disk !== 0 && flavor.disk < image.minDisk
    ? "Flavor's disk is too small for requested image."
    : undefined;
}
function whyBadFlavor({ flavorRef }: JsonObject): string | undefined {
  const id = lastSegment(textOf(flavorRef));
  return id !== undefined && flavors.has(id) ? undefined : 'Invalid flavorRef provided.';
}
function whyBadRest(tenant: Tenant, server: JsonObject): string | undefined {
  const { key_name: key, 'OS-DCF:diskConfig': diskConfig } = server;
  if (diskConfig !== undefined && diskConfig !== null && !['AUTO', 'MANUAL'].includes(wordsOf(diskConfig))) {
    return "OS-DCF:diskConfig must be either 'MANUAL' or 'AUTO'.";
  }
  if (key !== undefined && key !== null && tenant.belongings.keypair(wordsOf(key)) === undefined) return 'Invalid key_name provided.';
  return whyBadNetworks(tenant, server.networks) ?? whyBadPersonality(server.personality);
}
function whyBadNetworks({ belongings }: Tenant, networks: JsonValue | undefined): string | undefined {
  for (const id of networkIdsIn(networks)) {
    if (!uuid.test(id)) return `Bad networks format: network uuid is not in proper format (${id})`;
    if (![publicNetwork, serviceNetwork].includes(id) && belongings.network(id) === undefined) return `Network ${id} could not be found.`;
  }
  return undefined;
}
function whyBadPersonality(personality: JsonValue | undefined): string | undefined {
  if (personality === undefined || personality === null) return undefined;
  if (!Array.isArray(personality)) return 'Personality file list is malformed.';
  if (personality.length > computeLimits.maxPersonality) return 'Personality file limit exceeded';
  const contents = personality.map((file: JsonValue) => textOf(objectOf(file)?.contents));
  if (contents.includes(undefined)) return 'Bad personality format: missing contents';
  const sizes = contents.map((content) => Buffer.from(content ?? '', 'base64').length);
  return sizes.some((size) => size > computeLimits.maxPersonalitySize) ? 'Personality file content too long' : undefined;
}

/** Of these Nova takes no metadata (spec/openstack.md, N1). */
const unmarkable: ReadonlySet<string> = new Set(['building', 'resized', 'rescued', 'error']);

/** Why the metadata of a server cannot be written in its state. */
export function whyNotMarked({ id, status }: ServerRecord, what = 'update metadata'): Refusal | undefined {
  const state = vmStateOf(status);
  return unmarkable.has(state) ? refusals.wrongState(what, id, `vm_state ${state}`) : undefined;
}

/** Why metadata cannot be set on a server that has so many items besides. */
export function whyBadMetadata(given: JsonValue, besides: number, most = metadataItems): Refusal | undefined {
  const metadata = objectOf(given);
  if (metadata === undefined || Object.values(metadata).some((value) => typeof value !== 'string')) {
    return refusals.badServerRequest('Malformed metadata: items are strings');
  }
  const long = Object.entries(metadata).find(([key, value]) => !hasAtMost(key, longest) || !hasAtMost(wordsOf(value), longest));
  if (long !== undefined)
    return refusals.badServerRequest(`Metadata property ${cutTo(long[0], longest)} is longer than ${longest} characters`);
  if (Object.keys(metadata).length + besides <= most) return undefined;
  return refusals.tooMuchMetadata(most, 'unexpected-refusal');
}

/** Quotas are looked at last, when the request itself is good. */
export function whyTooMuch({ compute }: Tenant, { flavorRef }: JsonObject, { quota = {}, used }: Limits): Refusal | undefined {
  const flavor = flavors.get(lastSegment(textOf(flavorRef)) ?? '');
  if (flavor === undefined) return undefined;
  const lowest = Object.fromEntries(quotaResources.map((resource) => [resource, quota[resource] ?? compute.quota[resource]]));
  const message = overQuota(lowest, { ...compute.used, ...used }, demandOf(flavor));
  return message === undefined ? undefined : refusals.overQuota(message);
}

import { changesBetween, type Server, type ServerId, type TenantId, withChanges } from '@lutra/core';
import { readServer } from './world/server-json.ts';
import type { KeptLook } from './world/server-record.ts';

/** A listing as it was read. */
interface Read {
  readonly rows: readonly KeptLook[];
  /** Each server once. */
  readonly servers: readonly Server[];
}

/**
 * Reads listings of tenants' servers, each server once. Rows that are the same objects as in the tenant's last listing are not looked
 * at again, for most listings differ from the last one in a row or two; without any change the answer is the very same array.
 */
export class ListingReader {
  readonly #last = new Map<TenantId, Read>();

  read(tenantId: TenantId, rows: readonly KeptLook[]): readonly Server[] {
    const before = this.#last.get(tenantId);
    if (before?.rows === rows) return before.servers;
    const servers = (before && updated(before, rows)) ?? readAll(rows);
    this.#last.set(tenantId, { rows, servers });
    return servers;
  }
}

const readAll = (rows: readonly KeptLook[]): readonly Server[] => [...new Map(rows.map((row) => [row.id, row])).values()].map(readServer);

/** The last listing with what has changed in it; undefined when that is not sure to have each server once. */
function updated(before: Read, rows: readonly KeptLook[]): readonly Server[] | undefined {
  if (before.rows.length !== before.servers.length) return undefined; // some were shown twice
  const changes = changesBetween(before.rows, rows);
  if (changes === undefined) return undefined;
  const dropped = changes.dropped.map(readServer);
  const fresh = changes.fresh.map(readServer);
  const left = new Set<ServerId>(dropped.map(({ id }) => id));
  if (left.size < dropped.length) return undefined;
  const made = new Set<ServerId>();
  for (const { id } of fresh) {
    if (left.delete(id)) continue;
    if (made.has(id) || before.servers.some((server) => server.id === id)) return undefined;
    made.add(id);
  }
  const servers = withChanges(before.servers, { dropped, fresh }, ({ id }) => id);
  const isInOrder = made.size === 0 && changes.fresh.every((look, n) => rows.indexOf(look) === servers.indexOf(fresh[n] as Server));
  return isInOrder ? servers : rows.map(readServer);
}

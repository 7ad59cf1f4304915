import { changesBetween, type Server, staysDistinct, type TenantId, withChanges } from '@lutra/core';
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
  const read = { dropped: changes.dropped.map(readServer), fresh: changes.fresh.map(readServer) };
  if (!staysDistinct(before.servers, read, ({ id }) => id)) return undefined;
  const servers = withChanges(before.servers, read, ({ id }) => id);
  const isInOrder = changes.fresh.every((look) => rows.indexOf(look) === servers.indexOf(readServer(look)));
  return isInOrder ? servers : rows.map(readServer);
}

/** What is kept of tenants beside their groups. Every function runs inside a transaction, or reads what is committed. */
import {
  type DurationMs,
  type EpochMs,
  type GroupRef,
  type JsonObject,
  type KeptKey,
  type KeyUse,
  later,
  type Made,
  seconds,
  type TenantId,
} from '@lutra/core';
import {
  type CreatesChange,
  type NodeRecord,
  nodeRecordKey,
  refuse,
  type Secrets,
  type StoreBounds,
  type TableChange,
  type Tombstone,
} from '@lutra/core/stores';
import type { Database, Row } from './database.ts';
import { decode, encode } from './documents.ts';

/** For so long creates are remembered. */
const hour = seconds(3600);
/** Creates within so long are counted together. */
const minute = seconds(60);

/**
 * Rows of one table whose time is over, and go with each call beside as many as it adds: a backlog goes bit by bit, for whatever else the
 * host does waits meanwhile. Reads leave out what is over.
 */
export const mostForgotten = 32;

export class TenantTables {
  readonly #database: Database;
  readonly #secrets: Secrets;
  readonly #bounds: StoreBounds;

  constructor(database: Database, secrets: Secrets, bounds: StoreBounds) {
    this.#database = database;
    this.#secrets = secrets;
    this.#bounds = bounds;
  }

  /** Makes sure that there is a row for the tenant. */
  touch(tenantId: TenantId): void {
    const highest = `SELECT max(value) FROM counters WHERE name = 'highest-forgotten-sequence'`;
    this.#database.run(`INSERT OR IGNORE INTO tenants (tenant_id, sequence) VALUES (?, coalesce((${highest}), 0))`, tenantId);
  }

  /** One group more, or fewer. A tenant that has its first one, or none any more, is without an owner from now on. */
  countGroup(tenantId: TenantId, change: 1 | -1, now: EpochMs): void {
    this.touch(tenantId);
    this.#database.run(
      `UPDATE tenants SET group_count = group_count + ?1,
         unowned_since = CASE WHEN group_count = 0 THEN ?2 ELSE unowned_since END WHERE tenant_id = ?3`,
      ...[change, now, tenantId],
    );
  }

  /** Whether neither the group's own state nor an operator holds its writes back. */
  mayConverge({ tenantId, groupId }: GroupRef): boolean {
    const row = this.#database.get(
      `SELECT 1 AS may FROM groups WHERE tenant_id = ?1 AND group_id = ?2 AND held = 0
         AND NOT EXISTS (SELECT 1 FROM switches WHERE tenant_id IN ('', ?1) AND group_id IN ('', ?2))`,
      ...[tenantId, groupId],
    );
    return row !== undefined;
  }

  withGroups(): readonly TenantId[] {
    return tenantIds(this.#database.all('SELECT tenant_id FROM tenants WHERE group_count > 0 ORDER BY tenant_id'));
  }

  isSuspended(tenantId: TenantId): boolean {
    return this.#database.get('SELECT suspended FROM tenants WHERE tenant_id = ?', tenantId)?.suspended === 1;
  }

  setSuspended(tenantId: TenantId, suspended: boolean): void {
    this.touch(tenantId);
    this.#database.run('UPDATE tenants SET suspended = ? WHERE tenant_id = ?', Number(suspended), tenantId);
  }

  findKey({ tenantId, scope, key }: Pick<KeyUse, 'tenantId' | 'scope' | 'key'>, now: EpochMs): KeptKey | undefined {
    const row = this.#database.get(
      'SELECT fingerprint, made FROM caller_keys WHERE tenant_id = ? AND name = ? AND until > ?',
      ...[tenantId, nameOf(scope, key), now],
    );
    return row && { fingerprint: String(row.fingerprint), made: decode<Made>(this.#secrets.open(String(row.made))) };
  }

  keepKey({ tenantId, scope, key, fingerprint, keptFor, most }: KeyUse, made: Made, now: EpochMs): void {
    this.#database.run(
      'DELETE FROM caller_keys WHERE number IN (SELECT number FROM caller_keys WHERE until <= ? ORDER BY until LIMIT ?)',
      ...[now, mostForgotten],
    );
    this.#database.run('DELETE FROM caller_keys WHERE tenant_id = ? AND name = ?', tenantId, nameOf(scope, key)); // it is the youngest now
    this.#database.run(
      'INSERT INTO caller_keys (tenant_id, name, fingerprint, until, made) VALUES (?, ?, ?, ?, ?)',
      ...[tenantId, nameOf(scope, key), fingerprint, later(now, keptFor), this.#secrets.seal(encode(made))],
    );
    this.#database.run(
      `DELETE FROM caller_keys WHERE number IN
         (SELECT number FROM caller_keys WHERE tenant_id = ? ORDER BY number DESC LIMIT -1 OFFSET ?)`,
      ...[tenantId, most],
    );
  }

  changeNodeRecords(tenantId: TenantId, { put = [], deleted = [] }: TableChange<string, NodeRecord>): void {
    for (const id of deleted) this.#database.run('DELETE FROM node_records WHERE tenant_id = ? AND id = ?', tenantId, id);
    for (const record of put) {
      this.#database.run(
        `INSERT INTO node_records (tenant_id, id, at, document) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET at = excluded.at, document = excluded.document`,
        ...[tenantId, nodeRecordKey(record), record.at, encode(record)],
      );
    }
    this.#database.run(
      `DELETE FROM node_records WHERE tenant_id = ?1 AND id IN
         (SELECT id FROM node_records WHERE tenant_id = ?1 ORDER BY at DESC, id DESC LIMIT -1 OFFSET ?2)`,
      ...[tenantId, this.#bounds.nodeRecordsPerTenant],
    );
  }

  nodeRecords(tenantId: TenantId): readonly NodeRecord[] {
    return documents<NodeRecord>(this.#database.all('SELECT document FROM node_records WHERE tenant_id = ? ORDER BY id', tenantId));
  }

  addTombstone(tenantId: TenantId, tombstone: Tombstone): void {
    this.#database.run(
      'DELETE FROM tombstones WHERE number IN (SELECT number FROM tombstones WHERE at <= ? ORDER BY at LIMIT ?)',
      ...[tombstone.at - this.#bounds.tombstoneAge, mostForgotten],
    );
    this.#database.run('INSERT INTO tombstones (tenant_id, at, document) VALUES (?, ?, ?)', tenantId, tombstone.at, encode(tombstone));
    this.#database.run(
      `DELETE FROM tombstones WHERE number IN
         (SELECT number FROM tombstones WHERE tenant_id = ? ORDER BY at DESC, number DESC LIMIT -1 OFFSET ?)`,
      ...[tenantId, this.#bounds.tombstonesPerTenant],
    );
  }

  tombstones(tenantId: TenantId, now: EpochMs): readonly Tombstone[] {
    return documents<Tombstone>(
      this.#database.all(
        'SELECT document FROM tombstones WHERE tenant_id = ? AND at > ? ORDER BY at, number',
        ...[tenantId, now - this.#bounds.tombstoneAge],
      ),
    );
  }

  /** Counts creates; negative: takes back the newest. Throws `creates-over-limit` if that is too many. */
  addCreates(tenantId: TenantId, { count, most }: CreatesChange, now: EpochMs): void {
    this.#database.run(
      `DELETE FROM creates WHERE (tenant_id, began_at) IN
         (SELECT tenant_id, began_at FROM creates WHERE at <= ? ORDER BY at LIMIT ?)`,
      ...[now - hour, mostForgotten],
    );
    if (most !== null && count > 0 && this.createsWithin(tenantId, hour, now).count + count > most)
      throw refuse.createsOverLimit(tenantId, most);
    if (count < 0) this.#takeBack(tenantId, -count);
    else this.#addMore(tenantId, count, now);
  }

  #addMore(tenantId: TenantId, count: number, now: EpochMs): void {
    const began = this.#database.get(
      'SELECT began_at FROM creates WHERE tenant_id = ? AND began_at > ? ORDER BY began_at DESC LIMIT 1',
      ...[tenantId, now - minute],
    )?.began_at;
    this.#database.run(
      `INSERT INTO creates (tenant_id, began_at, at, count) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT DO UPDATE SET at = ?3, count = count + ?4`,
      ...[tenantId, began ?? now, now, count],
    );
  }

  #takeBack(tenantId: TenantId, count: number): void {
    let left = count;
    for (const row of this.#database.all('SELECT began_at, count FROM creates WHERE tenant_id = ? ORDER BY began_at DESC', tenantId)) {
      const taking = Math.min(left, Number(row.count));
      left -= taking;
      this.#database.run('UPDATE creates SET count = count - ? WHERE tenant_id = ? AND began_at = ?', taking, tenantId, row.began_at ?? 0);
    }
    this.#database.run('DELETE FROM creates WHERE tenant_id = ? AND count <= 0', tenantId);
  }

  createsWithin(tenantId: TenantId, within: DurationMs, now: EpochMs): { readonly count: number; readonly since: EpochMs | null } {
    const row = this.#database.get(
      'SELECT coalesce(sum(count), 0) AS count, min(at) AS since FROM creates WHERE tenant_id = ? AND at > ?',
      ...[tenantId, now - Math.min(within, hour)],
    );
    return { count: Number(row?.count ?? 0), since: (row?.since ?? null) as EpochMs | null };
  }

  setCredentials(tenantId: TenantId, credentials: JsonObject | undefined): void {
    this.touch(tenantId);
    const sealed = credentials === undefined ? null : this.#secrets.seal(encode(credentials));
    this.#database.run('UPDATE tenants SET credentials = ? WHERE tenant_id = ?', sealed, tenantId);
  }

  credentials(tenantId: TenantId): JsonObject | undefined {
    const sealed = this.#database.get('SELECT credentials FROM tenants WHERE tenant_id = ?', tenantId)?.credentials ?? null;
    return sealed === null ? undefined : decode<JsonObject>(this.#secrets.open(String(sealed)));
  }
}

/**
 * Deletes a tenant of which nothing is left to keep. Should it come again, its activity goes on above every sequence that was forgotten, and
 * epochs are counted over all tenants: so nothing of before is taken for something of then.
 */
export function forgetTenant(database: Database, tenantId: string): void {
  const gone = database.get(
    `DELETE FROM tenants WHERE tenant_id = ? AND group_count = 0 AND activity_count = 0 AND suspended = 0
       AND credentials IS NULL AND owner_host IS NULL RETURNING sequence`,
    tenantId,
  );
  if (gone === undefined) return;
  database.run('DELETE FROM node_records WHERE tenant_id = ?', tenantId);
  database.run(
    `INSERT INTO counters (name, value) VALUES ('highest-forgotten-sequence', ?1) ON CONFLICT DO UPDATE SET value = max(value, ?1)`,
    Number(gone.sequence),
  );
}

/** A key has no spaces, so no two uses have the same name. */
const nameOf = (scope: string, key: string): string => `${key} ${scope}`;

const tenantIds = (rows: readonly Row[]): readonly TenantId[] => rows.map((row) => String(row.tenant_id) as TenantId);

const documents = <T>(rows: readonly Row[]): readonly T[] => rows.map(({ document }) => decode<T>(String(document)));

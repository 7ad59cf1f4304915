/** What operators set. Every function runs inside a transaction, or reads what is committed. */
import type { EpochMs, GroupId, GroupRef, TenantId } from '@lutra/core';
import { mostObserved, refuse, type SetSwitch, type Switches, type SwitchNote, setSwitch } from '@lutra/core/stores';
import type { Database, Row } from './database.ts';

/** What stands for every tenant, and for every group of a tenant. */
const every = '';

export class SwitchTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  all(): Switches {
    const rows = this.#database
      .all('SELECT * FROM switches ORDER BY tenant_id, group_id')
      .map((row) => ({ tenantId: String(row.tenant_id) as TenantId, groupId: String(row.group_id) as GroupId, ...switchIn(row) }));
    return {
      stopAll: this.stopAll(),
      observedTenants: rows.filter(({ tenantId, groupId }) => tenantId !== every && groupId === every).map(({ groupId: _, ...set }) => set),
      observedGroups: rows.filter(({ groupId }) => groupId !== every),
    };
  }

  /** What an operator stopped all hosts with; null = nothing. */
  stopAll(): SetSwitch | null {
    return this.#read(every, every) ?? null;
  }

  /** null lifts it. */
  setStopAll(note: SwitchNote | null, now: EpochMs): void {
    this.#set(every, every, note, now);
  }

  /** Of a whole tenant when `groupId` is undefined; null lifts it. */
  setObserveOnly(tenantId: TenantId, groupId: GroupId | undefined, note: SwitchNote | null, now: EpochMs): void {
    if (groupId !== undefined && note !== null) {
      const group = this.#database.get('SELECT 1 AS known FROM groups WHERE tenant_id = ? AND group_id = ?', tenantId, groupId);
      if (group === undefined) throw refuse.noSuchGroup({ tenantId, groupId });
    }
    this.#set(tenantId, groupId ?? every, note, now);
  }

  /** To be told when a group has gone. */
  removed({ tenantId, groupId }: GroupRef): void {
    this.#lift(tenantId, groupId);
  }

  #read(tenantId: string, groupId: string): SetSwitch | undefined {
    const row = this.#database.get('SELECT since, set_by, reason FROM switches WHERE tenant_id = ? AND group_id = ?', tenantId, groupId);
    return row && switchIn(row);
  }

  #set(tenantId: string, groupId: string, note: SwitchNote | null, now: EpochMs): void {
    if (note === null) {
      this.#lift(tenantId, groupId);
      return;
    }
    const before = this.#read(tenantId, groupId);
    if (before === undefined && tenantId !== every && this.#observed() >= mostObserved) throw refuse.observedOverLimit(mostObserved);
    const { since, by, reason } = setSwitch(before, note, now);
    this.#database.run(
      'INSERT OR REPLACE INTO switches (tenant_id, group_id, since, set_by, reason) VALUES (?, ?, ?, ?, ?)',
      ...[tenantId, groupId, since, by, reason],
    );
  }

  #lift(tenantId: string, groupId: string): void {
    this.#database.run('DELETE FROM switches WHERE tenant_id = ? AND group_id = ?', tenantId, groupId);
  }

  #observed(): number {
    return Number(this.#database.get(`SELECT count(*) AS count FROM switches WHERE tenant_id > ''`)?.count);
  }
}

const switchIn = ({ since, set_by: by, reason }: Row): SetSwitch => ({
  since: Number(since) as EpochMs,
  by: (by ?? null) as string | null,
  reason: (reason ?? null) as string | null,
});

/** Activity in its tables. `record` runs inside the transaction that it tells about. */
import type { ActivityEntry, ActivityNote, ActivityPage, EpochMs, GroupRef, TenantId } from '@lutra/core';
import { entriesLookedAt, noteEntry, type StoreBounds } from '@lutra/core/stores';
import type { Database, Row } from './database.ts';
import { decode, encode } from './documents.ts';
import { forgetTenant, mostForgotten } from './tenants.ts';

export class ActivityTables {
  readonly #database: Database;
  readonly #bounds: StoreBounds;

  constructor(database: Database, bounds: StoreBounds) {
    this.#database = database;
    this.#bounds = bounds;
  }

  /** Records what happened to a group, in this order. The tenant has a row. */
  record(ref: GroupRef, notes: readonly ActivityNote[], now: EpochMs): void {
    if (notes.length === 0) return;
    const most = notes.length + mostForgotten;
    this.#forgetOld(now, most);
    for (const note of notes) this.#add(ref, note, now);
    const { tenantId } = ref;
    const total = this.#database.get('SELECT activity_count FROM tenants WHERE tenant_id = ?', tenantId)?.activity_count;
    const excess = Number(total) - this.#bounds.activityPerTenant;
    if (excess > 0) {
      const eldest = 'SELECT sequence FROM activity WHERE tenant_id = ?1 ORDER BY sequence LIMIT ?2';
      this.#forget(`tenant_id = ?1 AND sequence IN (${eldest})`, tenantId, Math.min(excess, most));
    }
  }

  read(tenantId: TenantId, page: ActivityPage, now: EpochMs): readonly ActivityEntry[] {
    const { groupId, limit } = page;
    const [condition, order, bound] = 'after' in page ? ['>', 'ASC', page.after] : ['<', 'DESC', page.before ?? Number.MAX_SAFE_INTEGER];
    const ofGroup = groupId === undefined ? '' : 'AND group_id = ?';
    const rows = this.#database.all(
      `SELECT document FROM activity WHERE tenant_id = ? ${ofGroup} AND sequence ${condition} ? AND stored_at > ?
       ORDER BY sequence ${order} LIMIT ?`,
      ...[tenantId, ...(groupId === undefined ? [] : [groupId]), bound, now - this.#bounds.activityAge, limit],
    );
    return rows.map(entryIn);
  }

  #add(ref: GroupRef, note: ActivityNote, now: EpochMs): void {
    const { tenantId, groupId } = ref;
    const newest = this.#database.all(
      'SELECT document FROM activity WHERE tenant_id = ? AND group_id = ? AND stored_at > ? ORDER BY sequence DESC LIMIT ?',
      ...[tenantId, groupId, now - this.#bounds.activityAge, entriesLookedAt], // nothing repeats an entry that is too old
    );
    const counted = this.#database.get(
      'UPDATE tenants SET sequence = sequence + 1, activity_count = activity_count + 1 WHERE tenant_id = ? RETURNING sequence',
      tenantId,
    );
    const sequence = Number(counted?.sequence);
    const { entry, replaced } = noteEntry(ref, note, sequence, newest.map(entryIn));
    for (const gone of replaced) this.#forget('tenant_id = ? AND sequence = ?', tenantId, gone.sequence);
    this.#database.run(
      'INSERT INTO activity (tenant_id, sequence, group_id, stored_at, document) VALUES (?, ?, ?, ?, ?)',
      ...[tenantId, sequence, groupId, now, encode(entry)],
    );
    const ofGroup = this.#database.get(
      `INSERT INTO activity_counts (tenant_id, group_id, count) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1
       RETURNING count`,
      ...[tenantId, groupId],
    );
    if (Number(ofGroup?.count) > this.#bounds.activityPerGroup) {
      const eldest = 'SELECT min(sequence) FROM activity WHERE tenant_id = ?1 AND group_id = ?2';
      this.#forget(`tenant_id = ?1 AND sequence = (${eldest})`, tenantId, groupId);
    }
  }

  /** Lets go of the eldest that are too old, of all tenants, and the rows of tenants of which nothing else is kept. */
  #forgetOld(now: EpochMs, most: number): void {
    const eldest = 'SELECT tenant_id, sequence FROM activity WHERE stored_at <= ?1 ORDER BY stored_at LIMIT ?2';
    const tenants = this.#forget(`(tenant_id, sequence) IN (${eldest})`, now - this.#bounds.activityAge, most);
    for (const tenantId of tenants) forgetTenant(this.#database, tenantId);
  }

  /** Deletes entries, and counts them off, once for each group; their tenants. */
  #forget(condition: string, ...values: readonly (string | number)[]): readonly string[] {
    const gone = this.#database.all(`DELETE FROM activity WHERE ${condition} RETURNING tenant_id, group_id`, ...values);
    const tenants = Map.groupBy(gone, ({ tenant_id: tenantId }) => String(tenantId));
    for (const [tenantId, ofTenant] of tenants) {
      this.#database.run('UPDATE tenants SET activity_count = activity_count - ? WHERE tenant_id = ?', ofTenant.length, tenantId);
      for (const [groupId, { length }] of Map.groupBy(ofTenant, ({ group_id: groupId }) => String(groupId))) {
        this.#database.run('UPDATE activity_counts SET count = count - ? WHERE tenant_id = ? AND group_id = ?', length, tenantId, groupId);
        this.#database.run('DELETE FROM activity_counts WHERE tenant_id = ? AND group_id = ? AND count <= 0', tenantId, groupId);
      }
    }
    return [...tenants.keys()];
  }
}

const entryIn = ({ document }: Row): ActivityEntry => decode<ActivityEntry>(String(document));

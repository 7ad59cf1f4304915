/** Activity in its tables. `record` runs inside the transaction that it tells about. */
import type { ActivityEntry, ActivityNote, ActivityPage, EpochMs, GroupRef, TenantId } from '@lutra/core';
import { entryOf, repeats, type StoreBounds } from '@lutra/core/stores';
import type { Database, Row } from './database.ts';
import { decode, encode } from './documents.ts';

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
    this.#forget('stored_at <= ?', now - this.#bounds.activityAge);
    for (const note of notes) this.#add(ref, note, now);
    const { tenantId } = ref;
    const total = this.#database.get('SELECT sum(count) AS total FROM activity_counts WHERE tenant_id = ?', tenantId)?.total;
    const excess = Number(total ?? 0) - this.#bounds.activityPerTenant;
    if (excess > 0)
      this.#forget(
        '(tenant_id, sequence) IN (SELECT tenant_id, sequence FROM activity WHERE tenant_id = ? ORDER BY sequence LIMIT ?)',
        tenantId,
        excess,
      );
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
    const last = this.#database.get(
      'SELECT document FROM activity WHERE tenant_id = ? AND group_id = ? ORDER BY sequence DESC LIMIT 1',
      ...[tenantId, groupId],
    );
    const before = last && entryIn(last);
    const repeated = before !== undefined && repeats(note, before) ? before : undefined;
    if (repeated !== undefined) this.#forget('tenant_id = ? AND sequence = ?', tenantId, repeated.sequence);
    this.#database.run('UPDATE tenants SET sequence = sequence + 1 WHERE tenant_id = ?', tenantId);
    const sequence = Number(this.#database.get('SELECT sequence FROM tenants WHERE tenant_id = ?', tenantId)?.sequence);
    this.#database.run(
      'INSERT INTO activity (tenant_id, sequence, group_id, stored_at, document) VALUES (?, ?, ?, ?, ?)',
      ...[tenantId, sequence, groupId, now, encode(entryOf(ref, note, sequence, repeated))],
    );
    this.#database.run(
      `INSERT INTO activity_counts (tenant_id, group_id, count) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1`,
      ...[tenantId, groupId],
    );
    const count = this.#database.get('SELECT count FROM activity_counts WHERE tenant_id = ? AND group_id = ?', tenantId, groupId)?.count;
    if (Number(count) > this.#bounds.activityPerGroup) {
      const eldest = 'SELECT min(sequence) FROM activity WHERE tenant_id = ?1 AND group_id = ?2';
      this.#forget(`tenant_id = ?1 AND sequence = (${eldest})`, tenantId, groupId);
    }
  }

  /** Deletes entries, and counts them off. */
  #forget(condition: string, ...values: readonly (string | number)[]): void {
    const gone = this.#database.all(`DELETE FROM activity WHERE ${condition} RETURNING tenant_id, group_id`, ...values);
    for (const { tenant_id: tenantId = '', group_id: groupId = '' } of gone) {
      this.#database.run('UPDATE activity_counts SET count = count - 1 WHERE tenant_id = ? AND group_id = ?', tenantId, groupId);
      this.#database.run('DELETE FROM activity_counts WHERE tenant_id = ? AND group_id = ? AND count <= 0', tenantId, groupId);
    }
  }
}

const entryIn = ({ document }: Row): ActivityEntry => decode<ActivityEntry>(String(document));

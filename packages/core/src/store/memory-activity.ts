import { type ActivityEntry, type ActivityNote, entriesLookedAt, noteEntry } from '../model/activity.ts';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import type { GroupRef } from '../model/scaling-group.ts';
import { type EpochMs, later } from '../model/time.ts';
import type { ActivityPage, StoreBounds } from '../ports/store.ts';

/** What bounds the activity that is kept. */
export type ActivityBounds = Pick<StoreBounds, 'activityPerGroup' | 'activityPerTenant' | 'activityAge'>;

interface Kept {
  readonly entry: ActivityEntry;
  /** By the store's clock, which is the one that entries age by: `entry.at` may come from a host whose clock is ahead. */
  readonly storedAt: EpochMs;
}

/** What is kept of one tenant. Both tables are in the order of sequences. */
interface TenantLog {
  /** The sequence of its newest entry. */
  newest: number;
  readonly entries: Map<number, Kept>;
  readonly groups: Map<GroupId, number[]>;
}

/**
 * Activity, in memory. It knows of no groups, so entries outlive theirs until they are too old. A tenant whose last entry is too old is
 * forgotten; should it come again, its sequence goes on above every one that was forgotten.
 */
export class MemoryActivity {
  readonly #bounds: ActivityBounds;
  /** By when each last recorded anything. */
  readonly #tenants = new Map<TenantId, TenantLog>();
  #highestForgotten = 0;

  constructor(bounds: ActivityBounds) {
    this.#bounds = bounds;
  }

  /** Tenants, and groups and entries of all of them, that are remembered, those that are too old too. */
  get sizes(): { readonly tenants: number; readonly groups: number; readonly entries: number } {
    const logs = [...this.#tenants.values()];
    const sum = (sizeOf: (log: TenantLog) => number): number => logs.reduce((total, log) => total + sizeOf(log), 0);
    return { tenants: logs.length, groups: sum(({ groups }) => groups.size), entries: sum(({ entries }) => entries.size) };
  }

  /** Records what happened to a group, in this order. To be called within the commit that it tells about. */
  record(ref: GroupRef, notes: readonly ActivityNote[], now: EpochMs): void {
    this.#forgetTenants(now);
    if (notes.length === 0) return;
    const { tenantId } = ref;
    const log = this.#tenants.get(tenantId) ?? { newest: this.#highestForgotten, entries: new Map(), groups: new Map() };
    this.#tenants.delete(tenantId); // it is the last in the order now
    this.#tenants.set(tenantId, log);
    this.#trim(log, now); // first: nothing repeats an entry that is too old
    for (const note of notes) this.#add(log, ref, note, now);
    this.#trim(log, now);
  }

  read(tenantId: TenantId, page: ActivityPage, now: EpochMs): readonly ActivityEntry[] {
    const log = this.#tenants.get(tenantId);
    if (log === undefined) return [];
    this.#trim(log, now);
    const { groupId, limit } = page;
    const sequences = groupId === undefined ? [...log.entries.keys()] : (log.groups.get(groupId) ?? []);
    const wanted =
      'after' in page
        ? sequences.filter((sequence) => sequence > page.after)
        : sequences.filter((sequence) => page.before === null || sequence < page.before).reverse();
    return wanted.slice(0, limit).flatMap((sequence) => log.entries.get(sequence)?.entry ?? []);
  }

  #add(log: TenantLog, ref: GroupRef, note: ActivityNote, now: EpochMs): void {
    const sequences = log.groups.get(ref.groupId) ?? [];
    const newest = sequences.slice(-entriesLookedAt).reverse();
    log.newest += 1;
    const looked = newest.flatMap((sequence) => log.entries.get(sequence)?.entry ?? []);
    const { entry, replaced } = noteEntry(ref, note, log.newest, looked);
    for (const { sequence } of replaced) log.entries.delete(sequence);
    sequences.splice(sequences.length - replaced.length);
    log.entries.set(log.newest, { entry, storedAt: now });
    log.groups.set(ref.groupId, sequences);
    sequences.push(log.newest);
    if (sequences.length > this.#bounds.activityPerGroup) this.#drop(log, ref.groupId, sequences);
  }

  /** Lets the eldest entries go while they are too old, or too many. */
  #trim(log: TenantLog, now: EpochMs): void {
    for (const { entry, storedAt } of log.entries.values()) {
      if (log.entries.size <= this.#bounds.activityPerTenant && !this.#isOver(storedAt, now)) break;
      this.#drop(log, entry.groupId, log.groups.get(entry.groupId) ?? []);
    }
  }

  /** Lets the eldest entry of a group go. */
  #drop(log: TenantLog, groupId: GroupId, sequences: number[]): void {
    const eldest = sequences.shift();
    if (eldest !== undefined) log.entries.delete(eldest);
    if (sequences.length === 0) log.groups.delete(groupId);
  }

  #forgetTenants(now: EpochMs): void {
    for (const [tenantId, log] of this.#tenants) {
      const newest = log.entries.get(log.newest);
      if (newest !== undefined && !this.#isOver(newest.storedAt, now)) return;
      this.#highestForgotten = Math.max(this.#highestForgotten, log.newest);
      this.#tenants.delete(tenantId);
    }
  }

  #isOver(storedAt: EpochMs, now: EpochMs): boolean {
    return later(storedAt, this.#bounds.activityAge) <= now;
  }
}

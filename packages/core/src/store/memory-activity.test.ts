import { describe, expect, it } from 'vitest';
import { refuse } from '../errors.ts';
import type { ActivityNote } from '../model/activity.ts';
import { changeGroup } from '../model/group-change.ts';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import type { GroupRef, ScalingGroup } from '../model/scaling-group.ts';
import { type EpochMs, epochMs, seconds } from '../model/time.ts';
import type { Decision } from '../ports/store.ts';
import { type ActivityStore, describeActivity } from '../testing/activity-contract.ts';
import { type ActivityBounds, MemoryActivity } from './memory-activity.ts';

const start = 1_790_000_000_000;

/** The least store that has groups, and activity behind it. */
function storeWith(activity: MemoryActivity, now: () => EpochMs): ActivityStore {
  const groups = new Map<GroupId, ScalingGroup>();
  const keys = new Set<string>();
  return {
    async createGroup(group, limit, { activity: notes = [], once } = {}) {
      if (once !== undefined && keys.has(once.key)) return { fingerprint: once.fingerprint, made: once.made };
      if (once !== undefined) keys.add(once.key);
      if (groups.size >= limit) throw refuse.groupsOverLimit(group.tenantId, limit);
      groups.set(group.groupId, group);
      activity.record(group, notes, now());
      return undefined;
    },
    async transact<T>(ref: GroupRef, decide: (group: ScalingGroup) => Decision<T>): Promise<T> {
      const group = groups.get(ref.groupId);
      if (group === undefined) throw refuse.noSuchGroup(ref);
      const { change, answer } = decide(group);
      if (change.removed === undefined) groups.set(ref.groupId, changeGroup(group, change));
      else groups.delete(ref.groupId);
      activity.record(ref, change.activity ?? [], now());
      return answer;
    },
    readActivity: async (tenantId, page) => activity.read(tenantId, page, now()),
  };
}

describeActivity('MemoryActivity', async (bounds) => {
  let instant = start;
  const now = (): EpochMs => epochMs(instant);
  const clock = {
    now,
    advance: (by: number) => {
      instant += by;
    },
  };
  return { store: storeWith(new MemoryActivity(bounds), now), clock };
});

describe('MemoryActivity', () => {
  const bounds: ActivityBounds = { activityPerGroup: 1000, activityPerTenant: 100_000, activityAge: seconds(100) };
  const note: ActivityNote = {
    at: epochMs(start),
    capacity: { desired: 0, active: 0, pending: 0 },
    content: { kind: 'cause-began', sentence: 'no' },
  };
  const refOf = (tenant: string, group: string): GroupRef => ({ tenantId: tenant as TenantId, groupId: group as GroupId });

  it('forgets tenants and groups of which nothing is left, and no others', () => {
    const activity = new MemoryActivity(bounds);
    for (let n = 0; n < 1000; n += 1) activity.record(refOf(`t${n}`, `g${n}`), [note, note], epochMs(start + n * 1000));
    expect(activity.sizes).toEqual({ tenants: 100, groups: 100, entries: 200 });
    for (let n = 0; n < 50; n += 1) activity.record(refOf('t999', `other${n}`), [note], epochMs(start + 1_090_000));
    activity.record(refOf('t999', 'last'), [note], epochMs(start + 1_150_000));
    expect(activity.sizes).toEqual({ tenants: 1, groups: 51, entries: 51 });
    activity.record(refOf('new', 'g'), [], epochMs(start + 2_000_000));
    expect(activity.sizes).toEqual({ tenants: 0, groups: 0, entries: 0 });
  });

  it('forgets a tenant whose last entry is too old, though another that came before it has younger ones', () => {
    const activity = new MemoryActivity(bounds);
    const record = (tenant: string, at: number): void => activity.record(refOf(tenant, 'g'), [note], epochMs(start + at * 1000));
    record('early', 0);
    record('quiet', 10);
    record('early', 90);
    record('late', 115);
    expect(activity.sizes.tenants).toBe(2);
  });
});

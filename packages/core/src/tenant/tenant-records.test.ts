import { describe, expect, it } from 'vitest';
import type { GroupId } from '../model/identifiers.ts';
import { type NodeRecord, nodeRecordKey } from '../model/node-record.ts';
import type { GroupRef } from '../model/scaling-group.ts';
import { defaultOptions } from '../options.ts';
import { HandClock } from '../testing/hand-clock.ts';
import { aGroup, aRecord } from '../testing/parts.ts';
import { TenantRecords } from './tenant-records.ts';

const { tenantId } = aGroup([]);
const [a, b, c] = ['a', 'b', 'c'] as GroupId[] as [GroupId, GroupId, GroupId];
const of = (groupId: GroupId, n: number): NodeRecord => aRecord(n, { groupId });

/** Records of groups, those in `paused` are paused, and `c` is gone. */
function setUp(stored: NodeRecord[], paused: readonly GroupId[] = []) {
  const clock = new HandClock();
  const seen = { reads: 0, groups: 0, during: () => {} };
  const store = {
    nodeRecords: async () => {
      seen.reads += 1;
      const read = [...stored];
      seen.during();
      return read;
    },
    readGroup: async ({ groupId }: GroupRef) => {
      seen.groups += 1;
      return groupId === c ? undefined : aGroup([], { spec: { paused: paused.includes(groupId) } });
    },
  };
  const records = new TenantRecords(store, clock, defaultOptions, tenantId);
  const ours = async (groupId: GroupId, mayCare = false) =>
    Object.values(await records.lookedAfterBy(groupId, mayCare)).map(({ serverId }) => serverId);
  return { records, seen, ours, clock };
}

describe('TenantRecords', () => {
  it('reads once, for all who ask meanwhile, and follows what is committed', async () => {
    const { records, seen, ours } = setUp([of(a, 1), of(b, 2)]);
    expect([await Promise.all([ours(a), ours(b)]), seen.reads]).toEqual([[['s1'], ['s2']], 1]);
    records.changed({ put: [of(a, 3)], deleted: [nodeRecordKey(of(b, 2))] });
    expect([await ours(a), await ours(b), seen.reads]).toEqual([['s1', 's3'], [], 1]);
  });

  it('reads again when nobody knows what was committed, and when something was committed while it read', async () => {
    const stored = [of(a, 1)];
    const { records, seen, ours } = setUp(stored);
    await ours(a);
    records.forget();
    stored.push(of(a, 2));
    let left = 1;
    seen.during = () => {
      if (left > 0) records.changed({ put: [of(a, 2)] });
      left -= 1;
    };
    expect([await ours(a), seen.reads]).toEqual([['s1', 's2'], 3]);
  });

  it('reads again after a read that failed', async () => {
    const { seen, ours } = setUp([of(a, 1)]);
    seen.during = () => {
      if (seen.reads === 1) throw new Error('no store');
    };
    await expect(ours(a)).rejects.toThrow('no store');
    expect(await ours(a)).toEqual(['s1']);
  });

  it('tells the records of all groups at a place, as they are by now', async () => {
    const { records } = setUp([of(a, 1), aRecord(9, { groupId: b, address: '10.0.0.1' }), of(b, 2)]);
    const at = async () => (await records.byPlace())(of(a, 1)).map(({ serverId }) => serverId);
    expect(await at()).toEqual(['s1', 's9']);
    records.changed({ deleted: [nodeRecordKey(of(a, 1))], put: [aRecord(8, { groupId: b, address: '10.0.0.1' })] });
    expect(await at()).toEqual(['s9', 's8']);
  });

  it('has one pass look after those of groups that are gone or paused, and the next after a while', async () => {
    const stored = [of(a, 1), of(b, 2), of(c, 3)];
    const { ours, clock, seen } = setUp(stored);
    expect([await ours(a), seen.groups]).toEqual([['s1'], 0]);
    expect(await ours(b, true)).toEqual(['s3', 's2']);
    expect([await ours(a, true), seen.groups]).toEqual([['s1'], 2]);
    await clock.pass(defaultOptions.watchAtRest);
    expect(await ours(a, true)).toEqual(['s3', 's1']);
    expect(await setUp(stored, [a]).ours(b, true)).toEqual(['s1', 's3', 's2']);
  });
});

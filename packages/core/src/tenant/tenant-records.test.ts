import { describe, expect, it } from 'vitest';
import type { GroupId } from '../model/identifiers.ts';
import { type NodeRecord, nodeRecordKey } from '../model/node-record.ts';
import { aGroup, aRecord } from '../testing/parts.ts';
import { TenantRecords } from './tenant-records.ts';

const { tenantId } = aGroup([]);
const [a, b, c] = ['a', 'b', 'c'] as GroupId[] as [GroupId, GroupId, GroupId];
const of = (groupId: GroupId, n: number): NodeRecord => aRecord(n, { groupId });

/** Records of groups, those in `paused` are paused, and `c` is gone. */
function setUp(stored: NodeRecord[], paused: readonly GroupId[] = []) {
  const seen = { reads: 0, during: () => {} };
  const records = new TenantRecords(
    {
      nodeRecords: async () => {
        seen.reads += 1;
        const read = [...stored];
        seen.during();
        return read;
      },
      groupIdsOf: async () => [a, b],
      readGroup: async ({ groupId }) => (groupId === c ? undefined : aGroup([], { spec: { paused: paused.includes(groupId) } })),
    },
    tenantId,
  );
  const ours = async (groupId: GroupId, looksAtAll = false) =>
    Object.values(await records.lookedAfterBy({ groupId }, looksAtAll)).map(({ serverId }) => serverId);
  return { records, seen, ours };
}

describe('TenantRecords', () => {
  it('reads once, and follows what is committed', async () => {
    const { records, seen, ours } = setUp([of(a, 1), of(b, 2)]);
    expect([await ours(a), await ours(b)]).toEqual([['s1'], ['s2']]);
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

  it('has one group look after those of groups that are gone or paused, when it looks at everything', async () => {
    const stored = [of(a, 1), of(b, 2), of(c, 3)];
    expect(await setUp(stored).ours(a, true)).toEqual(['s3', 's1']);
    expect(await setUp(stored).ours(a)).toEqual(['s1']);
    expect(await setUp(stored).ours(b, true)).toEqual(['s2']);
    expect(await setUp(stored, [a]).ours(b, true)).toEqual(['s1', 's3', 's2']);
  });
});

import { describe, expect, it } from 'vitest';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import { epochMs, seconds } from '../model/time.ts';
import { MemoryTombstones } from './memory-tombstones.ts';

const tenant = 't' as TenantId;
const at = (second: number) => epochMs(second * 1000);
const tombstone = (id: string, second: number) => ({ groupId: id as GroupId, tokens: [`of ${id}`], at: at(second) });
const idsIn = (tombstones: MemoryTombstones, second: number) => tombstones.of(tenant, at(second)).map(({ groupId }) => groupId);

describe('MemoryTombstones', () => {
  it('keeps each for its time, the eldest first', () => {
    const tombstones = new MemoryTombstones(seconds(100), 10);
    tombstones.add(tenant, tombstone('a', 0));
    tombstones.add(tenant, tombstone('b', 50));
    expect([idsIn(tombstones, 99.999), idsIn(tombstones, 100), idsIn(tombstones, 150)]).toEqual([['a', 'b'], ['b'], []]);
    expect(tombstones.of('other' as TenantId, at(50))).toEqual([]);
  });

  it('keeps no more than its bound of a tenant: the eldest goes', () => {
    const tombstones = new MemoryTombstones(seconds(100), 2);
    for (const [second, id] of ['a', 'b', 'c'].entries()) tombstones.add(tenant, tombstone(id, second));
    expect(idsIn(tombstones, 3)).toEqual(['b', 'c']);
  });

  it('forgets tenants whose tombstones are over, and no others', () => {
    const tombstones = new MemoryTombstones(seconds(100), 10);
    for (let n = 0; n < 1000; n += 1) tombstones.add(`t${n}` as TenantId, tombstone('a', n));
    expect(tombstones.size).toBe(100);
    expect(tombstones.of('t999' as TenantId, at(1000))).toHaveLength(1);
  });
});

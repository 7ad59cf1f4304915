import { describe, expect, it } from 'vitest';
import type { TenantId } from '../model/identifiers.ts';
import { epochMs, seconds } from '../model/time.ts';
import { MemoryLeases } from './memory-leases.ts';

const idOf = (n: number) => `${n}` as TenantId;
const at = (second: number) => epochMs(second * 1000);

describe('MemoryLeases', () => {
  it('forgets the leases of tenants without groups once they are over, and no others', () => {
    const groups = new Set<TenantId>([idOf(0)]);
    const leases = new MemoryLeases((tenantId) => groups.has(tenantId));
    for (let n = 0; n < 1000; n += 1) leases.claim(idOf(n), 'host', seconds(10), at(n / 100));
    expect(leases.size).toBe(1000);
    leases.claim(idOf(0), 'host', seconds(10), at(15));
    expect(leases.size).toBeGreaterThan(400); // the lease of 500 began at 5
    expect(leases.claim(idOf(999), 'other', seconds(10), at(15))).toBeUndefined();
    leases.claim(idOf(0), 'host', seconds(10), at(99));
    expect(leases.size).toBe(1);
    groups.clear();
    leases.noteGroups(idOf(0));
    leases.claim(idOf(1), 'host', seconds(10), at(200));
    expect(leases.size).toBe(1);
  });

  it('gives a tenant who was forgotten an epoch that none of his leases had', () => {
    const leases = new MemoryLeases(() => false);
    const first = leases.claim(idOf(1), 'host', seconds(10), at(0));
    leases.claim(idOf(2), 'host', seconds(10), at(20));
    expect(leases.size).toBe(1);
    const second = leases.claim(idOf(1), 'other', seconds(10), at(20));
    expect([first && leases.isLatest(first), second && leases.isLatest(second)]).toEqual([false, true]);
  });

  it('keeps the lease of a tenant who has groups again', () => {
    const groups = new Set<TenantId>();
    const leases = new MemoryLeases((tenantId) => groups.has(tenantId));
    const lease = leases.claim(idOf(1), 'host', seconds(10), at(0));
    groups.add(idOf(1));
    leases.claim(idOf(2), 'host', seconds(10), at(20));
    expect(lease && leases.isLatest(lease)).toBe(true);
  });
});

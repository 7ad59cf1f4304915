import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { TenantId } from '../model/identifiers.ts';
import { epochMs, seconds } from '../model/time.ts';
import { describeOwnership } from '../testing/ownership-contract.ts';
import { MemoryOwnership } from './memory-ownership.ts';

const tenant = 'tenant' as TenantId;
const member = { host: 'a', incarnation: 'a-1' };

function begin() {
  let now = 1_790_000_000_000;
  const clock = {
    now: () => epochMs(now),
    after: () => NEVER,
    advance: (by: number) => {
      now += by;
    },
  };
  const store = new MemoryOwnership(clock.now);
  const haveGroups = async (tenantId: TenantId, has: boolean) => (has ? store.tenantCame(tenantId) : store.tenantWent(tenantId));
  return { store, clock, haveGroups };
}

describeOwnership('MemoryOwnership', async () => begin());

describe('MemoryOwnership', () => {
  it('knows whether a tenant is owned just so', async () => {
    const { store } = begin();
    await store.join(member, seconds(10));
    store.tenantCame(tenant);
    const ownership = await store.claim(member, tenant, 0);
    if (ownership === undefined) throw new Error('the claim failed');
    const { epoch } = ownership;
    const others = [
      { ...ownership, epoch: epoch - 1 },
      { ...ownership, owner: { ...member, incarnation: 'a-2' } },
    ];
    expect([ownership, ...others].map((one) => store.isOwned(one))).toEqual([true, false, false]);
    await store.release(ownership);
    expect(store.isOwned(ownership)).toBe(false);
  });

  it('takes a life for over that ends later than it was given for', async () => {
    const { store, clock } = begin();
    clock.advance(864_000_000);
    await store.join(member, seconds(10));
    clock.advance(-864_000_000);
    expect(await store.members()).toEqual([]);
  });

  it('forgets a tenant without groups once nobody owns it, and hosts that are gone', async () => {
    const { store, clock } = begin();
    await store.join(member, seconds(10));
    store.tenantCame(tenant);
    await store.claim(member, tenant, 0);
    store.tenantWent(tenant);
    expect(store.size).toBe(1);
    clock.advance(10_000);
    expect([await store.members(), store.size]).toEqual([[], 0]);
  });
});

import { describe, expect, it } from 'vitest';
import type { TenantId } from '../model/identifiers.ts';
import { epochMs, seconds } from '../model/time.ts';
import { fairShare, tenantsToClaim, tenantsToRelease } from './shares.ts';

const unowned = (...since: readonly number[]) =>
  since.map((at, index) => ({ tenantId: `t${index}` as TenantId, epoch: 0, since: epochMs(at * 1000) }));
const names = (tenants: readonly { readonly tenantId: TenantId }[]) => tenants.map(({ tenantId }) => tenantId);

describe('fairShare', () => {
  it('shares tenants out evenly, rounded up, also where no host counts', () => {
    expect([fairShare(10, 3), fairShare(9, 3), fairShare(0, 3), fairShare(5, 0)]).toEqual([4, 3, 0, 5]);
  });
});

describe('tenantsToClaim', () => {
  const at = { storeNow: epochMs(10_000), grace: seconds(3) };

  it('takes up to the share of those that became free just now', () => {
    const found = unowned(7, 8, 9);
    expect(names(tenantsToClaim(found, { ...at, held: 1, share: 3 }))).toEqual(['t0', 't1']);
    expect(names(tenantsToClaim(found, { ...at, held: 3, share: 3 }))).toEqual([]);
  });

  it('takes what nobody has taken for longer than the grace, beyond its share too', () => {
    const found = unowned(1, 6.999, 7, 8);
    expect(names(tenantsToClaim(found, { ...at, held: 5, share: 3 }))).toEqual(['t0', 't1']);
    expect(names(tenantsToClaim(found, { ...at, held: 0, share: 3 }))).toEqual(['t0', 't1', 't2']);
  });
});

describe('tenantsToRelease', () => {
  const held = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ tenantId: `t${index}` as TenantId, since: epochMs((count - index) * 1000) }));
  const after = { now: epochMs(1_000_000), atLeast: seconds(60) };

  it('keeps the share and one more, and gives the oldest up first', () => {
    expect(names(tenantsToRelease(held(6), { ...after, share: 5 }))).toEqual([]);
    expect(names(tenantsToRelease(held(8), { ...after, share: 5 }))).toEqual(['t7', 't6']);
  });

  it('keeps a tenth more of a large share', () => {
    expect(tenantsToRelease(held(110), { ...after, share: 100 })).toEqual([]);
    expect(tenantsToRelease(held(115), { ...after, share: 100 })).toHaveLength(5);
  });

  it('gives up none that was taken less than a minute ago', () => {
    expect(names(tenantsToRelease(held(8), { ...after, now: epochMs(62_000), share: 1 }))).toEqual(['t7', 't6']);
  });
});

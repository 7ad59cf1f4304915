import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TenantId } from '../model/identifiers.ts';
import { epochMs, seconds } from '../model/time.ts';
import { MemoryCreates } from './memory-creates.ts';

const tenant = 't' as TenantId;
const hour = seconds(3600);
const at = (second: number) => epochMs(second * 1000);

describe('MemoryCreates', () => {
  it('counts those of the last hour, and says when the eldest of them were', () => {
    const creates = new MemoryCreates();
    expect(creates.within(tenant, hour, at(0))).toEqual({ count: 0, since: null });
    creates.add(tenant, { count: 4, most: null }, at(0));
    creates.add(tenant, { count: 6, most: null }, at(90));
    expect(creates.within(tenant, hour, at(3599))).toEqual({ count: 10, since: at(0) });
    expect(creates.within(tenant, hour, at(3600))).toEqual({ count: 6, since: at(90) });
    expect(creates.within(tenant, seconds(60), at(120))).toEqual({ count: 6, since: at(90) });
    expect(creates.within('other' as TenantId, hour, at(120)).count).toBe(0);
  });

  it('gives back the newest, and never more than there are', () => {
    const creates = new MemoryCreates();
    creates.add(tenant, { count: 4, most: null }, at(0));
    creates.add(tenant, { count: 6, most: null }, at(90));
    creates.add(tenant, { count: -7, most: null }, at(91));
    expect(creates.within(tenant, hour, at(91))).toEqual({ count: 3, since: at(0) });
    creates.add(tenant, { count: -9, most: null }, at(92));
    creates.add(tenant, { count: 1, most: null }, at(93));
    expect(creates.within(tenant, hour, at(93))).toEqual({ count: 1, since: at(93) });
  });

  // the gaps between creates are such that many are counted together
  it('never counts fewer than there were within the hour, nor any for a minute longer than that', () => {
    const adding = fc.record({ after: fc.integer({ min: 0, max: 90 }), count: fc.integer({ min: 1, max: 9 }) });
    fc.assert(
      fc.property(fc.array(adding, { minLength: 100, maxLength: 200 }), (addings) => {
        const creates = new MemoryCreates();
        const made: { readonly second: number; readonly count: number }[] = [];
        let second = 0;
        for (const { after, count } of addings) {
          second += after;
          creates.add(tenant, { count, most: null }, at(second));
          made.push({ second, count });
          const since = (age: number) => made.filter((one) => second - one.second < age).reduce((sum, one) => sum + one.count, 0);
          const counted = creates.within(tenant, hour, at(second)).count;
          expect(counted).toBeGreaterThanOrEqual(since(3600));
          expect(counted).toBeLessThanOrEqual(since(3660));
        }
      }),
    );
  });

  it('forgets tenants whose creates are over, and no others', () => {
    const creates = new MemoryCreates();
    for (let n = 0; n < 1000; n += 1) creates.add(`t${n}` as TenantId, { count: 1, most: null }, at(n * 60));
    expect(creates.size).toBe(60);
    creates.add('t999' as TenantId, { count: -1, most: null }, at(60_000));
    expect(creates.size).toBe(58);
  });
});

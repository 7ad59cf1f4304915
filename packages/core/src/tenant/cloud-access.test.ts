import { describe, expect, it } from 'vitest';
import { CloudError } from '../errors.ts';
import type { TenantId } from '../model/identifiers.ts';
import { seconds } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import type { Cloud } from '../ports.ts';
import { HandClock } from '../testing/hand-clock.ts';
import { CloudAccesses } from './cloud-access.ts';

const [one, other] = ['one' as TenantId, 'other' as TenantId];

describe('CloudAccesses', () => {
  it('gives the same access for a tenant, and each tenant its own', () => {
    const accesses = new CloudAccesses({ cloud: {} as Cloud, clock: new HandClock(), options, counted: (_, wrapper) => wrapper });
    const { cloud, writer } = accesses.of(one);
    expect([accesses.of(one).cloud === cloud, accesses.of(one).writer === writer, accesses.of(other).writer === writer]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('forgets what nothing uses, but not that the cloud asked to stay away', async () => {
    const clock = new HandClock();
    const hasFlavor = () => Promise.reject(new CloudError('rate-limited', 'slow down', { retryAfter: seconds(30) }));
    const cloud: Partial<Cloud> = { hasFlavor };
    const accesses = new CloudAccesses({ cloud: cloud as Cloud, clock, options, counted: (_, wrapper) => wrapper });
    await expect(accesses.of(one).cloud.hasFlavor('2')).rejects.toMatchObject({ kind: 'rate-limited' });
    accesses.of(other);
    accesses.forgetUnused((tenantId) => tenantId === other);
    expect(accesses.size).toBe(2);
    await clock.pass(29_999);
    await expect(accesses.of(one).cloud.hasFlavor('2')).rejects.toMatchObject({ retryAfter: 1 });
    await clock.pass(1);
    accesses.forgetUnused((tenantId) => tenantId === other);
    expect(accesses.size).toBe(1);
  });
});

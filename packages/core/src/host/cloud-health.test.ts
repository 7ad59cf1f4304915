import { describe, expect, it } from 'vitest';
import { CloudError, type CloudErrorKind } from '../errors.ts';
import type { TenantId } from '../model/identifiers.ts';
import { seconds } from '../model/time.ts';
import { HandClock } from '../testing/hand-clock.ts';
import { CloudHealth } from './cloud-health.ts';

function setUp() {
  const clock = new HandClock();
  const health = new CloudHealth(clock);
  const wrapperOf = (tenant: string) => health.counting(tenant as TenantId, { run: (_kind, call) => call() });
  const wrapper = wrapperOf('t');
  const ask = (kind?: CloudErrorKind, tenant = 't'): Promise<void> =>
    wrapperOf(tenant)
      .run('nova GET', async () => {
        if (kind !== undefined) throw new CloudError(kind, 'no');
      })
      .catch(() => undefined);
  return { clock, health, wrapper, ask };
}

describe('CloudHealth', () => {
  it('counts how long every call has failed, until one is answered', async () => {
    const { clock, health, ask } = setUp();
    expect([health.failingFor, health.answeringFor]).toEqual([0, 0]);
    await ask('timeout');
    await clock.pass(20_000);
    await ask('unreachable');
    await clock.pass(5_000);
    expect([health.failingFor, health.answeringFor, health.isWell(seconds(60))]).toEqual([25_000, 0, false]);
    await ask();
    await clock.pass(5_000);
    expect([health.failingFor, health.answeringFor, health.isWell(seconds(5)), health.isWell(seconds(4))]).toEqual([0, 5_000, true, false]);
    await ask('server-fault');
    expect([health.answeringFor, health.isWell(seconds(60))]).toEqual([0, false]);
  });

  it('tells whether calls of one tenant alone have failed since it last answered', async () => {
    const { health, ask } = setUp();
    await ask('timeout', 'a');
    await ask('timeout', 'a');
    expect(health.isFailingForSeveral).toBe(false);
    await ask('timeout', 'b');
    expect(health.isFailingForSeveral).toBe(true);
    await ask(undefined, 'c');
    await ask('timeout', 'a');
    expect(health.isFailingForSeveral).toBe(false);
  });

  it('takes a refusal for an answer, and what was never sent for nothing', async () => {
    const { health, clock, ask, wrapper } = setUp();
    await ask('answer-lost');
    await clock.pass(1_000);
    await expect(wrapper.run('nova GET', () => Promise.reject(new Error('not sent')))).rejects.toThrow('not sent');
    expect(health.failingFor).toBe(1_000);
    await ask('over-quota');
    expect(health.failingFor).toBe(0);
  });
});

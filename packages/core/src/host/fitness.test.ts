import { describe, expect, it } from 'vitest';
import { CloudError } from '../errors.ts';
import type { TenantId } from '../model/identifiers.ts';
import type { Heartbeat } from '../model/ownership.ts';
import { epochMs } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { silentLog } from '../ports.ts';
import { HandClock } from '../testing/hand-clock.ts';
import { CloudHealth } from './cloud-health.ts';
import { Fitness } from './fitness.ts';

function setUp() {
  const clock = new HandClock();
  const health = new CloudHealth(clock);
  const said: string[] = [];
  const note = (_: object, message: string): void => void said.push(message);
  const fitness = new Fitness(clock, health, options, { ...silentLog, info: note, warn: note, error: note });
  /** A heartbeat whose answer comes now, after `took`. `ahead`: how far the store's clock is ahead, ms. */
  const beat = (told: Partial<Heartbeat> = {}, { took = 0, ahead = 0 } = {}) => {
    const answered = clock.now();
    const asked = epochMs(answered - took);
    const storeNow = epochMs(answered - took / 2 + ahead);
    const heartbeat = {
      storeNow,
      owned: 0,
      highestEpoch: 0,
      tenants: 0,
      unowned: 0,
      liveHosts: 2,
      healthyElsewhereAt: storeNow,
      stopAll: null,
      ...told,
    };
    fitness.heard(heartbeat, { asked, answered });
    return fitness.state;
  };
  const cloud = (isWell: boolean, tenant: string): Promise<void> =>
    health
      .counting(tenant as TenantId, { run: (_kind, call) => call() })
      .run('nova GET', () => (isWell ? Promise.resolve() : Promise.reject(new CloudError('timeout', 'no answer'))))
      .catch(() => undefined);
  /** So many seconds in which the cloud answers so, for these tenants, and a heartbeat each three. */
  const pass = async (forSeconds: number, isWell: boolean, told: Partial<Heartbeat> = {}, tenants = ['a', 'b']) => {
    for (let at = 0; at < forSeconds; at += 3) {
      for (const tenant of tenants) await cloud(isWell, tenant);
      await clock.pass(3_000);
      beat(told);
    }
    return fitness.state;
  };
  return { clock, beat, pass, cloud, said };
}

describe('Fitness', () => {
  it('takes a host for skewed whose clock differs by more than five seconds either way, until it agrees again', () => {
    const { beat, said } = setUp();
    expect([5_000, -5_000, 5_001, -5_001, 4_000].map((ahead) => beat({}, { ahead }))).toEqual(['live', 'live', 'skewed', 'skewed', 'live']);
    expect(said).toEqual([
      'the clock of this host differs from that of the store: it runs no tenants and takes no commands until it is set right',
      'the clock of this host agrees with that of the store again',
    ]);
  });

  it('blames no clock for the time that the answer took', () => {
    const { beat } = setUp();
    expect([beat({}, { took: 4_000, ahead: 7_000 }), beat({}, { took: 4_000, ahead: 7_001 })]).toEqual(['live', 'skewed']);
  });

  it('takes a host for ailing whose cloud has failed for a minute while that of another host answers', async () => {
    const { pass } = setUp();
    expect([await pass(57, false), await pass(3, false)]).toEqual(['live', 'ailing']);
  });

  it('takes none for ailing where no other host does better, or has not been heard of for a minute', async () => {
    expect(await setUp().pass(300, false, { healthyElsewhereAt: null })).toBe('live');
    expect(await setUp().pass(300, false, { healthyElsewhereAt: epochMs(-61_000) })).toBe('live');
  });

  it('takes it for well again once its cloud has answered for a minute, and for ailing again not within five', async () => {
    const { pass } = setUp();
    await pass(60, false);
    expect([await pass(57, true), await pass(3, true)]).toEqual(['ailing', 'live']);
    expect([await pass(237, false), await pass(3, false)]).toEqual(['live', 'ailing']);
  });

  it('takes none for ailing whose cloud fails for one tenant alone', async () => {
    expect(await setUp().pass(300, false, {}, ['a'])).toBe('live');
  });

  it('takes it for well after five minutes, if its cloud answers for some though not for all', async () => {
    const { pass, cloud } = setUp();
    await pass(60, false);
    const mixed = async (forSeconds: number): Promise<string> => {
      let state = '';
      for (let at = 0; at < forSeconds; at += 3) {
        await cloud(true, 'b');
        state = await pass(3, false, {}, ['a']);
      }
      return state;
    };
    expect([await mixed(297), await mixed(3)]).toEqual(['ailing', 'live']);
    const never = setUp();
    expect(await never.pass(3_600, false)).toBe('ailing');
  });

  it('has it go on when no live host is left', async () => {
    const { pass, beat } = setUp();
    await pass(60, false);
    expect(beat({ liveHosts: 0, healthyElsewhereAt: null })).toBe('live');
  });
});

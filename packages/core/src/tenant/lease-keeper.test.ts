import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { LutraError } from '../errors.ts';
import type { TenantId } from '../model/identifiers.ts';
import { type DurationMs, epochMs, later, seconds } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { type Lease, type Store, silentLog } from '../ports.ts';
import { HandClock, settled } from '../testing/hand-clock.ts';
import { LeaseKeeper } from './lease-keeper.ts';

type Claimed = 'granted' | 'held by another' | 'store away';

/** A store that answers claims like this, one after the other, each after so long; and grants at once what is not said. */
function setUp(answers: readonly (readonly [Claimed, takes: DurationMs])[] = []) {
  const clock = new HandClock();
  const claims: number[] = [];
  const released: Lease[] = [];
  const warnings: string[] = [];
  const left = [...answers];
  let epoch = 1;
  let canRelease = true;
  const store = {
    claimLease: async (tenantId: TenantId, owner: string, duration: DurationMs): Promise<Lease | undefined> => {
      claims.push(clock.now());
      const [answer, takes] = left.shift() ?? ['granted', seconds(0)];
      if (takes > 0) await firstValueFrom(clock.after(takes));
      if (answer === 'store away') throw new LutraError('unavailable', 'store away');
      return answer === 'granted' ? { tenantId, owner, epoch, until: later(clock.now(), duration) } : undefined;
    },
    releaseLease: async (lease: Lease) => {
      if (!canRelease) throw new LutraError('unavailable', 'store away');
      released.push(lease);
    },
  } as unknown as Store;
  const log = { ...silentLog, warn: (_: object, message: string) => void warnings.push(message) };
  const keeper = new LeaseKeeper('tenant' as TenantId, 'host', store, clock, options, log);
  /** Begins to use the lease; what is in hand when the claim has been answered, and how to end. */
  const begin = (end?: Promise<void>) => {
    const use: { lease: Lease | undefined; done: () => void } = { lease: undefined, done: () => {} };
    const ended = end ?? new Promise<void>((resolve) => (use.done = resolve));
    const used = keeper.use(async (lease) => {
      use.lease = lease;
      await ended;
      return 'worked';
    });
    used.catch(() => {});
    return Object.assign(use, { used });
  };
  const anew = (): void => {
    epoch += 1;
  };
  const loseStore = (): void => {
    canRelease = false;
  };
  const isGood = (lease: Lease | undefined): boolean => lease !== undefined && keeper.isGood(lease);
  return { clock, claims, released, warnings, keeper, begin, anew, loseStore, isGood };
}

describe('LeaseKeeper', () => {
  it('lets writes begin until a second before the end of the lease, counted from before it was claimed', async () => {
    const { clock, begin, isGood } = setUp([
      ['granted', seconds(2)],
      ['store away', seconds(60)],
    ]);
    const use = begin();
    await clock.pass(2000);
    expect(isGood(use.lease)).toBe(true);
    await clock.pass(6999);
    expect([clock.now(), isGood(use.lease)]).toEqual([8999, true]);
    await clock.pass(1);
    expect(isGood(use.lease)).toBe(false);
  });

  it('does not run work without the lease', async () => {
    const { keeper, claims } = setUp([['held by another', seconds(0)]]);
    const work = async () => 'worked';
    expect([await keeper.use(work), await keeper.use(work), claims.length]).toEqual([undefined, 'worked', 2]);
  });

  it('knows that the lease is elsewhere, for as long as that lease can last or until it is granted', async () => {
    const { keeper, clock } = setUp([
      ['granted', seconds(0)],
      ['held by another', seconds(0)],
      ['held by another', seconds(0)],
    ]);
    const work = async () => keeper.isElsewhere;
    expect([keeper.isElsewhere, await keeper.use(work)]).toEqual([false, false]);
    await clock.pass(9000);
    expect([await keeper.use(work), keeper.isElsewhere]).toEqual([undefined, true]);
    await clock.pass(9000);
    expect([await keeper.use(work), keeper.isElsewhere]).toEqual([undefined, true]);
    await clock.pass(9999);
    expect(keeper.isElsewhere).toBe(true);
    await clock.pass(1);
    expect(keeper.isElsewhere).toBe(false);
  });

  it('rejects when the store cannot be reached, and keeps nothing', async () => {
    const { keeper, clock } = setUp([['store away', seconds(0)]]);
    await expect(keeper.use(async () => 'worked')).rejects.toThrow('store away');
    expect(clock.armed).toBe(0);
  });

  it('renews every three seconds as long as anybody uses the lease', async () => {
    const { clock, claims, begin, isGood } = setUp();
    const first = begin();
    await clock.pass(1000);
    const second = begin();
    await clock.pass(9000);
    first.done();
    await clock.pass(3000);
    expect(claims).toEqual([0, 3000, 6000, 9000, 12_000]);
    expect(isGood(second.lease)).toBe(true);
    second.done();
    await clock.pass(60_000);
    expect([await first.used, await second.used, claims.length, clock.armed]).toEqual(['worked', 'worked', 5, 0]);
  });

  it('has one claim under way, which all share, and one renewal ahead', async () => {
    const { clock, claims, begin } = setUp([
      ['granted', seconds(0)],
      ['granted', seconds(3)],
    ]);
    const first = begin();
    await clock.pass(4000);
    first.done();
    await settled();
    const second = begin();
    await clock.pass(8000);
    expect(claims).toEqual([0, 3000, 9000, 12_000]);
    second.done();
    await settled();
    expect(clock.armed).toBe(0);
  });

  it('stops renewing when work fails, and passes its failure on', async () => {
    const { clock, keeper } = setUp();
    await expect(keeper.use(() => Promise.reject(new Error('oops')))).rejects.toThrow('oops');
    expect(clock.armed).toBe(0);
  });

  it('uses a young lease again without asking, and claims an older one anew', async () => {
    const { clock, claims, keeper } = setUp();
    const work = async () => 'worked';
    await keeper.use(work);
    await clock.pass(2999);
    await keeper.use(work);
    expect(claims).toEqual([0]);
    await clock.pass(1);
    await keeper.use(work);
    expect(claims).toEqual([0, 3000]);
  });

  it('takes a lease that another host holds by now for lost at once, and does not give it back', async () => {
    const { clock, begin, isGood, keeper, released } = setUp([
      ['granted', seconds(0)],
      ['held by another', seconds(0)],
    ]);
    const use = begin();
    await clock.pass(2999);
    expect(isGood(use.lease)).toBe(true);
    await clock.pass(1);
    await settled();
    expect(isGood(use.lease)).toBe(false);
    await keeper.release();
    expect(released).toEqual([]);
  });

  it('does not take a lease that was lost and taken anew for the one it was', async () => {
    const { clock, begin, anew, isGood } = setUp();
    const old = begin();
    await clock.pass(1000);
    anew();
    await clock.pass(3000);
    const fresh = begin();
    await settled();
    expect([isGood(old.lease), isGood(fresh.lease)]).toEqual([false, true]);
  });

  it('goes on under a lease that could not be renewed, until its end, and tries again', async () => {
    const { clock, claims, warnings, begin, isGood } = setUp([
      ['granted', seconds(0)],
      ['store away', seconds(0)],
      ['store away', seconds(0)],
      ['store away', seconds(0)],
    ]);
    const use = begin();
    await clock.pass(8999);
    expect([isGood(use.lease), warnings.length]).toEqual([true, 2]);
    await clock.pass(1);
    expect(isGood(use.lease)).toBe(false);
    await clock.pass(3000);
    expect([claims, isGood(use.lease)]).toEqual([[0, 3000, 6000, 9000, 12_000], true]);
  });

  it('gives the lease back when told to, and holds it no more, whether or not that could be done', async () => {
    for (const canRelease of [true, false]) {
      const { keeper, begin, released, loseStore, isGood, clock } = setUp();
      const use = begin();
      await settled();
      if (!canRelease) loseStore();
      const outcome = await keeper.release().catch(({ message }: Error) => message);
      expect([outcome, released.map(({ epoch }) => epoch)]).toEqual(canRelease ? [undefined, [1]] : ['store away', []]);
      expect([isGood(use.lease), clock.armed]).toEqual([false, 0]);
    }
  });

  it('gives back what a claim under way still brings, and none stays behind', async () => {
    const { clock, keeper, released, begin } = setUp([
      ['granted', seconds(0)],
      ['granted', seconds(2)],
    ]);
    const use = begin();
    await clock.pass(3500);
    use.done();
    const given = keeper.release();
    await settled();
    expect(released).toEqual([]);
    await clock.pass(2000);
    await given;
    expect(released).toHaveLength(1);
    expect(keeper.isGood(use.lease as Lease)).toBe(false);
  });

  it('has nothing to give back before it has claimed any, or twice', async () => {
    const { keeper, released } = setUp();
    await keeper.release();
    await keeper.use(async () => 'worked');
    await keeper.release();
    await keeper.release();
    expect(released.map(({ until }) => until)).toEqual([epochMs(10_000)]);
  });
});

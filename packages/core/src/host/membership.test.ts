import { describe, expect, it } from 'vitest';
import { LutraError } from '../errors.ts';
import type { HostIncarnation } from '../model/ownership.ts';
import { epochMs } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { silentLog } from '../ports.ts';
import { seededRandom } from '../random.ts';
import { MemoryOwnership } from '../store/memory-ownership.ts';
import { HandClock } from '../testing/hand-clock.ts';
import { Membership } from './membership.ts';

type Call = 'join' | 'renew' | 'leave';

/** A membership in a store that can be made to hang: calls that it did not answer are answered when it is let go. */
function setUp() {
  const clock = new HandClock();
  const store = new MemoryOwnership(() => clock.now());
  const calls: string[] = [];
  const lives: string[] = [];
  const said: string[] = [];
  let hanging: (() => void)[] | undefined;
  const asked = async <T>(name: Call, call: () => Promise<T>): Promise<T> => {
    calls.push(`${name} at ${clock.now()}`);
    if (hanging === undefined) return call();
    await new Promise<void>((resolve) => hanging?.push(resolve));
    return call();
  };
  const state = { ailing: false };
  const membership = new Membership(
    {
      store: Object.assign(Object.create(store), {
        join: (...args: Parameters<typeof store.join>) => asked('join', () => store.join(...args)),
        renew: (...args: Parameters<typeof store.renew>) => asked('renew', () => store.renew(...args)),
        leave: (member: HostIncarnation) => asked('leave', () => store.leave(member)),
        members: () => store.members(),
      }),
      clock,
      log: { ...silentLog, warn: (_, message) => void said.push(message) },
      options,
      host: 'here',
      random: seededRandom(1),
    },
    {
      report: () => ({ state: state.ailing ? 'ailing' : 'live', isCloudHealthy: true }),
      began: ({ incarnation }) => void lives.push(incarnation),
      heard: () => undefined,
      lapsed: () => void lives.push(`over at ${clock.now()}`),
    },
  );
  const hang = (): void => {
    hanging = [];
  };
  const letGo = (): void => {
    const all = hanging ?? [];
    hanging = undefined;
    for (const go of all) go();
  };
  const member = (): HostIncarnation => membership.member ?? { host: 'none', incarnation: 'none' };
  return { clock, store, membership, member, calls, lives, said, state, hang, letGo };
}

describe('Membership', () => {
  it('begins a life at once, and keeps it alive by a heartbeat every three seconds', async () => {
    const { clock, membership, member, calls, lives } = setUp();
    membership.start();
    await clock.pass(9_000);
    expect(calls).toEqual(['join at 0', 'renew at 0', 'renew at 3000', 'renew at 6000', 'renew at 9000']);
    expect([lives.length, membership.isGood(member())]).toEqual([1, true]);
  });

  it('counts how long a heartbeat is good from before it was sent, and leaves a second to spare', async () => {
    const { clock, membership, member, hang, letGo } = setUp();
    membership.start();
    await clock.pass(2_999);
    hang();
    await clock.pass(1_500); // sent at 3000, answered at 4499
    letGo();
    await clock.pass(1);
    hang();
    const first = member();
    await clock.pass(3_000 + 9_000 - 1 - clock.now());
    expect(membership.isGood(first)).toBe(true);
    await clock.pass(1);
    expect(membership.isGood(first)).toBe(false);
  });

  it('gives everything up once no heartbeat was answered in time, and begins another life when the store is back', async () => {
    const { clock, store, membership, member, lives, said, hang, letGo } = setUp();
    membership.start();
    await clock.pass(0);
    const first = member();
    hang();
    await clock.pass(20_000);
    expect([lives, membership.member]).toEqual([[first.incarnation, 'over at 9000'], undefined]);
    letGo();
    await clock.pass(3_000);
    expect(member().incarnation).not.toBe(first.incarnation);
    expect((await store.members()).map(({ incarnation }) => incarnation)).toContain(member().incarnation);
    expect(said).toContain('no heartbeat of this host was answered in time; it gives everything up and begins anew');
  });

  it('gives a heartbeat up that is not answered in time, and sends the next', async () => {
    const { clock, membership, calls, hang, letGo } = setUp();
    membership.start();
    await clock.pass(0);
    hang();
    await clock.pass(5_999);
    expect(calls).toEqual(['join at 0', 'renew at 0', 'renew at 3000']);
    letGo();
    await clock.pass(1);
    expect(calls).toEqual(['join at 0', 'renew at 0', 'renew at 3000', 'renew at 6000']);
  });

  it('leaves a life whose beginning was not answered in time, at once and when the answer comes after all', async () => {
    const { clock, store, membership, calls, hang, letGo } = setUp();
    hang();
    membership.start();
    await clock.pass(2_000);
    expect(calls).toEqual(['join at 0', 'leave at 2000']);
    letGo();
    await clock.pass(0);
    expect([calls, await store.members()]).toEqual([['join at 0', 'leave at 2000', 'leave at 2000'], []]);
    await clock.pass(1_000);
    expect(calls.slice(3)).toEqual(['join at 3000', 'renew at 3000']);
  });

  it('begins another life with the next heartbeat, not sooner, when the store says of each that it is over', async () => {
    const { clock, store, membership, calls, lives } = setUp();
    store.renew = () => Promise.resolve(undefined);
    membership.start();
    await clock.pass(2_999);
    expect([calls.filter((call) => call.startsWith('join')), lives.length]).toEqual([['join at 0'], 2]);
    await clock.pass(1);
    expect(calls.filter((call) => call.startsWith('join'))).toEqual(['join at 0', 'join at 3000']);
  });

  it('is over when its time is over, though the clock stands still', async () => {
    const { clock, membership, member, lives, hang } = setUp();
    membership.start();
    await clock.pass(0);
    const first = member();
    hang();
    const { now } = clock;
    clock.now = () => epochMs(5_000);
    await clock.pass(9_000);
    clock.now = now;
    expect([membership.isGood(first), lives.length]).toEqual([false, 2]);
  });

  it('is not revived by the late answer to a heartbeat of a life that is over', async () => {
    const { clock, membership, member, hang, letGo } = setUp();
    membership.start();
    await clock.pass(6_000);
    hang(); // from here on nothing is answered
    const first = member();
    await clock.pass(8_999); // the last one that was answered began at 6000
    expect(membership.isGood(first)).toBe(true);
    await clock.pass(1);
    letGo();
    await clock.pass(10);
    expect([membership.isGood(first), membership.member?.incarnation === first.incarnation]).toEqual([false, false]);
  });

  it('begins another life at once when the store says that this one is over', async () => {
    const { clock, store, membership, member, lives } = setUp();
    membership.start();
    await clock.pass(0);
    const first = member();
    await store.barAll();
    await clock.pass(3_000);
    expect(lives).toEqual([first.incarnation, 'over at 3000', member().incarnation]);
    expect([membership.isGood(first), membership.isGood(member())]).toEqual([false, true]);
  });

  it('takes a host that was frozen for dead before anything else', async () => {
    const { clock, membership, member, lives, hang } = setUp();
    membership.start();
    await clock.pass(0);
    hang();
    await clock.pass(8_999);
    const first = member();
    expect(membership.isGood(first)).toBe(true);
    await clock.pass(60_000);
    membership.beatNow();
    expect([membership.isGood(first), lives.at(-1)]).toEqual([false, 'over at 9000']);
  });

  it('reports a change at once, also while a heartbeat is under way', async () => {
    const { clock, store, membership, state, calls, hang, letGo } = setUp();
    membership.start();
    await clock.pass(2_999);
    hang();
    await clock.pass(1);
    state.ailing = true;
    membership.beatNow();
    letGo();
    await clock.pass(1);
    expect(calls).toEqual(['join at 0', 'renew at 0', 'renew at 3000', 'renew at 3000']);
    expect((await store.members())[0]?.state).toBe('ailing');
  });

  it('tries again with another incarnation when it is refused', async () => {
    const { clock, store, membership, member, said } = setUp();
    const incarnation = seededRandom(1).uuid(); // the first that it draws
    await store.join({ host: 'here', incarnation }, options.hostLease);
    membership.start();
    await clock.pass(0);
    expect([membership.member, said]).toEqual([undefined, ['the store did not take the heartbeat of this host; it is sent again']]);
    await clock.pass(3_000);
    expect(member().incarnation).not.toBe(incarnation);
  });

  it('leaves when it is told to, also while it joins, and sends nothing more', async () => {
    const { clock, store, membership, calls, hang, letGo } = setUp();
    hang();
    membership.start();
    await clock.pass(0);
    const left = membership.leave();
    letGo();
    await clock.pass(0);
    await left;
    await clock.pass(60_000);
    expect([calls, await store.members(), clock.armed]).toEqual([['join at 0', 'renew at 0', 'leave at 0'], [], 0]);
  });

  it('rejects when it cannot leave', async () => {
    const { clock, membership, store } = setUp();
    membership.start();
    await clock.pass(0);
    store.leave = () => Promise.reject(new LutraError('unavailable', 'away'));
    await expect(membership.leave()).rejects.toThrow('away');
  });
});

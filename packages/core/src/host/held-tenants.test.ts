import { describe, expect, it } from 'vitest';
import { LutraError } from '../errors.ts';
import type { TenantId } from '../model/identifiers.ts';
import type { Heartbeat, HostIncarnation, MemberState } from '../model/ownership.ts';
import { seconds } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import type { OwnershipStore } from '../ports/store.ts';
import { silentLog } from '../ports.ts';
import { MemoryOwnership } from '../store/memory-ownership.ts';
import { HandClock, settled } from '../testing/hand-clock.ts';
import { HeldTenants, type TenantWork } from './held-tenants.ts';

/** Work that ends at once when it is stopped, or when the test says so. */
class Work implements TenantWork {
  readonly earlier: Work | undefined;
  readonly isHeld: () => boolean;
  stops = 0;
  end = (): void => undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(isHeld: () => boolean, earlier: Work | undefined) {
    this.isHeld = isHeld;
    this.earlier = earlier;
  }

  becomeSlow(): void {
    this.#ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  stop(): Promise<void> {
    this.stops += 1;
    return this.#ended;
  }
}

/** A promise that is kept when it is opened. */
function gate() {
  let open = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    open = () => resolve();
  });
  return { held, open: () => open() };
}

const name = (tenant: string): TenantId => tenant as TenantId;

/** Joins as a host does: with a renewal at once. */
async function joinFor(store: OwnershipStore, member: HostIncarnation, lease = options.hostLease): Promise<Heartbeat> {
  await store.join(member, lease);
  const heartbeat = await store.renew(member, lease, { state: 'live', isCloudHealthy: false });
  if (heartbeat === undefined) throw new Error(`${member.host} is dead`);
  return heartbeat;
}

/** Several hosts on one store, which has tenants of these names. */
async function setUp(...tenants: readonly string[]) {
  const clock = new HandClock();
  const store = new MemoryOwnership(() => clock.now());
  for (const tenant of tenants) store.tenantCame(name(tenant));
  const host = async (called: string, over: Partial<OwnershipStore> = {}) => {
    let member: HostIncarnation = { host: called, incarnation: `${called}-1` };
    let state: MemberState = 'live';
    const works: Work[] = [];
    const port = new Proxy(store, {
      get: (target, key) => {
        const value = Reflect.get(over, key) ?? Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const held = new HeldTenants<Work>({
      store: port,
      clock,
      log: silentLog,
      options,
      member: () => member,
      mayClaim: () => state === 'live',
      begin: (_, isHeld, earlier) => {
        const work = new Work(isHeld, earlier);
        works.push(work);
        return work;
      },
    });
    const join = async () => held.settle(await joinFor(store, member), held.mark, true);
    await join();
    const beat = async () => {
      const { mark } = held;
      const heartbeat = await store.renew(member, options.hostLease, { state, isCloudHealthy: false });
      if (heartbeat === undefined) throw new Error(`${called} is dead`);
      await held.settle(heartbeat, mark, false);
      await settled();
    };
    const again = async () => {
      held.lose();
      await store.leave(member);
      member = { host: called, incarnation: `${called}-2` };
      await join();
    };
    const become = (next: MemberState): void => {
      state = next;
    };
    const owns = async () => (await store.ownedBy(member)).map(({ tenantId }) => tenantId);
    const workOf = (tenant: string): Work => {
      const work = held.workOf(name(tenant));
      if (work === undefined) throw new Error(`${called} does not run ${tenant}`);
      return work;
    };
    return { held, works, beat, again, become, owns, workOf };
  };
  return { clock, store, host };
}

describe('HeldTenants', () => {
  it('takes every tenant when it is alone, however many there are', async () => {
    const { host } = await setUp(...Array.from({ length: 250 }, (_, n) => `t${n}`));
    const { held, works } = await host('a');
    expect([held.size, works.length, [...held.works()].length]).toEqual([250, 250, 250]);
  });

  it('takes no more than its share of tenants that became free just now, and what is left after three seconds', async () => {
    const under = await setUp('1', '2', '3', '4');
    await joinFor(under.store, { host: 'other', incarnation: 'other-1' }, seconds(60));
    const a = await under.host('a');
    expect(a.held.size).toBe(2);
    await under.clock.pass(3_000);
    await a.beat();
    expect(a.held.size).toBe(2);
    await under.clock.pass(1);
    await a.beat();
    expect(a.held.size).toBe(4);
  });

  it('gives up what exceeds its share and one more, once it has held it for a minute, when its work has ended', async () => {
    const { clock, store, host } = await setUp('1', '2', '3', '4', '5', '6');
    const a = await host('a');
    await joinFor(store, { host: 'b', incarnation: 'b-1' }, seconds(600));
    for (let at = 0; at < 57; at += 3) {
      await clock.pass(3_000);
      await a.beat();
    }
    expect(a.held.size).toBe(6);
    const oldest = a.works.slice(0, 2);
    for (const work of oldest) work.becomeSlow();
    await clock.pass(3_000);
    await a.beat();
    expect([a.held.size, [...a.held.works()].length, (await store.unowned(9)).length]).toEqual([6, 4, 0]);
    expect(oldest.map(({ stops, isHeld }) => [stops, isHeld()])).toEqual([
      [1, true],
      [1, true],
    ]);
    for (const { end } of oldest) end();
    await settled();
    expect([a.held.size, (await store.unowned(9)).map(({ tenantId }) => tenantId)]).toEqual([4, ['1', '2']]);
    expect(oldest.map(({ isHeld }) => isHeld())).toEqual([false, false]);
  });

  it('gives nothing up where no other host would take it', async () => {
    const { clock, store, host } = await setUp('1', '2', '3', '4', '5', '6');
    const a = await host('a');
    for (const tenant of ['1', '2', '3', '4', '5']) store.tenantWent(name(tenant)); // they count no more, and are held still
    for (let at = 0; at < 90; at += 3) {
      await clock.pass(3_000);
      await a.beat();
    }
    expect([a.held.size, await store.unowned(9)]).toEqual([6, []]);
  });

  it('gives everything up, and claims nothing, while its host is not fit', async () => {
    const { clock, store, host } = await setUp('1', '2');
    const a = await host('a');
    a.become('ailing');
    await a.beat();
    expect([a.held.size, (await store.unowned(9)).length]).toEqual([0, 2]);
    await clock.pass(5_000);
    await a.beat();
    await a.held.claimFor(name('1'), true);
    expect(a.held.size).toBe(0);
    a.become('live');
    await a.beat();
    expect(a.held.size).toBe(2);
  });

  it('claims a tenant at once of which a command came, and none that another host owns', async () => {
    const { store, host } = await setUp();
    const [a, b] = [await host('a'), await host('b')];
    store.tenantCame(name('new'));
    await Promise.all([a.held.claimFor(name('new'), true), a.held.claimFor(name('new'), true)]);
    await b.held.claimFor(name('new'), true);
    expect([await a.owns(), a.works.length, await b.owns(), b.works.length]).toEqual([['new'], 1, [], 0]);
  });

  it('asks once at a time whether anybody owns a tenant, and not at all where every tenant has an owner', async () => {
    const { store, host } = await setUp();
    let asked = 0;
    const a = await host('a', {
      unownedTenant: (tenantId) => {
        asked += 1;
        return store.unownedTenant(tenantId);
      },
    });
    const tenant = name('1');
    store.tenantCame(tenant);
    await store.join({ host: 'b', incarnation: 'b-1' }, seconds(60));
    await store.claim({ host: 'b', incarnation: 'b-1' }, tenant, (await store.unownedTenant(tenant))?.epoch ?? -1);
    await a.held.claimFor(tenant, false);
    expect(asked).toBe(0);
    await Promise.all([1, 2, 3].map(() => a.held.claimFor(tenant, true)));
    expect(asked).toBe(1);
    store.tenantCame(name('2'));
    a.become('skewed'); // it takes none at this heartbeat
    await a.beat();
    a.become('live');
    await a.held.claimFor(name('2'), false);
    expect([asked, a.held.size]).toEqual([2, 0]);
  });

  it('takes up what it was granted though it never heard so', async () => {
    const { store, host } = await setUp('1', '2');
    const lost: OwnershipStore['claim'] = async (...args) => {
      await store.claim(...args);
      throw new LutraError('unavailable', 'no answer');
    };
    const a = await host('a', { claim: lost });
    expect([a.held.size, await a.owns()]).toEqual([0, ['1', '2']]);
    await a.beat();
    expect([a.held.size, a.works.length]).toEqual([2, 2]);
  });

  it('lets go what the store says that it does not own', async () => {
    const { store, host } = await setUp('1', '2');
    const a = await host('a');
    const work = a.workOf('1');
    for (const ownership of await store.ownedBy({ host: 'a', incarnation: 'a-1' }))
      if (ownership.tenantId === name('1')) await store.release(ownership);
    await store.join({ host: 'b', incarnation: 'b-1' }, seconds(60));
    await store.claim({ host: 'b', incarnation: 'b-1' }, name('1'), (await store.unownedTenant(name('1')))?.epoch ?? -1);
    await a.beat();
    expect([work.stops, work.isHeld(), a.held.workOf(name('1'))]).toEqual([1, false, undefined]);
    expect(a.held.size).toBe(1);
  });

  it('compares what it holds with no count from before it claimed', async () => {
    const { store, host } = await setUp('1');
    let asked = 0;
    const a = await host('a', {
      ownedBy: (owner) => {
        asked += 1;
        return store.ownedBy(owner);
      },
    });
    const { mark } = a.held;
    const heartbeat = await store.renew({ host: 'a', incarnation: 'a-1' }, options.hostLease, { state: 'live', isCloudHealthy: false });
    store.tenantCame(name('2'));
    await a.held.claimFor(name('2'), true);
    if (heartbeat !== undefined) await a.held.settle(heartbeat, mark, false);
    expect([asked, a.held.size]).toEqual([0, 2]);
  });

  it('takes nothing up that was granted to a life which is over', async () => {
    const { store, host } = await setUp();
    let answer = (): void => undefined;
    const a = await host('a', {
      claim: async (...args) => {
        const granted = await store.claim(...args);
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return granted;
      },
    });
    store.tenantCame(name('1'));
    const claimed = a.held.claimFor(name('1'), true);
    await settled();
    await a.again();
    answer();
    await claimed;
    expect(a.works).toEqual([]);
  });

  it('runs nothing that it is granted once it is to leave, and gives it back', async () => {
    const { store, host } = await setUp();
    const { held: claims, open } = gate();
    const a = await host('a', {
      claim: async (...args) => {
        const granted = await store.claim(...args);
        await claims;
        return granted;
      },
    });
    store.tenantCame(name('1'));
    const claimed = a.held.claimFor(name('1'), true);
    await settled();
    expect(await a.owns()).toEqual(['1']);
    a.become('leaving');
    open();
    await claimed;
    await settled();
    expect([a.works, a.held.size, await a.owns()]).toEqual([[], 0, []]);
  });

  it('asks for no claim when it became unfit while it looked for what to claim', async () => {
    const { store, host } = await setUp();
    const { held: looks, open } = gate();
    let claims = 0;
    const a = await host('a', {
      unownedTenant: async (tenantId) => {
        await looks;
        return store.unownedTenant(tenantId);
      },
      claim: (...args) => {
        claims += 1;
        return store.claim(...args);
      },
    });
    store.tenantCame(name('1'));
    const claimed = a.held.claimFor(name('1'), true);
    a.become('leaving');
    open();
    await claimed;
    expect(claims).toBe(0);
  });

  it('settles once more by what came while it settled', async () => {
    const { clock, store, host } = await setUp('1');
    const { held: releases, open } = gate();
    let isSlow = false;
    const a = await host('a', {
      ownedBy: async (owner) => {
        const owned = await store.ownedBy(owner);
        if (isSlow) await releases;
        return owned;
      },
    });
    const [mine] = await store.ownedBy({ host: 'a', incarnation: 'a-1' });
    if (mine === undefined) throw new Error('it owns nothing');
    await store.release(mine);
    const b = await host('b');
    expect(await b.owns()).toEqual(['1']);
    isSlow = true;
    const slow = a.beat(); // it reads what it owns; nothing is unowned
    await settled();
    await store.leave({ host: 'b', incarnation: 'b-1' });
    await a.again(); // another life begins, and looks for tenants
    expect(await a.owns()).toEqual([]);
    isSlow = false;
    open();
    await slow;
    expect([await a.owns(), a.held.size, clock.now()]).toEqual([['1'], 1, 0]);
  });

  it('tries again to release what could not be released, and runs it no more', async () => {
    const { clock, store, host } = await setUp('1');
    let isAway = true;
    const a = await host('a', {
      release: (ownership) => (isAway ? Promise.reject(new LutraError('unavailable', 'away')) : store.release(ownership)),
    });
    a.held.giveUp(name('1'));
    await clock.pass(3_000);
    await a.beat();
    expect([a.held.size, a.held.workOf(name('1')), a.works.length]).toEqual([1, undefined, 1]);
    isAway = false;
    a.become('leaving');
    await a.beat();
    expect([a.held.size, (await store.unowned(9)).length]).toEqual([0, 1]);
  });

  it('stops all work at once when everything is lost, and tells whoever takes up a tenant again what ran it before', async () => {
    const { host } = await setUp('1', '2');
    const a = await host('a');
    const [slow, quick] = [a.workOf('1'), a.workOf('2')];
    slow.becomeSlow();
    a.held.lose();
    expect([slow, quick].map((work) => [work.stops, work.isHeld()])).toEqual([
      [1, false],
      [1, false],
    ]);
    await settled();
    await a.again();
    expect([a.workOf('1').earlier === slow, a.workOf('2').earlier, slow.isHeld()]).toEqual([true, undefined, false]);
    let isOver = false;
    void a.held.stop().then(() => (isOver = true));
    await settled();
    expect(isOver).toBe(false); // what was lost still goes on
    slow.end();
    await settled();
    expect(isOver).toBe(true);
  });
});

/** The engine on the simulated cloud, in virtual time: what an operator would see of one group. */
import {
  type Autoscaler,
  type Cloud,
  CloudError,
  createAutoscaler,
  createMemoryStore,
  epochMs,
  formatInstant,
  type GroupEvent,
  type GroupRef,
  type LoadBalancerId,
  LutraError,
  later,
  milliseconds,
  type NewGroup,
  type Options,
  type ProviderEvent,
  type ServerId,
  type Store,
  seconds,
  seededRandom,
  type TenantId,
} from '@lutra/core';
import { cloudOver, outside, type Pace, paces, VirtualClock, World } from '@lutra/simulator';
import { firstValueFrom, merge, NEVER, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';

const tenantId = '829409' as TenantId;
const newGroup = (minEntities: number, changes: Partial<NewGroup['groupConfiguration']> = {}): NewGroup => ({
  tenantId,
  groupConfiguration: { name: 'web', cooldown: 0, minEntities, maxEntities: 20, metadata: {}, ...changes },
  launchConfiguration: {
    type: 'launch_server',
    args: {
      loadBalancers: [{ loadBalancerId: 237935, port: 80 }],
      server: { name: 'web', imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: 'performance1-2' },
    },
  },
  scalingPolicies: [
    { name: 'up', cooldown: 0, type: 'webhook', change: 1 },
    { name: 'down', cooldown: 0, type: 'webhook', change: -1 },
  ],
});

/** A store whose methods are its own, but for those that `over` has. */
const bound = (store: Store, over: Partial<Store>): Store =>
  new Proxy(store, {
    get: (target, name) => {
      const value = Reflect.get(over, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

const away = (): Promise<never> => Promise.reject(new LutraError('unavailable', 'store away'));

/** A cloud that takes so long to create a server, and when it was asked to. */
function slowCreates(took: number): { readonly asked: number[]; readonly around: (cloud: Cloud, stage: Stage) => Partial<Cloud> } {
  const asked: number[] = [];
  return {
    asked,
    around: (cloud, { clock }) => ({
      createServer: async (...request) => {
        asked.push(clock.now());
        await firstValueFrom(clock.after(seconds(took)));
        return cloud.createServer(...request);
      },
    }),
  };
}

class Stage {
  readonly clock = new VirtualClock();
  readonly world: World;
  readonly autoscaler: Autoscaler;
  readonly events: GroupEvent[] = [];
  /** Provider events beside those of the simulated cloud. */
  readonly hints = new Subject<ProviderEvent>();

  readonly store: Store;

  constructor(
    options: Partial<Options> = {},
    around: (cloud: Cloud, stage: Stage) => Partial<Cloud> = () => ({}),
    pace: Pace = paces.demo,
    aroundStore: (store: Store) => Partial<Store> = () => ({}),
  ) {
    const random = seededRandom(7);
    const memory = createMemoryStore(this.clock);
    this.store = bound(memory, aroundStore(memory));
    this.world = new World({ clock: this.clock, random: random.fork('world'), pace });
    const inner = cloudOver(this.world);
    const cloud: Cloud = { ...inner, events$: (id) => merge(inner.events$(id), this.hints), ...around(inner, this) };
    this.autoscaler = createAutoscaler({
      cloud,
      store: this.store,
      clock: this.clock,
      random: random.fork('host'),
      options,
    });
    this.autoscaler.events$.subscribe((event) => this.events.push(event));
    this.autoscaler.start();
  }

  async run(forSeconds: number): Promise<void> {
    await this.clock.runUntil(later(this.clock.now(), seconds(forSeconds)));
  }

  /** A converged group. */
  async converged(size: number, changes: Partial<NewGroup['groupConfiguration']> = {}): Promise<GroupRef> {
    const { id } = await this.clock.runUntilSettled(this.autoscaler.createGroup(newGroup(size, changes)));
    const ref = { tenantId, groupId: id };
    await this.run(60);
    expect(await this.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: size, status: 'ACTIVE' });
    return ref;
  }

  get servers() {
    return this.world.tenant(tenantId).compute.servers.all();
  }

  kill(count: number, how: 'error' | 'vanish'): void {
    const tenant = this.world.tenant(tenantId);
    for (const server of this.servers.filter(({ status, deleting }) => status === 'ACTIVE' && !deleting).slice(0, count)) {
      outside.killServer(tenant, server, how);
    }
  }

  become(server: Stage['servers'][number], status: string): void {
    this.world.tenant(tenantId).compute.setStatus(server, status, 'outsider');
  }

  passes(since = 0): number {
    return this.events.filter(({ kind, at }) => kind === 'pass-ended' && at >= since).length;
  }

  async execute(ref: GroupRef, name: string): Promise<void> {
    const policy = (await this.autoscaler.listPolicies(ref, { limit: 9 })).find(({ definition }) => definition.name === name);
    if (policy === undefined) throw new Error(`there is no policy ${name}`);
    await this.autoscaler.executePolicy({ ...ref, policyId: policy.id });
  }
}

describe('the engine', () => {
  it('starts the first pass after a command within a second, and shows the desired capacity at once', async () => {
    const stage = new Stage();
    const ref = await stage.converged(2);
    const asked = stage.clock.now();
    await stage.execute(ref, 'up');
    expect((await stage.autoscaler.groupState(ref)).desiredCapacity).toBe(3);
    await stage.run(2);
    const planned = stage.events.find(({ kind, at }) => kind === 'pass-planned' && at >= asked);
    expect((planned?.at ?? Number.POSITIVE_INFINITY) - asked).toBeLessThan(1000);
  });

  it('replaces servers that fail or vanish, told by provider events, without waiting for self-heal', async () => {
    const stage = new Stage();
    const ref = await stage.converged(6);
    stage.kill(2, 'error');
    stage.kill(1, 'vanish');
    await stage.run(30);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 6 });
    expect(stage.servers).toHaveLength(6);
  });

  it('finds what no event told of, at self-heal', async () => {
    const stage = new Stage({}, () => ({ events$: () => new Subject<ProviderEvent>() }));
    const ref = await stage.converged(3);
    stage.kill(1, 'error');
    await stage.run(400);
    expect((await stage.autoscaler.groupState(ref)).activeCapacity).toBe(3);
    expect(stage.servers.filter(({ status }) => status === 'ERROR')).toEqual([]);
  });

  it('makes few passes of a burst of ten thousand provider events', async () => {
    const stage = new Stage();
    const ref = await stage.converged(1);
    const since = stage.clock.now();
    for (let n = 0; n < 10_000; n += 1) stage.hints.next({ groupId: ref.groupId });
    await stage.run(5);
    expect(stage.passes(since)).toBeGreaterThanOrEqual(1);
    expect(stage.passes(since)).toBeLessThanOrEqual(2);
  });

  it('subscribes again to provider events that fail', async () => {
    let subscriptions = 0;
    const failing = new Subject<ProviderEvent>();
    const stage = new Stage({}, () => ({
      events$: () => {
        subscriptions += 1;
        return subscriptions === 1 ? failing : stage.hints;
      },
    }));
    const ref = await stage.converged(1);
    failing.error(new Error('the feed broke'));
    await stage.run(5);
    const since = stage.clock.now();
    stage.hints.next({ groupId: ref.groupId });
    await stage.run(5);
    expect(stage.passes(since)).toBe(1);
  });

  it('starts no further call once paused, and goes on at resume', async () => {
    const stage = new Stage();
    const ref = await stage.converged(1);
    const { autoscaler } = stage;
    await autoscaler.updateConfiguration(ref, { ...(await autoscaler.configuration(ref)), minEntities: 15 });
    while (stage.servers.length < 3) await stage.run(0.01);
    await autoscaler.pauseGroup(ref);
    await stage.run(0.2);
    const made = stage.servers.length;
    await stage.run(600);
    expect(made).toBeLessThan(15);
    expect(stage.servers).toHaveLength(made);
    await autoscaler.resumeGroup(ref);
    await stage.run(60);
    expect((await autoscaler.groupState(ref)).activeCapacity).toBe(15);
  });

  it('runs a schedule at most a second late, once for each occurrence, and not while paused', async () => {
    const stage = new Stage();
    const ref = await stage.converged(1);
    await stage.autoscaler.createPolicies(ref, [
      { name: 'every minute', cooldown: 0, type: 'schedule', args: { cron: '* * * * *' }, change: 1 },
    ]);
    await stage.run(5 * 60);
    const runs = stage.events.filter(({ kind }) => kind === 'desired-changed').map(({ at }) => at % 60_000);
    expect(runs).toHaveLength(5);
    for (const late of runs) expect(late).toBeLessThanOrEqual(1000);
    await stage.autoscaler.pauseGroup(ref);
    await stage.run(5 * 60);
    await stage.autoscaler.resumeGroup(ref);
    await stage.run(60);
    expect((await stage.autoscaler.groupState(ref)).desiredCapacity).toBe(7);
  });

  it('counts every one of ten schedules of one instant, whatever the cooldowns', async () => {
    const stage = new Stage();
    const ref = await stage.converged(1, { cooldown: 3600 });
    const minute = epochMs((Math.floor(stage.clock.now() / 60_000) + 2) * 60_000);
    await stage.clock.runUntil(later(minute, seconds(-59)));
    const all = { name: 'one of ten', cooldown: 3600, type: 'schedule', change: 1 } as const;
    await stage.autoscaler.createPolicies(ref, [
      ...Array(5).fill({ ...all, args: { at: formatInstant(minute) } }),
      ...Array(5).fill({ ...all, args: { cron: '* * * * *' } }),
    ]);
    await stage.clock.runUntil(later(minute, milliseconds(-1)));
    expect((await stage.autoscaler.groupState(ref)).desiredCapacity).toBe(1);
    await stage.run(30);
    const state = await stage.autoscaler.groupState(ref);
    expect([state.desiredCapacity, state.activeCapacity]).toEqual([11, 11]);
  });

  it('deletes a group for good once its servers are gone, paused or not', async () => {
    const stage = new Stage();
    const ref = await stage.converged(3);
    await stage.autoscaler.pauseGroup(ref);
    await stage.autoscaler.deleteGroup(ref, { force: true });
    await expect(stage.autoscaler.showGroup(ref)).rejects.toMatchObject({ code: 'group-not-found' });
    await stage.run(60);
    expect(stage.servers).toEqual([]);
    expect(stage.world.tenant(tenantId).loadBalancers.all()[0]?.nodes.size).toBe(0);
    expect(stage.events.at(-1)).toMatchObject({ kind: 'group-removed', groupId: ref.groupId });
  });

  it('removes a server for a replacement, and lets another go unharmed', async () => {
    const stage = new Stage();
    const ref = await stage.converged(3);
    const [first, second] = stage.servers.map(({ id }) => id) as [ServerId, ServerId];
    await stage.clock.runUntilSettled(stage.autoscaler.removeServer(ref, first, { replace: true, purge: true }));
    await stage.clock.runUntilSettled(stage.autoscaler.removeServer(ref, second, { replace: true, purge: false }));
    await stage.run(60);
    const left = new Map(stage.servers.map((server) => [server.id, server.groupId]));
    expect([left.has(first), left.get(second), left.size]).toEqual([false, undefined, 4]);
    expect((await stage.autoscaler.groupState(ref)).activeCapacity).toBe(3);
    const strange = stage.autoscaler.removeServer(ref, second, { replace: true, purge: true });
    await expect(stage.clock.runUntilSettled(strange)).rejects.toMatchObject({ code: 'server-not-found' });
  });

  it('reads no load balancer while it only waits for servers to build', async () => {
    const stage = new Stage({}, () => ({}), paces.realistic);
    await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(1)));
    await stage.run(5);
    const calls: string[] = [];
    stage.world.events$.subscribe((event) => {
      if (event.kind === 'called') calls.push(event.op);
    });
    await stage.run(20);
    expect(stage.servers).toMatchObject([{ status: 'BUILD' }]);
    expect(calls.filter((op) => op === 'server.list').length).toBeGreaterThan(1);
    expect(calls.filter((op) => op !== 'server.list')).toEqual([]);
  });

  it('cleans up after a server that vanishes, though its load balancer is no longer that of the launch configuration', async () => {
    const stage = new Stage();
    const { loadBalancers } = stage.world.tenant(tenantId);
    for (const id of ['77', '78', '79', '80']) loadBalancers.make(id as LoadBalancerId); // too many to be read all at once
    const ref = await stage.converged(1);
    const { launchConfiguration } = newGroup(1);
    const args = { ...launchConfiguration.args, loadBalancers: [{ loadBalancerId: 77, port: 80 }] };
    await stage.clock.runUntilSettled(stage.autoscaler.updateLaunchConfiguration(ref, { ...launchConfiguration, args }));
    stage.kill(1, 'vanish');
    await stage.run(60);
    const nodesOf = (id: string) => [...(loadBalancers.find(id as LoadBalancerId)?.nodes.values() ?? [])].map(({ address }) => address);
    expect([nodesOf('237935').length, nodesOf('77').length]).toEqual([0, 1]);
  });

  it('goes to ERROR with a sentence when its load balancer is gone, keeps the server, and recovers', async () => {
    const stage = new Stage();
    const ref = await stage.converged(1);
    const tenant = stage.world.tenant(tenantId);
    const [balancer] = tenant.loadBalancers.all();
    if (balancer !== undefined) outside.deleteLoadBalancer(tenant, balancer);
    await stage.execute(ref, 'up');
    await stage.run(60);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({
      status: 'ERROR',
      errors: [expect.stringMatching(/Cloud Load Balancer 237935$/)],
    });
    expect(stage.servers).toHaveLength(2);
    await stage.execute(ref, 'down');
    await stage.run(60);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ERROR' });
  });

  it('holds the brake on mass failure until a command releases it', async () => {
    const stage = new Stage({ healing: { maxUnhealthyFraction: 0.5, maxConcurrentReplacements: null } });
    const ref = await stage.converged(4);
    stage.kill(3, 'error');
    await stage.run(600);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ERROR', errors: [expect.stringMatching(/^3 of 4 servers/)] });
    expect(stage.servers).toHaveLength(4);
    await stage.autoscaler.convergeGroup(ref);
    await stage.run(60);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', activeCapacity: 4 });
  });

  it('holds the brake on servers that vanished, and while the cloud cannot be listed', async () => {
    let failing = false;
    const stage = new Stage({ healing: { maxUnhealthyFraction: 0.5, maxConcurrentReplacements: null } }, (cloud) => ({
      listServers: (...request) => (failing ? Promise.reject(new CloudError('server-fault', 'away')) : cloud.listServers(...request)),
    }));
    const ref = await stage.converged(4);
    stage.kill(3, 'vanish');
    await stage.run(600);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ERROR', errors: [expect.stringMatching(/^3 of 4 servers/)] });
    expect(stage.servers).toHaveLength(1);
    failing = true;
    await stage.run(600);
    failing = false;
    expect((await stage.autoscaler.groupState(ref)).status).toBe('ERROR');
    await stage.run(600);
    expect(stage.servers).toHaveLength(1);
    await stage.autoscaler.convergeGroup(ref);
    await stage.run(60);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', activeCapacity: 4 });
  });

  it('releases the brake by itself once enough servers are well again', async () => {
    const metadata = { 'lutra:healing': { maxUnhealthyFraction: 0.5, maxConcurrentReplacements: null } };
    const stage = new Stage();
    const ref = await stage.converged(4, { metadata });
    stage.kill(3, 'error');
    await stage.run(30);
    expect((await stage.autoscaler.groupState(ref)).status).toBe('ERROR');
    for (const server of stage.servers.filter(({ status }) => status === 'ERROR').slice(1)) stage.become(server, 'ACTIVE');
    await stage.run(400);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', activeCapacity: 4 });
  });

  it('stops within its grace though a call of the cloud never answers, and gives the rest back in order', async () => {
    const stage = new Stage({}, () => ({ createServer: () => new Promise<never>(() => undefined) }));
    await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(1)));
    await stage.run(1);
    const asked = stage.clock.now();
    await stage.clock.runUntilSettled(stage.autoscaler.stop());
    expect(stage.clock.now() - asked).toBeLessThanOrEqual(30_000);
  });

  describe('begins no further call', () => {
    it('once told to stop', async () => {
      const { asked, around } = slowCreates(5);
      const stage = new Stage({}, around);
      await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(7)));
      await stage.run(2);
      await stage.clock.runUntilSettled(stage.autoscaler.stop());
      await stage.run(60);
      expect(asked).toHaveLength(1);
    });

    it('once the deadline of its pass is over', async () => {
      const { asked, around } = slowCreates(20);
      const stage = new Stage({ passDeadline: seconds(45) }, around);
      await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(15)));
      await stage.run(600);
      expect(stage.servers).toHaveLength(15);
      const planned = stage.events.flatMap(({ kind, at }) => (kind === 'pass-planned' ? [at] : []));
      for (const at of asked) expect(at - Math.max(...planned.filter((begun) => begun <= at))).toBeLessThan(45_000);
    });

    it('when its lease can no longer be renewed', async () => {
      const { asked, around } = slowCreates(6);
      let claims = 0;
      const stage = new Stage({}, around, paces.demo, (store) => ({
        claimLease: (...claim) => {
          claims += 1;
          return claims === 1 ? store.claimLease(...claim) : away();
        },
      }));
      await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(15)));
      await stage.run(120);
      expect(asked.map((at) => Math.round((at - (asked[0] ?? 0)) / 1000))).toEqual([0, 6, 6]);
    });

    it('once the rows say that the group is paused, whoever wrote that', async () => {
      const { asked, around } = slowCreates(5);
      const stage = new Stage({}, around, paces.demo, () => ({ woken$: NEVER }));
      const { clock, store, world } = stage;
      const elsewhere = createAutoscaler({ cloud: cloudOver(world), store, clock, random: seededRandom(8) });
      const { id: groupId } = await clock.runUntilSettled(elsewhere.createGroup(newGroup(7)));
      await stage.run(3);
      expect(asked).toHaveLength(1);
      await elsewhere.pauseGroup({ tenantId, groupId });
      await stage.run(60);
      expect(asked).toHaveLength(1);
    });

    it('while the store cannot be read, and goes on when it can', async () => {
      let unreadable = 0;
      const stage = new Stage(
        {},
        (cloud) => ({
          listServers: async (...request) => {
            const listing = await cloud.listServers(...request);
            if (unreadable === 0 && listing.servers.some(({ state }) => state === 'ACTIVE')) unreadable = 1;
            return listing;
          },
        }),
        paces.demo,
        (store) => ({
          readGroup: (ref) => {
            if (unreadable !== 1) return store.readGroup(ref);
            unreadable = 2; // the next read after that listing is the one right before the node is added
            return away();
          },
        }),
      );
      await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(1)));
      await stage.run(120);
      expect(unreadable).toBe(2);
      expect(stage.world.tenant(tenantId).loadBalancers.all()[0]?.nodes.size).toBe(1);
    });
  });

  it('stops and completes its events though a lease cannot be given back', async () => {
    const stage = new Stage(
      {},
      () => ({}),
      paces.demo,
      () => ({ releaseLease: away }),
    );
    await stage.converged(1);
    let completed = false;
    stage.autoscaler.events$.subscribe({
      complete: () => {
        completed = true;
      },
    });
    await stage.clock.runUntilSettled(stage.autoscaler.stop());
    expect(completed).toBe(true);
  });

  it('runs a schedule in time though a pass of its group is held up by the cloud', async () => {
    let slow = false;
    const stage = new Stage({}, (cloud, { clock }) => ({
      listServers: async (...request) => {
        if (slow) await firstValueFrom(clock.after(seconds(40)));
        return cloud.listServers(...request);
      },
    }));
    const ref = await stage.converged(2);
    const at = later(stage.clock.now(), seconds(30));
    const args = { at: new Date(at).toISOString() };
    await stage.autoscaler.createPolicies(ref, [{ name: 'later', cooldown: 0, type: 'schedule', desiredCapacity: 5, args }]);
    slow = true;
    await stage.run(20);
    await stage.autoscaler.convergeGroup(ref);
    await stage.run(11.5);
    expect((await stage.autoscaler.groupState(ref)).desiredCapacity).toBe(5);
  });

  it('outlives a store that is away when a hint comes', async () => {
    let isAway = false;
    const stage = new Stage(
      {},
      () => ({}),
      paces.demo,
      (store) => ({ readGroup: (ref) => (isAway ? away() : store.readGroup(ref)) }),
    );
    const ref = await stage.converged(1);
    await stage.run(120);
    isAway = true;
    stage.hints.next({ groupId: ref.groupId });
    await stage.run(5);
    isAway = false;
    stage.kill(1, 'error');
    await stage.run(60);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 1, status: 'ACTIVE' });
  });

  it('puts a group in ERROR that the cloud refuses again and again, and not at once', async () => {
    const stage = new Stage({ refusedTries: 4 }, () => ({
      createServer: () => Promise.reject(new CloudError('unauthorized', 'createServer: 401 Unauthorized')),
    }));
    const { id } = await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(1)));
    await stage.run(1);
    expect((await stage.autoscaler.groupState({ tenantId, groupId: id })).status).toBe('ACTIVE');
    await stage.run(600);
    expect(await stage.autoscaler.groupState({ tenantId, groupId: id })).toMatchObject({
      status: 'ERROR',
      errors: [expect.stringMatching(/^The cloud keeps refusing: /)],
    });
  });

  it('gives up with a sentence when a server stays in a passing state for too long', async () => {
    const stage = new Stage();
    const ref = await stage.converged(2);
    const [server] = stage.servers;
    if (server === undefined) throw new Error('there is no server');
    stage.become(server, 'HARD_REBOOT');
    await stage.autoscaler.convergeGroup(ref);
    await stage.run(200);
    expect((await stage.autoscaler.groupState(ref)).status).toBe('ACTIVE');
    await stage.run(200);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({
      status: 'ERROR',
      errors: [`Timed out: Waiting for server ${server.id} to transition to ACTIVE from HARD_REBOOT`],
    });
  });

  it('shows no negative pending capacity while servers are still to be removed', async () => {
    const stage = new Stage();
    const ref = await stage.converged(2);
    await stage.execute(ref, 'up');
    await stage.run(60);
    await stage.execute(ref, 'down');
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 3, desiredCapacity: 2, pendingCapacity: 0 });
  });

  it('converges nothing of a suspended tenant, and goes on when it is suspended no longer', async () => {
    const stage = new Stage();
    const ref = await stage.converged(2);
    await stage.autoscaler.suspendTenant(tenantId, true);
    stage.kill(1, 'error');
    await stage.run(600);
    expect(stage.servers.filter(({ status }) => status === 'ACTIVE')).toHaveLength(1);
    await expect(stage.execute(ref, 'up')).rejects.toThrow(LutraError);
    await stage.autoscaler.suspendTenant(tenantId, false);
    await stage.run(60);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 2, status: 'ACTIVE' });
  });
});

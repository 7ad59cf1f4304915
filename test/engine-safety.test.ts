/** The engine when it is told to stop, or something that it relies on is away, in virtual time. */
import {
  CloudError,
  createAutoscaler,
  LutraError,
  later,
  milliseconds,
  noMetrics,
  type ProviderEvent,
  seconds,
  seededRandom,
  silentLog,
} from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { cloudOver } from '@lutra/simulator';
import { config, firstValueFrom, NEVER, Observable, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';

import { away, besides, newGroup, oneLife, Stage, slowCreates, tenantId } from './engine-stage.ts';

describe('the engine, in trouble', () => {
  it('subscribes again to provider events that fail', async () => {
    let subscriptions = 0;
    const failing = new Subject<ProviderEvent>();
    const stage = new Stage({
      cloud: () => ({
        events$: () => {
          subscriptions += 1;
          return subscriptions === 1 ? failing : stage.hints;
        },
      }),
    });
    const ref = await stage.converged(1);
    failing.error(new Error('the feed broke'));
    await stage.run(5);
    const since = stage.clock.now();
    stage.hints.next({ groupId: ref.groupId });
    await stage.run(5);
    expect(stage.passes(since)).toBe(1);
  });

  it('stops within its grace though a call of the cloud never answers, and gives the rest back in order', async () => {
    const stage = new Stage({ cloud: () => ({ createServer: () => new Promise<never>(() => undefined) }) });
    await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(1)));
    await stage.run(1);
    const asked = stage.clock.now();
    await stage.clock.runUntilSettled(stage.autoscaler.stop());
    expect(stage.clock.now() - asked).toBeLessThanOrEqual(30_000);
  });

  describe('begins no further call', () => {
    it('once told to stop', async () => {
      const { asked, cloud } = slowCreates(5);
      const stage = new Stage({ cloud });
      await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(7)));
      await stage.run(2);
      await stage.clock.runUntilSettled(stage.autoscaler.stop());
      await stage.run(60);
      expect(asked).toHaveLength(1);
    });

    it('once the deadline of its pass is over', async () => {
      const { asked, cloud } = slowCreates(20);
      const stage = new Stage({ options: { passDeadline: seconds(45) }, cloud });
      await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(15)));
      await stage.run(600);
      expect(stage.servers).toHaveLength(15);
      const planned = stage.events.flatMap(({ kind, at }) => (kind === 'pass-planned' ? [at] : []));
      for (const at of asked) expect(at - Math.max(...planned.filter((begun) => begun <= at))).toBeLessThan(45_000);
    });

    it('when its heartbeats are no longer answered', async () => {
      const { asked, cloud } = slowCreates(6);
      const stage = new Stage({ cloud, store: oneLife(0) });
      await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(15)));
      await stage.run(120);
      expect(asked.map((at) => Math.round((at - (asked[0] ?? 0)) / 1000))).toEqual([0, 6, 6]);
    });

    it('once paused, though calls have queued for their turn', async () => {
      const { asked, cloud } = slowCreates(5);
      const stage = new Stage({ options: { callsInFlight: 4 }, cloud });
      const { id: groupId } = await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(20)));
      await stage.run(17.5); // of the fourth batch, of eight, four are under way and four wait
      const before = asked.length;
      await stage.clock.runUntilSettled(stage.autoscaler.pauseGroup({ tenantId, groupId }));
      await stage.run(60);
      expect([before, asked.length]).toEqual([11, 11]);
    });

    it('after the end of its life, though calls have queued for their turn', async () => {
      const { asked, cloud } = slowCreates(40);
      const stage = new Stage({
        options: { callsInFlight: 1, passDeadline: seconds(600) },
        cloud,
        store: oneLife(14),
      });
      await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(7)));
      await stage.run(45);
      const before = asked.length;
      await stage.run(200);
      expect([before, asked.length]).toEqual([2, 2]);
    });

    it('once the store says that the group is paused, whoever wrote that', async () => {
      const { asked, cloud } = slowCreates(5);
      const stage = new Stage({ cloud, store: () => ({ woken$: NEVER }) });
      const { clock, store, world } = stage;
      const elsewhere = createAutoscaler({ cloud: cloudOver(world), store, clock, random: seededRandom(8) });
      const { id: groupId } = await clock.runUntilSettled(elsewhere.createGroup(newGroup(7)));
      await stage.run(4);
      expect(asked).toHaveLength(1);
      await elsewhere.pauseGroup({ tenantId, groupId });
      await stage.run(60);
      expect(asked).toHaveLength(1);
    });

    it('while the store cannot be read, and goes on when it can', async () => {
      let unreadable = 0;
      const stage = new Stage({
        cloud: (cloud) => ({
          listServers: async (...request) => {
            const listing = await cloud.listServers(...request);
            if (unreadable === 0 && listing.servers.some(({ state }) => state === 'ACTIVE')) unreadable = 1;
            return listing;
          },
        }),
        store: (store) => ({
          readGroup: (ref) => {
            if (unreadable !== 1) return store.readGroup(ref);
            unreadable = 2; // the next read after that listing is the one right before the node is added
            return away();
          },
        }),
      });
      await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(1)));
      await stage.run(120);
      expect(unreadable).toBe(2);
      expect(stage.world.tenant(tenantId).loadBalancers.all()[0]?.nodes.size).toBe(1);
    });
  });

  it('stops and completes its events though its tenants cannot be released', async () => {
    const stage = new Stage({ store: () => ({ leave: away }) });
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

  it('goes on and tells the others though an observer of its events throws; the error is thrown outside', async () => {
    const thrown: unknown[] = [];
    config.onUnhandledError = (error) => thrown.push(error);
    try {
      const stage = new Stage();
      stage.autoscaler.events$.subscribe(() => {
        throw new Error('an observer failed');
      });
      const seen: string[] = [];
      stage.autoscaler.events$.subscribe(({ kind }) => seen.push(kind));
      await stage.converged(2);
      await firstValueFrom(nodeClock().after(milliseconds(0)));
      expect(seen).toContain('pass-ended');
      expect(thrown).toHaveLength(seen.length);
    } finally {
      config.onUnhandledError = null;
    }
  });

  it('runs a schedule in time though a pass of its group is held up by the cloud', async () => {
    let slow = false;
    const stage = new Stage({
      cloud: (cloud, { clock }) => ({
        listServers: async (...request) => {
          if (slow) await firstValueFrom(clock.after(seconds(40)));
          return cloud.listServers(...request);
        },
      }),
    });
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
    const stage = new Stage({ store: (store) => ({ readGroup: (ref) => (isAway ? away() : store.readGroup(ref)) }) });
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

  it('gives everything up while the store takes no heartbeat, says so, and goes on when it does', async () => {
    let isAway = false;
    const said: string[] = [];
    const stage = new Stage({
      store: (store) => ({
        join: (...member) => (isAway ? away() : store.join(...member)),
        renew: (...beat) => (isAway ? away() : store.renew(...beat)),
      }),
      log: { ...silentLog, warn: (_, message) => void said.push(`warn: ${message}`), error: (_, message) => void said.push(message) },
    });
    const ref = await stage.converged(1);
    isAway = true;
    await stage.run(15);
    await stage.execute(ref, 'up');
    await stage.run(30);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 1, desiredCapacity: 2 });
    expect(new Set(said)).toEqual(
      new Set([
        'warn: the store did not take the heartbeat of this host; it is sent again',
        'warn: no heartbeat of this host was answered in time; it gives everything up and begins anew',
      ]),
    );
    isAway = false;
    await stage.run(60);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 2, status: 'ACTIVE' });
  });

  it('puts a group in ERROR that the cloud refuses again and again, and not at once', async () => {
    const stage = new Stage({
      options: { refusedTries: 4 },
      cloud: () => ({
        createServer: () => Promise.reject(new CloudError('unauthorized', 'createServer: 401 Unauthorized')),
      }),
    });
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

  it('converges nothing that is created for a suspended tenant before he is suspended no longer', async () => {
    const stage = new Stage();
    await stage.autoscaler.suspendTenant(tenantId, true);
    const { id: groupId } = await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(1)));
    await stage.run(400);
    expect(stage.servers).toHaveLength(0);
    await stage.autoscaler.suspendTenant(tenantId, false);
    await stage.run(60);
    expect(await stage.autoscaler.groupState({ tenantId, groupId })).toMatchObject({ activeCapacity: 1 });
  });

  it('suspends all groups that it can, and says when it could not suspend all', async () => {
    let failing: string | undefined;
    const stage = new Stage({
      store: (store) => ({ transact: (ref, ...rest) => (ref.groupId === failing ? away() : store.transact(ref, ...rest)) }),
    });
    const refs = [await stage.converged(1), await stage.converged(1), await stage.converged(1)];
    [failing] = await stage.store.groupIdsOf(tenantId);
    await expect(stage.autoscaler.suspendTenant(tenantId, true)).rejects.toMatchObject({ code: 'unavailable' });
    const suspended = await Promise.all(refs.map(async (ref) => (await stage.store.readGroup(ref))?.spec.suspended));
    expect(suspended.filter((is) => is === true)).toHaveLength(2);
  });

  it('gives a look up when the time of its pass is over, and looks again', async () => {
    let answers = true;
    const stage = new Stage({
      options: { passDeadline: seconds(20), callDeadline: seconds(15) },
      cloud: (cloud) => ({
        getLoadBalancer: (...request) => (answers ? cloud.getLoadBalancer(...request) : new Promise(() => undefined)),
        listLoadBalancers: (...request) => (answers ? cloud.listLoadBalancers(...request) : new Promise(() => undefined)),
      }),
    });
    const ref = await stage.converged(1);
    answers = false;
    stage.kill(1, 'error');
    const since = stage.clock.now();
    await stage.run(300);
    const ended = stage.events.flatMap(({ kind, at }) => (kind === 'pass-ended' && at > since ? [at] : []));
    expect(ended.length).toBeGreaterThan(2);
    expect((ended[0] ?? 0) - since).toBeLessThan(21_000);
    answers = true;
    await stage.run(400);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 1, status: 'ACTIVE' });
  });

  it('waits as long as the cloud asked for though the pass ran out of time', async () => {
    const asked: number[] = [];
    const stage = new Stage({
      options: { passDeadline: seconds(10) },
      cloud: (_, { clock }) => ({
        createServer: async () => {
          asked.push(clock.now());
          await firstValueFrom(clock.after(seconds(11)));
          throw new CloudError('rate-limited', 'later', { retryAfter: seconds(100) });
        },
      }),
    });
    await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(3)));
    await stage.run(200);
    expect(asked.map((at) => Math.round((at - (asked[0] ?? 0)) / 1000))).toEqual([0, 111]);
  });

  it('warns of a clock of the cloud that is wrong, once in a while, and measures it', async () => {
    const warnings: string[] = [];
    const skews = new Set<number>();
    const stage = new Stage({
      cloud: (cloud) => ({
        listServers: async (...request) => {
          const listing = await cloud.listServers(...request);
          return { ...listing, cloudNow: later(listing.cloudNow ?? stage.clock.now(), seconds(-42)) };
        },
      }),
      log: { ...silentLog, warn: (_, message) => void warnings.push(message) },
      metrics: { ...noMetrics, clockSkew: (skew) => void skews.add(skew) },
    });
    await stage.converged(2);
    expect(warnings).toEqual(["the cloud's clock is 42 s behind ours; keep both with NTP"]);
    expect(Math.min(...skews)).toBeGreaterThanOrEqual(-42_000);
    expect(Math.max(...skews)).toBeLessThan(-40_000);
    await stage.run(700);
    expect(warnings.length).toBeGreaterThan(1);
    expect(warnings.length).toBeLessThanOrEqual(3);
  });

  it('heals a group whose host is gone on another one, which never saw it due', async () => {
    const stage = new Stage();
    const { clock, store, world } = stage;
    const cloud = { ...cloudOver(world), events$: () => NEVER };
    const other = createAutoscaler({
      cloud,
      store: besides(store, { woken$: NEVER, due: async () => [] }),
      clock,
      random: seededRandom(8),
    });
    other.start();
    await stage.converged(2);
    await stage.clock.runUntilSettled(stage.autoscaler.stop());
    stage.kill(1, 'vanish');
    await stage.run(700);
    expect(stage.servers.filter(({ status }) => status === 'ACTIVE')).toHaveLength(2);
  });

  it('lets a tenant go whose last group is gone, and takes him up again', async () => {
    let asked = 0;
    let listening = 0;
    const stage = new Stage({
      cloud: () => ({
        events$: () =>
          new Observable(() => {
            listening += 1;
            return () => {
              listening -= 1;
            };
          }),
      }),
      store: (store) => ({
        groupIdsOf: (id) => {
          asked += 1;
          return store.groupIdsOf(id);
        },
      }),
    });
    const ref = await stage.converged(1);
    expect(listening).toBe(1);
    await stage.autoscaler.deleteGroup(ref, { force: true });
    await stage.run(700);
    expect(listening).toBe(0);
    asked = 0;
    await stage.run(700);
    expect(asked).toBe(0);
    await stage.converged(2);
    expect(listening).toBe(1);
  });

  it('counts creates whose answer never came among those of an hour', async () => {
    let asked = 0;
    const stage = new Stage({
      options: { createsPerHour: 3 },
      cloud: (cloud) => ({
        createServer: async (...request) => {
          asked += 1;
          await cloud.createServer(...request);
          throw new CloudError('timeout', 'No answer');
        },
      }),
    });
    await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(5)));
    await stage.run(600);
    expect(asked).toBe(3);
  });

  it('counts the creates of an hour across hosts', async () => {
    const stage = new Stage({ options: { createsPerHour: 3 } });
    await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(5)));
    await stage.run(600);
    await stage.clock.runUntilSettled(stage.autoscaler.stop());
    const { clock, store, world } = stage;
    createAutoscaler({ cloud: cloudOver(world), store, clock, random: seededRandom(8), options: { createsPerHour: 3 } }).start();
    await stage.run(1200);
    expect(stage.servers).toHaveLength(3);
    await stage.run(3600);
    expect(stage.servers).toHaveLength(5);
  });

  it('counts no creates that the cloud refused, or that were never sent', async () => {
    let refused = 0;
    const stage = new Stage({
      options: { createsPerHour: 4 },
      cloud: (cloud) => ({
        createServer: async (...request) => {
          if (refused === 9) return cloud.createServer(...request);
          refused += 1;
          throw new CloudError('busy', 'Not now');
        },
      }),
    });
    const ref = await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(4)));
    await stage.run(1800);
    expect([refused, stage.servers.length]).toEqual([9, 4]);
    expect(await stage.autoscaler.groupState({ tenantId, groupId: ref.id })).toMatchObject({ status: 'ACTIVE', errors: [] });
  });

  it('creates no more servers within an hour than a tenant may, though its groups pass at the same time', async () => {
    const stage = new Stage({ options: { createsPerHour: 10 } });
    const groups = Array.from({ length: 5 }, () => stage.autoscaler.createGroup(newGroup(4)));
    const made = await stage.clock.runUntilSettled(Promise.all(groups));
    await stage.run(600);
    expect(stage.servers).toHaveLength(10);
    const statesOf = async () => Promise.all(made.map(({ id }) => stage.autoscaler.groupState({ tenantId, groupId: id })));
    const waits = (await statesOf()).filter(({ errors }) => errors.some((error) => /most that may be created within an hour/.test(error)));
    expect(waits).toHaveLength(3);
    await stage.run(2 * 3600);
    expect([stage.servers.length, (await statesOf()).map(({ status }) => status)]).toEqual([20, Array(5).fill('ACTIVE')]);
  });

  it('creates no more servers within an hour than a tenant may, and says so meanwhile', async () => {
    const stage = new Stage({ options: { createsPerHour: 3 } });
    const { id } = await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(5)));
    const ref = { tenantId, groupId: id };
    await stage.run(600);
    expect(stage.servers).toHaveLength(3);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({
      status: 'ERROR',
      errors: [expect.stringMatching(/the most that may be created within an hour/)],
      activeCapacity: 3,
    });
    await stage.run(3600);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', errors: [], activeCapacity: 5 });
  });
});

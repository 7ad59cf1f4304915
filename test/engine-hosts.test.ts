/** Several hosts on one store, in virtual time: each tenant is run by one of them, whatever becomes of the others. */
import {
  type Cloud,
  CloudError,
  type EpochMs,
  type GroupRef,
  type LoadBalancerId,
  LutraError,
  later,
  milliseconds,
  type PolicyDefinition,
  type Store,
  seconds,
  seededRandom,
  type TenantId,
} from '@lutra/core';
import { cloudOver, outside } from '@lutra/simulator';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { HostsStage, type StagedHost } from './engine-hosts-stage.ts';

const sizesOf = (stage: HostsStage, refs: readonly GroupRef[]) => refs.map(({ tenantId }) => stage.activeOf(tenantId));
const kill = (stage: HostsStage, { tenantId }: GroupRef): void => {
  const tenant = stage.world.tenant(tenantId);
  const [victim] = tenant.compute.servers.all().filter(({ status }) => status === 'ACTIVE');
  if (victim === undefined) throw new Error(`${tenantId} has no server`);
  outside.killServer(tenant, victim, 'vanish');
};
const buildingOf = (stage: HostsStage, { tenantId }: GroupRef): number =>
  stage.world
    .tenant(tenantId)
    .compute.servers.all()
    .filter(({ status }) => status === 'BUILD').length;
const upOf = async (host: StagedHost, ref: GroupRef) => {
  const up = (await host.autoscaler.listPolicies(ref, { limit: 9 })).find(({ definition }) => definition.name === 'up');
  if (up === undefined) throw new Error('there is no policy up');
  return { ...ref, policyId: up.id };
};
/** A policy that asks for three servers at this instant. */
const scheduleAt = (at: EpochMs): PolicyDefinition => ({
  name: 'then',
  cooldown: 0,
  type: 'schedule',
  args: { at: new Date(at).toISOString() },
  desiredCapacity: 3,
});

describe('hosts on one store', () => {
  it('give a tenant to the host that took its first command, and the others leave it alone', async () => {
    const stage = new HostsStage();
    const [a, b] = [stage.host('a'), stage.host('b')];
    await stage.run(1);
    const refs = await stage.create(a, 1);
    await stage.run(60);
    expect([sizesOf(stage, refs), await stage.owned(), stage.wrongs]).toEqual([[1], { a: 1 }, []]);
    await stage.time.runUntilSettled(b.autoscaler.executePolicy(await upOf(b, refs[0] as GroupRef)));
    await stage.run(60);
    expect([sizesOf(stage, refs), new Set(stage.writes.map(({ host }) => host)), stage.claims]).toEqual([[2], new Set(['a']), 1]);
  });

  it('take over the tenants of a host that dies, and look at everything first', async () => {
    const stage = new HostsStage();
    const [a, b] = [stage.host('a'), stage.host('b')];
    const refs = await stage.create(a, 4);
    await stage.run(60);
    expect(sizesOf(stage, refs)).toEqual([1, 1, 1, 1]);
    a.clock.die();
    for (const ref of refs) kill(stage, ref);
    await stage.run(9);
    expect(stage.wrongs).toEqual([]);
    await stage.run(40); // ten seconds until it is dead, three more until its tenants are taken
    expect([sizesOf(stage, refs), await stage.owned(), stage.wrongs]).toEqual([[1, 1, 1, 1], { b: 4 }, []]);
    expect(b.said).toEqual([]);
  });

  it('share tenants out when one joins, and again when it leaves', async () => {
    const stage = new HostsStage();
    const a = stage.host('a');
    const refs = await stage.create(a, 12);
    await stage.run(90);
    expect(await stage.owned()).toEqual({ a: 12 });
    const b = stage.host('b');
    await stage.run(30);
    expect(await stage.owned()).toEqual({ a: 7, b: 5 }); // a share of six, and one more before anything moves
    await stage.time.runUntilSettled(b.autoscaler.stop());
    await stage.run(10);
    expect(await stage.owned()).toEqual({ a: 12 });
    for (const ref of refs) kill(stage, ref);
    await stage.run(400);
    expect([new Set(sizesOf(stage, refs)), stage.claims, stage.wrongs]).toEqual([new Set([1]), 22, []]);
  });

  it('count on no host that never hears that it has joined', async () => {
    const stage = new HostsStage();
    const a = stage.host('a');
    await stage.create(a, 12);
    await stage.run(90);
    stage.host('b', {
      store: (store) => ({
        join: async (...asked) => {
          const joined = await store.join(...asked);
          await firstValueFrom(stage.time.after(seconds(3))); // its deadline is two
          return joined;
        },
      }),
    });
    let most = 0;
    for (let n = 0; n < 120; n += 1) {
      await stage.run(1);
      most = Math.max(most, (await stage.store.members()).length);
    }
    expect([await stage.owned(), stage.claims, most, stage.wrongs]).toEqual([{ a: 12 }, 12, 2, []]);
  });

  it('give tenants up whose last group is gone, at once, and none of the others', async () => {
    const stage = new HostsStage();
    const a = stage.host('a');
    const refs = await stage.create(a, 20);
    await stage.run(65);
    for (const ref of refs.slice(8)) await stage.time.runUntilSettled(a.autoscaler.deleteGroup(ref, { force: true }));
    const left = refs.slice(0, 8);
    let unowned = 0;
    for (let n = 0; n < 30; n += 1) {
      await stage.run(1);
      unowned += left.filter(({ tenantId }) => stage.ownerOf(tenantId) === undefined).length;
    }
    expect([await stage.owned(), unowned, stage.claims, stage.wrongs]).toEqual([{ a: 8 }, 0, 20, []]);
  });

  it('move no tenant in the middle of a pass', async () => {
    const stage = new HostsStage();
    const a = stage.host('a', {
      cloud: (cloud) => ({
        createServer: async (...request) => {
          const made = await cloud.createServer(...request);
          await firstValueFrom(stage.time.after(seconds(20)));
          return made;
        },
      }),
    });
    const refs = await stage.create(a, 4, 4);
    await stage.run(57);
    const up = await Promise.all(refs.map((ref) => upOf(a, ref)));
    await stage.time.runUntilSettled(Promise.all(up.map((policy) => a.autoscaler.executePolicy(policy))));
    stage.host('b');
    await stage.run(12);
    expect(await stage.owned()).toEqual({ a: 4 }); // what is to move still waits for the cloud
    await stage.run(60);
    expect([sizesOf(stage, refs), await stage.owned(), stage.wrongs, a.said]).toEqual([[5, 5, 5, 5], { a: 3, b: 1 }, [], []]);
  });

  it('keep a frozen host from writing and committing anything stale once it comes back', async () => {
    const stage = new HostsStage();
    const a = stage.host('a');
    const refs = await stage.create(a, 3, 2);
    await stage.run(60);
    const b = stage.host('b');
    for (const ref of refs) {
      kill(stage, ref);
      await stage.time.runUntilSettled(b.autoscaler.convergeGroup(ref));
    }
    await stage.run(0.05); // its passes are under way
    a.clock.freeze();
    await stage.run(45);
    expect([sizesOf(stage, refs), await stage.owned()]).toEqual([[2, 2, 2], { b: 3 }]);
    const before = stage.writes.length;
    a.clock.letGo();
    await stage.run(2);
    expect(stage.writes.slice(before).filter(({ host }) => host === 'a')).toEqual([]);
    await stage.run(200);
    expect([sizesOf(stage, refs), stage.wrongs]).toEqual([[2, 2, 2], []]);
    expect(a.said).toContain('no heartbeat of this host was answered in time; it gives everything up and begins anew');
  });

  it('read a group anew when a tenant comes back, and count what others did meanwhile', async () => {
    const stage = new HostsStage();
    const a = stage.host('a');
    const [ref] = await stage.create(a, 1, 2);
    if (ref === undefined) throw new Error('there is no group');
    await stage.run(60);
    a.clock.freeze();
    const b = stage.host('b');
    await stage.run(20);
    await stage.time.runUntilSettled(b.autoscaler.executePolicy(await upOf(b, ref)));
    await stage.run(40);
    expect([stage.activeOf(ref.tenantId), stage.ownerOf(ref.tenantId)]).toEqual([3, 'b']);
    a.clock.letGo();
    await stage.run(5);
    await stage.time.runUntilSettled(b.autoscaler.stop());
    await stage.run(60);
    kill(stage, ref);
    await stage.time.runUntilSettled(a.autoscaler.convergeGroup(ref));
    await stage.run(60);
    expect([stage.activeOf(ref.tenantId), stage.ownerOf(ref.tenantId), stage.wrongs]).toEqual([3, 'a', []]);
    expect(
      stage.world
        .tenant(ref.tenantId)
        .compute.servers.all()
        .filter(({ deleting }) => !deleting),
    ).toHaveLength(3);
  });

  it('keep a frozen host from writing on when it comes back, though nobody has taken its tenant', async () => {
    const stage = new HostsStage();
    const claimsAtCreate: number[] = [];
    const a = stage.host('a', {
      cloud: (cloud) => ({
        createServer: (...request) => {
          claimsAtCreate.push(stage.claims);
          return cloud.createServer(...request);
        },
      }),
    });
    const [ref] = await stage.create(a, 1, 4);
    while (claimsAtCreate.length === 0) await stage.run(0.001);
    const before = claimsAtCreate.length;
    a.clock.freeze(); // the answer to the first of four creates is on its way
    await stage.run(30);
    a.clock.letGo();
    await stage.run(60);
    expect(claimsAtCreate.slice(before).filter((claims) => claims === 1)).toEqual([]); // each was sent after it had claimed anew
    expect([stage.claims, ref && stage.activeOf(ref.tenantId)]).toEqual([2, 4]);
  });

  it('read progress anew when a tenant comes back: what another host was about to do counts', async () => {
    const stage = new HostsStage();
    const hiding = {
      listServers: async (...request: Parameters<Cloud['listServers']>) => {
        const listing = await cloudOver(stage.world).listServers(...request);
        return { ...listing, servers: listing.servers.filter(({ createdAt }) => isShowing || createdAt < hiddenFrom) };
      },
      findServers: async () => [],
    };
    let isShowing = true;
    const hiddenFrom = later(stage.time.now(), seconds(60)); // the cloud tells whole seconds
    const a = stage.host('a', { cloud: () => hiding });
    const [ref] = await stage.create(a, 1);
    if (ref === undefined) throw new Error('there is no group');
    await stage.run(60);
    a.clock.freeze();
    const b = stage.host('b', {
      cloud: (cloud) => ({
        ...hiding,
        createServer: async (...request) => {
          await cloud.createServer(...request);
          throw new CloudError('answer-lost', 'no answer');
        },
      }),
    });
    await stage.run(20);
    isShowing = false; // what is made from here on
    await stage.time.runUntilSettled(b.autoscaler.executePolicy(await upOf(b, ref)));
    await stage.run(5);
    expect(stage.activeOf(ref.tenantId) + buildingOf(stage, ref)).toBe(2);
    a.clock.letGo();
    await stage.run(5);
    await stage.time.runUntilSettled(b.autoscaler.stop());
    await stage.run(60);
    expect([stage.ownerOf(ref.tenantId), stage.activeOf(ref.tenantId), buildingOf(stage, ref)]).toEqual(['a', 2, 0]);
    isShowing = true;
    await stage.run(400);

    expect([(await a.autoscaler.groupState(ref)).activeCapacity, stage.activeOf(ref.tenantId), stage.wrongs]).toEqual([2, 2, []]);
  });

  it('look at all load balancers first when they take a tenant over, though nothing is due', async () => {
    const stage = new HostsStage();
    const a = stage.host('a');
    const [ref] = await stage.create(a, 1);
    if (ref === undefined) throw new Error('there is no group');
    await stage.run(60);
    stage.host('b');
    a.clock.die();
    const tenant = stage.world.tenant(ref.tenantId);
    const [server] = tenant.compute.servers.all();
    const [other] = ['77', '78', '79', '80'].map((id) => tenant.loadBalancers.make(id as LoadBalancerId)); // too many to be read all at once
    if (server === undefined || other === undefined) throw new Error('there is no server, or no other load balancer');
    outside.addNode(tenant, other, { address: server.address, port: 80, condition: 'ENABLED', weight: 1, type: 'PRIMARY' });
    await stage.run(20);
    expect([other.nodes.size, stage.ownerOf(ref.tenantId)]).toEqual([0, 'b']);
  });

  it('begin no pass over a group whose pass under a lost life still waits for its answers', async () => {
    const stage = new HostsStage();
    let isAway = false;
    let isSlow = false;
    const listings: number[] = [];
    const a = stage.host('a', {
      store: (store) => ({ renew: (...beat) => (isAway ? Promise.reject(new LutraError('unavailable', 'away')) : store.renew(...beat)) }),
      cloud: (cloud) => ({
        listServers: (...request) => {
          listings.push(stage.time.now());
          return cloud.listServers(...request);
        },
        createServer: async (...request) => {
          const made = await cloud.createServer(...request);
          if (isSlow) await firstValueFrom(stage.time.after(seconds(40)));
          return made;
        },
      }),
    });
    const [ref] = await stage.create(a, 1);
    if (ref === undefined) throw new Error('there is no group');
    await stage.run(60);
    isSlow = true;
    isAway = true;
    await stage.time.runUntilSettled(a.autoscaler.executePolicy(await upOf(a, ref)));
    await stage.run(12);
    isAway = false;
    await stage.run(3);
    expect([stage.claims, stage.ownerOf(ref.tenantId)]).toEqual([2, 'a']); // its second life
    const begun = listings.length;
    await stage.run(22);
    expect(listings.length).toBe(begun);
    await stage.run(30);
    expect(listings.length).toBeGreaterThan(begun);
    expect([stage.activeOf(ref.tenantId), stage.wrongs]).toEqual([2, []]);
  });

  it('stay away from the cloud for as long as it asked, in another life too', async () => {
    const stage = new HostsStage();
    let isAway = false;
    let isBusy = false;
    let listings = 0;
    const a = stage.host('a', {
      store: (store) => ({ renew: (...beat) => (isAway ? Promise.reject(new LutraError('unavailable', 'away')) : store.renew(...beat)) }),
      cloud: (cloud) => ({
        listServers: async (...request) => {
          listings += 1;
          if (isBusy) throw new CloudError('rate-limited', 'slow down', { retryAfter: seconds(120) });
          return cloud.listServers(...request);
        },
      }),
    });
    const [ref] = await stage.create(a, 1);
    if (ref === undefined) throw new Error('there is no group');
    await stage.run(60);
    isBusy = true;
    await stage.time.runUntilSettled(a.autoscaler.convergeGroup(ref));
    await stage.run(1);
    isAway = true;
    const before = listings;
    await stage.run(12);
    isAway = false;
    await stage.run(3);
    await stage.time.runUntilSettled(a.autoscaler.convergeGroup(ref));
    await stage.run(97);
    expect([stage.claims, listings - before]).toEqual([2, 0]);
    await stage.run(60);
    expect(listings).toBeGreaterThan(before);
  });

  it('take each tenant once when they find it at once', async () => {
    const stage = new HostsStage();
    const store = (inner: Store): Partial<Store> => ({
      unowned: async (limit) => {
        const found = await inner.unowned(limit);
        await firstValueFrom(stage.time.after(milliseconds(50))); // so that all of them find the same, and claim it
        return found;
      },
    });
    for (const name of ['b', 'c', 'd']) stage.host(name, { store });
    await stage.run(1);
    const refs = await stage.create(stage.host('a', { isStarted: false }), 10);
    await stage.run(40);
    expect([new Set(sizesOf(stage, refs)), stage.claims, Object.values(await stage.owned()).length, stage.wrongs]).toEqual([
      new Set([1]),
      10,
      3,
      [],
    ]);
  });

  it('do not push tenants to and fro in an hour of hosts that come and go', { timeout: 120_000 }, async () => {
    const stage = new HostsStage();
    const random = seededRandom('joins and leaves');
    const hosts = [stage.host('0')];
    const refs = await stage.create(hosts[0] as StagedHost, 20);
    await stage.run(60);
    let changes = 0;
    let ideal = 0;
    for (let minute = 0; minute < 60; minute += 1) {
      const dice = random.at('what', minute);
      if (dice < 0.2) {
        hosts.push(stage.host(`${minute + 1}`));
        ideal += Math.ceil(20 / hosts.length); // what the new one is to run
        changes += 1;
      } else if (dice < 0.4 && hosts.length > 1) {
        const [gone] = hosts.splice(Math.floor(random.at('who', minute) * hosts.length), 1);
        if (gone === undefined) throw new Error('no host goes');
        ideal += (await stage.owned())[gone.name] ?? 0; // what the others are to take
        if (random.at('how', minute) < 0.5) gone.clock.die();
        else await stage.time.runUntilSettled(gone.autoscaler.stop());
        changes += 1;
      }
      await stage.run(60);
    }
    expect(changes).toBeGreaterThan(15);
    expect(stage.claims - 20).toBeLessThanOrEqual(ideal + changes); // one more than a share is held before anything moves
    const owned = await stage.owned();
    expect(Object.values(owned).reduce((sum, one) => sum + one, 0)).toBe(20);
    await stage.run(120);
    const before = stage.claims;
    await stage.run(400);
    expect([new Set(sizesOf(stage, refs)), stage.claims - before, stage.wrongs]).toEqual([new Set([1]), 0, []]);
  });

  it('give no tenant to a host whose clock is wrong, which takes no commands either, until it is right', async () => {
    const stage = new HostsStage();
    const a = stage.host('a', { ahead: 6 });
    await stage.run(1);
    await expect(stage.create(a, 1)).rejects.toMatchObject({ code: 'unavailable' });
    const b = stage.host('b', { ahead: -4 });
    const refs = await stage.create(b, 4);
    await stage.run(120);
    expect([sizesOf(stage, refs), await stage.owned()]).toEqual([[1, 1, 1, 1], { b: 4 }]);
    await expect(a.autoscaler.convergeGroup(refs[0] as GroupRef)).rejects.toMatchObject({
      code: 'unavailable',
      http: 503,
      effect: 'refused',
    });
    expect(a.said).toEqual([
      'the clock of this host differs from that of the store: it runs no tenants and takes no commands until it is set right',
    ]);
    a.clock.ahead = milliseconds(0);
    await stage.run(10);
    await stage.time.runUntilSettled(a.autoscaler.convergeGroup(refs[0] as GroupRef));
    expect([Object.keys(await stage.owned()), stage.wrongs]).toEqual([['a', 'b'], []]);
  });

  it.each([seconds(6.5), seconds(7_200)])('run no schedule early when the clock of a host jumps ahead by %d ms', async (jump) => {
    const stage = new HostsStage();
    let beats = 0;
    const renew: Store['renew'] = (...beat) => {
      beats += 1;
      return stage.store.renew(...beat);
    };
    const a = stage.host('a', { store: () => ({ renew }) });
    const [ref] = await stage.create(a, 1);
    if (ref === undefined) throw new Error('there is no group');
    await stage.run(60);
    const heard = beats;
    while (beats === heard) await stage.run(0.1);
    const at = later(stage.time.now(), seconds(7)); // the last heartbeat is good for longer than that
    await stage.time.runUntilSettled(a.autoscaler.createPolicies(ref, [scheduleAt(at)]));
    a.clock.ahead = jump;
    const desired = async () => (await stage.store.readGroup(ref))?.spec.desired;
    while (stage.time.now() < at - 5_000) {
      expect(await desired()).toBe(1);
      await stage.run(0.1);
    }
    const b = stage.host('b'); // whose clock is right
    await stage.run(20);
    expect([await desired(), b.said, stage.wrongs]).toEqual([3, [], []]);
  });

  it('run no schedule of a tenant that was lost meanwhile', async () => {
    const stage = new HostsStage();
    let isLosing = false;
    const refused: unknown[] = [];
    const transact: Store['transact'] = async (...change) => {
      if (!isLosing) return stage.store.transact(...change);
      isLosing = false;
      for (const member of await stage.store.members()) await stage.store.leave(member); // as when the host was frozen just here
      return stage.store.transact(...change).catch((error: unknown) => {
        refused.push(error);
        throw error;
      });
    };
    const a = stage.host('a', { store: () => ({ transact }) });
    const [ref] = await stage.create(a, 1);
    if (ref === undefined) throw new Error('there is no group');
    await stage.run(60);
    await stage.time.runUntilSettled(a.autoscaler.createPolicies(ref, [scheduleAt(later(stage.time.now(), seconds(20)))]));
    await stage.run(10);
    isLosing = true;
    await stage.run(11.5);
    expect(refused).toMatchObject([{ code: 'ownership-lost' }]);
    await stage.run(30);
    expect([(await stage.store.readGroup(ref))?.spec.desired, stage.wrongs]).toEqual([3, []]);
  });

  it('ask the cloud for other tenants, too, before a host is taken for cut off, and before it is taken for well', async () => {
    const stage = new HostsStage();
    let failsFor = (_: string): boolean => false;
    const around = (cloud: Cloud): Cloud =>
      new Proxy(cloud, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== 'function' || name === 'events$') return member;
          return (tenantId: string, ...rest: readonly unknown[]) =>
            failsFor(tenantId) ? Promise.reject(new CloudError('server-fault', 'no')) : Reflect.apply(member, target, [tenantId, ...rest]);
        },
      });
    const a = stage.host('a', { cloud: around });
    const b = stage.host('b');
    await stage.run(1);
    const [ref] = await stage.create(a, 1);
    await stage.create(b, 3); // another group of that tenant, and two tenants of its own
    const states = async () => (await stage.store.members()).map(({ state }) => state);
    const goOn = async (forSeconds: number): Promise<void> => {
      for (let at = 0; at < forSeconds; at += 20) {
        if (ref !== undefined) await stage.time.runUntilSettled(b.autoscaler.convergeGroup(ref));
        await stage.run(20);
      }
    };
    await goOn(60);
    expect([stage.ownerOf('tenant-0' as TenantId), await stage.owned()]).toEqual(['a', { a: 1, b: 2 }]);
    failsFor = (tenantId) => tenantId === 'tenant-0'; // the account of a's one tenant is broken
    await goOn(300);
    expect(await states()).toEqual(['live', 'live']);
    failsFor = () => true;
    await goOn(120);
    expect([await states(), await stage.owned()]).toEqual([['ailing', 'live'], { b: 3 }]);
    failsFor = (tenantId) => tenantId === 'tenant-0';
    await goOn(360);
    expect([await states(), stage.wrongs]).toEqual([['live', 'live'], []]);
  });

  it('take the tenants of a host whose cloud fails for it alone, and give them back when it answers', async () => {
    const stage = new HostsStage();
    let isCutOff = false;
    let probes = 0;
    const a = stage.host('a', {
      cloud: (cloud) =>
        new Proxy(cloud, {
          get: (target, name) => {
            if (name === 'getLimits') probes += 1;
            const failing = () => Promise.reject(new CloudError('unreachable', 'no route'));
            return isCutOff && name !== 'events$' ? failing : Reflect.get(target, name);
          },
        }),
    });
    const refs = await stage.create(a, 6);
    await stage.run(70);
    stage.host('b');
    await stage.run(30);
    expect(await stage.owned()).toEqual({ a: 4, b: 2 });
    isCutOff = true;
    for (const ref of refs) {
      kill(stage, ref);
      await stage.time.runUntilSettled(a.autoscaler.convergeGroup(ref));
    }
    await stage.run(120);
    expect([await stage.owned(), sizesOf(stage, refs)]).toEqual([{ b: 6 }, [1, 1, 1, 1, 1, 1]]);
    expect(a.said).toContain('the cloud does not answer this host, but another one: it gives its tenants up until the cloud answers again');
    isCutOff = false;
    probes = 0;
    await stage.run(150);
    expect(Object.keys(await stage.owned())).toEqual(['a', 'b']);
    expect([probes > 5, stage.wrongs]).toEqual([true, []]);
  });
});

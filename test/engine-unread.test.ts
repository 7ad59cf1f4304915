/** Load balancers that cannot be read, on the simulated cloud, in virtual time (D20): only what is on them waits, and nothing is told as gone. */
import { type Cloud, CloudError, type LoadBalancerId } from '@lutra/core';
import { outside } from '@lutra/simulator';
import { describe, expect, it } from 'vitest';
import { newGroup, Stage, tenantId } from './engine-stage.ts';

const own = '237935' as LoadBalancerId;
const broken = (): CloudError => new CloudError('server-fault', '500');

/** How load balancers fail: all of them, at once or by silence, or only those of these ids. */
type Fate = { fails: 'no' | 'all' | 'silent' | readonly LoadBalancerId[] };

/** A cloud whose load balancers can be read as `fate` says. */
const reading =
  (fate: Fate) =>
  (cloud: Cloud): Partial<Cloud> => {
    const isBroken = (id: LoadBalancerId): boolean => Array.isArray(fate.fails) && fate.fails.includes(id);
    return {
      listLoadBalancers: async (...request) => {
        if (fate.fails === 'all') throw broken();
        if (fate.fails === 'silent') return new Promise(() => {});
        const { loadBalancers, unread } = await cloud.listLoadBalancers(...request);
        const failed = loadBalancers.filter(({ id }) => isBroken(id)).map(({ id }) => ({ id, reason: '500' }));
        return { loadBalancers: loadBalancers.filter(({ id }) => !isBroken(id)), unread: [...unread, ...failed] };
      },
      getLoadBalancer: async (tenant, id, options) => {
        if (fate.fails === 'all' || isBroken(id)) throw broken();
        if (fate.fails === 'silent') return new Promise(() => {});
        return cloud.getLoadBalancer(tenant, id, options);
      },
    };
  };

function staged() {
  const fate: Fate = { fails: 'no' };
  const stage = new Stage({ cloud: reading(fate) });
  const nodes = (id = own) => [...(stage.world.tenant(tenantId).loadBalancers.find(id)?.nodes.values() ?? [])];
  const state = (ref: Parameters<typeof stage.autoscaler.groupState>[0]) => stage.autoscaler.groupState(ref);
  /** Scales a group to so many. */
  const scale = async (ref: Parameters<typeof stage.autoscaler.groupState>[0], policy: 'up' | 'down', times = 1) => {
    for (let n = 0; n < times; n += 1) await stage.execute(ref, policy);
  };
  return { stage, fate, nodes, state, scale };
}
const living = (stage: Stage) => stage.servers.filter(({ deleting }) => !deleting).length;

describe('the engine, when a load balancer cannot be read', () => {
  it.each(['one', 'all'] as const)('goes on with everything but what is on it: %s', async (what) => {
    const { stage, fate, nodes, state, scale } = staged();
    const ref = await stage.converged(3);
    fate.fails = what === 'one' ? [own] : 'all';
    await scale(ref, 'up', 2);
    await stage.run(120);
    expect(stage.servers.filter(({ status }) => status === 'ACTIVE')).toHaveLength(5);
    expect(await state(ref)).toMatchObject({ activeCapacity: 3, pendingCapacity: 2, status: 'ACTIVE' }); // the three are as they were seen last
    expect(nodes()).toHaveLength(3);
    stage.kill(1, 'vanish');
    await stage.run(420);
    expect(stage.servers.filter(({ status }) => status === 'ACTIVE')).toHaveLength(5);
    expect(await state(ref)).toMatchObject({ activeCapacity: 2, status: 'ACTIVE' });
    fate.fails = 'no';
    await stage.run(120);
    expect(await state(ref)).toMatchObject({ activeCapacity: 5, pendingCapacity: 0, status: 'ACTIVE' });
    const addresses = stage.servers.map(({ address }) => address).sort();
    expect(
      nodes()
        .map(({ address }) => address)
        .sort(),
    ).toEqual(addresses); // the node of the one that died is not forgotten
  });

  it('deletes no server whose nodes it cannot see, and deletes it in good order afterwards', async () => {
    const { stage, fate, nodes, scale } = staged();
    const ref = await stage.converged(2);
    await scale(ref, 'up');
    await stage.run(60);
    fate.fails = [own];
    await scale(ref, 'down');
    stage.kill(1, 'error');
    await stage.run(600);
    expect(living(stage)).toBe(3); // the broken one, which nobody misses, and the surplus one among them
    expect(nodes()).toHaveLength(3);
    fate.fails = 'no';
    await stage.run(120);
    expect([living(stage), nodes().length]).toEqual([2, 2]);
  });

  it('deletes a group all the same, after waitingTimeout', async () => {
    const { stage, fate } = staged();
    const ref = await stage.converged(3);
    fate.fails = 'all';
    await stage.clock.runUntilSettled(stage.autoscaler.deleteGroup(ref, { force: true }));
    await stage.run(290);
    expect(living(stage)).toBe(3);
    await stage.run(200);
    expect(stage.servers).toHaveLength(0);
    expect(await stage.store.readGroup(ref)).toBeUndefined();
  });

  it('waits for a group that is being deleted no longer for the nodes of servers that are gone already', async () => {
    const { stage, fate } = staged();
    const ref = await stage.converged(2);
    fate.fails = [own];
    await stage.clock.runUntilSettled(stage.autoscaler.deleteGroup(ref, { force: true }));
    stage.kill(2, 'vanish');
    await stage.run(250);
    expect(await stage.store.readGroup(ref)).toBeDefined();
    await stage.run(250);
    expect(await stage.store.readGroup(ref)).toBeUndefined();
  });

  it('carries out a removal that a tenant asked for, after waitingTimeout, and no other', async () => {
    const { stage, fate, scale } = staged();
    const ref = await stage.converged(3);
    await scale(ref, 'up');
    await stage.run(60);
    const asked = stage.servers.at(-1)?.id;
    if (asked === undefined) throw new Error('there is no server');
    fate.fails = [own];
    await scale(ref, 'down');
    await stage.clock.runUntilSettled(stage.autoscaler.removeServer(ref, asked, { replace: true, purge: true }));
    await stage.run(250);
    expect(stage.servers.find(({ id }) => id === asked)?.deleting).toBe(false);
    const others = stage.servers.filter(({ id }) => id !== asked).map(({ id }) => id);
    await stage.run(300);
    expect(stage.servers.map(({ id }) => id)).not.toContain(asked);
    expect(stage.servers.map(({ id }) => id)).toEqual(expect.arrayContaining(others));
  });

  it.each(['all', 'silent'] as const)('runs a group that is on none as ever: %s', async (how) => {
    const { stage, fate, state, scale } = staged();
    const group = newGroup(2);
    const launchConfiguration = { ...group.launchConfiguration, args: { ...group.launchConfiguration.args, loadBalancers: [] } };
    const { id } = await stage.clock.runUntilSettled(stage.autoscaler.createGroup({ ...group, launchConfiguration }));
    const ref = { tenantId, groupId: id };
    await stage.run(30);
    fate.fails = how;
    await scale(ref, 'up', 2);
    await stage.run(300);
    expect(await state(ref)).toMatchObject({ activeCapacity: 4, pendingCapacity: 0, status: 'ACTIVE' });
    await stage.clock.runUntilSettled(stage.autoscaler.deleteGroup(ref, { force: true }));
    await stage.run(600);
    expect(await stage.store.readGroup(ref)).toBeUndefined();
  });

  it('leaves a node alone that somebody else put elsewhere at the address of a server that is gone', async () => {
    const { stage, nodes } = staged();
    const other = '8' as LoadBalancerId;
    const tenant = stage.world.tenant(tenantId);
    const record = tenant.loadBalancers.make(other);
    await stage.converged(2);
    const [first] = stage.servers;
    if (first === undefined) throw new Error('there is no server');
    tenant.loadBalancers.addNodes(
      record,
      [{ address: first.address, port: 80, weight: 1, condition: 'ENABLED', type: 'PRIMARY' }],
      'outsider',
    );
    outside.killServer(tenant, first, 'vanish');
    await stage.run(1000); // it is replaced, and everything is looked at more than once
    expect([living(stage), nodes().length, nodes(other).length]).toEqual([2, 2, 1]);
  });

  it('tries again soon, then less and less often, and looks once a minute in the end', async () => {
    const { stage, fate } = staged();
    await stage.converged(1);
    fate.fails = [own];
    stage.hints.next({ groupId: undefined });
    const begun = stage.clock.now();
    await stage.run(60);
    const soon = stage.passes(begun);
    const later = stage.clock.now();
    await stage.run(600);
    expect(soon).toBeGreaterThan(3);
    expect(stage.passes(later)).toBeGreaterThanOrEqual(9);
    expect(stage.passes(later)).toBeLessThan(40);
  });
});

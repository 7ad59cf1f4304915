/** What the engine remembers of the nodes that it adds, on the simulated cloud, in virtual time (D21): what is ours is taken away, and nothing else. */
import { CloudError, type LoadBalancerId, LutraError } from '@lutra/core';
import type { NodeRecord } from '@lutra/core/stores';
import { outside } from '@lutra/simulator';
import { describe, expect, it } from 'vitest';
import { newGroup, Stage, type Staging, tenantId } from './engine-stage.ts';

const balancer = '237935' as LoadBalancerId;

function staged(staging: Staging = {}) {
  const stage = new Stage(staging);
  const tenant = stage.world.tenant(tenantId);
  const nodes = () => [...(tenant.loadBalancers.find(balancer)?.nodes.values() ?? [])];
  const records = (): Promise<readonly NodeRecord[]> => stage.store.nodeRecords(tenantId);
  return { stage, tenant, nodes, records };
}

describe('records of nodes', () => {
  it('are there before the node is added, and have its id once it was seen', async () => {
    const atAdd: (readonly NodeRecord[])[] = [];
    const { stage, nodes, records } = staged({
      cloud: ({ addNodes }) => ({
        addNodes: async (...request) => {
          atAdd.push(await records());
          await addNodes(...request);
        },
      }),
    });
    const { groupId } = await stage.converged(1);
    const [node] = nodes();
    const record = { groupId, serverId: stage.servers[0]?.id, loadBalancerId: balancer, address: node?.address, port: 80 };
    expect(atAdd[0]).toMatchObject([{ ...record, nodeId: null }]);
    expect(await records()).toMatchObject([{ ...record, nodeId: node?.id, removedAt: null, missedAt: null }]);
  });

  it('are none of a node that was refused, and go with a node that was removed', async () => {
    let refuses = true;
    const { stage, nodes, records } = staged({
      cloud: ({ addNodes }) => ({
        addNodes: async (...request) => {
          if (refuses) throw new CloudError('busy', 'come again');
          await addNodes(...request);
        },
      }),
    });
    const { id: groupId } = await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(1)));
    await stage.run(30);
    expect([stage.servers.length, await records()]).toEqual([1, []]);
    refuses = false;
    await stage.run(60);
    expect((await records()).length).toBe(1);
    await stage.clock.runUntilSettled(stage.autoscaler.deleteGroup({ tenantId, groupId }, { force: true }));
    await stage.run(60);
    expect([nodes(), await records()]).toEqual([[], []]);
  });

  it('find a node that shows only when its server has gone, and it is taken off once nobody had its address for a while', async () => {
    const late: (() => Promise<void>)[] = [];
    let holds = true;
    const { stage, nodes } = staged({
      cloud: ({ addNodes }) => ({
        addNodes: async (...request) => {
          if (!holds) return addNodes(...request);
          const [tenant, id, requests] = request;
          late.push(() => addNodes(tenant, id, requests, { signal: new AbortController().signal, mayStart: () => true }));
          throw new CloudError('timeout', 'no answer');
        },
      }),
    });
    await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(1)));
    while (late.length === 0) await stage.run(1);
    holds = false;
    const [first] = stage.servers;
    stage.kill(1, 'vanish');
    await stage.run(100); // it is replaced
    expect(nodes().map(({ address }) => address)).not.toContain(first?.address);
    await stage.clock.runUntilSettled(late[0]?.() ?? Promise.reject(new Error('no add')));
    expect(nodes()).toHaveLength(2);
    await stage.run(700);
    expect(nodes().map(({ address }) => address)).toEqual(stage.servers.map(({ address }) => address));
  });

  it('are the tenant’s when their group has gone: another group of it takes the nodes off', async () => {
    let isDown = false;
    const down = (): CloudError => new CloudError('server-fault', '500');
    const { stage, nodes, records } = staged({
      cloud: ({ removeNodes }) => ({ removeNodes: async (...request) => (isDown ? Promise.reject(down()) : removeNodes(...request)) }),
    });
    const gone = await stage.converged(2);
    const other = await stage.converged(1);
    isDown = true;
    await stage.clock.runUntilSettled(stage.autoscaler.deleteGroup(gone, { force: true }));
    await stage.run(700);
    expect([await stage.store.readGroup(gone), nodes().length, (await records()).length]).toEqual([undefined, 3, 3]);
    isDown = false;
    await stage.run(1000);
    expect(nodes().map(({ address }) => address)).toEqual(stage.servers.map(({ address }) => address));
    expect(new Set((await records()).map(({ groupId }) => groupId))).toEqual(new Set([other.groupId]));
  });

  it('of a group that is paused are looked after by another one, once its server has gone', async () => {
    const { stage, tenant, nodes } = staged();
    const paused = await stage.converged(1);
    await stage.converged(1);
    await stage.clock.runUntilSettled(stage.autoscaler.pauseGroup(paused));
    const [first, second] = stage.servers;
    if (first === undefined || second === undefined) throw new Error('there is no server');
    outside.killServer(tenant, first, 'vanish');
    await stage.run(1300);
    expect(nodes().map(({ address }) => address)).toEqual([second.address]);
  });

  it('let all nodes of servers that died at once go soon, however few go in one call', async () => {
    const { stage, nodes } = staged({ options: { bulkRemove: 1 } });
    await stage.converged(8);
    const dead = stage.servers.slice(0, 3).map(({ address }) => address);
    stage.kill(3, 'vanish');
    await stage.run(100);
    const left = nodes().map(({ address }) => address);
    expect(dead.filter((address) => left.includes(address))).toEqual([]);
  });

  it('of nodes that could not be removed at first are removed as soon as they can be', async () => {
    let isDown = true;
    const { stage, nodes } = staged({
      cloud: ({ removeNodes }) => ({
        removeNodes: async (...request) => {
          if (isDown) throw new CloudError('server-fault', '500');
          await removeNodes(...request);
        },
      }),
    });
    await stage.converged(2);
    const [first] = stage.servers;
    stage.kill(1, 'vanish');
    await stage.run(60);
    const isLeft = () => nodes().some(({ address }) => address === first?.address);
    expect(isLeft()).toBe(true);
    isDown = false;
    await stage.run(80);
    expect(isLeft()).toBe(false);
  });

  it('do not wait for ever for servers of a paused group that are gone, more of them than are asked for in one pass', async () => {
    let isDown = false;
    const { stage, tenant, nodes } = staged({
      options: { confirmationsPerPass: 2 },
      cloud: ({ removeNodes }) => ({
        removeNodes: async (...request) => {
          if (isDown) throw new CloudError('server-fault', '500');
          await removeNodes(...request);
        },
      }),
    });
    const paused = await stage.converged(5);
    const ofPaused = [...stage.servers];
    await stage.converged(2);
    await stage.clock.runUntilSettled(stage.autoscaler.pauseGroup(paused));
    for (const server of ofPaused) outside.killServer(tenant, server, 'vanish');
    isDown = true;
    stage.kill(1, 'vanish');
    await stage.run(400); // the end of the other group's server was confirmed long ago
    isDown = false;
    await stage.run(2500);
    expect(nodes().map(({ address }) => address)).toEqual(stage.servers.map(({ address }) => address));
  });

  it('leave the node of a live server alone while listings are short, though it has the address of one that has gone', async () => {
    let isShort = false;
    const removed: unknown[] = [];
    const { stage, tenant, nodes } = staged({
      cloud: ({ listServers, removeNodes }) => ({
        listServers: async (...request) => {
          const listing = await listServers(...request);
          return isShort ? { ...listing, servers: [] } : listing;
        },
        removeNodes: async (...request) => {
          removed.push(request[2]);
          await removeNodes(...request);
        },
      }),
    });
    await stage.converged(2);
    const [first] = stage.servers;
    if (first === undefined) throw new Error('there is no server');
    outside.killServer(tenant, first, 'vanish');
    const heir = outside.createServer(tenant, 'heir', true);
    await stage.run(30);
    expect([heir.address, removed.length]).toEqual([first.address, 1]); // its own node went by its id
    tenant.loadBalancers.addNodes(
      tenant.loadBalancers.find(balancer) ?? (undefined as never),
      [{ address: heir.address, port: 80, weight: 1, condition: 'ENABLED', type: 'PRIMARY' }],
      'outsider',
    );
    isShort = true;
    await stage.run(1500);
    expect([removed.length, nodes().length]).toEqual([1, 3]);
  });

  it('are read again when nobody knows whether a commit was done', async () => {
    let reads = 0;
    let fails = false;
    const { stage, nodes } = staged({
      store: (store) => ({
        nodeRecords: (tenant) => {
          reads += 1;
          return store.nodeRecords(tenant);
        },
        transact: async (ref, decide, ...more) => {
          let isOfRecords = false;
          const noted: typeof decide = (...given) => {
            const decision = decide(...given);
            isOfRecords = decision.change.records !== undefined;
            return decision;
          };
          const answer = await store.transact(ref, noted, ...more);
          if (!fails || !isOfRecords) return answer;
          fails = false;
          throw new LutraError('unavailable', 'the answer was lost', { effect: 'unknown' });
        },
      }),
    });
    const ref = await stage.converged(1);
    expect(reads).toBe(1);
    stage.kill(1, 'vanish');
    fails = true;
    await stage.run(90);
    expect(reads).toBeGreaterThan(1);
    expect([await stage.autoscaler.groupState(ref), nodes().length]).toMatchObject([{ activeCapacity: 1 }, 1]);
  });
});

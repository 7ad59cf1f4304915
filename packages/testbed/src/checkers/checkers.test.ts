import {
  epochMs,
  type GroupId,
  later,
  metadataKeys,
  milliseconds,
  type NodeId,
  type ServerId,
  seconds,
  type WriteOptions,
} from '@lutra/core';
import { outside } from '@lutra/simulator';
import { activeServers, groupId, loadBalancerId, nodeRequest, patient, rule, serverRequest, tenantId } from '@lutra/simulator/testing';
import { describe, expect, it } from 'vitest';
import { type Stage, stageFor, truthOf } from '../testing/checker-stage.ts';
import { converged } from './converged.ts';
import { foreignUntouched } from './foreign-untouched.ts';
import { noOvershoot, type Overshoots } from './no-overshoot.ts';

describe('noOvershoot', () => {
  it('fires at the create that makes one server too many, and measures by how much', async () => {
    const overshoots: Overshoots = new Map();
    const stage = stageFor(noOvershoot(overshoots), { desired: 2 });
    await activeServers(stage, 2);
    expect(stage.violations).toEqual([]);
    await activeServers(stage, 2);
    expect(stage.violations).toEqual(['web: 3 servers count, 2 were desired at most', 'web: 4 servers count, 2 were desired at most']);
    expect(overshoots.get(groupId)).toBe(2);
  });

  it('takes as much overshoot as is allowed', async () => {
    const stage = stageFor(noOvershoot(), { desired: 2, maxOvershoot: 1 });
    await activeServers(stage, 3);
    expect(stage.violations).toEqual([]);
    await activeServers(stage, 1);
    expect(stage.violations).toHaveLength(1);
  });

  it('has nothing against servers that a scale-down has not deleted yet, but against another one beside them', async () => {
    const stage = stageFor(noOvershoot(), { desired: 5 });
    await activeServers(stage, 4);
    stage.desire(2);
    await activeServers(stage, 1); // decided just before
    expect(stage.violations).toEqual([]);
    await stage.pass(seconds(60));
    await activeServers(stage, 1);
    expect(stage.violations).toEqual(['web: 6 servers count, 2 were desired at most']);
  });

  it('does not count servers that are broken, going, draining or asked out', async () => {
    const stage = stageFor(noOvershoot(), { desired: 4 });
    const { cloud, settle, world } = stage;
    const [broken, going, draining, askedOut] = (await activeServers(stage, 4)) as [ServerId, ServerId, ServerId, ServerId];
    outside.killServer(world.tenant(tenantId), truthOf(stage, broken), 'error');
    await settle(cloud.deleteServer(tenantId, going, patient));
    await settle(cloud.setServerMetadata(tenantId, draining, metadataKeys.state, metadataKeys.draining, patient));
    stage.tell({ of: 'scenario', event: { at: stage.clock.now(), kind: 'acted', what: 'remove-servers', details: [askedOut] } });
    await activeServers(stage, 4);
    expect(stage.violations).toEqual([]);
    await activeServers(stage, 1);
    expect(stage.violations).toHaveLength(1);
  });

  it.each(['UNKNOWN', 'SHELVED_OFFLOADED'])('counts a server in %s for as long as the engine must, and no longer', async (status) => {
    const stage = stageFor(noOvershoot(), { desired: 2 });
    const { world, pass } = stage;
    const [odd] = (await activeServers(stage, 2)) as [ServerId];
    outside.setServerStatus(world.tenant(tenantId), truthOf(stage, odd), status);
    await pass(seconds(288));
    await activeServers(stage, 1);
    expect(stage.violations).toEqual(['web: 3 servers count, 2 were desired at most']);
    outside.setServerStatus(world.tenant(tenantId), truthOf(stage, odd), 'ACTIVE');
    outside.setServerStatus(world.tenant(tenantId), truthOf(stage, odd), status);
    await pass(seconds(301));
    stage.desire(3);
    await activeServers(stage, 1);
    expect(stage.violations).toHaveLength(1);
  });
});

describe('converged', () => {
  const inPlace = async (stage: Stage, count: number): Promise<readonly ServerId[]> => {
    const ids = await activeServers(stage, count);
    const nodes = ids.map((id) => nodeRequest(truthOf(stage, id).address));
    await stage.settle(stage.cloud.addNodes(tenantId, loadBalancerId, nodes, patient));
    await stage.pass(seconds(2));
    return ids;
  };

  it('is content with exactly the desired servers, each in place', async () => {
    const stage = stageFor(converged, { desired: 3 });
    await inPlace(stage, 3);
    expect(stage.end()).toEqual([]);
  });

  it('fires for missing, surplus, building and broken servers', async () => {
    const stage = stageFor(converged, { desired: 3 });
    const [broken = '' as ServerId] = await inPlace(stage, 2);
    outside.killServer(stage.world.tenant(tenantId), truthOf(stage, broken), 'error');
    await stage.settle(stage.cloud.createServer(tenantId, serverRequest('late'), patient));
    expect(stage.end()).toEqual([
      'web: 1 servers are ACTIVE, 3 are desired',
      'web: 1 servers are in BUILD',
      'web: 1 servers are neither ACTIVE nor being deleted',
    ]);
  });

  it('fires for a server without its node, with a node that is not ENABLED, and with one where it does not belong', async () => {
    const stage = stageFor(converged, { desired: 3 });
    const { cloud, settle, pass } = stage;
    const [missing = '', draining = '', extra = ''] = await inPlace(stage, 3);
    const node = (id: string) =>
      [...(stage.world.tenant(tenantId).loadBalancers.find(loadBalancerId)?.nodes.values() ?? [])].find(
        ({ address }) => address === truthOf(stage, id as ServerId).address,
      )?.id ?? ('' as never);
    await settle(cloud.removeNodes(tenantId, loadBalancerId, [node(missing)], patient));
    await pass(seconds(2));
    await settle(
      cloud.changeNode(tenantId, loadBalancerId, node(draining), { condition: 'DRAINING', weight: 1, type: 'PRIMARY' }, patient),
    );
    await pass(seconds(2));
    await settle(cloud.addNodes(tenantId, loadBalancerId, [nodeRequest(truthOf(stage, extra as ServerId).address, 8080)], patient));
    expect(stage.end()).toEqual([
      `web: server ${missing} has no ENABLED node on 237935:80`,
      `web: server ${draining} has no ENABLED node on 237935:80`,
      `web: server ${extra} has a node on 237935:8080, where it does not belong`,
    ]);
  });

  it('fires for a node that a server left behind', async () => {
    const stage = stageFor(converged, { desired: 1 });
    const [gone = '' as ServerId] = await inPlace(stage, 2);
    outside.killServer(stage.world.tenant(tenantId), truthOf(stage, gone), 'vanish');
    expect(stage.end()).toEqual(['web: 10.176.0.1:80 of a server that is gone is still on 237935']);
  });

  it('expects no servers of a deleted group, and nothing of a paused one', async () => {
    const deleted = stageFor(converged, { desired: 1 });
    deleted.group.deleted = true;
    await inPlace(deleted, 1);
    expect(deleted.end()).toEqual(['web: 1 servers are ACTIVE, 0 are desired']);
    const paused = stageFor(converged, { desired: 5 });
    paused.group.paused = true;
    expect(paused.end()).toEqual([]);
  });
});

describe('foreignUntouched', () => {
  it('fires when a server of no group is deleted or edited', async () => {
    const stage = stageFor(foreignUntouched, { desired: 1 });
    const { cloud, settle, world } = stage;
    const stranger = outside.createServer(world.tenant(tenantId), 'bastion');
    await stage.pass(seconds(61));
    await settle(cloud.setServerMetadata(tenantId, stranger.id, 'lutra:mark', '1', patient));
    await settle(cloud.deleteServer(tenantId, stranger.id, patient));
    expect(stage.violations).toEqual([
      `-: server ${stranger.id} of no group was edited`,
      `-: server ${stranger.id} of no group was deleted`,
    ]);
  });

  it("fires when a stranger's node is changed or removed", async () => {
    const stage = stageFor(foreignUntouched, { desired: 1 });
    const { cloud, settle, world, pass } = stage;
    const tenant = world.tenant(tenantId);
    outside.addNode(tenant, tenant.loadBalancers.make(loadBalancerId), nodeRequest('192.0.2.1'));
    const [nodeId] = [...(tenant.loadBalancers.find(loadBalancerId)?.nodes.keys() ?? [])];
    if (nodeId === undefined) throw new Error('The node was not added.');
    await settle(cloud.changeNode(tenantId, loadBalancerId, nodeId, { condition: 'DISABLED', weight: 1, type: 'PRIMARY' }, patient));
    await pass(seconds(2));
    await settle(cloud.removeNodes(tenantId, loadBalancerId, [nodeId], patient));
    expect(stage.violations.map((text) => text.replace(/^.*was /, ''))).toEqual(['changed', 'removed']);
  });

  it("lets the engine handle what is a group's, was when it decided, or was until its server went", async () => {
    const stage = stageFor(foreignUntouched, { desired: 2 });
    const { cloud, settle, world, pass } = stage;
    const [gone, letGo] = (await activeServers(stage, 2)) as [ServerId, ServerId];
    const address = truthOf(stage, gone).address;
    await settle(cloud.addNodes(tenantId, loadBalancerId, [nodeRequest(address)], patient));
    outside.killServer(world.tenant(tenantId), truthOf(stage, gone), 'vanish');
    await pass(seconds(300));
    const [nodeId] = [...(world.tenant(tenantId).loadBalancers.find(loadBalancerId)?.nodes.keys() ?? [])];
    if (nodeId === undefined) throw new Error('The node was not added.');
    await settle(cloud.removeNodes(tenantId, loadBalancerId, [nodeId], patient));
    outside.disownServer(world.tenant(tenantId), truthOf(stage, letGo));
    await pass(milliseconds(59_000));
    await settle(cloud.deleteServer(tenantId, letGo, patient));
    expect(stage.violations).toEqual([]);
  });

  describe('when an address changes hands', () => {
    const other = 'a9c1d9c2-0000-4000-8000-000000000002' as GroupId;
    const sentFor = (id: GroupId): WriteOptions => ({ ...patient, passes: [{ groupId: id, pass: epochMs(0) }] });
    const own = sentFor(groupId);
    const onlyNode = ({ world }: Stage): NodeId => {
      const [nodeId, ...more] = world.tenant(tenantId).loadBalancers.find(loadBalancerId)?.nodes.keys() ?? [];
      if (nodeId === undefined || more.length > 0) throw new Error('There is not exactly one node.');
      return nodeId;
    };
    /** A server of the group with its node is gone; the address is given to the next server, that is made of `request`. */
    const handedOver = async (request: ReturnType<typeof serverRequest> | 'stranger'): Promise<{ stage: Stage; address: string }> => {
      const stage = stageFor(foreignUntouched, { desired: 1, faults: [rule('ip.reuse')] });
      const { cloud, settle, world } = stage;
      const [gone] = (await activeServers(stage, 1)) as [ServerId];
      const { address } = truthOf(stage, gone);
      await settle(cloud.addNodes(tenantId, loadBalancerId, [nodeRequest(address)], own));
      outside.killServer(world.tenant(tenantId), truthOf(stage, gone), 'vanish');
      if (request === 'stranger') outside.createServer(world.tenant(tenantId), 'stranger', true);
      else await settle(cloud.createServer(tenantId, request, patient));
      await stage.pass(seconds(11));
      expect(
        world
          .tenant(tenantId)
          .compute.servers.all()
          .map((server) => server.address),
      ).toContain(address);
      return { stage, address };
    };
    const remove = ({ settle, cloud }: Stage, nodeId: NodeId, options: WriteOptions) =>
      settle(cloud.removeNodes(tenantId, loadBalancerId, [nodeId], options));
    const ofOther = (port: number) =>
      serverRequest('other', {
        metadata: { 'rax:autoscale:group:id': other, [`rax:autoscale:lb:CloudLoadBalancer:${loadBalancerId}`]: `[{"port": ${port}}]` },
      });

    it("lets the engine remove the node that it made for a group's server, though a stranger has the address now", async () => {
      const { stage } = await handedOver('stranger');
      await remove(stage, onlyNode(stage), own);
      expect(stage.violations).toEqual([]);
    });

    it('takes a node that the engine adds late, when a stranger has the address already, for one that it may remove', async () => {
      const { stage, address } = await handedOver('stranger');
      await remove(stage, onlyNode(stage), own);
      await stage.pass(seconds(3));
      await stage.settle(stage.cloud.addNodes(tenantId, loadBalancerId, [nodeRequest(address)], own));
      await stage.pass(seconds(3));
      await remove(stage, onlyNode(stage), own);
      expect(stage.violations).toEqual([]);
    });

    it('fires at once for the node of the stranger who has the address now', async () => {
      const { stage, address } = await handedOver('stranger');
      await remove(stage, onlyNode(stage), own);
      await stage.pass(seconds(3));
      const balancer = stage.world.tenant(tenantId).loadBalancers.make(loadBalancerId);
      outside.addNode(stage.world.tenant(tenantId), balancer, nodeRequest(address));
      const nodeId = onlyNode(stage);
      await remove(stage, nodeId, own);
      expect(stage.violations).toEqual([
        `-: node ${nodeId} (${address}:80) of load balancer ${loadBalancerId}, of no group's server, was removed`,
      ]);
    });

    it("fires at once for a node that was made for another group's server", async () => {
      const { stage, address } = await handedOver(ofOther(81));
      await remove(stage, onlyNode(stage), own);
      await stage.pass(seconds(3));
      await stage.settle(stage.cloud.addNodes(tenantId, loadBalancerId, [nodeRequest(address, 81)], sentFor(other)));
      await stage.pass(seconds(3));
      const nodeId = onlyNode(stage);
      await remove(stage, nodeId, own);
      expect(stage.violations).toEqual([expect.stringMatching(/:81\) of load balancer \d+, of server \S+ of another group, was removed$/)]);
      await stage.pass(seconds(3));
      await stage.settle(stage.cloud.addNodes(tenantId, loadBalancerId, [nodeRequest(address, 81)], sentFor(other)));
      await stage.pass(seconds(3));
      await remove(stage, onlyNode(stage), sentFor(other));
      expect(stage.violations).toHaveLength(1);
    });

    it('fires for a node that the server which has the address now wants at this very place', async () => {
      const { stage } = await handedOver(ofOther(80));
      await remove(stage, onlyNode(stage), own);
      expect(stage.violations).toEqual([expect.stringMatching(/, of server \S+ by now, was removed$/)]);
    });
  });

  it("fires when another group's server is deleted, and when one is that the engine itself has let go", async () => {
    const stage = stageFor(foreignUntouched, { desired: 2 });
    const { cloud, settle } = stage;
    const [first, second] = (await activeServers(stage, 2)) as [ServerId, ServerId];
    const passes = [{ groupId: 'another' as GroupId, pass: epochMs(0) }];
    await settle(cloud.deleteServer(tenantId, first, { ...patient, passes }));
    await settle(cloud.stripServerMetadata(tenantId, second, ['rax:'], patient));
    await settle(cloud.deleteServer(tenantId, second, patient));
    expect(stage.violations).toEqual([`-: server ${first} of another group was deleted`, `-: server ${second} of no group was deleted`]);
  });

  it('fires when a server is deleted long after it was disowned', async () => {
    const stage = stageFor(foreignUntouched, { desired: 1 });
    const [id] = (await activeServers(stage, 1)) as [ServerId];
    outside.disownServer(stage.world.tenant(tenantId), truthOf(stage, id));
    await stage.clock.runUntil(later(stage.clock.now(), seconds(61)));
    await stage.settle(stage.cloud.deleteServer(tenantId, id, patient));
    expect(stage.violations).toEqual([`-: server ${id} of no group was deleted`]);
  });
});

import { type GroupId, type LoadBalancerId, type NodeId, type ServerId, seconds, type TenantId } from '@lutra/core';
import { outside } from '@lutra/simulator';
import { activeServers, groupId, loadBalancerId, nodeRequest, patient, rule, serverRequest, tenantId } from '@lutra/simulator/testing';
import { describe, expect, it } from 'vitest';
import { type Stage, stageFor, truthOf } from '../testing/checker-stage.ts';
import { birthsBackedOff } from './births-backed-off.ts';
import { callsInFlight } from './calls-in-flight.ts';
import { drainHonoured } from './drain-honoured.ts';
import { errorsExplained } from './errors-explained.ts';
import { inRotation } from './in-rotation.ts';
import { noHammering } from './no-hammering.ts';
import { nodesExact } from './nodes-exact.ts';
import { oneWriter } from './one-writer.ts';
import { pausedRests } from './paused-rests.ts';
import { tenantsIsolated } from './tenants-isolated.ts';

/** Servers of the group, each with its node where it must be; the ids of both. */
async function inService(stage: Stage, count: number): Promise<readonly { id: ServerId; node: NodeId }[]> {
  const ids = await activeServers(stage, count);
  await stage.settle(
    stage.cloud.addNodes(
      tenantId,
      loadBalancerId,
      ids.map((id) => nodeRequest(truthOf(stage, id).address)),
      patient,
    ),
  );
  await stage.pass(seconds(3));
  return ids.map((id, index) => ({ id, node: String(index + 1) as NodeId }));
}
const one = ([first]: readonly { id: ServerId; node: NodeId }[]) => {
  if (first === undefined) throw new Error('There is no server.');
  return first;
};
const remove = ({ settle, cloud }: Stage, node: NodeId) => settle(cloud.removeNodes(tenantId, loadBalancerId, [node], patient));
const drain = ({ settle, cloud }: Stage, node: NodeId) =>
  settle(cloud.changeNode(tenantId, loadBalancerId, node, { condition: 'DRAINING', weight: 1, type: 'PRIMARY' }, patient));
const settled = (call: Promise<unknown>): Promise<unknown> => call.catch(() => undefined);

describe('inRotation', () => {
  it('fires when the node of a server that is well and stays is removed', async () => {
    const stage = stageFor(inRotation, { desired: 1 });
    const { id, node } = one(await inService(stage, 1));
    await remove(stage, node);
    expect(stage.end()).toEqual([`web: server ${id} was taken off ${loadBalancerId}:80 though it is well and stays`]);
  });

  it('has nothing against it when the server goes, is let go, or was broken, or when the node comes back', async () => {
    const stage = stageFor(inRotation, { desired: 4 });
    const { world, cloud, settle } = stage;
    const [deleted, disowned, broken, back] = await inService(stage, 4);
    if (deleted === undefined || disowned === undefined || broken === undefined || back === undefined)
      throw new Error('There are too few.');
    outside.killServer(world.tenant(tenantId), truthOf(stage, broken.id), 'error');
    for (const { node } of [deleted, disowned, broken, back]) {
      await remove(stage, node);
      await stage.pass(seconds(3));
    }
    await settle(cloud.deleteServer(tenantId, deleted.id, patient));
    outside.disownServer(world.tenant(tenantId), truthOf(stage, disowned.id));
    await settle(cloud.addNodes(tenantId, loadBalancerId, [nodeRequest(truthOf(stage, back.id).address)], patient));
    await stage.pass(seconds(61));
    expect(stage.end()).toEqual([]);
  });

  it('lets a surplus server stay while nobody answers for its other load balancer', async () => {
    const faults = [rule('http.5xx', { code: 500 }, { match: { load_balancer: '8' } })];
    const stage = stageFor(inRotation, { desired: 1, faults });
    const tenant = stage.world.tenant(tenantId);
    const { id, node } = one(await inService(stage, 2));
    const other = '8' as LoadBalancerId;
    outside.addNode(tenant, tenant.loadBalancers.make(other), nodeRequest(truthOf(stage, id).address));
    await remove(stage, node);
    for (let times = 0; times < 10; times += 1) {
      await stage.pass(seconds(30));
      await settled(stage.settle(stage.cloud.removeNodes(tenantId, other, ['1' as NodeId], patient)));
    }
    expect(stage.violations).toEqual([]);
  });

  describe('while another load balancer of the server is locked', () => {
    const other = '8' as LoadBalancerId;
    /** A server of two on two load balancers is taken off one; the other is locked for so long. */
    const halfOff = async (lockedFor: number, desired: number): Promise<{ stage: Stage; id: ServerId }> => {
      const stage = stageFor(inRotation, { desired });
      const tenant = stage.world.tenant(tenantId);
      const { id, node } = one(await inService(stage, 2));
      const balancer = tenant.loadBalancers.make(other);
      outside.addNode(tenant, balancer, nodeRequest(truthOf(stage, id).address));
      outside.forceLoadBalancer(tenant, balancer, 'PENDING_UPDATE', seconds(lockedFor));
      await remove(stage, node);
      return { stage, id };
    };
    /** Time in which something is seen now and then. */
    const passing = async (stage: Stage, minutes: number): Promise<void> => {
      for (let n = 0; n < minutes * 6; n += 1) {
        await stage.pass(seconds(10));
        await stage.settle(stage.cloud.listServers(tenantId, patient));
      }
    };

    it('lets a surplus server stay, and wants it gone when there is time for it again', async () => {
      const { stage, id } = await halfOff(600, 1);
      await passing(stage, 9);
      expect(stage.violations).toEqual([]);
      await passing(stage, 5);
      expect(stage.violations).toEqual([`web: server ${id} was taken off ${loadBalancerId}:80 though it is well and stays`]);
    });

    it('fires all the same for a server that is no surplus', async () => {
      const { stage, id } = await halfOff(600, 2);
      await passing(stage, 2);
      expect(stage.violations).toEqual([`web: server ${id} was taken off ${loadBalancerId}:80 though it is well and stays`]);
    });
  });
});

describe('pausedRests', () => {
  const told = (stage: Stage, kind: 'acted' | 'commanded', what: string, came = 'done') =>
    stage.tell({ of: 'scenario', event: { at: stage.clock.now(), kind, what, group: 'web', came } });
  const write = ({ settle, cloud, clock }: Stage, of = groupId) =>
    settle(cloud.createServer(tenantId, serverRequest(), { ...patient, passes: [{ groupId: of, pass: clock.now() }] }));

  it('fires when something is written for a group that has been paused for a while, until it may go on', async () => {
    const stage = stageFor(pausedRests, { desired: 1 });
    told(stage, 'commanded', 'pause');
    await stage.pass(seconds(2));
    await write(stage);
    expect(stage.violations).toEqual(['web: server.create was sent for it 2 s after it was paused']);
    told(stage, 'acted', 'resume');
    await write(stage);
    expect(stage.violations).toHaveLength(1);
  });

  it('has nothing against what is sent at once, for other groups, for nobody, or after a pause that was refused', async () => {
    const stage = stageFor(pausedRests, { desired: 1 });
    told(stage, 'commanded', 'pause', 'NoSuchScalingGroupError: there is none');
    await stage.pass(seconds(5));
    await write(stage);
    told(stage, 'commanded', 'pause');
    await stage.pass(seconds(1));
    await write(stage);
    await stage.pass(seconds(5));
    await write(stage, 'another' as GroupId);
    await stage.settle(stage.cloud.createServer(tenantId, serverRequest(), patient));
    expect(stage.violations).toEqual([]);
  });
});

describe('birthsBackedOff', () => {
  const make = (stage: Stage) => stage.settle(stage.cloud.createServer(tenantId, serverRequest(), patient));
  /** Makes a server that fails, as often and as far apart. */
  const fail = async (stage: Stage, times: number, apart: number): Promise<void> => {
    for (let n = 0; n < times; n += 1) {
      const { id } = await make(stage);
      outside.killServer(stage.world.tenant(tenantId), truthOf(stage, id), 'error');
      await stage.settle(stage.cloud.deleteServer(tenantId, id, patient));
      await stage.pass(seconds(apart));
    }
  };

  it('fires when servers that fail are replaced at once and for ever', async () => {
    const stage = stageFor(birthsBackedOff, { desired: 1 });
    await fail(stage, 30, 10);
    expect(stage.end().slice(0, 1)).toEqual([
      expect.stringMatching(/^web: \d+ servers were made in \d minutes though none came into service$/),
    ]);
  });

  it('fires all the same when executions are refused in between', async () => {
    const stage = stageFor(birthsBackedOff, { desired: 1 });
    for (let n = 0; n < 10; n += 1) {
      await fail(stage, 3, 10);
      const about = { at: stage.clock.now(), what: 'execute-policy' };
      stage.tell({ of: 'scenario', event: { ...about, kind: 'acted' } });
      stage.tell({ of: 'scenario', event: { ...about, kind: 'commanded', came: 'CannotExecutePolicyError: No change in servers' } });
    }
    expect(stage.end().length).toBeGreaterThan(0);
  });

  it('has nothing against it when they are made ever later, or when a command asks for more', async () => {
    const patientStage = stageFor(birthsBackedOff, { desired: 1 });
    await fail(patientStage, 10, 5);
    await fail(patientStage, 20, 150);
    expect(patientStage.end()).toEqual([]);
    const asked = stageFor(birthsBackedOff, { desired: 1 });
    for (let n = 2; n < 5; n += 1) {
      await fail(asked, 10, 10);
      asked.desire(n);
    }
    expect(asked.end()).toEqual([]);
  });

  it('has nothing against servers that one asks to go, nor against a failure now and then', async () => {
    const stage = stageFor(birthsBackedOff, { desired: 1 });
    for (let n = 0; n < 30; n += 1) {
      const { id } = await make(stage);
      await stage.settle(stage.cloud.deleteServer(tenantId, id, patient));
      await stage.pass(seconds(10));
    }
    expect(stage.end()).toEqual([]);
  });
});

describe('drainHonoured', () => {
  it('fires when a node goes without draining, or before its time', async () => {
    const stage = stageFor(drainHonoured, { desired: 2 });
    const [first, second] = await inService(stage, 2);
    if (first === undefined || second === undefined) throw new Error('There are too few.');
    await remove(stage, first.node);
    await stage.pass(seconds(3));
    await drain(stage, second.node);
    await stage.pass(seconds(30));
    await remove(stage, second.node);
    expect(stage.violations.map((text) => text.replace(/for [\d.]+ s/, 'for so long'))).toEqual([
      `web: node 1 of load balancer ${loadBalancerId} was removed without draining`,
      `web: node 2 of load balancer ${loadBalancerId} was removed after draining for so long of 60 s`,
    ]);
  });

  it('is content when it has drained for as long as the group says', async () => {
    const stage = stageFor(drainHonoured, { desired: 1 });
    const { node } = one(await inService(stage, 1));
    await drain(stage, node);
    await stage.pass(seconds(60));
    await remove(stage, node);
    expect(stage.violations).toEqual([]);
  });
});

describe('oneWriter', () => {
  it('fires when a write is sent to a load balancer while another is in flight', async () => {
    const stage = stageFor(oneWriter, { desired: 1 });
    const add = (last: number) => stage.cloud.addNodes(tenantId, loadBalancerId, [nodeRequest(`192.0.2.${last}`)], patient);
    await stage.settle(Promise.all([add(1), settled(add(2))]));
    expect(stage.violations).toEqual([`-: node.add was sent to load balancer ${loadBalancerId} while node.add was in flight`]);
  });

  it('is content with writes one after another', async () => {
    const stage = stageFor(oneWriter, { desired: 1 });
    const { node } = one(await inService(stage, 1));
    await remove(stage, node);
    expect(stage.violations).toEqual([]);
  });
});

describe('callsInFlight', () => {
  it('fires when more are in flight than may be', async () => {
    const stage = stageFor(callsInFlight, { desired: 4 });
    await activeServers(stage, 4);
    expect(stage.violations).toEqual([`-: 4 calls of server.create of tenant ${tenantId} are in flight at once, 3 at most may be`]);
  });

  it('counts neither what was answered nor what must have been given up', async () => {
    const stage = stageFor(callsInFlight, { desired: 9, faults: [rule('response.lost', { mode: 'timeout' }, { skip: 3, times: 3 })] });
    await activeServers(stage, 3);
    for (let n = 0; n < 3; n += 1) void stage.world.call('server.create', tenantId, serverRequest());
    await stage.pass(seconds(46));
    await activeServers(stage, 3);
    expect(stage.violations).toEqual([]);
  });
});

describe('nodesExact', () => {
  it("fires for a node that is not as a group's are", async () => {
    const stage = stageFor(nodesExact, { desired: 1 });
    const { id, node } = one(await inService(stage, 1));
    await stage.settle(
      stage.cloud.changeNode(tenantId, loadBalancerId, node, { condition: 'ENABLED', weight: 5, type: 'SECONDARY' }, patient),
    );
    expect(stage.end()).toEqual([`web: server ${id} has on ${loadBalancerId}:80 a node of weight 5, SECONDARY`]);
  });

  it('is content with nodes of weight 1, PRIMARY', async () => {
    const stage = stageFor(nodesExact, { desired: 2 });
    await inService(stage, 2);
    expect(stage.end()).toEqual([]);
  });
});

describe('errorsExplained', () => {
  const inError = (stage: Stage) =>
    stage.tell({
      of: 'engine',
      event: { tenantId, groupId, at: stage.clock.now(), kind: 'status-changed', status: 'ERROR', errors: ['no'] },
    });

  it('fires when a group gives up though the cloud only failed, was slow, or said nothing', async () => {
    const stage = stageFor(errorsExplained, {
      desired: 1,
      faults: [rule('http.5xx', {}, { op: 'server.create' }), rule('list.lag', { by: 60 })],
    });
    await stage.settle(settled(stage.cloud.createServer(tenantId, serverRequest(), patient)));
    inError(stage);
    expect(stage.violations).toEqual(['web: is in ERROR (no) though the cloud refused nothing for good']);
  });

  it('takes a refusal for good as a reason, for as long as the engine waits for anything', async () => {
    const stage = stageFor(errorsExplained, { desired: 1, faults: [rule('nova.bad_request', {}, { times: 1 })] });
    await stage.settle(settled(stage.cloud.createServer(tenantId, serverRequest(), patient)));
    await stage.pass(seconds(590));
    inError(stage);
    expect(stage.violations).toEqual([]);
    await stage.pass(seconds(20));
    inError(stage);
    expect(stage.violations).toHaveLength(1);
  });

  it('takes what is out of order as a reason', async () => {
    const stage = stageFor(errorsExplained, { desired: 1 });
    const record = stage.world.tenant(tenantId).loadBalancers.make(loadBalancerId);
    outside.forceLoadBalancer(stage.world.tenant(tenantId), record, 'SUSPENDED', seconds(9000));
    await stage.pass(seconds(5000));
    inError(stage);
    expect(stage.violations).toEqual([]);
  });
});

describe('noHammering', () => {
  const removing = ({ cloud, settle }: Stage) =>
    settle(
      settled(cloud.changeNode(tenantId, loadBalancerId, '9' as NodeId, { condition: 'DRAINING', weight: 1, type: 'PRIMARY' }, patient)),
    );

  it('fires when a call that fails is sent again and again', async () => {
    const stage = stageFor(noHammering, { desired: 1 });
    for (let n = 0; n < 9; n += 1) await removing(stage);
    expect(stage.violations).toEqual([`-: node.change of ${loadBalancerId}/9 has failed 8 times within 10 s, and is sent again`]);
  });

  it('fires when creates go on after one was refused for good', async () => {
    const stage = stageFor(noHammering, { desired: 1, faults: [rule('nova.bad_request')] });
    for (let n = 0; n < 6; n += 1) await stage.settle(settled(stage.cloud.createServer(tenantId, serverRequest(`web-${n}`), patient)));
    expect(stage.violations).toEqual(['-: creates go on (4 within 60 s) after one was refused for good']);
  });

  it('has nothing against patience, nor against a create that somebody asks for anew', async () => {
    const stage = stageFor(noHammering, { desired: 1, faults: [rule('nova.bad_request')] });
    for (let n = 0; n < 12; n += 1) {
      await removing(stage);
      stage.desire(n);
      await stage.settle(settled(stage.cloud.createServer(tenantId, serverRequest(`web-${n}`), patient)));
      await stage.pass(seconds(2));
    }
    expect(stage.violations).toEqual([]);
  });
});

describe('tenantsIsolated', () => {
  const fault = rule('latency', { by: 30 }, { tenant: 'other' });

  it('fires when nothing is asked of a healthy cloud after another capacity is desired', async () => {
    const stage = stageFor(tenantsIsolated, { desired: 1, faults: [fault] });
    stage.desire(2);
    await stage.settle(stage.cloud.getLimits('other' as TenantId, patient));
    expect(stage.end()).toEqual(['web: nothing was asked of a healthy cloud within 10 s of another capacity being desired']);
  });

  it('fires when a call meets a fault of another tenant', () => {
    const stage = stageFor(tenantsIsolated, { desired: 1 });
    const about = { at: stage.clock.now(), call: 7 };
    stage.tell({ of: 'cloud', event: { ...about, kind: 'called', tenantId, op: 'limits.get', key: '', told: null } });
    stage.tell({ of: 'cloud', event: { ...about, kind: 'faulted', tenantId: 'other' as TenantId, rule: 'slow', fault: 'latency' } });
    expect(stage.end()).toEqual([`-: a call of tenant ${tenantId} met a fault of tenant other`]);
  });

  it('is content when the engine begins at once, or its own cloud is at fault', async () => {
    const stage = stageFor(tenantsIsolated, { desired: 1, faults: [rule('latency', { by: 30 })] });
    stage.desire(2);
    await stage.settle(stage.cloud.getLimits(tenantId, patient));
    stage.desire(3);
    await stage.pass(seconds(60));
    expect(stage.end()).toEqual([]);
  });
});

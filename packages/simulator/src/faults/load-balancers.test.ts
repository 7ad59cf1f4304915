import type { NodeId } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { faulty, outcomeOf, passSeconds, patient, rule } from '../testing/faulty-cloud.ts';
import { activeServers, loadBalancerId, nodeRequest, type SmallCloud, serverRequest, tenantId } from '../testing/small-cloud.ts';

const nodes = (...last: number[]) => last.map((n) => nodeRequest(`192.0.2.${n}`));
const add = (small: SmallCloud, ...last: number[]) =>
  outcomeOf(small, small.cloud.addNodes(tenantId, loadBalancerId, nodes(...last), patient));
const remove = (small: SmallCloud, ...ids: string[]) =>
  outcomeOf(small, small.cloud.removeNodes(tenantId, loadBalancerId, ids as NodeId[], patient));
const show = (small: SmallCloud) => small.settle(small.cloud.getLoadBalancer(tenantId, loadBalancerId, patient));
const record = (small: SmallCloud) => {
  const found = small.world.tenant(tenantId).loadBalancers.find(loadBalancerId);
  if (found === undefined) throw new Error('There is no load balancer.');
  return found;
};
const addresses = (small: SmallCloud) => [...record(small).nodes.values()].map(({ address }) => address.slice(8));
const immutable = { kind: 'load-balancer-immutable' };

describe('faults of load balancers', () => {
  it('clb.lock keeps a load balancer locked', async () => {
    const small = faulty(rule('clb.lock', { takes: 30 }));
    await add(small, 1);
    await passSeconds(small, 25);
    expect(await add(small, 2)).toMatchObject({ ...immutable, message: expect.stringContaining("status of 'PENDING_UPDATE'") });
    await passSeconds(small, 6);
    expect(await add(small, 2)).toBeUndefined();
  });

  it('clb.status puts it in a status, with the words of each operation', async () => {
    const broken = faulty(rule('clb.status', { for: 60 }, { times: 1 }));
    expect(await add(broken, 1)).toMatchObject({ ...immutable, message: expect.stringContaining("status of 'ERROR'") });
    expect(await remove(broken, '1')).toMatchObject({ ...immutable, message: expect.stringContaining('LoadBalancer is not ACTIVE') });
    await passSeconds(broken, 60);
    expect(await add(broken, 1)).toBeUndefined();
    const pending = faulty(rule('clb.status', { status: 'PENDING_DELETE', for: 60 }, { times: 1 }));
    expect(await add(pending, 1)).toMatchObject({ kind: 'load-balancer-deleted', message: expect.stringContaining('PENDING_DELETE') });
    await passSeconds(pending, 60);
    expect(await add(pending, 1)).toMatchObject({ message: expect.stringContaining('deleted and considered immutable') });
    expect(await show(faulty(rule('clb.status', { status: 'DELETED' })))).toBeUndefined();
  });

  it('clb.overlap_error breaks it when writes overlap, and clb.error_resync repairs it', async () => {
    const small = faulty(
      rule('clb.overlap_error', { within: 5, for: 600 }),
      rule('clb.error_resync', { after: 100 }, { op: 'node.change' }),
    );
    expect(await add(small, 1)).toBeUndefined();
    await passSeconds(small, 3);
    expect(await add(small, 2)).toMatchObject(immutable);
    expect((await show(small))?.status).toBe('ERROR');
    await passSeconds(small, 150);
    expect(await add(small, 2)).toMatchObject(immutable);
    const change = { condition: 'DISABLED', weight: 1, type: 'PRIMARY' } as const;
    await passSeconds(small, 6);
    expect(await outcomeOf(small, small.cloud.changeNode(tenantId, loadBalancerId, '1' as NodeId, change, patient))).toBeUndefined();
    const apart = faulty(rule('clb.overlap_error', { within: 5 }));
    await add(apart, 1);
    await passSeconds(apart, 6);
    expect(await add(apart, 2)).toBeUndefined();
  });

  it('clb.vanish deletes it under a call', async () => {
    expect(await show(faulty(rule('clb.vanish', {}, { op: 'load_balancer.get' })))).toBeUndefined();
    const small = faulty(rule('clb.vanish', {}, { op: 'node.add' }));
    expect(await show(small)).toBeDefined();
    expect(await add(small, 1)).toMatchObject({ kind: 'load-balancer-deleted' });
    expect(await remove(small, '1')).toBeUndefined();
  });

  it('clb.list_stale_nodes shows nodes as they were', async () => {
    const small = faulty(rule('clb.list_stale_nodes', { by: 20 }));
    const listed = async () => (await show(small))?.nodes.map(({ address }) => address.slice(8));
    await add(small, 1, 2);
    expect(await listed()).toEqual([]);
    await passSeconds(small, 21);
    expect(await listed()).toEqual(['1', '2']);
    await remove(small, '1');
    expect([addresses(small), await listed()]).toEqual([['2'], ['1', '2']]);
    await passSeconds(small, 21);
    expect(await listed()).toEqual(['2']);
  });

  it('clb.node_gone removes nodes before somebody else does', async () => {
    for (const [which, before] of [
      ['one', '2'],
      ['all', ''],
    ] as const) {
      const small = faulty(rule('clb.node_gone', { which }, { times: 1 }));
      await add(small, 1, 2);
      await passSeconds(small, 3);
      const answer = await small.settle(small.world.call('node.remove', tenantId, { loadBalancerId, nodeIds: ['1', '2'] as NodeId[] }));
      expect(answer).toMatchObject({
        refusal: { status: 400, message: `Node ids ${which === 'one' ? '1' : '1,2'} are not a part of your loadbalancer` },
      });
      expect(addresses(small).join()).toBe(before);
      expect(await remove(small, '1', '2')).toBeUndefined();
      expect(addresses(small)).toEqual([]);
    }
  });

  it('clb.partial_bulk does a part, and says that it failed or that it did all', async () => {
    const failing = faulty(rule('clb.partial_bulk', {}, { op: 'node.add' }));
    expect(await add(failing, 1, 2)).toMatchObject({ kind: 'server-fault' });
    expect(addresses(failing)).toEqual(['1']);
    const lying = faulty(rule('clb.partial_bulk', { answer: 'accepted', part: 0.4 }, { op: 'node.remove' }));
    await add(lying, 1, 2, 3);
    await passSeconds(lying, 3);
    expect(await remove(lying, '1', '2', '3')).toBeUndefined();
    expect(addresses(lying)).toEqual(['2', '3']);
  });

  it('clb.duplicate_race adds the same node first', async () => {
    const small = faulty(rule('clb.duplicate_race'));
    expect(await add(small, 1, 2)).toMatchObject({ kind: 'duplicate-nodes' });
    expect(addresses(small)).toEqual(['1']);
  });

  it('clb.wrong_code and clb.immutable_text change what a refusal says', async () => {
    const code = faulty(rule('clb.wrong_code'));
    await add(code, 1);
    await passSeconds(code, 3);
    expect(await add(code, 1)).toMatchObject({ kind: 'duplicate-nodes', message: expect.stringContaining('413 Duplicate nodes') });
    const words = faulty(rule('clb.wrong_code', { to: 422, message: 'No such thing' }));
    await add(words, 1);
    expect(await add(words, 2)).toMatchObject({ kind: 'unexpected-refusal', message: expect.stringContaining('No such thing') });
    const locked = async (variant: string) => {
      const small = faulty(rule('clb.immutable_text', { variant }));
      await add(small, 1);
      return [await add(small, 2), await remove(small, '1')];
    };
    expect(await locked('not_active_spaced')).toMatchObject(
      Array(2).fill({ ...immutable, message: expect.stringContaining('Load Balancer is not ACTIVE') }),
    );
    expect(await locked('not_active')).toMatchObject(Array(2).fill({ message: expect.stringContaining('LoadBalancer is not ACTIVE') }));
    expect(await locked('quoted')).toMatchObject(Array(2).fill({ message: expect.stringContaining("has a status of 'PENDING_UPDATE'") }));
  });

  it('node.foreign adds a node, or edits one', async () => {
    const adding = faulty(rule('node.foreign', { address: '192.0.2.9', weight: 7 }));
    expect((await show(adding))?.nodes).toMatchObject([{ address: '192.0.2.9', weight: 7 }]);
    const editing = faulty(rule('node.foreign', { do: 'edit', condition: 'DISABLED', type: 'SECONDARY' }));
    await add(editing, 1);
    expect((await show(editing))?.nodes).toMatchObject([{ address: '192.0.2.1', condition: 'DISABLED', type: 'SECONDARY' }]);
  });
});

describe('faults of health and draining', () => {
  /** Whether a node of an ACTIVE server is ONLINE after so many seconds each; probes take at most a second here. */
  async function statusesUnder(fault: object, ...waits: readonly number[]) {
    const small = faulty(fault);
    record(small).settings = { ...record(small).settings, healthMonitor: true };
    await activeServers(small, 1);
    await small.settle(small.cloud.addNodes(tenantId, loadBalancerId, [nodeRequest('10.176.0.1')], patient));
    const statuses: unknown[] = [];
    for (const wait of waits) {
      await passSeconds(small, wait);
      statuses.push((await show(small))?.nodes[0]?.status);
    }
    return statuses;
  }

  it('health.never_online, health.slow and health.flap decide what probes find', async () => {
    expect(await statusesUnder(rule('health.never_online'), 2, 3600)).toEqual(['OFFLINE', 'OFFLINE']);
    expect(await statusesUnder(rule('health.slow', { takes: 100 }), 95, 10)).toEqual(['OFFLINE', 'ONLINE']);
    expect(await statusesUnder(rule('health.flap', { period: 10 }), 5, 10, 10, 10)).toEqual(['ONLINE', 'OFFLINE', 'ONLINE', 'OFFLINE']);
    expect(await statusesUnder(rule('health.flap', {}, { op: 'node.add', skip: 1 }), 5, 60)).toEqual(['ONLINE', 'ONLINE']);
  });

  it('monitor.toggle turns the health monitor on or off', async () => {
    const small = faulty(
      rule('monitor.toggle', {}, { op: 'load_balancer.get', times: 1 }),
      rule('monitor.toggle', { on: false }, { op: 'load_balancer.get', skip: 1 }),
    );
    expect([(await show(small))?.healthMonitor, (await show(small))?.healthMonitor]).toEqual([true, false]);
  });

  it('drain.connections tells connections, which end one after another', async () => {
    const small = faulty(rule('drain.connections', { each: 40, gone: 100 }));
    await add(small, 1);
    const connections = async () => (await show(small))?.nodes[0]?.connections;
    expect(await connections()).toBe(40);
    await passSeconds(small, 3);
    await small.settle(
      small.cloud.changeNode(tenantId, loadBalancerId, '1' as NodeId, { condition: 'DRAINING', weight: 1, type: 'PRIMARY' }, patient),
    );
    await passSeconds(small, 20);
    const some = (await connections()) ?? 0;
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(40);
    await passSeconds(small, 100);
    expect(await connections()).toBe(0);
  });
});

describe('faults of load balancers, not met', () => {
  it('leave another load balancer alone', async () => {
    const names = ['clb.status', 'clb.vanish', 'clb.node_gone', 'clb.partial_bulk', 'clb.duplicate_race', 'clb.wrong_code', 'node.foreign'];
    const small = faulty(...names.map((name) => rule(name, {}, { match: { load_balancer: 1 } })));
    await small.settle(small.cloud.createServer(tenantId, serverRequest(), patient));
    expect(await add(small, 1, 2)).toBeUndefined();
    await passSeconds(small, 3);
    expect(await remove(small, '1')).toBeUndefined();
    expect((await show(small))?.nodes).toHaveLength(1);
  });
});

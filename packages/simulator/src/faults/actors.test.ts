import type { LoadBalancerId } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { faulty, outcomeOf, passSeconds, patient, rule } from '../testing/faulty-cloud.ts';
import { activeServers, loadBalancerId, nodeRequest, type SmallCloud, serverRequest, tenantId } from '../testing/small-cloud.ts';

/** Only the call that these tests make last. */
import { placeKey } from '../world/load-balancer-record.ts';

const once = { op: 'server.list', times: 1 };
const looking = ({ cloud }: SmallCloud) => cloud.listServers(tenantId, patient);
const look = (small: SmallCloud) => small.settle(looking(small));
const serversOf = ({ world }: SmallCloud) => world.tenant(tenantId).compute.servers.all();
const placesOf = ({ world }: SmallCloud, id: LoadBalancerId = loadBalancerId): readonly string[] => {
  const { nodes = new Map() } = world.tenant(tenantId).loadBalancers.find(id) ?? {};
  return [...nodes.values()].map(placeKey);
};
const other = '8' as LoadBalancerId;

/** Four servers and two nodes, under this fault of the next listing. */
async function after(fault: object, listings = 1): Promise<SmallCloud> {
  const small = faulty(fault);
  await activeServers(small, 4);
  small.world.tenant(tenantId).loadBalancers.make(other);
  const nodes = [nodeRequest('192.0.2.1'), nodeRequest('192.0.2.2')];
  await small.settle(small.cloud.addNodes(tenantId, loadBalancerId, nodes, patient));
  for (let n = 0; n < listings; n += 1) await look(small);
  return small;
}
const states = (small: SmallCloud): readonly string[] => serversOf(small).map(({ status, deleting }) => (deleting ? 'deleting' : status));
const many = (small: SmallCloud, state: string): number => states(small).filter((one) => one === state).length;

describe('faults that are what others do', () => {
  it('oob.delete_server deletes as many of those that fit as it says, by lot and the same ones again', async () => {
    const small = await after(rule('oob.delete_server', { count: 2 }, once), 3);
    expect(many(small, 'deleting')).toBe(2);
    expect(states(await after(rule('oob.delete_server', { count: 2 }, once)))).toEqual(states(small));
    const named = await after(rule('oob.delete_server', { count: 9, server_name: '^web-[12]$', how: 'vanish' }, once));
    expect(serversOf(named).map(({ name }) => name)).toEqual(['web-0', 'web-3']);
    const marked = await after(rule('oob.delete_server', { count: 9, metadata: { 'rax:autoscale:group:id': '^nobody' } }, once));
    expect(serversOf(marked)).toHaveLength(4);
  });

  it('oob.error_server puts servers into a status', async () => {
    expect(many(await after(rule('oob.error_server', {}, once)), 'ERROR')).toBe(1);
    expect(many(await after(rule('oob.error_server', { count: 3, status: 'SHUTOFF' }, once)), 'SHUTOFF')).toBe(3);
  });

  it('oob.rename, oob.resize and oob.strip_metadata edit servers', async () => {
    const renamed = await after(rule('oob.rename', { server_name: 'web-3', name: 'mine' }, once));
    expect(serversOf(renamed).map(({ name }) => name)).toEqual(['web-0', 'web-1', 'web-2', 'mine']);
    const resized = await after(rule('oob.resize', { count: 2, flavor: 'compute1-4' }, once));
    expect(serversOf(resized).filter(({ request }) => request.flavorRef === 'compute1-4')).toHaveLength(2);
    const stripped = await after(rule('oob.strip_metadata', { count: 4 }, once));
    expect(serversOf(stripped).map(({ metadata, groupId }) => [metadata, groupId])).toEqual(Array(4).fill([{}, undefined]));
    const inPart = await after(rule('oob.strip_metadata', { count: 4, keys: ['rax:autoscale:lb:'] }, once));
    expect(serversOf(inPart).map(({ metadata }) => Object.keys(metadata))).toEqual(Array(4).fill(['rax:autoscale:group:id']));
  });

  it('oob.delete_node and oob.move_node take nodes off load balancers, without a lock', async () => {
    const removed = await after(rule('oob.delete_node', { load_balancer: loadBalancerId }, once));
    expect(placesOf(removed)).toHaveLength(1);
    expect(placesOf(await after(rule('oob.delete_node', { load_balancer: other }, once)))).toHaveLength(2);
    const moved = await after(rule('oob.move_node', { count: 2, to: other }, once));
    expect([placesOf(moved), placesOf(moved, other)]).toEqual([[], expect.arrayContaining(['192.0.2.1:80', '192.0.2.2:80'])]);
    const nowhere = await after(rule('oob.move_node', { count: 2, to: 'none' }, once));
    expect(placesOf(nowhere)).toHaveLength(2);
  });

  it('oob.delete_lb deletes the load balancer of that id, or any', async () => {
    const status = ({ world }: SmallCloud, id: LoadBalancerId): string | undefined => {
      const { loadBalancers } = world.tenant(tenantId);
      const record = loadBalancers.find(id);
      return record && loadBalancers.statusOf(record);
    };
    const small = await after(rule('oob.delete_lb', { load_balancer: other, pending: 20 }, once));
    expect([status(small, other), status(small, loadBalancerId)]).toEqual(['PENDING_DELETE', 'PENDING_UPDATE']);
    await passSeconds(small, 20);
    expect(status(small, other)).toBe('DELETED');
    const any = await after(rule('oob.delete_lb', {}, { op: 'server.list', times: 2 }), 2);
    expect(any.world.tenant(tenantId).loadBalancers.all()).toEqual([]);
  });

  it('oob.create_foreign_server makes a server of nobody with the address of a dead one', async () => {
    const vanish = rule('oob.delete_server', { how: 'vanish' }, once);
    const small = faulty(vanish, rule('oob.create_foreign_server', { name: 'stranger' }, { op: 'load_balancer.list', times: 1 }));
    await activeServers(small, 4);
    const before = serversOf(small).map(({ address }) => address);
    await look(small);
    const gone = before.find((address) => !serversOf(small).some((server) => server.address === address));
    await small.settle(small.cloud.listLoadBalancers(tenantId, patient));
    await passSeconds(small, 11);
    const stranger = serversOf(small).find(({ name }) => name === 'stranger');
    expect(stranger).toMatchObject({ groupId: undefined, metadata: {}, status: 'ACTIVE', address: gone });
  });

  it('limits.change changes what the tenant may take, for servers and nodes', async () => {
    const small = await after(rule('limits.change', { instances: 4, nodes: 2 }, once));
    expect(await outcomeOf(small, small.cloud.createServer(tenantId, serverRequest(), patient))).toMatchObject({ kind: 'over-quota' });
    await passSeconds(small, 5);
    const add = small.cloud.addNodes(tenantId, loadBalancerId, [nodeRequest('192.0.2.3')], patient);
    expect(await outcomeOf(small, add)).toMatchObject({ kind: 'node-limit' });
    const raised = await after(rule('limits.change', { instances: null }, once));
    expect(raised.world.tenant(tenantId).compute.quota.instances).toBeUndefined();
  });

  it('region.outage refuses connections to some services, or to all', async () => {
    const nova = faulty(rule('region.outage', { services: ['nova'] }, { until: 60 }));
    expect(await outcomeOf(nova, looking(nova))).toMatchObject({ kind: 'unreachable' });
    expect(await outcomeOf(nova, nova.cloud.listLoadBalancers(tenantId, patient))).not.toMatchObject({ kind: 'unreachable' });
    await passSeconds(nova, 60);
    expect(await outcomeOf(nova, looking(nova))).toMatchObject({ servers: [] });
    const all = faulty(rule('region.outage'));
    expect(await outcomeOf(all, all.cloud.listLoadBalancers(tenantId, patient))).toMatchObject({ kind: 'unreachable' });
  });

  it('provider.restart breaks off what is in flight, of every tenant; before or after this call is done', async () => {
    const create = { op: 'server.create', tenant: tenantId, times: 1 };
    const restarted = async (phase?: string): Promise<readonly unknown[]> => {
      const small = faulty(rule('provider.restart', {}, create, phase === undefined ? {} : { phase }));
      const stranger = small.cloud.listServers('1' as typeof tenantId, patient);
      const mine = small.cloud.createServer(tenantId, serverRequest(), patient);
      const both = Promise.all([stranger, mine].map((call) => call.catch(({ kind }: { kind: string }) => kind)));
      const kinds = await small.settle(both);
      return [...kinds, serversOf(small).length, (await look(small)).servers.length];
    };
    expect(await restarted()).toEqual(['answer-lost', 'answer-lost', 0, 0]);
    expect(await restarted('after_commit')).toEqual(['answer-lost', 'answer-lost', 1, 1]);
  });
});

import {
  CloudError,
  type CloudErrorKind,
  type LoadBalancerId,
  milliseconds,
  type NodeId,
  type ServerId,
  seconds,
  type TenantId,
} from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faulty, rule } from './testing/faulty-cloud.ts';
import {
  activeServers,
  groupId,
  loadBalancerId,
  nodeRequest,
  patient,
  type SmallCloud,
  serverRequest,
  smallCloud,
  tenantId,
} from './testing/small-cloud.ts';
import { outside } from './world/outside.ts';
import { paces } from './world/pace.ts';

/** What the call is refused with; fails when it is not. */
async function refusal({ settle }: SmallCloud, call: Promise<unknown>): Promise<CloudError> {
  const error = await settle(
    call.then(
      () => undefined,
      (reason: unknown) => reason,
    ),
  );
  if (error instanceof CloudError) return error;
  throw new Error(`The call was not refused: ${String(error)}`);
}
const kindOf = async (small: SmallCloud, call: Promise<unknown>): Promise<CloudErrorKind> => (await refusal(small, call)).kind;

async function nodesOf({ cloud, settle }: SmallCloud, id = loadBalancerId) {
  const found = (await settle(cloud.listLoadBalancers(tenantId, patient))).loadBalancers.find((one) => one.id === id);
  return found?.nodes.map(({ id: nodeId, address, port, condition }) => `${nodeId} ${address}:${port} ${condition}`);
}

describe('createSimulatedCloud: servers', () => {
  it('builds a server: BUILD without an address, then ACTIVE with one', async () => {
    const small = smallCloud();
    const { cloud, settle, pass, clock } = small;
    const { id, links } = await settle(cloud.createServer(tenantId, serverRequest(), patient));
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const building = await settle(cloud.getServer(tenantId, id, patient));
    expect(building).toMatchObject({ id, name: 'web-1', state: 'BUILD', servicenetAddress: '', groupId, links });
    await pass(seconds(10));
    const { servers, cloudNow } = await settle(cloud.listServers(tenantId, patient));
    expect(servers).toMatchObject([
      { id, state: 'ACTIVE', servicenetAddress: '10.176.0.1', desiredLoadBalancers: [{ loadBalancerId, port: 80 }] },
    ]);
    expect(clock.now() - (cloudNow ?? 0)).toBe(5);
  });

  it('lists newest first', async () => {
    const small = smallCloud();
    const ids = await activeServers(small, 5);
    const { servers } = await small.settle(small.cloud.listServers(tenantId, patient));
    expect(servers.map(({ id }) => id)).toEqual(ids.toReversed());
  });

  it('deletes a server: its state is DELETED for a while, then it is gone', async () => {
    const small = smallCloud();
    const { cloud, settle, pass } = small;
    const [id] = await activeServers(small, 1);
    await settle(cloud.deleteServer(tenantId, id as ServerId, patient));
    expect(await settle(cloud.getServer(tenantId, id as ServerId, patient))).toMatchObject({ state: 'DELETED' });
    await settle(cloud.deleteServer(tenantId, id as ServerId, patient));
    await pass(seconds(5));
    expect(await settle(cloud.getServer(tenantId, id as ServerId, patient))).toBeUndefined();
    await settle(cloud.deleteServer(tenantId, id as ServerId, patient));
    expect((await settle(cloud.listServers(tenantId, patient))).servers).toEqual([]);
  });

  it('deletes a server that is building', async () => {
    const small = smallCloud();
    const { cloud, settle, pass } = small;
    const { id } = await settle(cloud.createServer(tenantId, serverRequest(), patient));
    await settle(cloud.deleteServer(tenantId, id, patient));
    await pass(seconds(30));
    expect(await settle(cloud.getServer(tenantId, id, patient))).toBeUndefined();
  });

  it('refuses what Nova refuses, with a sentence for the tenant', async () => {
    const small = smallCloud();
    const create = (more: Parameters<typeof serverRequest>[1]) =>
      refusal(small, small.cloud.createServer(tenantId, serverRequest('web', more), patient));
    expect(await create({ imageRef: 'none' })).toMatchObject({
      kind: 'bad-server-request',
      tenantMessage: 'Server launch configuration is invalid: Can not find requested image',
    });
    expect(await create({ flavorRef: 'none' })).toMatchObject({ kind: 'bad-server-request' });
    const metadata = Object.fromEntries(Array.from({ length: 41 }, (_, n) => [`key${n}`, 'value']));
    expect(await create({ metadata })).toMatchObject({ kind: 'unexpected-refusal', terminal: true });
    expect((await small.settle(small.cloud.listServers(tenantId, patient))).servers).toEqual([]);
  });

  it('boots from a volume without an image', async () => {
    const small = smallCloud();
    const request = serverRequest('web', { imageRef: '', block_device_mapping: [{}] });
    await expect(small.settle(small.cloud.createServer(tenantId, request, patient))).resolves.toMatchObject({ id: expect.any(String) });
  });

  it('keeps at most 40 metadata items', async () => {
    const small = smallCloud();
    const { cloud, settle } = small;
    const [id = '' as ServerId] = await activeServers(small, 1);
    for (let n = 2; n < 40; n += 1) await settle(cloud.setServerMetadata(tenantId, id, `key${n}`, 'value', patient));
    await settle(cloud.setServerMetadata(tenantId, id, 'key2', 'another', patient));
    expect(await kindOf(small, cloud.setServerMetadata(tenantId, id, 'one more', 'value', patient))).toBe('metadata-limit');
    expect(await kindOf(small, cloud.setServerMetadata(tenantId, 'gone' as ServerId, 'a', 'b', patient))).toBe('no-such-server');
  });

  it("makes a server nobody's when its metadata is stripped", async () => {
    const small = smallCloud();
    const { cloud, settle } = small;
    const [id = '' as ServerId] = await activeServers(small, 1);
    await settle(cloud.stripServerMetadata(tenantId, id, ['rax:autoscale:'], patient));
    expect(await settle(cloud.getServer(tenantId, id, patient))).toMatchObject({ groupId: undefined, desiredLoadBalancers: [] });
  });

  it('knows its images, flavors and limits for every tenant', async () => {
    const { cloud, settle } = smallCloud();
    const tenant = 'somebody' as TenantId;
    expect(await settle(cloud.getImage(tenant, '0d589460-f177-4b0f-81c1-8ab8903ac7d8', patient))).toMatchObject({ status: 'ACTIVE' });
    expect(await settle(cloud.getImage(tenant, 'none', patient))).toBeUndefined();
    expect(await settle(cloud.hasFlavor(tenant, 'compute1-4', patient))).toBe(true);
    expect(await settle(cloud.hasFlavor(tenant, 'none', patient))).toBe(false);
    expect(await settle(cloud.getLimits(tenant, patient))).toEqual({ maxPersonality: 5, maxPersonalitySize: 1000 });
  });
});

describe('createSimulatedCloud: load balancers', () => {
  it('leaves the nodes that it has shown as they were when they change', async () => {
    const small = smallCloud();
    const { cloud, settle, world } = small;
    await settle(cloud.addNodes(tenantId, loadBalancerId, [nodeRequest('10.0.0.1'), nodeRequest('10.0.0.2')], patient));
    const shown = await settle(cloud.getLoadBalancer(tenantId, loadBalancerId, patient));
    const before = structuredClone(shown);
    const tenant = world.tenant(tenantId);
    const record = tenant.loadBalancers.find(loadBalancerId);
    const [first, second] = record?.nodes.values() ?? [];
    if (record === undefined || first === undefined || second === undefined) throw new Error('the nodes are not there');
    outside.changeNode(tenant, record, first, { condition: 'DRAINING' });
    outside.removeNode(tenant, record, second);
    expect(await nodesOf(small)).toEqual(['1 10.0.0.1:80 DRAINING']);
    expect(shown).toEqual(before);
  });

  it('locks a load balancer after each write', async () => {
    const small = smallCloud();
    const { cloud, settle, pass } = small;
    await settle(cloud.addNodes(tenantId, loadBalancerId, [nodeRequest('10.0.0.1')], patient));
    const [locked] = (await settle(cloud.listLoadBalancers(tenantId, patient))).loadBalancers;
    expect(locked?.status).toBe('PENDING_UPDATE');
    const change = { condition: 'DRAINING', weight: 1, type: 'PRIMARY' } as const;
    const [nodeId] = (locked?.nodes ?? []).map(({ id }) => id) as [NodeId];
    expect(await kindOf(small, cloud.addNodes(tenantId, loadBalancerId, [nodeRequest('10.0.0.2')], patient))).toBe(
      'load-balancer-immutable',
    );
    expect(await kindOf(small, cloud.changeNode(tenantId, loadBalancerId, nodeId, change, patient))).toBe('load-balancer-immutable');
    expect(await kindOf(small, cloud.removeNodes(tenantId, loadBalancerId, [nodeId], patient))).toBe('load-balancer-immutable');
    await pass(seconds(2));
    await settle(cloud.changeNode(tenantId, loadBalancerId, nodeId, change, patient));
    const [draining] = (await settle(cloud.listLoadBalancers(tenantId, patient))).loadBalancers[0]?.nodes ?? [];
    expect(draining).toMatchObject({ condition: 'DRAINING', status: 'ONLINE', drainingSince: expect.any(Number) });
    await pass(seconds(2));
    await settle(cloud.removeNodes(tenantId, loadBalancerId, [nodeId], patient));
    expect(await nodesOf(small)).toEqual([]);
  });

  it('adds all nodes or none', async () => {
    const small = smallCloud();
    const { cloud, settle, pass } = small;
    await settle(cloud.addNodes(tenantId, loadBalancerId, [nodeRequest('10.0.0.1'), nodeRequest('10.0.0.1', 81)], patient));
    await pass(seconds(2));
    const add = (...addresses: string[]) =>
      kindOf(
        small,
        cloud.addNodes(
          tenantId,
          loadBalancerId,
          addresses.map((address) => nodeRequest(address)),
          patient,
        ),
      );
    expect(await add('10.0.0.2', '10.0.0.1')).toBe('duplicate-nodes');
    expect(await add('10.0.0.2', '10.0.0.2')).toBe('duplicate-nodes');
    expect(await add(...Array.from({ length: 24 }, (_, n) => `10.0.1.${n}`))).toBe('node-limit');
    expect(await add()).toBe('unexpected-refusal');
    expect(await nodesOf(small)).toEqual(['1 10.0.0.1:80 ENABLED', '2 10.0.0.1:81 ENABLED']);
    await settle(
      cloud.addNodes(
        tenantId,
        loadBalancerId,
        Array.from({ length: 23 }, (_, n) => nodeRequest(`10.0.1.${n}`)),
        patient,
      ),
    );
    expect(await nodesOf(small)).toHaveLength(25);
  });

  it('names the limit to the tenant', async () => {
    const small = smallCloud();
    const nodes = Array.from({ length: 26 }, (_, n) => nodeRequest(`10.0.1.${n}`));
    const error = await refusal(small, small.cloud.addNodes(tenantId, loadBalancerId, nodes, patient));
    expect(error.tenantMessage).toBe('Cannot create more than 25 nodes in Cloud Load Balancer 237935');
  });

  it('counts nodes that are gone as removed, and removes at most ten at once', async () => {
    const small = smallCloud();
    const { cloud, settle, pass } = small;
    await settle(
      cloud.addNodes(
        tenantId,
        loadBalancerId,
        Array.from({ length: 12 }, (_, n) => nodeRequest(`10.0.1.${n}`)),
        patient,
      ),
    );
    await pass(seconds(2));
    const ids = (...numbers: number[]) => numbers.map((n) => String(n) as NodeId);
    expect(await kindOf(small, cloud.removeNodes(tenantId, loadBalancerId, ids(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), patient))).toBe(
      'unexpected-refusal',
    );
    expect(await nodesOf(small)).toHaveLength(12);
    await settle(cloud.removeNodes(tenantId, loadBalancerId, ids(2, 99, 3, 98), patient));
    expect(await nodesOf(small)).toHaveLength(10);
    await pass(seconds(2));
    await settle(cloud.removeNodes(tenantId, loadBalancerId, ids(97, 96), patient));
    await settle(cloud.removeNodes(tenantId, 'none' as LoadBalancerId, ids(1), patient));
    expect(await nodesOf(small)).toHaveLength(10);
  });

  it('tells a load balancer that never was from one that was deleted', async () => {
    const small = smallCloud();
    const { cloud, world, settle, pass } = small;
    const never = await refusal(small, cloud.addNodes(tenantId, '1' as LoadBalancerId, [nodeRequest('10.0.0.1')], patient));
    expect(never).toMatchObject({ kind: 'no-such-load-balancer', tenantMessage: 'Cloud Load Balancer does not exist: 1' });
    const tenant = world.tenant(tenantId);
    outside.deleteLoadBalancer(tenant, tenant.loadBalancers.make(loadBalancerId));
    const deleted = await refusal(small, cloud.addNodes(tenantId, loadBalancerId, [nodeRequest('10.0.0.1')], patient));
    expect(deleted.kind).toBe('load-balancer-deleted');
    expect(await settle(cloud.listLoadBalancers(tenantId, patient))).toMatchObject({ loadBalancers: [], unread: [] });
    expect(await settle(cloud.getLoadBalancer(tenantId, loadBalancerId, patient))).toBeUndefined();
    await pass(seconds(3600));
    expect(await kindOf(small, cloud.addNodes(tenantId, loadBalancerId, [nodeRequest('10.0.0.1')], patient))).toBe('no-such-load-balancer');
  });

  it('gives the documented load balancer to its tenant only', async () => {
    const { cloud, settle } = smallCloud();
    expect((await settle(cloud.listLoadBalancers(tenantId, patient))).loadBalancers.map(({ id }) => id)).toEqual(['237935']);
    expect(await settle(cloud.listLoadBalancers('2' as TenantId, patient))).toMatchObject({ loadBalancers: [], unread: [] });
  });

  it('has pool members only where there are pools', async () => {
    const small = smallCloud();
    const { cloud, world, settle } = small;
    const member = { poolId: 'b0000000-0000-4000-8000-000000000000', serverId: 's1' } as Parameters<typeof cloud.addPoolMembers>[1][number];
    expect(await kindOf(small, cloud.addPoolMembers(tenantId, [member], patient))).toBe('pool-refused');
    world.tenant(tenantId).pools.make(member.poolId);
    await settle(cloud.addPoolMembers(tenantId, [member], patient));
    await settle(cloud.addPoolMembers(tenantId, [member], patient));
    expect(await settle(cloud.listPoolMembers(tenantId, patient))).toEqual([member]);
    await settle(cloud.removePoolMembers(tenantId, [member, member], patient));
    expect(await settle(cloud.listPoolMembers(tenantId, patient))).toEqual([]);
  });
});

describe('createSimulatedCloud: calls', () => {
  it('stops waiting when the signal aborts, while the cloud goes on', async () => {
    const small = smallCloud();
    const controller = new AbortController();
    const call = small.cloud.createServer(tenantId, serverRequest(), { ...patient, signal: controller.signal });
    small.clock.after(milliseconds(2)).subscribe(() => controller.abort());
    expect(await refusal(small, call)).toMatchObject({ kind: 'timeout', effect: 'unknown' });
    expect(small.clock.callsInFlight).toEqual([]);
    await small.pass(milliseconds(10));
    expect((await small.settle(small.cloud.listServers(tenantId, patient))).servers).toHaveLength(1);
  });

  it('sends nothing when the signal is aborted already', async () => {
    const small = smallCloud();
    expect(await kindOf(small, small.cloud.createServer(tenantId, serverRequest(), { ...patient, signal: AbortSignal.abort() }))).toBe(
      'timeout',
    );
    await small.pass(seconds(1));
    expect(small.world.tenant(tenantId).compute.servers.size).toBe(0);
  });

  const forbidden = { ...patient, mayStart: () => false };
  const writes: readonly (readonly [string, (cloud: SmallCloud['cloud']) => Promise<unknown>])[] = [
    ['createServer', (cloud) => cloud.createServer(tenantId, serverRequest(), forbidden)],
    ['deleteServer', (cloud) => cloud.deleteServer(tenantId, 's' as ServerId, forbidden)],
    ['setServerMetadata', (cloud) => cloud.setServerMetadata(tenantId, 's' as ServerId, 'key', 'value', forbidden)],
    ['stripServerMetadata', (cloud) => cloud.stripServerMetadata(tenantId, 's' as ServerId, [], forbidden)],
    ['addNodes', (cloud) => cloud.addNodes(tenantId, loadBalancerId, [nodeRequest('10.0.0.1')], forbidden)],
    ['changeNode', (cloud) => cloud.changeNode(tenantId, loadBalancerId, '1' as NodeId, { condition: 'ENABLED' } as never, forbidden)],
    ['removeNodes', (cloud) => cloud.removeNodes(tenantId, loadBalancerId, ['1' as NodeId], forbidden)],
    ['addPoolMembers', (cloud) => cloud.addPoolMembers(tenantId, [{} as never], forbidden)],
    ['removePoolMembers', (cloud) => cloud.removePoolMembers(tenantId, [{} as never], forbidden)],
  ];
  it.each(writes)('sends no %s that may not start', async (_name, write) => {
    const small = smallCloud();
    const requests: unknown[] = [];
    small.world.events$.subscribe((event) => requests.push(event));
    expect(await refusal(small, write(small.cloud))).toMatchObject({ kind: 'not-started', effect: 'unsent' });
    expect(requests).toEqual([]);
    expect(small.clock.callsInFlight).toEqual([]);
  });

  it('asks before every attempt of a call, and ends as unknown when it may not repeat one', async () => {
    const small = smallCloud();
    await small.settle(small.cloud.addNodes(tenantId, loadBalancerId, [nodeRequest('10.0.0.1')], patient));
    await small.pass(seconds(2));
    const [node] = (await small.settle(small.cloud.listLoadBalancers(tenantId, patient))).loadBalancers[0]?.nodes ?? [];
    const nodeIds = [node?.id ?? ('1' as NodeId), 'none' as NodeId]; // refused, and sent again without the one that is not there
    let left = 1;
    const once = { ...patient, mayStart: () => left-- > 0 };
    const call = small.cloud.removeNodes(tenantId, loadBalancerId, nodeIds, once);
    expect(await refusal(small, call)).toMatchObject({ kind: 'not-repeated', effect: 'unknown' });
    expect(await nodesOf(small)).toHaveLength(1);
  });

  it('hints at the group whose server changed its state or went', async () => {
    const small = smallCloud();
    const hints: unknown[] = [];
    small.cloud.events$(tenantId).subscribe((event) => hints.push(event.groupId));
    small.cloud.events$('2' as TenantId).subscribe(() => hints.push('a stranger'));
    const [id = '' as ServerId] = await activeServers(small, 1);
    const tenant = small.world.tenant(tenantId);
    const server = tenant.compute.servers.find(id);
    if (server !== undefined) outside.killServer(tenant, server, 'error');
    if (server !== undefined) outside.killServer(tenant, server, 'vanish');
    await small.pass(seconds(1));
    expect(hints).toEqual([groupId, groupId, groupId, groupId]);
  });

  it("decides a tenant's fate by his own calls alone", async () => {
    const history = async (seed: number, others: readonly number[]) => {
      const small = smallCloud({ seed, pace: paces.realistic });
      const { cloud, pass, world } = small;
      const seen: string[] = [];
      world.events$.subscribe((event) => {
        if (event.tenantId === tenantId && event.kind === 'server-changed')
          seen.push(`${event.at} ${event.serverId} ${event.state} ${event.address}`);
      });
      const mine = [0, 700, 1400].map(async (ms, n) => {
        await new Promise<void>((resolve) => small.clock.after(milliseconds(ms)).subscribe(() => resolve()));
        await cloud.createServer(tenantId, serverRequest(`web-${n}`), patient);
      });
      for (const ms of others) {
        small.clock.after(milliseconds(ms)).subscribe(() => {
          void cloud.createServer('2' as TenantId, serverRequest(`other-${ms}`), patient);
          void cloud.listServers(tenantId, patient);
        });
      }
      await pass(seconds(900));
      await Promise.all(mine);
      return seen;
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), fc.array(fc.nat(2000), { maxLength: 5 }), async (seed, others) => {
        expect(await history(seed, others)).toEqual(await history(seed, []));
      }),
      { numRuns: 20 },
    );
  });
});

describe('createSimulatedCloud: reading several at once', () => {
  /** A cloud with load balancers 7 and 8 beside the documented one, and a fault that meets 7 alone. */
  const withBroken = (fault: string, params: object = {}): SmallCloud => {
    const small = faulty(rule(fault, params, { op: 'load_balancer.get', match: { load_balancer: '7' } }));
    for (const id of ['7', '8']) small.world.tenant(tenantId).loadBalancers.make(id as LoadBalancerId);
    return small;
  };
  const listed = ({ cloud, settle }: SmallCloud) => settle(cloud.listLoadBalancers(tenantId, patient));

  it('says which load balancers could not be read, and why, and reads the others', async () => {
    const { loadBalancers, unread } = await listed(withBroken('http.5xx', { code: 500 }));
    expect(loadBalancers.map(({ id }) => id).sort()).toEqual(['237935', '8']);
    expect(unread).toEqual([{ id: '7', reason: expect.stringContaining('load_balancer.get: 500') }]);
  });

  it('waits no longer for one that does not answer than for any single answer', async () => {
    const small = withBroken('response.lost', { mode: 'timeout' });
    const before = small.clock.now();
    const { loadBalancers, unread } = await listed(small);
    expect(small.clock.now() - before).toBeGreaterThan(44_000);
    expect(small.clock.now() - before).toBeLessThan(50_000);
    expect([loadBalancers.length, unread.map(({ id }) => id)]).toEqual([2, ['7']]);
  });

  it('knows nothing of any where the cloud asks to stay away', async () => {
    const small = withBroken('http.5xx', { code: 503, retry_after: 30 });
    expect(await refusal(small, small.cloud.listLoadBalancers(tenantId, patient))).toMatchObject({ retryAfter: 30_000 });
  });

  it('reads a load balancer with its nodes and its health monitor by one call', async () => {
    const small = smallCloud();
    const ops: string[] = [];
    small.world.events$.subscribe((event) => {
      if (event.kind === 'called') ops.push(event.op);
    });
    await small.settle(small.cloud.getLoadBalancer(tenantId, loadBalancerId, patient));
    expect(ops).toEqual(['load_balancer.get']);
  });

  it('asks for servers by id: those that there are, those that there are not, and nothing of those that are not answered', async () => {
    const small = faulty(rule('http.5xx', { code: 500 }, { op: 'server.get', times: 1 }));
    const ids = await activeServers(small, 7);
    const found = await small.settle(small.cloud.getServers(tenantId, [...ids, 'none' as ServerId], patient));
    expect(found.servers.map(({ id }) => id)).toEqual(ids.slice(1));
    expect(found.absent).toEqual(['none']);
    const none = faulty(rule('http.5xx', { code: 500 }, { op: 'server.get' }));
    expect(await kindOf(none, none.cloud.getServers(tenantId, ids, patient))).toBe('server-fault');
    expect(await none.settle(none.cloud.getServers(tenantId, [], patient))).toEqual({ servers: [], absent: [] });
  });

  it('finds the servers at exactly one address', async () => {
    const small = smallCloud();
    const ids = await activeServers(small, 12);
    const at = async (address: string) => (await small.settle(small.cloud.serversAt(tenantId, address, patient))).map(({ id }) => id);
    expect(await at('10.176.0.1')).toEqual([ids[0]]);
    expect(await at('10.176.0.12')).toEqual([ids[11]]);
    expect(await at('10.176.0.')).toEqual([]);
    expect(await at('10x176.0.1')).toEqual([]);
  });
});

import { type PoolId, type ServerId, seconds, type TenantId } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import type { Access, CatalogEntry } from '../identity/token.ts';
import { faulty, outcomeOf, passSeconds, patient, rule, secondsOf } from '../testing/faulty-cloud.ts';
import { loadBalancerId, type SmallCloud, serverRequest, tenantId } from '../testing/small-cloud.ts';
import type { Answer } from '../world/calls.ts';

/** Logs the owner of the documented tenant in. */
function logIn({ world, settle }: SmallCloud): Promise<Answer<Access>> {
  const owner = world.identity.ownerOf(tenantId);
  if (owner === undefined) throw new Error('The tenant has no owner.');
  const credentials = { kind: 'password', user: owner.name, secret: owner.password } as const;
  return settle(world.call('token.create', tenantId, { credentials, tenantId: undefined }));
}
async function accessIn(small: SmallCloud): Promise<Access> {
  const answer = await logIn(small);
  if (answer.kind !== 'done') throw new Error('The login was refused.');
  return answer.value;
}
const statusOf = (answer: Answer<unknown>) => (answer.kind === 'refused' ? answer.refusal.status : answer.kind);
/** Asks Nova, with a token. */
const asked = async (small: SmallCloud, token: string) =>
  statusOf(await small.settle(small.world.call('limits.get', tenantId, {}, { token, agent: undefined })));
const namesOf = (catalog: readonly CatalogEntry[]) => catalog.map(({ name }) => name);

describe('faults of identity', () => {
  it('tenant.suspended leaves the tenant without services, with the sentence for it', async () => {
    const small = faulty(rule('tenant.suspended', {}, { tenant: tenantId, service: ['nova', 'clb'] }));
    expect(await outcomeOf(small, small.cloud.createServer(tenantId, serverRequest(), patient))).toMatchObject({
      kind: 'no-such-service',
      tenantMessage: 'Could not locate service cloudServersOpenStack in the service catalog. Please check if your account is still active.',
    });
    expect(await outcomeOf(small, small.cloud.listLoadBalancers(tenantId, patient))).toMatchObject({
      tenantMessage: expect.stringContaining('cloudLoadBalancers'),
    });
    expect(await outcomeOf(small, small.cloud.listServers('2' as TenantId, patient))).toMatchObject({ servers: [] });
  });

  it('auth.fail_seq refuses one login after another, then lets in', async () => {
    const small = faulty(rule('auth.fail_seq'));
    expect([await logIn(small), await logIn(small), await logIn(small), await logIn(small)].map(statusOf)).toEqual([
      500,
      401,
      'done',
      'done',
    ]);
  });

  it('auth.down refuses everything of identity, and nothing else', async () => {
    const small = faulty(rule('auth.down', {}, { until: 60 }));
    expect(statusOf(await logIn(small))).toBe(503);
    await small.settle(small.cloud.getLimits(tenantId, patient));
    await passSeconds(small, 60);
    expect(statusOf(await logIn(small))).toBe('done');
  });

  it('token.replication_lag and token.expire_early make a token good for a part of its time only', async () => {
    const lagging = faulty(rule('token.replication_lag', { by: 30 }));
    const { token } = await accessIn(lagging);
    expect(await asked(lagging, token.id)).toBe(401);
    await passSeconds(lagging, 30);
    expect(await asked(lagging, token.id)).toBe('done');
    const ending = faulty(rule('token.expire_early', { after: 30 }));
    const early = (await accessIn(ending)).token;
    expect([await asked(ending, early.id), early.expiresAt > ending.clock.now() + seconds(3600)]).toEqual(['done', true]);
    await passSeconds(ending, 30);
    expect(await asked(ending, early.id)).toBe(401);
  });

  it('token.revoke ends the token of a caller; service.401_once does not', async () => {
    const revoked = faulty(rule('token.revoke', {}, { times: 1 }));
    const first = (await accessIn(revoked)).token.id;
    expect([await asked(revoked, first), await asked(revoked, first)]).toEqual([401, 401]);
    expect(await asked(revoked, (await accessIn(revoked)).token.id)).toBe('done');
    const once = faulty(rule('service.401_once', {}, { times: 1 }));
    const token = (await accessIn(once)).token.id;
    expect([await asked(once, token), await asked(once, token)]).toEqual([401, 'done']);
    const onPort = faulty(rule('service.401_once', {}, { every: 2 }));
    expect(await outcomeOf(onPort, onPort.cloud.createServer(tenantId, serverRequest(), patient))).toMatchObject({ kind: 'unauthorized' });
    expect(await outcomeOf(onPort, onPort.cloud.createServer(tenantId, serverRequest(), patient))).toMatchObject({
      id: expect.any(String),
    });
  });

  it('service.403_forbidden forbids, in JSON or in plain text', async () => {
    for (const form of ['json', 'plain']) {
      const small = faulty(rule('service.403_forbidden', { form }));
      expect(await outcomeOf(small, small.cloud.listServers(tenantId, patient))).toMatchObject({
        kind: 'unexpected-refusal',
        message: expect.stringContaining('403'),
      });
    }
  });

  it('auth.slow_catalog keeps a login waiting', async () => {
    const small = faulty(rule('auth.slow_catalog', { by: 20 }));
    const before = small.clock.now();
    await logIn(small);
    expect((small.clock.now() - before) / 1000).toBeCloseTo(20.01);
  });

  it('catalog.missing, catalog.duplicate and catalog.reordered change the catalog', async () => {
    const whole = namesOf((await accessIn(faulty())).catalog);
    const without = async (params: object) => namesOf((await accessIn(faulty(rule('catalog.missing', params)))).catalog);
    expect(await without({ service: 'rackconnect' })).toEqual(whole.filter((name) => name !== 'rackconnect'));
    expect(await without({ service: 'rackconnect', region: 'DFW' })).toEqual(whole);
    expect(namesOf((await accessIn(faulty(rule('catalog.duplicate')))).catalog)).toEqual([...whole, ...whole]);
    const small = faulty(rule('catalog.reordered'));
    const { token, catalog } = await accessIn(small);
    expect(namesOf(catalog)).toEqual(whole.toReversed());
    const listed = await small.settle(small.world.call('token.list_endpoints', tenantId, { token: token.id, by: token.id }));
    expect(listed.kind === 'done' && namesOf(listed.value)).toEqual(whole.toReversed());
  });

  it('mosso.unknown_tenant and admin_token.expired refuse what a service user asks', async () => {
    const small = faulty(rule('mosso.unknown_tenant'), rule('admin_token.expired', {}, { times: 1 }));
    const whose = await small.settle(small.world.call('user.get_of_tenant', tenantId, { tenant: tenantId, credentials: undefined }));
    expect(statusOf(whose)).toBe(404);
    const { token } = await accessIn(small);
    const validate = async () => statusOf(await small.settle(small.world.call('token.get', tenantId, { token: token.id, by: token.id })));
    expect([await validate(), await validate()]).toEqual([401, 'done']);
  });
});

describe('faults of feeds and of load balancers that are made', () => {
  const about = { loadBalancerId, about: 'all' } as const;
  async function summaries(fault: object, wait = 0) {
    const small = faulty(fault);
    const { world, settle } = small;
    for (const condition of ['ENABLED', 'DRAINING'] as const) {
      const nodes = [{ address: `192.0.2.${condition.length}`, port: 80, weight: 1, condition, type: 'PRIMARY' as const }];
      await settle(world.call('node.add', tenantId, { loadBalancerId, nodes }));
      await passSeconds(small, 3);
    }
    await passSeconds(small, wait);
    const answer = await settle(world.call('load_balancer.get_feed', tenantId, about));
    if (answer.kind !== 'done') return statusOf(answer);
    const { pageSize, endless } = answer.value;
    return { pageSize, endless, conditions: answer.value.map(({ summary }) => /condition: '(\w+)'/.exec(summary)?.[1]) };
  }

  it('feed.lag, feed.order and feed.missing_entry change what a feed tells', async () => {
    expect(await summaries(rule('feed.lag', { by: 4 }))).toMatchObject({ conditions: ['ENABLED'] });
    expect(await summaries(rule('feed.lag', { by: 4 }), 10)).toMatchObject({ conditions: ['DRAINING', 'ENABLED'] });
    expect(await summaries(rule('feed.order'))).toMatchObject({ conditions: ['ENABLED', 'DRAINING'] });
    expect(await summaries(rule('feed.missing_entry'))).toMatchObject({ conditions: ['ENABLED'] });
  });

  it('feed.paged, feed.infinite_next and feed.node_404 change how it is told', async () => {
    expect(await summaries(rule('feed.paged'))).toMatchObject({ pageSize: 1, conditions: ['DRAINING', 'ENABLED'] });
    expect(await summaries(rule('feed.infinite_next'))).toMatchObject({ endless: true });
    expect(await summaries(rule('feed.node_404'))).toBe(404);
  });

  it('clb.lb_limit and vips.exhausted refuse another load balancer', async () => {
    const request = {
      name: 'lb',
      protocol: 'HTTP',
      port: 80,
      algorithm: 'RANDOM',
      metadata: {},
      nodes: [],
      virtualIps: [{ type: 'PUBLIC' }],
    };
    const create = async (fault: object) => {
      const small = faulty(fault);
      return statusOf(await small.settle(small.world.call('load_balancer.create', tenantId, { request: request as never })));
    };
    expect([await create(rule('clb.lb_limit', { loadBalancers: 1 })), await create(rule('vips.exhausted'))]).toEqual([413, 500]);
  });

  it('rcv3.node_state keeps a member ADDING', async () => {
    const small = faulty(rule('rcv3.node_state', { for: 60 }));
    const pool = 'ab000000-0000-4000-8000-000000000001' as PoolId;
    const { pools } = small.world.tenant(tenantId);
    pools.make(pool);
    await small.settle(small.cloud.addPoolMembers(tenantId, [{ poolId: pool, serverId: 'a' as ServerId }], patient));
    await passSeconds(small, 50);
    expect(pools.nodes(pool)[0]?.status).toBe('ADDING');
    await passSeconds(small, 20);
    expect(pools.nodes(pool)[0]?.status).toBe('ACTIVE');
  });

  it('changes_since.window misses the youngest changes, in listings of changes only', async () => {
    const small = faulty(rule('changes_since.window', { by: 60 }));
    const start = small.clock.now();
    await small.settle(small.cloud.createServer(tenantId, serverRequest(), patient));
    const count = async (filter: object) => {
      const answer = await small.settle(small.world.call('server.list', tenantId, filter));
      return answer.kind === 'done' ? answer.value.servers.length : answer.kind;
    };
    await passSeconds(small, 12);
    expect([await count({}), await count({ filter: { changesSince: start } })]).toEqual([1, 0]);
    await passSeconds(small, 60);
    expect(await count({ filter: { changesSince: start } })).toBe(1);
  });
});

describe('faults of Cloud Feeds', () => {
  const entry = (message = 'hello') => ({ title: 'autoscale', content: { event: { id: 'event-1', product: { message } } } });
  const publish = (small: SmallCloud, message?: string) =>
    small.settle(small.world.call('event.publish', tenantId, { feed: 'autoscale/events', entry: entry(message) }));

  it('cf.fail, cf.too_long, cf.dup_id and cf.down refuse an event', async () => {
    const refused = async (fault: object, message?: string) => statusOf(await publish(faulty(fault), message));
    expect([
      await refused(rule('cf.fail')),
      await refused(rule('cf.fail', { code: 400 })),
      await refused(rule('cf.fail', { code: 401 })),
    ]).toEqual([500, 400, 401]);
    const short = rule('cf.too_long', { characters: 5 });
    expect([await refused(short), await refused(short, 'longer')]).toEqual(['done', 400]);
    expect([await refused(rule('cf.dup_id')), await refused(rule('cf.down'))]).toEqual([409, 0]);
  });

  it('cf.202 publishes with another status, cf.slow takes its time', async () => {
    const small = faulty(rule('cf.202'));
    expect((await publish(small)).wire).toEqual({ status: 202 });
    const slow = faulty(rule('cf.slow', { by: 30 }));
    expect(await secondsOf(slow, slow.world.call('event.publish', tenantId, { feed: 'autoscale/events', entry: entry() }))).toBeCloseTo(
      30.01,
    );
  });
});

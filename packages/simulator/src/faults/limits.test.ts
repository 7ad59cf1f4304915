import { type NodeId, seconds } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { faulty, outcomeOf, passSeconds, patient, rule } from '../testing/faulty-cloud.ts';
import { activeServers, loadBalancerId, nodeRequest, serverRequest, tenantId } from '../testing/small-cloud.ts';

const nodes = (count: number) => Array.from({ length: count }, (_, n) => nodeRequest(`10.0.0.${n + 1}`));

describe('faults of limits', () => {
  it('ratelimit refuses what exceeds a rate, and says when to come back', async () => {
    const small = faulty(rule('ratelimit', { calls: 2, per: 60 }, { op: 'limits.get' }));
    const ask = (tenant = tenantId) => outcomeOf(small, small.cloud.getLimits(tenant, patient));
    expect([await ask(), await ask()].every((answer) => 'maxPersonality' in (answer as object))).toBe(true);
    expect(await ask()).toMatchObject({ kind: 'rate-limited', retryAfter: expect.any(Number) });
    expect(await ask('2' as never)).toMatchObject({ maxPersonality: 5 });
    await passSeconds(small, 60);
    expect(await ask()).toMatchObject({ maxPersonality: 5 });
  });

  it('ratelimit counts all tenants together when it is the account that is limited', async () => {
    const small = faulty(rule('ratelimit', { calls: 1, scope: 'account', retry_after: 7 }, { op: 'limits.get' }));
    await small.settle(small.cloud.getLimits(tenantId, patient));
    expect(await outcomeOf(small, small.cloud.getLimits('2' as never, patient))).toMatchObject({
      kind: 'rate-limited',
      retryAfter: seconds(7),
    });
  });

  it('quota refuses a create beyond it, in the words of Nova', async () => {
    const one = faulty(rule('quota', { resource: 'instances', limit: 1 }));
    await activeServers(one, 1);
    expect(await outcomeOf(one, one.cloud.createServer(tenantId, serverRequest(), patient))).toMatchObject({
      kind: 'over-quota',
      tenantMessage: 'Servers cannot be created: Quota exceeded for instances: Requested 1, but already used 1 of 1 instances',
    });
    const two = faulty(
      rule('quota', { resource: 'ram', limit: 131_072, used: 131_072 }),
      rule('quota', { resource: 'cores', limit: 0 }, { p: 1 }),
    );
    const message = 'Quota exceeded for cores, ram: Requested 1, 1024, but already used 0, 131072 of 0, 131072 cores, ram';
    expect(await outcomeOf(two, two.cloud.createServer(tenantId, serverRequest(), patient))).toMatchObject({
      kind: 'over-quota',
      tenantMessage: `Servers cannot be created: ${message}`,
    });
  });

  it('clb.node_limit takes so many nodes and not one more', async () => {
    const small = faulty(rule('clb.node_limit', { nodes: 2 }));
    expect(await outcomeOf(small, small.cloud.addNodes(tenantId, loadBalancerId, nodes(3), patient))).toMatchObject({
      kind: 'node-limit',
      tenantMessage: `Cannot create more than 2 nodes in Cloud Load Balancer ${loadBalancerId}`,
    });
    await expect(small.settle(small.cloud.addNodes(tenantId, loadBalancerId, nodes(2), patient))).resolves.toBeUndefined();
  });

  it('batch_delete_limit removes so many at once and not one more', async () => {
    const small = faulty(rule('batch_delete_limit', { ids: 2 }));
    await small.settle(small.cloud.addNodes(tenantId, loadBalancerId, nodes(3), patient));
    await passSeconds(small, 3);
    const remove = (...ids: string[]) => small.cloud.removeNodes(tenantId, loadBalancerId, ids as NodeId[], patient);
    expect(await outcomeOf(small, remove('1', '2', '3'))).toMatchObject({ message: expect.stringContaining('more than 2 nodes at once') });
    await expect(small.settle(remove('1', '2'))).resolves.toBeUndefined();
  });

  it('metadata.limit leaves no room for a mark', async () => {
    const small = faulty(rule('metadata.limit', {}, { op: 'server.set_metadata' }));
    const [id] = await activeServers(small, 1);
    expect(await outcomeOf(small, small.cloud.setServerMetadata(tenantId, id as never, 'mark', '1', patient))).toMatchObject({
      kind: 'metadata-limit',
    });
    const strict = faulty(rule('metadata.limit', { items: 1 }, { op: 'server.create' }));
    expect(await outcomeOf(strict, strict.cloud.createServer(tenantId, serverRequest(), patient))).toMatchObject({
      kind: 'unexpected-refusal',
    });
  });
});

describe('faults of the configuration', () => {
  it('nova.bad_request refuses with a text that Nova is known for, or any other', async () => {
    const refusal = async (params: object) => {
      const small = faulty(rule('nova.bad_request', params));
      return outcomeOf(small, small.cloud.createServer(tenantId, serverRequest(), patient));
    };
    expect(await refusal({ preset: 'unknown_key' })).toMatchObject({
      kind: 'bad-server-request',
      tenantMessage: 'Server launch configuration is invalid: Invalid key_name provided.',
    });
    expect(await refusal({ message: 'No.' })).toMatchObject({ tenantMessage: 'Server launch configuration is invalid: No.' });
  });

  it('nova.network_policy refuses with the sentence of the account', async () => {
    const small = faulty(rule('nova.network_policy', { kind: 'one_isolated' }));
    expect(await outcomeOf(small, small.cloud.createServer(tenantId, serverRequest(), patient))).toMatchObject({
      kind: 'bad-server-request',
      tenantMessage: expect.stringContaining('Exactly 1 isolated network(s) must be attached'),
    });
  });
});

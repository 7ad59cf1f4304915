import type { ServerId } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { faulty, outcomeOf, passSeconds, patient, rule } from '../testing/faulty-cloud.ts';
import { closeServedClouds, servedCloud } from '../testing/served-cloud.ts';
import { activeServers, loadBalancerId, type SmallCloud, serverRequest, tenantId } from '../testing/small-cloud.ts';

afterEach(closeServedClouds);

const listed = async (small: SmallCloud) => (await small.settle(small.cloud.listServers(tenantId, patient))).servers;
const countOf = ({ world }: SmallCloud) => world.tenant(tenantId).compute.servers.size;
/** One page as the cloud gives it, before any client has looked at it. */
async function pageOf(small: SmallCloud, marker?: ServerId, limit?: number) {
  const answer = await small.settle(small.world.call('server.list', tenantId, { marker, limit }));
  if (answer.kind !== 'done') throw new Error('The listing was refused.');
  return { ids: answer.value.servers.map(({ id }) => id), next: answer.value.next };
}

describe('faults of listings', () => {
  it('list.lag shows the servers as they were', async () => {
    const small = faulty(rule('list.lag', { by: 30 }));
    const [id] = await activeServers(small, 1);
    expect(await listed(small)).toEqual([]);
    await passSeconds(small, 25);
    expect(await listed(small)).toMatchObject([{ id, state: 'BUILD' }]);
    await passSeconds(small, 10);
    await small.settle(small.cloud.deleteServer(tenantId, id as ServerId, patient));
    await passSeconds(small, 10);
    expect([countOf(small), (await listed(small)).length]).toEqual([0, 1]);
    await passSeconds(small, 31);
    expect(await listed(small)).toEqual([]);
  });

  it('list.omit leaves out the same servers, or others each time', async () => {
    const same = faulty(rule('list.omit', { part: 0.5 }));
    await activeServers(same, 20);
    const first = await listed(same);
    expect(first.length).toBeGreaterThan(3);
    expect(first.length).toBeLessThan(17);
    expect(await listed(same)).toEqual(first);
    const others = faulty(rule('list.omit', { part: 0.5, per: 'call' }));
    await activeServers(others, 20);
    expect(await listed(others)).not.toEqual(await listed(others));
  });

  it('list.cell_down leaves the servers of a cell out, and fails by id for them alone', async () => {
    const small = faulty(rule('list.cell_down', { part: 0.5 }));
    const ids = await activeServers(small, 20);
    const shown = new Set((await listed(small)).map(({ id }) => id));
    expect(shown.size).toBeGreaterThan(3);
    expect(shown.size).toBeLessThan(17);
    for (const id of ids) {
      const answer = await outcomeOf(small, small.cloud.getServer(tenantId, id, patient));
      expect(answer).toMatchObject(shown.has(id) ? { id } : { kind: 'server-fault' });
    }
  });

  it('list.empty shows none, or a part', async () => {
    const small = faulty(rule('list.empty', {}, { times: 1 }), rule('list.empty', { shown: 0.5 }, { skip: 1 }));
    await activeServers(small, 4);
    expect([(await listed(small)).length, (await listed(small)).length]).toEqual([0, 2]);
  });

  it('list.duplicate_row shows servers twice; a client takes each once', async () => {
    const small = faulty(rule('list.duplicate_row', { rows: 2 }));
    const ids = (await activeServers(small, 3)).toReversed();
    expect((await pageOf(small)).ids).toEqual([ids[0], ids[1], ...ids]);
    expect((await listed(small)).map(({ id }) => id)).toEqual(ids);
  });

  it('list.partial_page cuts a page and links to the rest; a client follows', async () => {
    const small = faulty(rule('list.partial_page', { rows: 2 }));
    const ids = (await activeServers(small, 5)).toReversed();
    expect(await pageOf(small)).toEqual({ ids: ids.slice(0, 2), next: ids[1] });
    expect((await listed(small)).map(({ id }) => id)).toEqual(ids);
  });

  it('list.no_next_link ends a listing early', async () => {
    const small = faulty(rule('list.no_next_link', { rows: 1 }), rule('list.no_next_link', {}, { op: 'server.list' }));
    const ids = (await activeServers(small, 3)).toReversed();
    expect(await pageOf(small, undefined, 2)).toEqual({ ids: [ids[0]], next: undefined });
    expect(await listed(small)).toHaveLength(1);
  });

  it('list.repeat_next_link leads in a circle, which a client notices', async () => {
    const small = faulty(rule('list.repeat_next_link'));
    const ids = (await activeServers(small, 3)).toReversed();
    expect((await pageOf(small, ids[0])).next).toBe(ids[0]);
    expect(await outcomeOf(small, small.cloud.listServers(tenantId, patient))).toMatchObject({
      kind: 'bad-answer',
      message: expect.stringContaining('do not end'),
    });
  });

  it('list.extra_empty_page adds one that is empty', async () => {
    const small = faulty(rule('list.extra_empty_page'));
    const ids = (await activeServers(small, 2)).toReversed();
    expect((await pageOf(small)).next).toBe(ids[1]);
    expect(await pageOf(small, ids[1])).toEqual({ ids: [], next: undefined });
    expect((await listed(small)).map(({ id }) => id)).toEqual(ids);
  });

  it('list.marker_gone refuses a page after the first', async () => {
    const small = faulty(rule('list.marker_gone'), rule('list.partial_page'));
    await activeServers(small, 2);
    expect((await pageOf(small)).ids).toHaveLength(1);
    expect(await outcomeOf(small, small.cloud.listServers(tenantId, patient))).toMatchObject({
      message: expect.stringMatching(/400 marker \[.*\] not found/),
    });
  });

  it('list.shuffle changes the order', async () => {
    const small = faulty(rule('list.shuffle'));
    const ids = (await activeServers(small, 10)).toReversed();
    const page = await pageOf(small);
    expect(page.ids).not.toEqual(ids);
    expect([...page.ids].sort()).toEqual([...ids].sort());
    const oldest = faulty(rule('list.shuffle', { order: 'oldest' }));
    const made = await activeServers(oldest, 3);
    expect((await pageOf(oldest)).ids).toEqual(made);
  });

  it('detail.disagrees shows another status than the listing', async () => {
    const small = faulty(rule('detail.disagrees'));
    const [id] = await activeServers(small, 1);
    expect(await small.settle(small.cloud.getServer(tenantId, id as ServerId, patient))).toMatchObject({ state: 'BUILD' });
    expect(await listed(small)).toMatchObject([{ state: 'ACTIVE' }]);
  });
});

describe('faults of creates', () => {
  it('create.false_negative creates, and denies it', async () => {
    const small = faulty(rule('create.false_negative', { code: 502 }));
    expect(await outcomeOf(small, small.cloud.createServer(tenantId, serverRequest(), patient))).toMatchObject({ kind: 'server-fault' });
    expect(countOf(small)).toBe(1);
  });

  it('create.duplicate creates two, and names the first', async () => {
    const small = faulty(rule('create.duplicate', {}, { times: 1 }));
    const { id } = await small.settle(small.cloud.createServer(tenantId, serverRequest(), patient));
    expect((await listed(small)).map((server) => [server.name, server.id === id])).toEqual([
      ['web-1', false],
      ['web-1', true],
    ]);
    await small.settle(small.cloud.createServer(tenantId, serverRequest(), patient));
    expect(countOf(small)).toBe(3);
  });
});

describe('clock.skew', () => {
  it('moves the times in an answer, and not what is true', async () => {
    const small = faulty(rule('clock.skew', { seconds: -120 }));
    const [id] = await activeServers(small, 1);
    const { servers, cloudNow } = await small.settle(small.cloud.listServers(tenantId, patient));
    const truth = small.world.tenant(tenantId).compute.servers.find(id as ServerId);
    expect([small.clock.now() - (cloudNow ?? 0), (truth?.createdAt ?? 0) - (servers[0]?.createdAt ?? 0)]).toEqual([
      120_005,
      expect.closeTo(120_005, -2),
    ]);
    const alone = await small.settle(small.cloud.getServer(tenantId, id as ServerId, patient));
    expect(alone?.createdAt).toBe(servers[0]?.createdAt);
  });

  it('moves since when nodes drain', async () => {
    const small = faulty(rule('clock.skew', { seconds: 60 }));
    const node = { address: '192.0.2.1', port: 80, weight: 1, condition: 'DRAINING', type: 'PRIMARY' } as const;
    await small.settle(small.cloud.addNodes(tenantId, loadBalancerId, [node], patient));
    const before = small.clock.now();
    const found = await small.settle(small.cloud.getLoadBalancer(tenantId, loadBalancerId, patient));
    expect((found?.nodes[0]?.drainingSince ?? 0) - before).toBeGreaterThan(59_000);
  });

  it('clock.wrong_date is in what answers say of their own time alone', async () => {
    const small = faulty(rule('clock.wrong_date', { seconds: 3600 }));
    await activeServers(small, 1);
    const { servers, cloudNow } = await small.settle(small.cloud.listServers(tenantId, patient));
    const balancers = await small.settle(small.cloud.listLoadBalancers(tenantId, patient));
    for (const told of [cloudNow, balancers.cloudNow]) expect((told ?? 0) - small.clock.now()).toBeGreaterThan(3_599_000);
    expect(servers[0]?.createdAt).toBeLessThan(small.clock.now());
  });

  it('is in load balancers, in their feeds, and in the Date of answers over HTTP', async () => {
    const skew = { id: 'skew', when: { service: ['nova', 'clb'] }, do: { fault: 'clock.skew', params: { seconds: 90 } } };
    const { ask, clock } = await servedCloud();
    const lb = '/v1.0/829409/loadbalancers/237935';
    await ask(`POST ${lb}/nodes`, { nodes: [{ address: '192.0.2.1', port: 80 }] });
    const truth = (await ask(`GET ${lb}`)).body.loadBalancer;
    await ask('POST /control/rules', skew);
    const shown = (text: string): number => Date.parse(text) - clock.now();
    const came = await ask(`GET ${lb}`);
    expect(Date.parse(came.body.loadBalancer.updated.time) - Date.parse(truth.updated.time)).toBe(90_000);
    const [listed] = (await ask('GET /v1.0/829409/loadbalancers')).body.loadBalancers;
    expect(listed.created).toEqual(came.body.loadBalancer.created);
    const feed = await ask(`GET ${lb}.atom`);
    const servers = await ask('GET /v2/829409/servers/detail');
    for (const { headers } of [came, feed, servers]) expect(shown(headers.get('date') ?? '')).toBe(90_000);
    expect(shown(/<updated>(.*?)</.exec(feed.text)?.[1] ?? '')).toBe(90_000);
    expect(shown((await ask('GET /v2/829409/flavors')).headers.get('date') ?? '')).toBe(0);
  });
});

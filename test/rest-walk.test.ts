/** A client's walk through the API: groups, policies, webhooks and executions over real HTTP, with a cloud that answers at once. */
import { CloudError, milliseconds, type Options } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, groupConfiguration, type Json, newGroup, policy, type RestApi, startRestApi, urlRoot } from './rest-client.ts';

let api: RestApi;
afterEach(() => api.close());
const start = async (...options: Parameters<typeof startRestApi>): Promise<void> => {
  api = await startRestApi(...options);
};

/** Makes a group of a tenant; its path. */
async function makeGroup(change: object = {}, rest: object = {}, tenant = 'T'): Promise<string> {
  const body = { ...newGroup, groupConfiguration: { ...groupConfiguration, ...change }, ...rest };
  const { status, body: made } = await api.send('POST', `/v1.0/${tenant}/groups`, body);
  expect(status).toBe(201);
  return `/v1.0/${tenant}/groups/${made.group.id}`;
}
/** Makes things of a collection; their paths. */
async function make(collection: string, ...bodies: readonly object[]): Promise<string[]> {
  const { status, body } = await api.send('POST', collection, bodies);
  expect(status).toBe(201);
  return Object.values<Json>(body)[0].map(({ id }: Json) => `${collection}/${id}`);
}
const [byOne, toSeven] = [policy, { name: 'seven', type: 'webhook', cooldown: 0, desiredCapacity: 7 }];
const desiredOf = async (group: string): Promise<number> => (await api.send('GET', `${group}/state`)).body.group.desiredCapacity;
const outcome = ({ status, body }: Answer): readonly unknown[] => [status, body?.error?.type];

describe('a scaling group', () => {
  it('is made, grows, is looked at, shrinks and goes', async () => {
    const fast: Partial<Options> = {
      recheckBuilding: milliseconds(5),
      recheckLocked: milliseconds(5),
      hintQuiet: milliseconds(1),
      observationMaxAge: milliseconds(1),
    };
    await start(fast);
    api.autoscaler.start();
    const active = (count: number) =>
      api.next((event) => event.kind === 'pass-ended' && event.outcome === 'converged' && event.active === count);

    const grown = active(2);
    const group = await makeGroup({ minEntities: 2 });
    await grown;
    const { body } = await api.send('GET', `${group}/state/`);
    expect(body.group).toEqual({
      name: 'web',
      paused: false,
      status: 'ACTIVE',
      active: [expect.anything(), expect.anything()],
      activeCapacity: 2,
      pendingCapacity: 0,
      desiredCapacity: 2,
    });
    for (const { id, links } of body.group.active)
      expect(links.map(({ href, rel }: Json) => [rel, href.includes(id)])).toEqual([
        ['self', true],
        ['bookmark', true],
      ]);

    const smaller = active(1);
    const [first] = body.group.active;
    expect((await api.send('PUT', `${group}/config`, { ...groupConfiguration, minEntities: 1 })).status).toBe(204);
    expect((await api.send('DELETE', `${group}/servers/${first.id}/?replace=false`)).status).toBe(202);
    await smaller;
    expect(outcome(await api.send('DELETE', `${group}/servers/${body.group.active[1].id}/?replace=false`))).toEqual([
      403,
      'CannotDeleteServerBelowMinError',
    ]);

    expect(outcome(await api.send('DELETE', group))).toEqual([403, 'GroupNotEmptyError']);
    const removed = api.next((event) => event.kind === 'group-removed');
    expect((await api.send('DELETE', `${group}?force=true`)).status).toBe(204);
    expect(outcome(await api.send('GET', group))).toEqual([404, 'NoSuchScalingGroupError']);
    expect((await api.send('GET', '/v1.0/T/groups')).body).toEqual({ groups: [], groups_links: [] });
    await removed;
  });

  it('shows at once what it will have, and the same in every call', async () => {
    await start();
    const { headers, body } = await api.send('POST', '/v1.0/T/groups', {
      ...newGroup,
      groupConfiguration: { ...groupConfiguration, minEntities: 3 },
      scalingPolicies: [toSeven, byOne],
    });
    const self = `${urlRoot}/v1.0/T/groups/${body.group.id}/`;
    expect(headers.get('location')).toBe(self);
    const state = { name: 'web', paused: false, status: 'ACTIVE', active: [], activeCapacity: 0, pendingCapacity: 3, desiredCapacity: 3 };
    expect(body.group).toMatchObject({ ...newGroup, groupConfiguration: { minEntities: 3 }, state, links: [{ href: self, rel: 'self' }] });
    expect(body.group.scalingPolicies.map(({ name }: Json) => name)).toEqual(['seven', 'up']);

    const path = `/v1.0/T/groups/${body.group.id}`;
    const shown = await api.send('GET', path);
    expect(shown.body.group).toEqual({
      ...body.group,
      scalingPolicies: [...body.group.scalingPolicies].sort((a: Json, b: Json) => (a.id < b.id ? -1 : 1)),
    });
    expect((await api.send('GET', `${path}/config`)).body).toEqual({ groupConfiguration: body.group.groupConfiguration });
    expect((await api.send('GET', `${path}/launch`)).body).toEqual({ launchConfiguration: body.group.launchConfiguration });
    expect((await api.send('GET', `${path}/state`)).body).toEqual({ group: state });
    expect((await api.send('GET', '/v1.0/T/groups')).body.groups).toEqual([{ id: body.group.id, links: body.group.links, state }]);
    const head = await api.send('HEAD', path);
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', String(Buffer.byteLength(shown.text))]);
  });

  it('keeps its desired capacity within bounds that change', async () => {
    await start();
    const group = await makeGroup({ minEntities: 2 });
    const bounds = async (minEntities: number, maxEntities: number): Promise<number> => {
      expect((await api.send('PUT', `${group}/config`, { ...groupConfiguration, minEntities, maxEntities })).status).toBe(204);
      return desiredOf(group);
    };
    expect([await bounds(5, 10), await bounds(0, 10), await bounds(0, 3), await bounds(0, 0)]).toEqual([5, 5, 3, 0]);
    expect((await api.send('DELETE', group)).status).toBe(204);
  });

  it('is not the group of another tenant', async () => {
    await start();
    const group = await makeGroup();
    const stranger = group.replace('/T/', '/U/');
    expect(outcome(await api.send('GET', stranger))).toEqual([404, 'NoSuchScalingGroupError']);
    expect(outcome(await api.send('DELETE', `${stranger}?force=true`))).toEqual([404, 'NoSuchScalingGroupError']);
    expect((await api.send('GET', '/v1.0/U/groups')).body.groups).toEqual([]);
  });

  it('belongs to a tenant of any name', async () => {
    await start();
    const group = await makeGroup({}, {}, '%CE%A9%20%2F%3F');
    const { body } = await api.send('GET', group);
    expect(body.group.links[0].href).toBe(`${urlRoot}${group}/`);
  });

  it('is validated by its cloud, or not at all when the cloud does not answer', async () => {
    await start({}, { hasFlavor: () => Promise.reject(new CloudError('timeout', 'no answer')) });
    expect(outcome(await api.send('POST', '/v1.0/T/groups', newGroup))).toEqual([503, 'ServiceUnavailable']);
  });
});

describe('pausing', () => {
  it('stops executions and convergence, and nothing else', async () => {
    await start();
    const group = await makeGroup();
    const [up = ''] = await make(`${group}/policies`, byOne);
    const [webhook = ''] = await make(`${up}/webhooks`, { name: 'a' });
    const { body } = await api.send('GET', webhook);
    const capability = new URL(body.webhook.links[1].href).pathname;
    for (const _ of ['once', 'again']) expect((await api.send('POST', `${group}/pause/`)).status).toBe(204);
    expect((await api.send('GET', `${group}/state`)).body.group.paused).toBe(true);
    expect(outcome(await api.send('POST', `${up}/execute`))).toEqual([403, 'GroupPausedError']);
    expect(outcome(await api.send('POST', `${up}x/execute`))).toEqual([403, 'GroupPausedError']);
    expect(outcome(await api.send('POST', `${group}/converge`))).toEqual([403, 'GroupPausedError']);
    expect((await api.send('POST', capability)).status).toBe(202);
    expect(await desiredOf(group)).toBe(0);
    expect((await api.send('PUT', `${group}/config`, { ...groupConfiguration, minEntities: 4 })).status).toBe(204);
    expect((await api.send('PUT', up, byOne)).status).toBe(204);
    expect(await desiredOf(group)).toBe(4);
    for (const _ of ['once', 'again']) expect((await api.send('POST', `${group}/resume/`)).status).toBe(204);
    expect((await api.send('POST', `${group}/converge`)).status).toBe(204);
    expect((await api.send('POST', `${up}/execute`)).status).toBe(202);
    expect(await desiredOf(group)).toBe(5);
    expect((await api.send('DELETE', `${group}?force=TRUE`)).status).toBe(204);
  });
});

describe('executing a policy', () => {
  it('changes the desired capacity within the bounds, and is refused when nothing changes', async () => {
    await start();
    const group = await makeGroup();
    const [up = '', seven = '', percent = ''] = await make(`${group}/policies`, byOne, toSeven, { ...without(byOne), changePercent: -50 });
    const executed: unknown[] = [];
    for (const path of [up, seven, seven, percent, up]) {
      const answer = await api.send('POST', `${path}/execute`, 'no json', { 'Content-Type': 'text/plain' });
      executed.push(answer.status === 202 ? [answer.text, await desiredOf(group)] : answer.body.error.message);
    }
    expect(executed).toEqual([
      ['{}', 1],
      ['{}', 7],
      expect.stringMatching(/^Cannot execute scaling policy .* No change in servers$/),
      ['{}', 3],
      ['{}', 4],
    ]);
  });

  it('obeys the cooldowns of policy and group', async () => {
    await start();
    const group = await makeGroup();
    const [slow = '', up = ''] = await make(`${group}/policies`, { ...byOne, cooldown: 86_400 }, byOne);
    expect((await api.send('POST', `${slow}/execute`)).status).toBe(202);
    const refused = await api.send('POST', `${slow}/execute`);
    expect([...outcome(refused), refused.body.error.message]).toEqual([
      403,
      'CannotExecutePolicyError',
      expect.stringContaining('Cooldowns not met.'),
    ]);
    expect((await api.send('POST', `${up}/execute`)).status).toBe(202);
    await api.send('PUT', `${group}/config`, { ...groupConfiguration, cooldown: 86_400 });
    expect(outcome(await api.send('POST', `${up}/execute`))).toEqual([403, 'CannotExecutePolicyError']);
    expect(await desiredOf(group)).toBe(2);
  });

  it('works by a capability URL without naming the tenant, for any version, until the webhook goes', async () => {
    await start();
    const group = await makeGroup();
    const [up = ''] = await make(`${group}/policies`, byOne);
    const [webhook = ''] = await make(`${up}/webhooks`, { name: 'a' });
    const { body } = await api.send('GET', webhook);
    const [self, capability] = body.webhook.links;
    expect([self, capability.rel]).toEqual([{ href: `${urlRoot}${webhook}/`, rel: 'self' }, 'capability']);
    const { pathname } = new URL(capability.href);
    expect(pathname).toMatch(/^\/v1\.0\/execute\/1\/[0-9a-f]{64}\/$/);
    for (const path of [pathname, pathname.replace('/1/', '/99/'), pathname.replace('/execute/', '/T/execute/')]) {
      const answer = await api.send('POST', path, '{ whatever', { 'Content-Type': 'text/plain' });
      expect([answer.status, answer.text, answer.headers.get('content-length')]).toEqual([202, '', '0']);
    }
    expect(await desiredOf(group)).toBe(3);
    expect((await api.send('PUT', webhook, { name: 'b', metadata: { a: 'b' } })).status).toBe(204);
    expect((await api.send('GET', webhook)).body.webhook).toEqual({ ...body.webhook, name: 'b', metadata: { a: 'b' } });
    expect(outcome(await api.send('GET', pathname))).toEqual([405, 'InvalidMethod']);
    expect((await api.send('DELETE', webhook)).status).toBe(204);
    for (const path of [pathname, '/v1.0/execute/1/nonsense']) expect((await api.send('POST', path)).status).toBe(202);
    expect(await desiredOf(group)).toBe(3);
  });
});

describe('ten executions of one instant', () => {
  it('all count, whichever way they come', async () => {
    await start();
    const group = await makeGroup({ maxEntities: 100 });
    const [up = ''] = await make(`${group}/policies`, byOne);
    const [webhook = ''] = await make(`${up}/webhooks`, { name: 'a' });
    const { body } = await api.send('GET', webhook);
    const { pathname } = new URL(body.webhook.links[1].href);
    const calls = Array.from({ length: 10 }, () => [api.send('POST', pathname), api.send('POST', `${up}/execute`)]).flat();
    for (const { status } of await Promise.all(calls)) expect(status).toBe(202);
    expect(await desiredOf(group)).toBe(20);
  });
});

describe('what does not exist', () => {
  it.each<[string, string, string, unknown?]>([
    ['NoSuchScalingGroupError', 'GET', ''],
    ['NoSuchScalingGroupError', 'DELETE', ''],
    ['NoSuchScalingGroupError', 'GET', '/state'],
    ['NoSuchScalingGroupError', 'POST', '/pause'],
    ['NoSuchScalingGroupError', 'POST', '/resume'],
    ['NoSuchScalingGroupError', 'POST', '/converge'],
    ['NoSuchScalingGroupError', 'GET', '/config'],
    ['NoSuchScalingGroupError', 'PUT', '/config', groupConfiguration],
    ['NoSuchScalingGroupError', 'GET', '/launch'],
    ['NoSuchScalingGroupError', 'PUT', '/launch', newGroup.launchConfiguration],
    ['NoSuchScalingGroupError', 'DELETE', '/servers/junk'],
    ['NoSuchScalingGroupError', 'GET', '/policies'],
    ['NoSuchScalingGroupError', 'POST', '/policies', [policy]],
    ['NoSuchScalingGroupError', 'GET', '/policies/13344'],
    ['NoSuchScalingGroupError', 'PUT', '/policies/13344', policy],
    ['NoSuchScalingGroupError', 'DELETE', '/policies/13344'],
    ['NoSuchScalingGroupError', 'POST', '/policies/13344/execute'],
    ['NoSuchScalingGroupError', 'GET', '/policies/13344/webhooks'],
    ['NoSuchScalingGroupError', 'POST', '/policies/13344/webhooks', [{ name: 'a' }]],
    ['NoSuchScalingGroupError', 'GET', '/policies/13344/webhooks/13344'],
    ['NoSuchScalingGroupError', 'PUT', '/policies/13344/webhooks/13344', { name: 'a', metadata: {} }],
    ['NoSuchScalingGroupError', 'DELETE', '/policies/13344/webhooks/13344'],
  ])('is a %s for %s of a group that is not there, at %s', async (type, method, path, body) => {
    await start();
    for (const id of ['13344', 'xyz', '76765', '__proto__', 'constructor']) {
      expect(outcome(await api.send(method, `/v1.0/T/groups/${id}${path}`, body))).toEqual([404, type]);
    }
  });

  it.each<[string, string, string, unknown?]>([
    ['ServerNotFoundError', 'DELETE', '/servers/@'],
    ['NoSuchPolicyError', 'GET', '/policies/@'],
    ['NoSuchPolicyError', 'PUT', '/policies/@', policy],
    ['NoSuchPolicyError', 'DELETE', '/policies/@'],
    ['NoSuchPolicyError', 'POST', '/policies/@/execute'],
    ['NoSuchPolicyError', 'GET', '/policies/@/webhooks'],
    ['NoSuchPolicyError', 'POST', '/policies/@/webhooks', [{ name: 'a' }]],
    ['NoSuchWebhookError', 'GET', '/policies/13344/webhooks/@'],
    ['NoSuchWebhookError', 'PUT', '/policies/13344/webhooks/@', { name: 'a', metadata: {} }],
    ['NoSuchWebhookError', 'DELETE', '/policies/13344/webhooks/@'],
  ])('is a %s for %s of %s, whatever the id', async (type, method, path, body) => {
    await start();
    const group = await makeGroup();
    for (const id of ['13344', 'junk', '__proto__', 'constructor', 'toString', '%00']) {
      expect([id, ...outcome(await api.send(method, group + path.replace('@', id), body))]).toEqual([id, 404, type]);
    }
  });

  it('is what was deleted, and what hangs on it', async () => {
    await start();
    const group = await makeGroup();
    const [up = ''] = await make(`${group}/policies`, byOne);
    const [webhook = '', other = ''] = await make(`${up}/webhooks`, { name: 'a' }, { name: 'b' });
    type Call = readonly [method: string, path: string, body?: unknown];
    const onWebhook = (path: string): readonly Call[] => [
      ['GET', path],
      ['PUT', path, { name: 'a', metadata: {} }],
      ['DELETE', path],
    ];
    const onPolicy: readonly Call[] = [
      ['GET', up],
      ['PUT', up, byOne],
      ['DELETE', up],
      ['POST', `${up}/execute`],
      ['GET', `${up}/webhooks`],
    ];
    const onGroup: readonly Call[] = [
      ['GET', group],
      ['DELETE', group],
      ['DELETE', `${group}?force=true`],
      ['GET', `${group}/state`],
      ['GET', `${group}/config`],
      ['PUT', `${group}/config`, groupConfiguration],
      ['GET', `${group}/launch`],
      ['PUT', `${group}/launch`, newGroup.launchConfiguration],
      ['GET', `${group}/policies`],
    ];
    const expectGone = async (type: string, ...calls: readonly Call[]): Promise<void> => {
      for (const call of calls) expect([call, ...outcome(await api.send(...call))]).toEqual([call, 404, type]);
    };
    expect((await api.send('DELETE', webhook)).status).toBe(204);
    await expectGone('NoSuchWebhookError', ...onWebhook(webhook));
    expect((await api.send('DELETE', up)).status).toBe(204);
    await expectGone('NoSuchPolicyError', ...onPolicy);
    await expectGone('NoSuchWebhookError', ...onWebhook(other));
    expect((await api.send('DELETE', group)).status).toBe(204);
    await expectGone('NoSuchScalingGroupError', ...onGroup, ...onPolicy, ...onWebhook(other));
  });
});

describe('pages', () => {
  it('go through every list in the order of ids, each item once', async () => {
    await start();
    const groups = await Promise.all(Array.from({ length: 5 }, () => makeGroup()));
    const [group = ''] = groups;
    const policies = await make(`${group}/policies`, ...Array(4).fill(byOne));
    const webhooks = await make(`${policies[0]}/webhooks`, ...Array(3).fill({ name: 'a' }));
    for (const [collection, key, paths] of [
      ['/v1.0/T/groups', 'groups', groups],
      [`${group}/policies`, 'policies', policies],
      [`${policies[0]}/webhooks`, 'webhooks', webhooks],
    ] as const) {
      const seen: string[] = [];
      let next: string | undefined = `${collection}/?limit=2`;
      while (next !== undefined) {
        const { status, body }: Answer = await api.send('GET', next);
        expect(status).toBe(200);
        seen.push(...body[key].map(({ id }: Json) => `${collection}/${id}`));
        const links: Json[] = body[`${key}_links`];
        expect(links).toEqual(
          body[key].length < 2 ? [] : [{ href: `${urlRoot}${collection}/?limit=2&marker=${body[key][1].id}`, rel: 'next' }],
        );
        next = links[0]?.href.slice(urlRoot.length);
      }
      expect(seen).toEqual([...paths].sort());
    }
  });

  it('do not cut a manifest, which links to the second page when there is one', async () => {
    await start();
    const group = await makeGroup();
    const made = await make(`${group}/policies`, ...Array(100).fill(byOne));
    const { body } = await api.send('GET', group);
    const collection = `${urlRoot}${group}/policies/`;
    expect(body.group.scalingPolicies).toHaveLength(100);
    expect(body.group.scalingPolicies_links).toEqual([
      { href: collection, rel: 'policies' },
      { href: `${collection}?limit=100&marker=${[...made].sort()[99]?.split('/').at(-1)}`, rel: 'next' },
    ]);
  });

  it('link from a manifest to what comes after the hundredth item, however many it shows', async () => {
    await start({ limits: { groups: 1, policiesPerGroup: 200, webhooksPerPolicy: 200 } });
    const group = await makeGroup();
    const made = [...(await make(`${group}/policies`, ...Array(100).fill(byOne))), ...(await make(`${group}/policies`, byOne, byOne))];
    const [first = ''] = made.sort();
    const hooks = [...Array(100).fill({ name: 'a' })];
    const webhooks = [...(await make(`${first}/webhooks`, ...hooks)), ...(await make(`${first}/webhooks`, { name: 'b' }))].sort();
    const { scalingPolicies, scalingPolicies_links } = (await api.send('GET', `${group}?webhooks=true`)).body.group;
    expect(scalingPolicies.map(({ id }: Json) => `${group}/policies/${id}`)).toEqual(made);
    expect(scalingPolicies[0].webhooks.map(({ id }: Json) => `${first}/webhooks/${id}`)).toEqual(webhooks);
    for (const [links, items, key] of [
      [scalingPolicies_links, made, 'policies'],
      [scalingPolicies[0].webhooks_links, webhooks, 'webhooks'],
    ] as const) {
      const rest = (await api.send('GET', links[1].href.slice(urlRoot.length))).body[key];
      expect(rest.map(({ id }: Json) => id)).toEqual(items.slice(100).map((path) => path.split('/').at(-1)));
    }
  });
});

describe('quotas', () => {
  it('bound the groups of a tenant, deleting ones not counted', async () => {
    await start({ limits: { groups: 2, policiesPerGroup: 1, webhooksPerPolicy: 1 } });
    const group = await makeGroup();
    await makeGroup();
    expect(outcome(await api.send('POST', '/v1.0/T/groups', newGroup))).toEqual([422, 'ScalingGroupOverLimitsError']);
    await makeGroup({}, {}, 'U');
    expect((await api.send('DELETE', group)).status).toBe(204);
    await makeGroup();
    expect((await api.send('GET', '/v1.0/T/groups')).body.groups).toHaveLength(2);
    expect((await api.send('GET', '/v1.0/T/limits')).body.limits.absolute.maxGroups).toBe(2);
  });

  it('refuse the 1001st group where a thousand are allowed', async () => {
    await start({ limits: { groups: 1000, policiesPerGroup: 1, webhooksPerPolicy: 1 } });
    for (let made = 0; made < 1000; made += 50) await Promise.all(Array.from({ length: 50 }, () => makeGroup()));
    const refused = await api.send('POST', '/v1.0/T/groups', newGroup);
    expect([...outcome(refused), refused.body.error.message]).toEqual([
      422,
      'ScalingGroupOverLimitsError',
      'Allowed limit of 1000 scaling groups reached by tenant T',
    ]);
  });

  it('can be other ones for a tenant', async () => {
    const usual = { groups: 5, policiesPerGroup: 5, webhooksPerPolicy: 5 };
    const limitsOf = (tenantId: string) => (tenantId === 'small' ? { groups: 1, policiesPerGroup: 1, webhooksPerPolicy: 1 } : usual);
    await start({ limits: usual }, {}, { limitsOf });
    const group = await makeGroup({}, {}, 'small');
    const [up = ''] = await make(`${group}/policies`, byOne);
    await make(`${up}/webhooks`, { name: 'a' });
    expect(outcome(await api.send('POST', '/v1.0/small/groups', newGroup))).toEqual([422, 'ScalingGroupOverLimitsError']);
    expect(outcome(await api.send('POST', `${group}/policies`, [byOne]))).toEqual([422, 'PoliciesOverLimitError']);
    expect(outcome(await api.send('POST', `${up}/webhooks`, [{ name: 'b' }]))).toEqual([422, 'WebhooksOverLimitError']);
    expect((await api.send('GET', '/v1.0/small/limits')).body.limits.absolute.maxGroups).toBe(1);
    await make(`${await makeGroup()}/policies`, byOne, byOne);
    expect((await api.send('GET', '/v1.0/T/limits')).body.limits.absolute.maxGroups).toBe(5);
  });

  it('are 100 policies of a group and 25 webhooks of a policy: a batch that would cross them makes nothing', async () => {
    await start();
    const group = await makeGroup();
    const night = { name: 'night', type: 'schedule', cooldown: 0, change: 1, args: { cron: '0 2 * * *' } };
    const [first = ''] = await make(`${group}/policies`, ...Array(99).fill(byOne));
    expect(outcome(await api.send('POST', `${group}/policies`, [night, byOne]))).toEqual([422, 'PoliciesOverLimitError']);
    expect((await api.send('GET', `${group}/policies`)).body.policies).toHaveLength(99);
    await make(`${group}/policies`, night);
    for (const one of [byOne, night])
      expect(outcome(await api.send('POST', `${group}/policies`, [one]))).toEqual([422, 'PoliciesOverLimitError']);
    await make(`${first}/webhooks`, ...Array(24).fill({ name: 'a' }));
    expect(outcome(await api.send('POST', `${first}/webhooks`, Array(2).fill({ name: 'a' })))).toEqual([422, 'WebhooksOverLimitError']);
    await make(`${first}/webhooks`, { name: 'a' });
    expect(outcome(await api.send('POST', `${first}/webhooks`, [{ name: 'a' }]))).toEqual([422, 'WebhooksOverLimitError']);
    expect((await api.send('GET', `${first}/webhooks`)).body.webhooks).toHaveLength(25);
  });
});

/** A policy without its change. */
function without({ change: _, ...rest }: typeof policy): object {
  return rest;
}

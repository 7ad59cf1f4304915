/** A client's walk through the API: groups, policies, webhooks and executions over real HTTP, with a cloud that answers at once. */
import { CloudError, milliseconds, type Options } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { groupConfiguration, type Json, newGroup, urlRoot } from './rest-client.ts';
import { api, byOne, desiredOf, make, makeGroup, outcome, start, stop, toSeven } from './rest-walking.ts';

afterEach(stop);

describe('a scaling group', () => {
  it('is made, grows, is looked at, shrinks and goes', async () => {
    const fast: Partial<Options> = {
      watchCeiling: milliseconds(5),
      watchFloor: milliseconds(5),
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

/** Executions, by the API and by capability URLs: bounds, cooldowns, and many at once. */
import { afterEach, describe, expect, it } from 'vitest';
import { groupConfiguration, type policy, urlRoot } from './rest-client.ts';
import { api, byOne, desiredOf, make, makeGroup, outcome, start, stop, toSeven } from './rest-walking.ts';

afterEach(stop);

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

/** A policy without its change. */
function without({ change: _, ...rest }: typeof policy): object {
  return rest;
}

/** The checklist of corner cases: what each form of queries is answered with. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupConfiguration, newGroup, policy } from './rest-client.ts';
import { startTrial, type Trial } from './rest-expecting.ts';

let trial: Trial;
let api: Trial['api'];
let expectAnswer: Trial['expectAnswer'];
beforeAll(async () => {
  trial = await startTrial();
  ({ api, expectAnswer } = trial);
});
afterAll(() => trial.api.close());

describe('queries', () => {
  const listed: { path: string; key: string }[] = [];
  beforeAll(async () => {
    const made = await Promise.all(Array.from({ length: 101 }, () => expectAnswer('ok', 'POST', '/v1.0/Q/groups', newGroup)));
    const policies = `/v1.0/Q/groups/${made[0].group.id}/policies`;
    const first = await expectAnswer('ok', 'POST', policies, Array(100).fill(policy));
    await expectAnswer('ok', 'POST', policies, [policy]);
    const webhooks = `${policies}/${first.policies[0].id}/webhooks`;
    await expectAnswer('ok', 'POST', webhooks, Array(100).fill({ name: 'a' }));
    await expectAnswer('ok', 'POST', webhooks, [{ name: 'a' }]);
    listed.push({ path: '/v1.0/Q/groups', key: 'groups' }, { path: policies, key: 'policies' }, { path: webhooks, key: 'webhooks' });
  });

  it.each<['IQ' | number, string]>([
    ['IQ', 'limit=ab'],
    ['IQ', 'limit=%26'],
    ['IQ', 'limit=3.0'],
    ['IQ', 'limit='],
    [1, 'limit=0'],
    [1, 'limit=-1'],
    [2, 'limit=2'],
    [100, 'limit=101'],
    [100, 'limit=1000'],
    [100, 'limit=100000'],
    [100, 'marker=-'],
    [100, 'junk=1'],
  ])('%s at most for a list asked for with %s', async (expected, query) => {
    for (const { path, key } of listed) {
      const { status, body } = await api.send('GET', `${path}/?${query}`);
      if (expected === 'IQ') expect([status, body.error.type]).toEqual([400, 'InvalidQueryArgument']);
      else expect([status, body[key].length]).toEqual([200, expected]);
    }
  });

  it.each(['invalid', '-13', '1'])('any marker is taken, such as %s', async (marker) => {
    for (const { path } of listed) expect((await api.send('GET', `${path}?marker=${marker}`)).status).toBe(200);
  });

  it.each(['0', '', '$%25%5E%23', 'anything', 'truee', 'false'])('IQ for force=%s', async (force) => {
    await expectAnswer('IQ', 'DELETE', `/v1.0/T/groups/13344?force=${force}`);
    const made = await expectAnswer('ok', 'POST', '/v1.0/T/groups', newGroup);
    const own = `/v1.0/T/groups/${made.group.id}`;
    await expectAnswer('IQ', 'DELETE', `${own}?force=${force}`);
    expect((await api.send('DELETE', own)).status).toBe(204);
  });
  it.each(['true', 'TRUE', 'TrUe', 'True', 'truE'])('force=%s is taken', async (force) => {
    const made = await expectAnswer('ok', 'POST', '/v1.0/T/groups', {
      ...newGroup,
      groupConfiguration: { ...groupConfiguration, minEntities: 2 },
    });
    expect((await api.send('DELETE', `/v1.0/T/groups/${made.group.id}?force=${force}`)).status).toBe(204);
  });
  it.each(['replace=bad', 'purge=bad', 'replace=', 'purge=0'])('IQ for %s', async (query) => {
    await expectAnswer('IQ', 'DELETE', `/v1.0/T/groups/13344/servers/junk?${query}`);
  });
});

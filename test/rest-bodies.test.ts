/** The checklist of corner cases: what bodies are answered with that are no JSON, or not of the form of their call. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupConfiguration, launchConfiguration, newGroup, policy } from './rest-client.ts';
import { type Expected, startTrial, type Trial } from './rest-expecting.ts';

let trial: Trial;
let api: Trial['api'];
let group = '';
let webhookPolicy = '';
let expectAnswer: Trial['expectAnswer'];
beforeAll(async () => {
  trial = await startTrial();
  ({ api, group, webhookPolicy, expectAnswer } = trial);
});
afterAll(() => trial.api.close());

describe('bodies', () => {
  const policies = () => `${group}/policies`;
  const webhooks = () => `${webhookPolicy}/webhooks`;
  const groups = () => '/v1.0/T/groups';
  it.each<[Expected, string, () => string, string, unknown]>([
    ['IJ', 'POST', groups, 'nothing', ''],
    ['IJ', 'POST', groups, '{', '{'],
    ['IJ', 'POST', policies, '[', '['],
    ['IJ', 'POST', groups, '{},{}', '{},{}'],
    ['IJ', 'PUT', () => `${group}/config`, 'nothing', ''],
    ['IJ', 'PUT', () => `${group}/launch`, 'half a document', '{"type":'],
    ['IJ', 'POST', webhooks, 'nothing', ''],
    ['VE', 'POST', groups, '{}', {}],
    ['VE', 'POST', groups, 'null', 'null'],
    ['VE', 'POST', policies, '["tacos"]', ['tacos']],
    ['VE', 'POST', policies, '[]', []],
    ['VE', 'POST', webhooks, '[]', []],
    ['VE', 'POST', policies, 'one policy', policy],
    ['VE', 'POST', webhooks, 'one webhook', { name: 'a' }],
    ['VE', 'POST', policies, '101 policies', Array(101).fill(policy)],
    ['VE', 'POST', webhooks, '101 webhooks', Array(101).fill({ name: 'a' })],
    ['ok', 'POST', policies, '100 equal policies', Array(100).fill(policy)],
    ['ok', 'POST', webhooks, '100 equal webhooks', Array(100).fill({ name: 'a' })],
    ['VE', 'POST', groups, 'an unknown key', { ...newGroup, poofy: 1 }],
    ['VE', 'POST', groups, 'no groupConfiguration', { launchConfiguration }],
    ['VE', 'POST', groups, 'no launchConfiguration', { groupConfiguration }],
    ['VE', 'POST', groups, 'scalingPolicies as an object', { ...newGroup, scalingPolicies: {} }],
    ['VE', 'POST', groups, 'scalingPolicies as text', { ...newGroup, scalingPolicies: 'x' }],
    ['VE', 'POST', groups, 'scalingPolicies null', { ...newGroup, scalingPolicies: null }],
    ['VE', 'POST', groups, '101 scalingPolicies', { ...newGroup, scalingPolicies: Array(101).fill(policy) }],
    ['ok', 'POST', groups, 'no scalingPolicies', newGroup],
    ['ok', 'POST', groups, 'empty scalingPolicies', { ...newGroup, scalingPolicies: [] }],
  ])('%s for a %s of %s with %s', async (expected, method, path, _what, body) => {
    await expectAnswer(expected, method, path(), body);
  });

  it.each([
    ['POST', '/policies'],
    ['PUT', '/config'],
    ['PUT', '/launch'],
    ['PUT', '/policies/13344'],
    ['POST', '/policies/13344/webhooks'],
    ['PUT', '/policies/13344/webhooks/13344'],
  ])('are checked before %s looks for a group at %s', async (method, path) => {
    await expectAnswer('VE', method, `/v1.0/T/groups/13344${path}`, {});
    await expectAnswer('IJ', method, `/v1.0/T/groups/13344${path}`, '');
  });

  it('tells the form before the bounds, the bounds before the network, and both before the cloud is asked', async () => {
    const past = { name: 'a', type: 'schedule', cooldown: 0, change: 1, args: { at: '2013-12-05T03:12:09Z' } };
    const crossed = { ...groupConfiguration, minEntities: 2, maxEntities: 1 };
    const unreachable = {
      type: 'launch_server',
      args: { server: { flavorRef: 'x', imageRef: 'x', networks: [] }, loadBalancers: [{ loadBalancerId: 1, port: 1 }] },
    };
    const group = { groupConfiguration: crossed, launchConfiguration: unreachable };
    await expectAnswer('VE', 'POST', '/v1.0/T/groups', { ...group, scalingPolicies: [past] });
    await expectAnswer('IM', 'POST', '/v1.0/T/groups', group);
    await expectAnswer('VE', 'POST', '/v1.0/T/groups', { ...group, groupConfiguration });
    await expectAnswer('IL', 'POST', '/v1.0/T/groups', {
      groupConfiguration,
      launchConfiguration: { type: 'launch_server', args: { server: { flavorRef: 'x', imageRef: 'x' } } },
    });
  });

  it('refuses text/plain with 415', async () => {
    const answer = await api.send('POST', '/v1.0/T/groups', newGroup, { 'Content-Type': 'text/plain' });
    expect([answer.status, answer.body.error.type]).toEqual([415, 'UnsupportedMediaType']);
  });
});

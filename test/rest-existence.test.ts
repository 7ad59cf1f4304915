/** What is answered about things that are not there, or no longer. */
import { afterEach, describe, expect, it } from 'vitest';
import { groupConfiguration, newGroup, policy } from './rest-client.ts';
import { api, byOne, make, makeGroup, outcome, start, stop } from './rest-walking.ts';

afterEach(stop);

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

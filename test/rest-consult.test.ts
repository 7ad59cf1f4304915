/** What the cloud is asked about launch configurations, and what comes of its answers, and of none. */
import { type Cloud, CloudError, type LoadBalancer, milliseconds, type Options } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { groupConfiguration, type RestApi, server, startRestApi } from './rest-client.ts';

let api: RestApi | undefined;
afterEach(() => api?.close());

const silent = () => new Promise<never>(() => {});
const failing = () => Promise.reject(new CloudError('server-fault', 'Nova answered 500'));
const file = { path: '/etc/motd', contents: 'aGVsbG8=' };

/** What a new group with these args is answered with; the same is told to who replaces them, whether or not there is such a group. */
async function told(options: Partial<Options>, cloud: Partial<Cloud>, args: object): Promise<readonly unknown[]> {
  await api?.close();
  api = await startRestApi({ consultDeadline: milliseconds(50), ...options }, cloud);
  const launchConfiguration = { type: 'launch_server', args };
  const made = await api.send('POST', '/v1.0/T/groups', { groupConfiguration, launchConfiguration });
  const replaced = await api.send('PUT', '/v1.0/T/groups/G/launch', launchConfiguration);
  if (made.status === 201) expect(replaced.status).toBe(404);
  else expect([replaced.status, replaced.body]).toEqual([made.status, made.body]);
  return [made.status, ...(made.status === 201 ? [] : [made.body.error.type, made.body.error.message])];
}
const wrong = (...problems: readonly string[]) => [
  400,
  'InvalidLaunchConfiguration',
  ['Following problems with launch configuration:', ...problems].join('\n'),
];

describe('a launch configuration', () => {
  it.each<[string, string, Partial<Cloud>]>([
    ['image', 'is silent', { getImage: silent }],
    ['flavor', 'is silent', { hasFlavor: silent }],
    ['limits', 'is silent', { getLimits: silent }],
    ['image', 'fails', { getImage: failing }],
    ['flavor', 'fails', { hasFlavor: failing }],
    ['limits', 'fails', { getLimits: failing }],
  ])('is not called wrong when the cloud, asked for its %s, %s; leniently it is taken', async (_what, _how, cloud) => {
    const args = { server: { ...server, personality: [file] } };
    expect(await told({}, cloud, args)).toEqual([503, 'ServiceUnavailable', expect.stringContaining('try again later')]);
    expect(await told({ lenientValidation: true }, cloud, args)).toEqual([201]);
  });

  it('is wrong when one answer says so, whatever the cloud does not tell', async () => {
    for (const lenientValidation of [false, true]) {
      const args = { server: { ...server, imageRef: 'none', personality: [{ ...file, contents: '!' }] } };
      expect(await told({ lenientValidation }, { hasFlavor: silent }, args)).toEqual(
        wrong('Invalid imageRef "none" in launchConfiguration', 'Invalid base64 encoding for contents of path "/etc/motd"'),
      );
    }
  });

  it('names load balancers that are not there only where they are verified', async () => {
    const loadBalancers = [237935, 1, '2'].map((loadBalancerId) => ({ loadBalancerId, port: 80 }));
    const there: LoadBalancer = { id: '237935' as LoadBalancer['id'], status: 'ACTIVE', healthMonitor: false, nodes: [] };
    const cloud: Partial<Cloud> = { listLoadBalancers: async () => ({ loadBalancers: [there], unread: [] }) };
    expect(await told({}, cloud, { server, loadBalancers })).toEqual([201]);
    expect(await told({ verifyLoadBalancers: true }, cloud, { server, loadBalancers })).toEqual(
      wrong(...['1', '2'].map((id) => `Invalid loadBalancerId "${id}" in launchConfiguration`)),
    );
    expect(await told({ verifyLoadBalancers: true }, cloud, { server, loadBalancers: loadBalancers.slice(0, 1) })).toEqual([201]);
    expect((await told({ verifyLoadBalancers: true }, { listLoadBalancers: failing }, { server, loadBalancers }))[0]).toBe(503);
  });

  it('tells a hundred problems and counts the others', async () => {
    const [, , message] = await told({}, {}, { server: { ...server, personality: Array(7_000).fill({ ...file, contents: '!' }) } });
    expect(String(message).split('\n')).toHaveLength(102);
    expect(message).toMatch(/\nAnd 6901 problems more$/);
  });
});

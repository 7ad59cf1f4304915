/** How large what a tenant sends may be: field by field, and all of a group together. */
import { createAutoscaler, type TenantId } from '@lutra/core';
import { nodeClock, nodeRandom } from '@lutra/core/node';
import { createSimulatedCloud } from '@lutra/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import { groupConfiguration, launchConfiguration, newGroup, policy, server } from './rest-client.ts';
import { long, raw } from './rest-expecting.ts';
import { api, byOne, make, makeGroup, outcome, start, stop } from './rest-walking.ts';

const [kib, mib] = [1024, 1024 * 1024];
/** Flat metadata of just so many bytes of JSON. */
function metadataOf(bytes: number): Record<string, string> {
  const metadata: Record<string, string> = {};
  let left = bytes - 1; // its braces take two, its last entry lacks a comma
  for (let index = 0; left > 0; index += 1) {
    const entry = `"${index}":"",`.length;
    const length = left - entry > 256 ? Math.min(256, left - 2 * entry - 2) : left - entry;
    metadata[index] = long(length);
    left -= entry + length;
  }
  return metadata;
}
const launchOf = (bytes: number) => {
  const launch = { ...launchConfiguration, args: { server: { ...server, user_data: '' } } };
  launch.args.server.user_data = long(bytes - JSON.stringify(launch).length);
  return launch;
};

type Target = 'groups' | 'launch' | 'policies' | 'webhooks';

describe('sizes of fields', () => {
  afterEach(stop);

  it.each<[what: string, target: Target, good: unknown, bad: unknown, message: string]>([
    [
      'webhook metadata',
      'webhooks',
      [{ name: 'w', metadata: metadataOf(64 * kib) }],
      [{ name: 'w', metadata: metadataOf(64 * kib + 1) }],
      '[0].metadata must be at most 65536 bytes of JSON, not 65537.',
    ],
    [
      'a launch configuration',
      'launch',
      launchOf(256 * kib),
      launchOf(256 * kib + 1),
      'The body must be at most 262144 bytes of JSON, not 262145.',
    ],
    [
      'a launch configuration of a new group',
      'groups',
      { ...newGroup, launchConfiguration: launchOf(256 * kib) },
      { ...newGroup, launchConfiguration: launchOf(256 * kib + 1) },
      'launchConfiguration must be at most 262144 bytes of JSON, not 262145.',
    ],
    ...['change', 'changePercent', 'desiredCapacity'].map((kind): [string, Target, unknown, unknown, string] => [
      `the digits of ${kind}`,
      'policies',
      [{ ...policy, change: undefined, [kind]: raw(long(1_000).replaceAll('x', '1')) }],
      [{ ...policy, change: undefined, [kind]: raw(long(1_001).replaceAll('x', '1')) }],
      `[0].${kind} must be a number written with at most 1000 characters, not 1001.`,
    ]),
    [
      'the digits of a cooldown',
      'policies',
      [{ ...policy, cooldown: raw(`1.${long(998).replaceAll('x', '0')}`) }],
      [{ ...policy, cooldown: raw(`1.${long(999).replaceAll('x', '0')}`) }],
      '[0].cooldown must be a number written with at most 1000 characters, not 1001.',
    ],
    [
      'an instant',
      'policies',
      [{ ...policy, type: 'schedule', args: { at: `2099-12-05T03:12:09.${long(43).replaceAll('x', '1')}Z` } }],
      [{ ...policy, type: 'schedule', args: { at: `2099-12-05T03:12:09.${long(44).replaceAll('x', '1')}Z` } }],
      '[0].args.at must be an ISO 8601 date and time with seconds, in UTC, such as "2030-01-31T23:30:00Z", of at most 64 characters, not "2099-',
    ],
    ...(
      [
        ['integer', raw(long(1_000).replaceAll('x', '1')), raw(long(1_001).replaceAll('x', '1'))],
        ['text', long(256), long(257)],
      ] as const
    ).map(([form, good, bad]): [string, Target, unknown, unknown, string] => [
      `a loadBalancerId that is ${form}`,
      'launch',
      { ...launchConfiguration, args: { server, loadBalancers: [{ loadBalancerId: good, port: 80 }] } },
      { ...launchConfiguration, args: { server, loadBalancers: [{ loadBalancerId: bad, port: 80 }] } },
      form === 'integer'
        ? 'args.loadBalancers[0].loadBalancerId must be a number written with at most 1000 characters, not 1001.'
        : 'args.loadBalancers[0].loadBalancerId must be an integer or text of 1 to 256 characters without white space, not "xxx',
    ]),
  ])('bound %s', async (_what, target, good, bad, message) => {
    await start();
    const group = await makeGroup();
    const [up] = await make(`${group}/policies`, byOne);
    const paths = { groups: '/v1.0/T/groups', launch: `${group}/launch`, policies: `${group}/policies`, webhooks: `${up}/webhooks` };
    const method = target === 'launch' ? 'PUT' : 'POST';
    const refused = await api.send(method, paths[target], bad);
    expect([...outcome(refused), refused.body.error.message]).toEqual([400, 'ValidationError', expect.stringContaining(message)]);
    expect((await api.send(method, paths[target], good)).status).toBe(method === 'PUT' ? 204 : 201);
  });

  it('bound the ids of image and flavor', async () => {
    await start();
    for (const key of ['imageRef', 'flavorRef']) {
      const body = { ...newGroup, launchConfiguration: { ...launchConfiguration, args: { server: { ...server, [key]: long(257) } } } };
      const { body: refused } = await api.send('POST', '/v1.0/T/groups', body);
      expect(refused.error.message).toMatch(
        `launchConfiguration.args.server.${key} must be text of 1 to 256 characters without white space`,
      );
    }
  });

  it('bound the id of a tenant, which every link holds', async () => {
    await start();
    expect(outcome(await api.send('POST', `/v1.0/${long(256)}/groups`, newGroup))).toEqual([201, undefined]);
    expect(outcome(await api.send('POST', `/v1.0/${long(257)}/groups`, newGroup))).toEqual([404, 'NotFound']);
  });
});

describe('the size of a group', () => {
  afterEach(stop);

  it('is bounded, and a group of that size is shown in full', async () => {
    await start();
    const group = await makeGroup({ metadata: { a: long(60 * kib) } }, { launchConfiguration: launchOf(256 * kib) });
    const policies = await make(`${group}/policies`, ...Array(100).fill({ ...byOne, name: long(256) }));
    const filled: number[] = [];
    for (const path of policies) {
      const webhooks = Array.from({ length: 25 }, () => ({ name: long(256), metadata: metadataOf(1.2 * kib) }));
      filled.push((await api.send('POST', `${path}/webhooks`, webhooks)).status);
    }
    expect(filled).toEqual([...Array(filled.indexOf(422)).fill(201), ...Array(100 - filled.indexOf(422)).fill(422)]);
    expect(filled.indexOf(422)).toBeGreaterThan(50);
    const shown = await api.send('GET', `${group}?webhooks=true`);
    expect([shown.status, shown.text.length > 4 * mib]).toEqual([200, true]);
    const refused = await api.send('POST', `${policies.at(-1)}/webhooks`, [{ name: 'w', metadata: metadataOf(60 * kib) }]);
    expect([...outcome(refused), refused.body.error.message]).toEqual([
      422,
      'SizeOverLimitError',
      expect.stringMatching(/^Group .* would take \d+ bytes of JSON: .* together may take 4194304\.$/),
    ]);
    expect((await api.send('DELETE', `${policies[0]}`)).status).toBe(204);
    expect((await api.send('POST', `${policies.at(-1)}/webhooks`, [{ name: 'w' }])).status).toBe(201);
  });

  it('bounds the metadata of the webhooks of a policy', async () => {
    await start();
    const [up = ''] = await make(`${await makeGroup()}/policies`, byOne);
    const full = { name: 'w', metadata: metadataOf(64 * kib) };
    for (let made = 0; made < 16; made += 8) await make(`${up}/webhooks`, ...Array(8).fill(full));
    expect(outcome(await api.send('POST', `${up}/webhooks`, [{ name: 'w' }]))).toEqual([422, 'SizeOverLimitError']);
    const [webhook] = (await api.send('GET', `${up}/webhooks`)).body.webhooks;
    expect((await api.send('PUT', `${up}/webhooks/${webhook.id}`, { name: 'w', metadata: {} })).status).toBe(204);
    expect((await api.send('POST', `${up}/webhooks`, [{ name: 'w' }])).status).toBe(201);
  });

  it('is an option, and may differ by tenant', async () => {
    await start({ limits: { bytesPerGroup: 3_000 } }, {}, { limitsOf: (tenant) => (tenant === 'big' ? { bytesPerGroup: 9_000 } : {}) });
    const large = { ...newGroup, groupConfiguration: { ...groupConfiguration, metadata: { a: long(5_000) } } };
    expect(outcome(await api.send('POST', '/v1.0/T/groups', large))).toEqual([422, 'SizeOverLimitError']);
    expect((await api.send('POST', '/v1.0/big/groups', large)).status).toBe(201);
    expect((await api.send('GET', '/v1.0/big/limits')).body.limits.absolute).toMatchObject({ maxGroups: 100, maxBytesPerGroup: 9_000 });
  });
});

describe('createAutoscaler', () => {
  it('holds embedders to the same sizes', async () => {
    const cloud = createSimulatedCloud({ clock: nodeClock(), random: nodeRandom() });
    const autoscaler = createAutoscaler({ cloud, options: { limits: { bytesPerGroup: 3_000 } } });
    const asked = {
      tenantId: 'T' as TenantId,
      groupConfiguration: { ...groupConfiguration, metadata: { a: long(5_000) } },
      launchConfiguration: launchConfiguration as never,
      scalingPolicies: [],
    };
    await expect(autoscaler.createGroup(asked)).rejects.toMatchObject({ code: 'size-over-limit' });
    await autoscaler.stop();
  });
});

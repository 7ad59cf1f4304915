/** The checklist of corner cases: what each form of input is answered with. */
import type { Cloud, Image } from '@lutra/core';
import { nodeClock, nodeRandom } from '@lutra/core/node';
import { createSimulatedCloud } from '@lutra/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupConfiguration, type Json, launchConfiguration, newGroup, policy, type RestApi, server, startRestApi } from './rest-client.ts';

let api: RestApi;
let group = '';
let webhookPolicy = '';
let limitsAsked = 0;
beforeAll(async () => {
  const world = createSimulatedCloud({ clock: nodeClock(), random: nodeRandom() });
  const inactive: Pick<Cloud, 'getImage' | 'getLimits'> = {
    getLimits: (tenantId, options) => {
      limitsAsked += 1;
      return world.getLimits(tenantId, options);
    },
    getImage: async (_tenantId, id): Promise<Image | undefined> =>
      id === server.imageRef || id === 'inactive' ? { id, status: id === 'inactive' ? 'SAVING' : 'ACTIVE' } : undefined,
  };
  api = await startRestApi({ limits: { groups: 1000, policiesPerGroup: 1000, webhooksPerPolicy: 1000 } }, inactive);
  const made = await api.send('POST', '/v1.0/T/groups', { ...newGroup, scalingPolicies: [policy] });
  group = `/v1.0/T/groups/${made.body.group.id}`;
  webhookPolicy = `${group}/policies/${made.body.group.scalingPolicies[0].id}`;
});
afterAll(() => api.close());

const types = {
  VE: [400, 'ValidationError'],
  IJ: [400, 'InvalidJsonError'],
  IM: [400, 'InvalidMinEntities'],
  IL: [400, 'InvalidLaunchConfiguration'],
  IQ: [400, 'InvalidQueryArgument'],
} as const;
type Expected = keyof typeof types | 'ok';

/** Sends a request and compares what it is answered with: a type of error, or success. */
async function expectAnswer(expected: Expected, method: string, path: string, body?: unknown): Promise<Json> {
  const answer = await api.send(method, path, body);
  if (expected === 'ok') expect({ status: answer.status, text: answer.text }).toMatchObject({ status: method === 'PUT' ? 204 : 201 });
  else expect([answer.status, answer.body.error.type]).toEqual(types[expected]);
  return answer.body;
}

/** A value that is sent as it stands: for numbers that JavaScript writes otherwise. */
const raw = (literal: string): unknown => (JSON as typeof JSON & { rawJSON(text: string): unknown }).rawJSON(literal);
const long = (count: number): string => 'x'.repeat(count);
const without = (document: object, key: string): object => Object.fromEntries(Object.entries(document).filter(([each]) => each !== key));

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

describe('group configurations', () => {
  /** Expected on POST and PUT, unless a third item says otherwise for PUT. */
  const cases: readonly (readonly [Expected, Record<string, unknown>, Expected?])[] = [
    ['VE', { name: '' }],
    ['VE', { name: ' ' }],
    ['VE', { name: '    ' }],
    ['VE', { name: 3 }],
    ['ok', { name: long(256) }],
    ['ok', { name: '😀'.repeat(256) }],
    ['VE', { name: long(257) }],
    ['ok', { name: ' a ' }],
    ['VE', { cooldown: -1 }],
    ['VE', { cooldown: 86_401 }],
    ['VE', { cooldown: '60' }],
    ['VE', { cooldown: 1.5 }],
    ['VE', { cooldown: true }],
    ['VE', { cooldown: null }],
    ['ok', { cooldown: 0 }],
    ['ok', { cooldown: 86_400 }],
    ['VE', { minEntities: -1 }],
    ['VE', { minEntities: 1001 }],
    ['VE', { minEntities: '-100' }],
    ['VE', { maxEntities: -1 }],
    ['VE', { maxEntities: 1001 }],
    ['VE', { maxEntities: '-0.01' }],
    ['ok', { minEntities: 0, maxEntities: 0 }],
    ['ok', { minEntities: 10, maxEntities: 10 }],
    ['ok', { minEntities: 1000, maxEntities: 1000 }],
    ['IM', { minEntities: 20, maxEntities: 10 }],
    ['IM', { maxEntities: null }],
    ['ok', { maxEntities: undefined }, 'VE'],
    ['ok', { metadata: undefined }, 'VE'],
    ['ok', { metadata: {} }],
    ['VE', { metadata: null }],
    ['VE', { metadata: [] }],
    ['VE', { metadata: 'text' }],
    ['ok', { metadata: { [long(256)]: '' } }],
    ['VE', { metadata: { [long(257)]: '' } }],
    ['ok', { metadata: { '': long(257), a: 1, b: null, c: { d: [{}] } } }],
    ['ok', { metadata: { a: long(64 * 1024 - 8) } }],
    ['VE', { metadata: { a: long(64 * 1024 - 7) } }],
    ['VE', { metadata: { a: 'ü'.repeat(32 * 1024) } }],
    ['VE', { poofy: 1 }],
    ['VE', { name: undefined }],
    ['VE', { cooldown: undefined }],
    ['VE', { minEntities: undefined }],
  ];
  it.each(cases.map(([expected, change, onPut = expected]) => [expected, onPut, JSON.stringify(change).slice(0, 60), change] as const))(
    '%s on POST and %s on PUT for %s',
    async (onPost, onPut, _shown, change) => {
      const configuration = { ...groupConfiguration, ...change };
      await expectAnswer(onPost, 'POST', '/v1.0/T/groups', { ...newGroup, groupConfiguration: configuration });
      await expectAnswer(onPut, 'PUT', `${group}/config`, configuration);
    },
  );

  it.each(['60.0', '6e1', '1.0', '0.0', '-0.01', '9007199254740993'])('VE for an integer written %s', async (literal) => {
    for (const key of ['cooldown', 'minEntities', 'maxEntities']) {
      const configuration = { ...groupConfiguration, [key]: raw(literal) };
      await expectAnswer('VE', 'POST', '/v1.0/T/groups', { ...newGroup, groupConfiguration: configuration });
      await expectAnswer('VE', 'PUT', `${group}/config`, configuration);
    }
  });

  it('defaults maxEntities to 1000 and metadata to nothing, and accepts a name twice', async () => {
    const { name, cooldown, minEntities } = groupConfiguration;
    const made = await expectAnswer('ok', 'POST', '/v1.0/T/groups', { ...newGroup, groupConfiguration: { name, cooldown, minEntities } });
    expect(made.group.groupConfiguration).toEqual({ name, cooldown, minEntities, maxEntities: 1000, metadata: {} });
  });
});

describe('launch configurations', () => {
  const launch = (args: object) => ({ type: 'launch_server', args: { server, ...args } });
  const booting = (change: object) => launch({ server: { ...server, ...change } });
  const balanced = (...loadBalancers: unknown[]) => launch({ loadBalancers });
  const clb = { loadBalancerId: 1, port: 80 };
  const rackConnect = { loadBalancerId: '11111111-2222-3333-4444-555555555555', type: 'RackConnectV3' };
  const file = { path: '/etc/motd', contents: 'aGVsbG8=' };
  const [serviceNet, publicNet] = [{ uuid: '11111111-1111-1111-1111-111111111111' }, { uuid: '00000000-0000-0000-0000-000000000000' }];
  const base64 = (bytes: number): string => Buffer.alloc(bytes).toString('base64');

  const cases: readonly (readonly [Expected, unknown])[] = [
    ['VE', []],
    ['VE', without(launchConfiguration, 'type')],
    ['VE', { ...launchConfiguration, type: 'poofy' }],
    ['VE', { type: 'launch_stack', args: { stack: { template_url: 'https://x' } } }],
    ['VE', { ...launchConfiguration, hat: 1 }],
    ['VE', without(launchConfiguration, 'args')],
    ['VE', { type: 'launch_server', args: {} }],
    ['VE', launch({ hat: 1 })],
    ['VE', launch({ server: [] })],
    ['VE', booting({ flavorRef: undefined })],
    ['VE', booting({ flavorRef: 3 })],
    ['VE', booting({ flavorRef: '' })],
    ['VE', booting({ flavorRef: ' ' })],
    ['VE', booting({ flavorRef: 'a b' })],
    ['IL', booting({ flavorRef: '8888' })],
    ['IL', booting({ flavorRef: '-4' })],
    ['IL', booting({ flavorRef: 'INVALID' })],
    ['VE', booting({ imageRef: 3 })],
    ['VE', booting({ imageRef: '' })],
    ['VE', booting({ imageRef: null })],
    ['VE', booting({ imageRef: undefined })],
    ['VE', booting({ imageRef: ' ' })],
    ['VE', booting({ imageRef: ' ', block_device_mapping: [{}] })],
    ['VE', booting({ imageRef: 'a b', block_device_mapping_v2: [{}] })],
    ['VE', booting({ imageRef: 3, block_device_mapping_v2: [{}] })],
    ['ok', booting({ imageRef: '', block_device_mapping: [{ a: 1 }] })],
    ['ok', booting({ imageRef: null, block_device_mapping: [] })],
    ['ok', booting({ imageRef: undefined, block_device_mapping_v2: [{}] })],
    ['VE', booting({ imageRef: null, block_device_mapping: {} })],
    ['VE', booting({ imageRef: null, block_device_mapping: ['a'] })],
    ['VE', booting({ imageRef: '', block_device_mapping_v2: {} })],
    ['VE', booting({ imageRef: undefined, block_device_mapping_v2: ['a'] })],
    ['ok', booting({ block_device_mapping: [{ a: 1 }], block_device_mapping_v2: [] })],
    ['IL', booting({ imageRef: 'f0e1d2c3-0000-4000-8000-000000000000' })],
    ['IL', booting({ imageRef: 'inactive' })],
    ['VE', booting({ personality: 'abc' })],
    ['VE', booting({ personality: 0 })],
    ['VE', booting({ personality: file })],
    ['VE', booting({ personality: [{ path: '/a' }] })],
    ['VE', booting({ personality: [{ contents: 'aGk=' }] })],
    ['VE', booting({ personality: ['x'] })],
    ['VE', booting({ personality: [{ ...file, path: 4 }] })],
    ['VE', booting({ personality: [{ ...file, path: '' }] })],
    ['ok', booting({ personality: [{ ...file, path: long(255) }] })],
    ['VE', booting({ personality: [{ ...file, path: long(256) }] })],
    ['VE', booting({ personality: [{ ...file, contents: 4 }] })],
    ['IL', booting({ personality: [{ ...file, contents: 'aGVs bG8=' }] })],
    ['IL', booting({ personality: [{ ...file, contents: '!!' }] })],
    ['IL', booting({ personality: [{ ...file, contents: '' }] })],
    ['ok', booting({ personality: [{ ...file, contents: base64(1000) }] })],
    ['IL', booting({ personality: [{ ...file, contents: base64(1001) }] })],
    ['ok', booting({ personality: Array(5).fill(file) })],
    ['IL', booting({ personality: Array(6).fill(file) })],
    ['ok', booting({ personality: [{ ...file, mode: 7 }] })],
    ['ok', booting({ personality: [] })],
    ['VE', booting({ metadata: 'invalid' })],
    ['VE', booting({ metadata: [] })],
    ['VE', booting({ metadata: { 'anc%': 'x' } })],
    ['VE', booting({ metadata: { '': 'x' } })],
    ['VE', booting({ metadata: { 'a\nb': 'x' } })],
    ['VE', booting({ metadata: { [long(300)]: 'x' } })],
    ['VE', booting({ metadata: { a: long(300) } })],
    ['VE', booting({ metadata: { a: 1 } })],
    ['ok', booting({ metadata: { 'A-z_0:. ': long(255), [long(255)]: '' } })],
    ['ok', booting({ name: 3, networks: 'x', key_name: null, 'OS-DCF:diskConfig': 'AUTO' })],
    ['VE', launch({ loadBalancers: {} })],
    ['VE', balanced(...Array.from({ length: 6 }, (_, port) => ({ ...clb, port })))],
    ['ok', balanced(...Array.from({ length: 5 }, (_, port) => ({ ...clb, port })))],
    ['VE', balanced(clb, { port: 80, loadBalancerId: 1 })],
    ['ok', balanced(clb, { ...clb, loadBalancerId: '1' })],
    ['ok', balanced()],
    ['VE', balanced({ ...clb, loadBalancerId: '' })],
    ['VE', balanced({ ...clb, loadBalancerId: 'a b' })],
    ['VE', balanced({ ...clb, loadBalancerId: 1.5 })],
    ['VE', balanced({ ...clb, loadBalancerId: null })],
    ['VE', balanced({ port: 80 })],
    ['ok', balanced({ ...clb, loadBalancerId: '8315' })],
    ['VE', balanced({ ...clb, port: '80' })],
    ['VE', balanced({ loadBalancerId: 1 })],
    ['ok', balanced({ ...clb, port: -1 })],
    ['ok', balanced({ loadBalancerId: raw('9007199254740993'), port: raw('99999999999999999999999') })],
    ['ok', balanced({ ...clb, loadBalancerId: raw('9007199254740993') }, { ...clb, loadBalancerId: raw('9007199254740992') })],
    ['VE', balanced({ ...clb, loadBalancerId: raw('9007199254740993') }, { ...clb, loadBalancerId: raw('9007199254740993') })],
    ['VE', balanced({ ...clb, loadBalancerId: raw('1.0') })],
    ['VE', balanced({ ...clb, port: raw('80.0') })],
    ['VE', balanced({ ...rackConnect, loadBalancerId: raw('9007199254740993') })],
    ['ok', balanced({ ...clb, type: 'CloudLoadBalancer' })],
    ['VE', balanced({ ...rackConnect, port: 80 })],
    ['VE', balanced({ ...rackConnect, loadBalancerId: 1 })],
    ['VE', balanced({ ...rackConnect, loadBalancerId: '' })],
    ['ok', balanced(rackConnect)],
    ['VE', balanced({ ...clb, type: '' })],
    ['VE', balanced({ ...clb, type: null })],
    ['VE', balanced({ ...clb, type: 'blah' })],
    ['VE', balanced({ ...clb, type: 'cloudloadbalancer' })],
    ['VE', balanced({ ...rackConnect, type: 'rackconnectv3' })],
    ['VE', balanced({ ...clb, poofy: 1 })],
    ['VE', balanced(3)],
    ['VE', launch({ draining_timeout: 'x' })],
    ['VE', launch({ draining_timeout: 20 })],
    ['VE', launch({ draining_timeout: 29.9 })],
    ['VE', launch({ draining_timeout: 3601 })],
    ['VE', launch({ draining_timeout: null })],
    ['ok', launch({ draining_timeout: 30 })],
    ['ok', launch({ draining_timeout: 45.5 })],
    ['ok', launch({ draining_timeout: 3600 })],
    ['VE', { type: 'launch_server', args: { server: { ...server, networks: [publicNet] }, loadBalancers: [clb] } }],
    ['VE', { type: 'launch_server', args: { server: { ...server, networks: [] }, loadBalancers: [clb] } }],
    ['VE', { type: 'launch_server', args: { server: { ...server, networks: [{ ...serviceNet, port: 1 }] }, loadBalancers: [clb] } }],
    ['ok', { type: 'launch_server', args: { server: { ...server, networks: null }, loadBalancers: [clb] } }],
    ['ok', balanced(clb)],
    ['ok', { type: 'launch_server', args: { server: { ...server, networks: [publicNet, serviceNet] }, loadBalancers: [clb] } }],
    ['ok', { type: 'launch_server', args: { server: { ...server, networks: [publicNet] }, loadBalancers: [rackConnect] } }],
    ['VE', { type: 'launch_server', args: { server: { ...server, networks: [publicNet] }, loadBalancers: [rackConnect, clb] } }],
  ];
  it.each(cases.map(([expected, launch], index) => [expected, index, JSON.stringify(launch).slice(0, 120), launch] as const))(
    '%s, case %i: %s',
    async (expected, _index, _shown, sent) => {
      await expectAnswer(expected, 'POST', '/v1.0/T/groups', { groupConfiguration, launchConfiguration: sent });
      await expectAnswer(expected, 'PUT', `${group}/launch`, sent);
    },
  );

  it('asks the cloud for its limits only when there are files', async () => {
    limitsAsked = 0;
    await expectAnswer('ok', 'PUT', `${group}/launch`, booting({ personality: [] }));
    expect(limitsAsked).toBe(0);
    await expectAnswer('ok', 'PUT', `${group}/launch`, booting({ personality: [file] }));
    expect(limitsAsked).toBe(1);
  });

  it('lists a bad image and a bad flavor in one message', async () => {
    const { error } = await expectAnswer('IL', 'PUT', `${group}/launch`, booting({ imageRef: 'none', flavorRef: '8888' }));
    expect(error.message.split('\n').slice(1)).toEqual([
      'Invalid imageRef "none" in launchConfiguration',
      'Invalid flavorRef "8888" in launchConfiguration',
    ]);
  });

  it('keeps what was sent exactly, but for null metadata, and forgets what is no longer sent', async () => {
    const odd = (...literals: string[]): string => JSON.stringify(booting({ odd: literals.map(raw) }));
    const precise = launch({ draining_timeout: raw('45.50') });
    const large = balanced({ loadBalancerId: raw('9007199254740993'), port: raw('99999999999999999999999') });
    for (const text of [
      odd('12345678901234567890', '1.0', '1e3', '-0'),
      JSON.stringify(large),
      JSON.stringify(precise),
      JSON.stringify(launchConfiguration),
    ]) {
      await expectAnswer('ok', 'PUT', `${group}/launch`, text);
      expect((await api.send('GET', `${group}/launch`)).text).toBe(`{"launchConfiguration":${text}}`);
    }
    const { flavorRef, imageRef } = server;
    const otherOrder = `{"args":{"draining_timeout":30,"loadBalancers":[{"type":"CloudLoadBalancer","port":80,"loadBalancerId":1},{"type":"RackConnectV3","loadBalancerId":"p"}],"server":{"name":"b","metadata":{"b":"1","a":"2"},"personality":[],"imageRef":"${imageRef}","a":1,"flavorRef":"${flavorRef}"}},"type":"launch_server"}`;
    await expectAnswer('ok', 'PUT', `${group}/launch`, otherOrder);
    expect((await api.send('GET', `${group}/launch`)).text).toBe(`{"launchConfiguration":${otherOrder}}`);
    const made = await api.send(
      'POST',
      '/v1.0/T/groups',
      `{"launchConfiguration":${otherOrder},"groupConfiguration":${JSON.stringify(groupConfiguration)}}`,
    );
    expect(made.text).toContain(`"launchConfiguration":${otherOrder}`);
    for (const imageRef of [null, undefined, '']) {
      const sent = booting({ imageRef, block_device_mapping: [] });
      await expectAnswer('ok', 'PUT', `${group}/launch`, sent);
      expect((await api.send('GET', `${group}/launch`)).text).toBe(JSON.stringify({ launchConfiguration: sent }));
    }
    const withNull = { args: { server: { metadata: null, ...server } }, type: 'launch_server' };
    await expectAnswer('ok', 'PUT', `${group}/launch`, withNull);
    const shown = JSON.stringify({ launchConfiguration: { args: { server }, type: 'launch_server' } });
    expect((await api.send('GET', `${group}/launch`)).text).toBe(shown);
  });
});

describe('policies', () => {
  const schedule = (args: object) => ({ name: 'night', type: 'schedule', cooldown: 0, change: 1, args });
  const adjusted = (adjustment: object) => ({ ...without(policy, 'change'), ...adjustment });
  const cases: readonly (readonly [Expected, unknown])[] = [
    ['VE', { ...policy, change: 0 }],
    ['VE', { ...policy, change: 0.01 }],
    ['VE', { ...policy, change: -0.01 }],
    ['VE', { ...policy, change: '1' }],
    ['VE', { ...policy, change: '0.001' }],
    ['VE', { ...policy, change: null }],
    ['VE', { ...policy, change: true }],
    ['ok', { ...policy, change: -1 }],
    ['VE', adjusted({ changePercent: 0 })],
    ['VE', adjusted({ changePercent: '10' })],
    ['ok', adjusted({ changePercent: -5.5 })],
    ['ok', adjusted({ changePercent: 1_000_000 })],
    ['VE', adjusted({ desiredCapacity: -5 })],
    ['VE', adjusted({ desiredCapacity: 2.5 })],
    ['ok', adjusted({ desiredCapacity: 0 })],
    ['ok', adjusted({ desiredCapacity: 1_000_000 })],
    ['VE', { ...policy, changePercent: 5 }],
    ['VE', { ...policy, changePercent: 5, desiredCapacity: 1 }],
    ['VE', adjusted({})],
    ['VE', { ...policy, cooldown: -1 }],
    ['VE', { ...policy, cooldown: '-00.01' }],
    ['VE', { ...policy, cooldown: 86_401 }],
    ['VE', { ...policy, cooldown: 86_400.5 }],
    ['VE', without(policy, 'cooldown')],
    ['ok', { ...policy, cooldown: 0.5 }],
    ['ok', { ...policy, cooldown: 86_400 }],
    ['VE', without(policy, 'type')],
    ['VE', { ...policy, type: 'junk' }],
    ['VE', { ...policy, type: 'myowntype' }],
    ['VE', { ...policy, type: 'cloud_monitoring', args: { check: {}, alarm_criteria: {} } }],
    ['VE', { ...policy, type: 'cloud_monitoring', args: { cron: '* * * * *' } }],
    ['VE', { ...policy, type: null }],
    ['VE', without(schedule({}), 'args')],
    ['VE', schedule({ check: {}, alarm_criteria: {} })],
    ['VE', { ...schedule({}), args: null }],
    ['VE', { ...policy, id: 'P' }],
    ['VE', { ...policy, links: [] }],
    ['VE', { ...policy, args: { cron: '* * * * *' } }],
    ['VE', { ...policy, args: {} }],
    ['VE', schedule({})],
    ['VE', schedule({ at: '2099-01-01T00:00:00Z', cron: '* * * * *' })],
    ['VE', schedule({ at: '2099-01-01T00:00:00Z', junk: 1 })],
    ['VE', schedule({ junk: 1 })],
    ['VE', schedule({ cron: 5 })],
    ['VE', { ...policy, poofy: 1 }],
    ['VE', { ...policy, name: '' }],
    ['VE', { ...policy, name: ' ' }],
    ['VE', { ...policy, name: '    ' }],
    ['VE', { ...policy, name: 3 }],
    ['ok', { ...policy, name: ' a ' }],
    ['VE', { ...policy, name: long(257) }],
    ['ok', { ...policy, name: long(256) }],
    ['VE', without(policy, 'name')],
  ];
  /** As one of several policies, as one of a new group's, and alone in a PUT on a policy of the same type. */
  async function expectEverywhere(expected: Expected, sent: unknown): Promise<void> {
    await expectAnswer(expected, 'POST', '/v1.0/T/groups', { ...newGroup, scalingPolicies: [policy, sent] });
    const own = await api.send('POST', '/v1.0/T/groups', { ...newGroup, scalingPolicies: [policy, schedule({ cron: '0 0 1 1 *' })] });
    const policies = `/v1.0/T/groups/${own.body.group.id}/policies`;
    await expectAnswer(expected, 'POST', policies, [sent]);
    const isSchedule = typeof sent === 'object' && sent !== null && 'type' in sent && sent.type === 'schedule';
    await expectAnswer(expected, 'PUT', `${policies}/${own.body.group.scalingPolicies[isSchedule ? 1 : 0].id}`, sent);
    expect((await api.send('DELETE', `/v1.0/T/groups/${own.body.group.id}`)).status).toBe(204);
  }
  it.each(cases.map(([expected, sent], index) => [expected, index, JSON.stringify(sent).slice(0, 120), sent] as const))(
    '%s, case %i: %s',
    async (expected, _index, _shown, sent) => {
      await expectEverywhere(expected, sent);
    },
  );

  it.each<[Expected, string, string]>([
    ['VE', 'change', '1.0'],
    ['VE', 'change', '1e2'],
    ['ok', 'change', '9223372036854775807'],
    ['VE', 'changePercent', '0.0'],
    ['VE', 'changePercent', '1e400'],
    ['VE', 'changePercent', '1e-400'],
    ['VE', 'changePercent', '-0'],
    ['ok', 'changePercent', '5.0'],
    ['VE', 'desiredCapacity', '2.0'],
    ['VE', 'desiredCapacity', '-9007199254740993'],
    ['VE', 'desiredCapacity', '-99999999999999999999999'],
    ['ok', 'desiredCapacity', '12345678901234567890'],
  ])('%s for a %s written %s', async (expected, kind, literal) => {
    await expectEverywhere(expected, adjusted({ [kind]: raw(literal) }));
  });

  it.each<[string, string, number]>([
    ['change', '9007199254740993', 10],
    ['change', '-9007199254740993', 0],
    ['change', '99999999999999999999999', 10],
    ['change', '9'.repeat(400), 10],
    ['desiredCapacity', '9007199254740993', 10],
    ['desiredCapacity', '99999999999999999999999', 10],
    ['changePercent', '9007199254740993', 10],
    ['changePercent', '9'.repeat(400), 10],
    ['changePercent', '-50.0', 1],
  ])('a %s of %s is shown as it was sent and executed within the bounds', async (kind, literal, desired) => {
    const sent = adjusted({ [kind]: raw(literal), cooldown: raw('0.0') });
    const made = await api.send('POST', '/v1.0/T/groups', {
      ...newGroup,
      scalingPolicies: [sent, adjusted({ desiredCapacity: 2 })],
    });
    const own = `/v1.0/T/groups/${made.body.group.id}`;
    const [exact, toTwo] = made.body.group.scalingPolicies.map(({ id }: Json) => `${own}/policies/${id}`);
    await expectAnswer('ok', 'PUT', exact, sent);
    const shown = `"cooldown":0.0,"${kind}":${literal}`;
    expect(made.text).toContain(`${shown},`);
    for (const path of [own, `${own}/policies`, exact]) expect((await api.send('GET', path)).text).toMatch(new RegExp(`${shown}[,}]`));
    expect((await api.send('POST', `${own}/policies`, [sent])).text).toContain(shown);
    for (const path of [toTwo, exact]) expect((await api.send('POST', `${path}/execute`)).status).toBe(202);
    expect((await api.send('GET', `${own}/state`)).body.group.desiredCapacity).toBe(desired);
  });

  it.each([
    '',
    '  ',
    'junk',
    '2099-10-10',
    '11:25',
    '03:12:60',
    '031260',
    '2099-12-05T03:12:09',
    '2099-12-05 03:12:09',
    '05-12-2099T03:12:09Z',
    '2099/12/30T03:12:09Z',
    '2099-13-05T03:12:09Z',
    '2099-12-33T03:12:09Z',
    '2099-02-29T03:12:09Z',
    '2099-12-05T27:12:09Z',
    '2099-12-05T03:70:09Z',
    '2099-12-05T03:12:80Z',
    '0000-12-05T03:12:09Z',
    '2099-12-05T03:12:09+00:00',
    '2099-12-05T03:12Z',
    '* * * * *',
    '2013-12-05T03:12:09Z',
    '1999-01-01T00:00:00.5Z',
  ])('VE for at %j', async (at) => {
    await expectEverywhere('VE', schedule({ at }));
  });
  it.each(['2099-12-05T03:12:09Z', '2099-11-06T22:28:21.684336Z', '2096-02-29T23:59:59.9Z'])(
    'ok for at %j, which is echoed as it is',
    async (at) => {
      const made = await expectAnswer('ok', 'POST', `${group}/policies`, [schedule({ at })]);
      expect(made.policies[0].args).toEqual({ at });
      await expectEverywhere('ok', schedule({ at }));
    },
  );

  const [everyMinute, fields] = ['* * * * *', ['minute', 'hour', 'day', 'month', 'weekday']];
  const inField = (index: number, value: string): string => everyMinute.split(' ').with(index, value).join(' ');
  it.each([
    ...[
      '',
      '  ',
      'junk',
      '*',
      '12345',
      '*12345',
      'dfsdfdf',
      '* * * *',
      '* 0 * *',
      '-90 * * *',
      '* * * * * *',
      '0 * * 0 * *',
      '* * * * * * * *',
      '- - - - -',
    ],
    ...[
      '@yearly',
      '@daily',
      '@hourly',
      '@reboot',
      '@weekly',
      '@monthly',
      '2099-12-05T03:12:09Z',
      '0 0 31 2 *',
      `0${',0'.repeat(600)} * * * *`,
    ],
    ...fields.flatMap((_, index) => ['2-', '6-0', '-9', '$'].map((value) => inField(index, value))),
    ...[inField(0, '60'), inField(0, '-090'), inField(1, '24'), inField(1, '-089'), inField(2, '-32'), inField(3, '-30'), inField(3, '13')],
  ])('VE for cron %j', async (cron) => {
    await expectEverywhere('VE', schedule({ cron }));
  });
  it.each([
    ...['* * * * *', '0-59 0-23 1-31 1-12 0-6', '00 9,16 * * *', '00 02-11 * * *', '00 09-18 * * 1-5', '0 */2 * * *', '0 */6 * * *'],
    ...[
      '0 */10 * * *',
      '0 0 * * 1',
      '1 0 * * *',
      '23 * * * *',
      '0 0 0 0 0',
      '* * 0 * *',
      '* * 0-0 * *',
      '* * * 0-0 *',
      '* * * * 7',
      '* * * * 0-0',
    ],
    ...['0 0 29 2 *', '0 0 * jan mon'],
  ])('ok for cron %j, which is echoed as it is', async (cron) => {
    const made = await expectAnswer('ok', 'POST', `${group}/policies`, [schedule({ cron })]);
    expect(made.policies[0].args).toEqual({ cron });
    await expectEverywhere('ok', schedule({ cron }));
  });

  it('cannot change its type, but everything else', async () => {
    const made = await expectAnswer('ok', 'POST', `${group}/policies`, [policy, schedule({ at: '2099-01-01T00:00:00Z' })]);
    const [webhook, scheduled] = made.policies.map(({ id }: Json) => `${group}/policies/${id}`);
    await expectAnswer('VE', 'PUT', webhook, schedule({ cron: '* * * * *' }));
    await expectAnswer('VE', 'PUT', scheduled, policy);
    await expectAnswer('ok', 'PUT', webhook, adjusted({ desiredCapacity: 5 }));
    await expectAnswer('ok', 'PUT', webhook, adjusted({ changePercent: 5 }));
    await expectAnswer('ok', 'PUT', scheduled, schedule({ cron: '0 0 * * *' }));
    await expectAnswer('VE', 'PUT', scheduled, schedule({ at: '2013-12-05T03:12:09Z' }));
    const { body } = await api.send('GET', webhook);
    expect(body.policy).toEqual({ ...made.policies[0], ...adjusted({ changePercent: 5 }), change: undefined });
    await expectAnswer('VE', 'PUT', webhook, body.policy);
  });
});

describe('webhooks', () => {
  /** Expected on POST and PUT, unless a third item says otherwise for PUT. */
  const cases: readonly (readonly [Expected, Record<string, unknown>, Expected?])[] = [
    ['ok', { name: 'a' }, 'VE'],
    ['ok', { name: 'a', metadata: {} }],
    ['ok', { name: long(256), metadata: { [long(256)]: long(256), '': '' } }],
    ['VE', { metadata: {} }],
    ['VE', { name: '', metadata: {} }],
    ['VE', { name: '  ', metadata: {} }],
    ['VE', { name: long(257), metadata: {} }],
    ['VE', { name: 'a', metadata: '{}' }],
    ['VE', { name: 'a', metadata: null }],
    ['VE', { name: 'a', metadata: { a: 1 } }],
    ['VE', { name: 'a', metadata: { a: {} } }],
    ['VE', { name: 'a', metadata: { a: long(257) } }],
    ['VE', { name: 'a', metadata: { [long(257)]: '' } }],
    ['VE', { name: 'a', metadata: { 'a\nb': '' } }],
    ['ok', { name: 'a', metadata: { a: 'b\nc' } }],
    ['VE', { name: 'a', metadata: {}, poofy: 1 }],
  ];
  it.each(cases.map(([expected, sent, onPut = expected]) => [expected, onPut, JSON.stringify(sent).slice(0, 60), sent] as const))(
    '%s on POST and %s on PUT for %s',
    async (onPost, onPut, _shown, sent) => {
      await expectAnswer(onPost, 'POST', `${webhookPolicy}/webhooks`, [sent]);
      const made = await expectAnswer('ok', 'POST', `${webhookPolicy}/webhooks`, [{ name: 'plain' }]);
      const webhook = `${webhookPolicy}/webhooks/${made.webhooks[0].id}`;
      await expectAnswer(onPut, 'PUT', webhook, sent);
      await expectAnswer('VE', 'PUT', webhook, []);
    },
  );
});

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
      if (expected === 'IQ') expect([status, body.error.type]).toEqual(types.IQ);
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

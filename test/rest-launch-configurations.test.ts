/** The checklist of corner cases: what each form of launch configurations is answered with. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupConfiguration, launchConfiguration, server } from './rest-client.ts';
import { type Expected, long, raw, startTrial, type Trial, without } from './rest-expecting.ts';

let trial: Trial;
let api: Trial['api'];
let group = '';
let expectAnswer: Trial['expectAnswer'];
beforeAll(async () => {
  trial = await startTrial();
  ({ api, group, expectAnswer } = trial);
});
afterAll(() => trial.api.close());

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
    ['VE', booting({ metadata: { 'rax:autoscale:server:state': 'DRAINING' } })],
    ['VE', booting({ metadata: { 'rax:autoscale:lb:CloudLoadBalancer:9': '[{"port":80}]' } })],
    ['VE', booting({ metadata: { 'rax:auto_scaling_group_id': 'g' } })],
    ['VE', booting({ metadata: { 'lutra:create-token': 'x' } })],
    ['ok', booting({ metadata: { 'rax:other': 'x', 'lutra:colour': 'blue' } })],
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
    const before = trial.limitsAsked();
    await expectAnswer('ok', 'PUT', `${group}/launch`, booting({ personality: [] }));
    expect(trial.limitsAsked() - before).toBe(0);
    await expectAnswer('ok', 'PUT', `${group}/launch`, booting({ personality: [file] }));
    expect(trial.limitsAsked() - before).toBe(1);
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

/** The checklist of corner cases: what each form of policies is answered with. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, newGroup, policy } from './rest-client.ts';
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
    ...['0 9 * * 0,7', '0,0 9 * * *', '0 0 * * 1,1'],
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

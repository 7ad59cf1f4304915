/** The checklist of corner cases: what each form of webhooks is answered with. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Expected, long, startTrial, type Trial } from './rest-expecting.ts';

let trial: Trial;
let webhookPolicy = '';
let expectAnswer: Trial['expectAnswer'];
beforeAll(async () => {
  trial = await startTrial();
  ({ webhookPolicy, expectAnswer } = trial);
});
afterAll(() => trial.api.close());

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

/** The checklist of corner cases: what each form of group configurations is answered with. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupConfiguration, newGroup } from './rest-client.ts';
import { type Expected, long, raw, startTrial, type Trial } from './rest-expecting.ts';

let trial: Trial;
let group = '';
let expectAnswer: Trial['expectAnswer'];
beforeAll(async () => {
  trial = await startTrial();
  ({ group, expectAnswer } = trial);
});
afterAll(() => trial.api.close());

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

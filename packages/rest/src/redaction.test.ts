import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact, redactText } from './redaction.ts';

const secretKeys = [
  'X-Auth-Token',
  'x-subject-token',
  'adminPass',
  'admin_pass',
  'personality',
  'user_data',
  'userData',
  'hash',
  'password',
  'apiKey',
];
const secret = fc.string({ minLength: 12, maxLength: 30, unit: fc.constantFrom(...'GHIJKLMNOPQRSTUVWXYZ') });

describe('redact', () => {
  it('keeps no secret, wherever in a value it stands', () => {
    const documents = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.integer(),
        fc.constant(null),
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('node'), { maxKeys: 4 }),
      ),
    })).node;
    fc.assert(
      fc.property(documents, secret, fc.constantFrom(...secretKeys), fc.integer({ min: 0, max: 5 }), (document, text, key, depth) => {
        let holder: unknown = { around: document, [key]: depth % 2 === 0 ? text : [{ contents: text, path: '/' }] };
        for (let level = 0; level < depth; level += 1) holder = level % 2 === 0 ? [holder] : { inner: holder };
        expect(JSON.stringify(redact(holder))).not.toContain(text);
      }),
    );
  });

  it('keeps everything else as it is', () => {
    const plain = { tenantId: '829409', groupId: 'g', at: 5, steps: ['create-server'], createToken: 'ab', nothing: null, __proto__: null };
    expect(JSON.stringify(redact({ ...plain, ['__proto__']: 1 }))).toBe(JSON.stringify({ ...plain, ['__proto__']: 1 }));
    expect(JSON.stringify(redact(JSON.parse('{"__proto__":{"a":1}}')))).toBe('{"__proto__":{"a":1}}');
  });

  it('makes an error a plain object, its cause too, and hides what its texts tell', () => {
    const hash = 'ab'.repeat(32);
    const error = new Error(`POST /v1.0/execute/1/${hash}/ failed`, { cause: new TypeError(`hash ${hash}`) });
    const shown = redact({ error });
    expect(shown).toMatchObject({
      error: { type: 'Error', message: 'POST /v1.0/execute/1/***/ failed', cause: { type: 'TypeError', message: 'hash ***' } },
    });
    expect(JSON.stringify(shown)).not.toContain(hash);
  });

  it('lets no object write itself', () => {
    const toJSON = () => ({ text: 'GHIJKLMNOPQR' });
    const writers = [{ a: 1, toJSON }, Object.create({ toJSON }), Object.defineProperty({ a: 1 }, 'toJSON', { value: toJSON })];
    for (const writer of writers) {
      expect(JSON.stringify(redact({ writer }))).not.toContain('GHIJ');
      expect(JSON.stringify(redact(writer))).not.toContain('GHIJ');
    }
  });

  it('ends on values that contain themselves, and says what it leaves out', () => {
    const cycle: Record<string, unknown> = { many: Array.from({ length: 150 }, (_, index) => index) };
    cycle.self = cycle;
    const text = JSON.stringify(redact(cycle));
    expect(text).toContain('[more levels]');
    expect(text).toContain('[50 more]');
  });
});

describe('redactText', () => {
  it.each([
    ['/v1.0/execute/1/nonsense?x=1', '/v1.0/execute/1/***?x=1'],
    ['https://h/v1.0/T/execute/2/abc/ "x"', 'https://h/v1.0/T/execute/2/***/ "x"'],
    [`a ${'0f'.repeat(32)} b`, 'a *** b'],
    ['cannot execute policy 5', 'cannot execute policy 5'],
  ])('makes %j %j', (text, shown) => {
    expect(redactText(text)).toBe(shown);
  });
});

import { epochMs, later, milliseconds, seconds, seededRandom, type TenantId } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { type FaultRule, faultRuleSchema } from './fault-rule.ts';
import { FaultRules } from './fault-rules.ts';

const start = epochMs(1_000_000);
const rule = (when: object, more: object = {}): FaultRule =>
  faultRuleSchema.parse({ id: 'rule', when, do: { fault: 'response.lost' }, ...more });
const call = (nth: number, over: object = {}) => ({
  tenantId: '1' as TenantId,
  op: 'server.create' as const,
  key: 'web',
  nth,
  subject: () => ({}),
  ...over,
});
const met = (rules: FaultRules, calls: readonly ReturnType<typeof call>[], now = start): readonly boolean[] =>
  calls.map((one) => rules.decide('after_commit', one, now).length > 0);
const rulesOf = (...all: FaultRule[]): FaultRules => new FaultRules(seededRandom(1), start, all);
const calls = Array.from({ length: 6 }, (_, nth) => call(nth));

describe('FaultRules', () => {
  it('meets every call when a rule says nothing, in the phase of its fault only', () => {
    const rules = rulesOf(rule({}));
    expect(met(rules, calls)).toEqual([true, true, true, true, true, true]);
    expect(rules.decide('before_commit', call(0), start)).toEqual([]);
    expect(rules.hits()).toEqual([{ id: 'rule', hits: 6 }]);
  });

  it('selects by op and tenant', () => {
    const rules = rulesOf(rule({ op: ['server.create', 'server.delete'], tenant: '1' }));
    expect(met(rules, [call(0), call(0, { op: 'server.delete' }), call(0, { op: 'server.list' }), call(0, { tenantId: '2' })])).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('selects by a window of time from the start', () => {
    const rules = rulesOf(rule({ from: '10s', until: 20 }));
    const at = (ms: number) => met(rules, [call(0)], later(start, milliseconds(ms)))[0];
    expect([9_999, 10_000, 19_999, 20_000].map(at)).toEqual([false, true, true, false]);
  });

  it('skips, takes every how-manieth, and stops after so many', () => {
    expect(met(rulesOf(rule({ skip: 2 })), calls)).toEqual([false, false, true, true, true, true]);
    expect(met(rulesOf(rule({ every: 3 })), calls)).toEqual([true, false, false, true, false, false]);
    expect(met(rulesOf(rule({ skip: 1, every: 2, times: 2 })), calls)).toEqual([false, true, false, true, false, false]);
  });

  it('draws by the call alone, about as often as it should', () => {
    const many = Array.from({ length: 2000 }, (_, nth) => call(nth));
    const first = met(rulesOf(rule({ p: 0.2 })), many);
    const backwards = met(rulesOf(rule({ p: 0.2 })), many.toReversed()).toReversed();
    expect(first).toEqual(backwards);
    expect(first.filter(Boolean).length).toBeGreaterThan(320);
    expect(first.filter(Boolean).length).toBeLessThan(480);
  });

  it('adds and removes rules at run time', () => {
    const rules = rulesOf();
    rules.add(rule({}));
    expect(() => rules.add(rule({}))).toThrow('two fault rules called rule');
    expect(met(rules, [call(0)])).toEqual([true]);
    rules.remove('rule');
    expect(met(rules, [call(0)], later(start, seconds(1)))).toEqual([false]);
  });
});

describe('faultRuleSchema', () => {
  const problems = (raw: object) =>
    faultRuleSchema.safeParse(raw).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

  it('names an unknown fault, a wrong parameter and a wrong selector', () => {
    expect(problems({ id: 'a', do: { fault: 'nothing' } })?.[0]).toContain('do.fault: no fault is called nothing; there are response.lost');
    expect(problems({ id: 'a', do: { fault: 'response.lost', params: { mode: 'loud' } } })?.[0]).toContain('do.params.mode');
    expect(problems({ id: 'a', when: { from: 'soon' }, do: { fault: 'response.lost' } })?.[0]).toContain('when.from: expected a duration');
    expect(problems({ id: 'a', when: { op: 'server.dance' }, do: { fault: 'response.lost' } })?.[0]).toContain('when.op');
  });
});

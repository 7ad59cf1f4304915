import { epochMs, later, milliseconds, seconds, seededRandom, type TenantId } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultPhases } from './fault.ts';
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
  params: {},
  subject: () => ({}),
  states: () => ({ ofLoadBalancer: () => undefined, ofServer: () => undefined, loadBalancers: () => 0 }),
  ...over,
});
const met = (rules: FaultRules, calls: readonly ReturnType<typeof call>[], now = start): readonly boolean[] =>
  calls.map((one) => rules.strike('after_commit', one, now).length > 0);
const rulesOf = (...all: FaultRule[]): FaultRules => new FaultRules(seededRandom(1), start, all);
const calls = Array.from({ length: 6 }, (_, nth) => call(nth));

describe('FaultRules', () => {
  it('meets every call when a rule says nothing, in the phase of its fault only', () => {
    const rules = rulesOf(rule({}));
    expect(met(rules, calls)).toEqual([true, true, true, true, true, true]);
    expect(rules.strike('before_commit', call(0), start)).toEqual([]);
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

describe('FaultRules: selectors', () => {
  const subject = (over: object) => ({ subject: () => over });
  const meets = (when: object, over: object) => met(rulesOf(rule(when)), [call(0, over)])[0];

  it('selects by service, region and several tenants', () => {
    expect([meets({ service: 'nova' }, {}), meets({ service: 'clb' }, {}), meets({ service: ['clb', 'nova'] }, {})]).toEqual([
      true,
      false,
      true,
    ]);
    expect([meets({ region: 'ORD' }, {}), meets({ region: 'DFW' }, {})]).toEqual([true, false]);
    expect([meets({ tenant: [1, 2] }, {}), meets({ tenant: ['3'] }, {})]).toEqual([true, false]);
  });

  it('selects by what the call is about', () => {
    const about = subject({
      name: 'web-1',
      serverId: 's1',
      metadata: { role: 'web' },
      loadBalancerId: '7',
      nodeIds: ['1', '2'],
      poolIds: ['AB'],
    });
    const matches = (match: object) => meets({ match }, about);
    expect([matches({ server_name: '^web-' }), matches({ server_name: '^api-' })]).toEqual([true, false]);
    expect([matches({ metadata: { role: 'web' } }), matches({ metadata: { other: '.*' } })]).toEqual([true, false]);
    expect([matches({ server: 's1' }), matches({ server: 's2' })]).toEqual([true, false]);
    expect([matches({ load_balancer: 7 }), matches({ load_balancer: 8 })]).toEqual([true, false]);
    expect([matches({ node: 2 }), matches({ node: 3 })]).toEqual([true, false]);
    expect([matches({ pool: 'ab' }), matches({ pool: 'cd' })]).toEqual([true, false]);
    expect(meets({ match: { server_name: '' } }, subject({}))).toBe(false);
  });

  it('selects by caller', () => {
    const by = { caller: { agent: 'pkgcloud/2', token: 'abc' } };
    expect([
      meets({ caller: { agent: '^pkgcloud' } }, by),
      meets({ caller: { token: '^x' } }, by),
      meets({ caller: { agent: 'p' } }, {}),
    ]).toEqual([true, false, false]);
  });

  it('holds only while something is so', () => {
    const states = () => ({
      ofLoadBalancer: (id: string) => (id === '7' ? 'PENDING_UPDATE' : undefined),
      ofServer: () => 'BUILD',
      loadBalancers: () => 0,
    });
    const about = { ...subject({ loadBalancerId: '7', serverId: 's' }), states };
    expect(meets({ while: { load_balancer: 'PENDING_UPDATE' } }, about)).toBe(true);
    expect(meets({ while: { load_balancer: ['ACTIVE', 'ERROR'] } }, about)).toBe(false);
    expect(meets({ while: { load_balancer: { id: 8, status: 'PENDING_UPDATE' } } }, about)).toBe(false);
    expect(meets({ while: { server: 'BUILD' } }, about)).toBe(true);
    expect(meets({ while: { server: 'BUILD' } }, { states })).toBe(false);
  });

  it('counts for each tenant by itself, so that nobody else can change whom a rule meets', () => {
    const mine = (nth: number) => call(nth);
    const others = (nth: number) => call(nth, { tenantId: '2' });
    const anyWhen = fc.record({
      skip: fc.nat(3),
      every: fc.integer({ min: 1, max: 3 }),
      times: fc.nat(4),
      p: fc.constantFrom(0.3, 0.7, 1),
    });
    fc.assert(
      fc.property(anyWhen, fc.array(fc.nat(3), { minLength: 8, maxLength: 8 }), (when, between) => {
        const alone = met(
          rulesOf(rule(when)),
          between.map((_, nth) => mine(nth)),
        );
        const rules = rulesOf(rule(when));
        const mixed = between.map((more, nth) => {
          met(
            rules,
            Array.from({ length: more }, (_, extra) => others(nth * 10 + extra)),
          );
          return met(rules, [mine(nth)])[0];
        });
        expect(mixed).toEqual(alone);
      }),
    );
  });
});

describe('FaultRules: composition', () => {
  const applied = (raw: object, count = 5) => {
    const rules = rulesOf(faultRuleSchema.parse({ id: 'rule', ...raw }));
    return Array.from({ length: count }, (_, nth) => {
      const one = call(nth);
      return faultPhases.flatMap((phase) => rules.strike(phase, one, start).map(({ fault }) => fault)).join(' ');
    });
  };

  it('stacks faults of several phases on one call, which is one hit', () => {
    const stack = [{ fault: 'http.5xx' }, { fault: 'latency', params: { by: 1 } }];
    expect(applied({ do: { stack } }, 2)).toEqual(['latency http.5xx', 'latency http.5xx']);
    const rules = rulesOf(faultRuleSchema.parse({ id: 'rule', when: { times: 1 }, do: { stack } }));
    const [first, second] = [call(0), call(1)];
    expect(faultPhases.flatMap((phase) => rules.strike(phase, first, start))).toHaveLength(2);
    expect(faultPhases.flatMap((phase) => rules.strike(phase, second, start))).toHaveLength(0);
    expect(rules.hits()).toEqual([{ id: 'rule', hits: 1 }]);
  });

  it('takes faults in turn, again and again or once', () => {
    const sequence = [{ fault: 'http.5xx' }, { fault: 'none' }, { fault: 'connect.refuse' }];
    expect(applied({ do: { sequence } })).toEqual(['http.5xx', '', 'connect.refuse', 'http.5xx', '']);
    expect(applied({ do: { sequence, repeat: 'once' } })).toEqual(['http.5xx', '', 'connect.refuse', '', '']);
  });

  it('asks no rule after one that says so', () => {
    const first = faultRuleSchema.parse({ id: 'a', last: true, when: { times: 1 }, do: { fault: 'http.5xx' } });
    const rules = rulesOf(first, faultRuleSchema.parse({ id: 'b', do: { fault: 'response.lost' } }));
    const hitsOf = (nth: number) => {
      const one = call(nth);
      return faultPhases.flatMap((phase) => rules.strike(phase, one, start).map((hit) => hit.rule));
    };
    expect([hitsOf(0), hitsOf(1)]).toEqual([['a'], ['b']]);
  });

  it('asks a fault in the phase that the rule names', () => {
    const rules = rulesOf(faultRuleSchema.parse({ id: 'a', do: { fault: 'response.lost', phase: 'before_commit' } }));
    expect([rules.strike('after_commit', call(0), start).length, rules.strike('before_commit', call(0), start).length]).toEqual([0, 1]);
  });

  it('draws otherwise with another salt', () => {
    const many = Array.from({ length: 100 }, (_, nth) => call(nth));
    const salted = (seed_salt: string) => met(rulesOf(rule({ p: 0.5 }, { seed_salt })), many);
    expect(salted('a')).toEqual(salted('a'));
    expect(salted('a')).not.toEqual(salted('b'));
  });

  it('lists its rules as they were given, with counts', () => {
    const given = { id: 'rule', when: { skip: 1 }, do: { fault: 'response.lost' } };
    const rules = rulesOf(faultRuleSchema.parse(given));
    met(rules, calls);
    expect(rules.list()).toEqual([{ rule: given, matched: 6, hits: 5 }]);
    expect([rules.remove('rule'), rules.remove('rule'), rules.list()]).toEqual([true, false, []]);
  });
});

describe('faultRuleSchema', () => {
  const problems = (raw: object) =>
    faultRuleSchema.safeParse(raw).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

  it('names an unknown fault, a wrong parameter and a wrong selector', () => {
    expect(problems({ id: 'a', do: { fault: 'nothing' } })?.[0]).toContain(
      'do.fault: no fault is called nothing; there are response.lost, connect.refuse',
    );
    expect(problems({ id: 'a', do: { fault: 'response.lost', params: { mode: 'loud' } } })?.[0]).toContain('do.params.mode');
    expect(problems({ id: 'a', when: { from: 'soon' }, do: { fault: 'response.lost' } })?.[0]).toContain('when.from: expected a duration');
    expect(problems({ id: 'a', when: { op: 'server.dance' }, do: { fault: 'response.lost' } })?.[0]).toContain('when.op');
  });

  it('takes the documented form', () => {
    const documented = {
      id: 'create-lost',
      seed_salt: 'a',
      when: {
        service: 'nova',
        op: 'server.create',
        tenant: '123',
        region: 'ORD',
        match: { server_name: '^web-', metadata: { 'rax:autoscale:group:id': '.*' } },
        from: 60,
        until: 600,
        skip: 2,
        times: 5,
        every: 3,
        p: 0.2,
      },
      do: { fault: 'response.lost', phase: 'after_commit', params: { mode: 'reset' } },
    };
    expect(faultRuleSchema.parse(documented)).toMatchObject({ id: 'create-lost', salt: 'a', when: { from: 60_000 }, source: documented });
  });

  it('refuses what can never meet a call', () => {
    expect(problems({ id: 'a', when: { op: 'server.list' }, do: { fault: 'build.error' } })?.[0]).toContain(
      'when.op: build.error never meets server.list',
    );
    expect(problems({ id: 'a', when: { service: 'clb' }, do: { fault: 'build.error' } })?.[0]).toContain(
      'when.service: has no call that build.error meets',
    );
    expect(problems({ id: 'a', do: { fault: 'build.error', phase: 'on_send' } })?.[0]).toBe('do.phase: build.error is asked before_commit');
    expect(problems({ id: 'a', do: { stack: [{ fault: 'latency' }] } })?.[0]).toContain('do.stack.0.params.by');
    expect(problems({ id: 'a', do: { fault: 'none' } })?.[0]).toContain('no fault is called none');
  });
});

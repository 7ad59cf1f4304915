import { describe, expect, it } from 'vitest';
import type { ServerId } from '../model/identifiers.ts';
import type { Reason } from './reasons.ts';
import { type Step, waitsForServersOnly } from './steps.ts';

const later = (...rules: readonly [Reason['rule'], ...Reason['rule'][]]): Step => {
  const [first, ...others] = rules;
  return { kind: 'converge-later', limited: false, because: [{ rule: first }, ...others.map((rule) => ({ rule }))] };
};

describe('waitsForServersOnly', () => {
  it.each<Reason['rule']>(['waiting-for-build', 'waiting-for-create', 'waiting-for-deletion', 'waiting-for-server'])(
    'is true of %s: no load balancer and no answer changes that',
    (rule) => {
      expect(waitsForServersOnly([later(rule)])).toBe(true);
      expect(waitsForServersOnly([later(rule, rule), later('waiting-for-build')])).toBe(true);
    },
  );

  it.each<Reason['rule']>([
    'unconfirmed-server',
    'waiting-for-node',
    'node-start-unknown',
    'draining',
    'drain-start-unknown',
    'replacement-budget',
    'more-to-do',
  ])('is false of %s, alone or beside others', (rule) => {
    expect(waitsForServersOnly([later(rule)])).toBe(false);
    expect(waitsForServersOnly([later('waiting-for-build'), later(rule)])).toBe(false);
    expect(waitsForServersOnly([later('waiting-for-build', rule)])).toBe(false);
  });

  it('is false where something is to be done, where something failed, and where nothing is left', () => {
    const because = [{ rule: 'waiting-for-build' }] as const;
    expect(waitsForServersOnly([later('waiting-for-build'), { kind: 'create-server', because }])).toBe(false);
    expect(waitsForServersOnly([{ kind: 'delete-server', serverId: 's' as ServerId, because }])).toBe(false);
    expect(waitsForServersOnly([{ kind: 'fail', because }])).toBe(false);
    expect(waitsForServersOnly([])).toBe(false);
  });
});

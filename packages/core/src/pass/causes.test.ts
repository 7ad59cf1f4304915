import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockSubject, Cause } from '../model/cause.ts';
import { errorsOf, standingCauses, statusOf } from '../model/causes.ts';
import type { LoadBalancerId, PoolId } from '../model/identifiers.ts';
import { epochMs } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { aGroup } from '../testing/parts.ts';
import { type FoundCause, nextCauses } from './causes.ts';

const anySubject: fc.Arbitrary<BlockSubject> = fc.oneof(
  fc.record({ of: fc.constant('quota' as const), servers: fc.nat(9) }),
  fc.constant({ of: 'launch-configuration' as const }),
  fc.record({
    of: fc.constant('nodes' as const),
    loadBalancerId: fc.constantFrom('7' as LoadBalancerId, '8' as LoadBalancerId),
    most: fc.nat(25),
    seen: fc.nat(25),
  }),
  fc.record({ of: fc.constant('load-balancer' as const), loadBalancerId: fc.constantFrom('7' as LoadBalancerId, '8' as LoadBalancerId) }),
  fc.record({ of: fc.constant('pool' as const), poolId: fc.constantFrom('p' as PoolId, 'q' as PoolId) }),
);
const anySentence = fc.constantFrom('a', 'b', 'c', 'd');
const anyCounter = fc.constantFrom('resets' as const, 'createResets' as const);
const anyFound: fc.Arbitrary<FoundCause> = fc.oneof(
  fc.record({ kind: fc.constant('block' as const), subject: anySubject, sentence: anySentence, counter: anyCounter }),
  fc.record({ kind: fc.constant('births' as const), sentence: anySentence, counter: anyCounter }),
  fc.record({ kind: fc.constant('braked' as const), sentence: anySentence, counter: anyCounter }),
  fc.record({ kind: fc.constant('waited' as const), key: anySentence, sentence: anySentence, counter: anyCounter }),
);
/** Passes of a group, and commands between them. */
const anyHistory = fc.array(
  fc.oneof(
    fc.record({ what: fc.constant('pass' as const), found: fc.array(anyFound, { maxLength: 4 }), saw: fc.boolean() }),
    fc.record({ what: fc.constantFrom('reset' as const, 'create reset' as const) }),
  ),
  { maxLength: 12 },
);
const kindOf = (cause: Cause | FoundCause): string => JSON.stringify([cause.kind, 'key' in cause ? cause.key : '', subjectOf(cause)]);
const subjectOf = (cause: Cause | FoundCause): unknown =>
  cause.kind === 'block' ? { ...cause.subject, servers: 0, most: 0, seen: 0 } : undefined;

const seen = { saw: true, unread: new Set<LoadBalancerId>() };

describe('the causes of a group', () => {
  it('make its status and errors, and end each by its own rule: none ends another', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        let causes: readonly Cause[] = [];
        const spec = { ...aGroup([]).spec };
        let now = 0;
        /** What must stand by now, by an account of its own. */
        const expected = new Map<string, FoundCause['counter']>();
        for (const event of history) {
          now += 1;
          if (event.what === 'pass') {
            const standing = standingCauses({ spec, progress: { ...aGroup([]).progress, causes } });
            causes = nextCauses(standing, event.found, { saw: event.saw, unread: new Set() }, spec, epochMs(now), options);
            for (const key of [...expected.keys()]) if (event.saw && !key.startsWith('["block"')) expected.delete(key);
            for (const cause of event.found) expected.set(kindOf(cause), cause.counter);
          } else {
            const counters = event.what === 'reset' ? (['resets', 'createResets'] as const) : (['createResets'] as const);
            for (const counter of counters) Object.assign(spec, { [counter]: spec[counter] + 1 });
            for (const [key, counter] of expected) if ((counters as readonly string[]).includes(counter)) expected.delete(key);
          }
          const group = { spec, progress: { ...aGroup([]).progress, causes } };
          const standing = standingCauses(group);
          expect(new Set(standing.map(kindOf))).toEqual(new Set(expected.keys()));
          expect(statusOf(group)).toBe(expected.size > 0 ? 'ERROR' : 'ACTIVE');
          expect(errorsOf(group, 10)).toEqual([...new Set(standing.map(({ sentence }) => sentence))].sort());
        }
      }),
      { numRuns: 500 },
    );
  });

  it('say since when they stand, and keep that while they stand', () => {
    const found: FoundCause = { kind: 'waited', key: 'k', sentence: 's', counter: 'resets' };
    const { spec } = aGroup([]);
    const first = nextCauses([], [found], seen, spec, epochMs(5), options);
    const second = nextCauses(first, [{ ...found, sentence: 't' }], seen, spec, epochMs(9), options);
    expect(second).toMatchObject([{ since: 5, sentence: 't' }]);
    expect(nextCauses(second, [{ ...found, sentence: 't' }], seen, spec, epochMs(10), options)).toEqual(second);
  });

  it('are none of a group that is being deleted', () => {
    const { spec, progress } = aGroup([]);
    const causes = nextCauses([], [{ kind: 'braked', sentence: 's', counter: 'resets' }], seen, spec, epochMs(5), options);
    expect(standingCauses({ spec: { ...spec, deleting: true }, progress: { ...progress, causes } })).toEqual([]);
  });
});

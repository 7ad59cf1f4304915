import { describe, expect, it } from 'vitest';
import { errorsOf, statusOf } from '../model/causes.ts';
import type { LoadBalancerId, ServerId } from '../model/identifiers.ts';
import type { GroupProgress, GroupSpec, Wait } from '../model/scaling-group.ts';
import type { ServerState } from '../model/server.ts';
import { epochMs, seconds } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { holdKeys } from '../planner/desired.ts';
import { aBlock, aGroup, balancer, noProgress } from '../testing/parts.ts';
import type { FoundCause } from './causes.ts';
import { type OutcomeKind, type PassOutcome, settleProgress, takenUp } from './outcome.ts';

const outcome = (kind: OutcomeKind, changes: Partial<PassOutcome> = {}): PassOutcome => ({
  kind,
  recheckIn: undefined,
  reasons: [],
  progressed: false,
  fault: false,
  refusals: 'unasked',
  saw: true,
  unread: new Set(),
  waits: [],
  causes: [],
  ...changes,
});
const fault = outcome('retry', { fault: true, recheckIn: seconds(2) });
const sentence = 'Waiting for server s1';
const waiting = outcome('waiting', { recheckIn: seconds(10), waits: [{ key: sentence, sentence }] });
const waitSince = (since: number): Readonly<Record<string, Wait>> => ({ [sentence]: { sentence, since: epochMs(since), hold: null } });

const spec = (changes: Partial<GroupSpec> = {}): GroupSpec => ({ ...aGroup([]).spec, generation: 3, ...changes });
/** What becomes of the progress of a group, for generation 3, at 1,000 s. */
const settle = (before: Partial<GroupProgress>, after: PassOutcome, { now = 1_000_000, deleting = false } = {}): GroupProgress =>
  settleProgress({ ...noProgress, ...before }, after, spec({ deleting }), epochMs(now), options, 0.5);
const errors = (progress: GroupProgress): readonly string[] => errorsOf({ spec: spec(), progress }, 10);
const found = (...sentences: readonly string[]): readonly FoundCause[] =>
  sentences.map((one) => ({ kind: 'waited', key: one, sentence: one, counter: 'resets' }));

describe('settleProgress', () => {
  it('brings a group to rest when it has converged: ACTIVE, without errors, and nothing to look at', () => {
    const before = { ...settle({}, outcome('failed', { causes: found('x') })), recheckAt: epochMs(1), waits: waitSince(1), faults: 5 };
    expect(settle(before, outcome('converged'))).toEqual({
      ...noProgress,
      failedGeneration: 3,
      triedGeneration: 3,
      convergedGeneration: 3,
    });
  });

  it('leaves a block standing until a command, whatever a pass comes to', () => {
    const block = aBlock({ of: 'quota', servers: 4 }, 'No quota');
    for (const kind of ['converged', 'failed', 'retry', 'waiting', 'stopped'] as const)
      expect(errors(settle({ causes: [block] }, outcome(kind))), kind).toEqual(['No quota']);
    expect(statusOf({ spec: spec({ createResets: 1 }), progress: settle({ causes: [block] }, outcome('failed')) })).toBe('ACTIVE');
  });

  it('never puts a group in ERROR that is being deleted, but tries again, ever later', () => {
    const failed = outcome('failed', { causes: found('No quota') });
    const after = settle({ faults: 2 }, failed, { deleting: true });
    expect(after).toMatchObject({ causes: [], failedGeneration: 0, recheckAt: 1_004_000, faults: 3 });
    expect(settle({ waits: waitSince(0) }, waiting, { deleting: true })).toMatchObject({ causes: [], recheckAt: 1_010_000 });
  });

  it('leaves the generation untried when a pass was told to stop', () => {
    const before = { triedGeneration: 2, waits: waitSince(5), faults: 4 };
    expect(settle(before, outcome('stopped', { saw: false, recheckIn: seconds(0) }))).toEqual({
      ...noProgress,
      ...before,
      recheckAt: 1_000_000,
    });
  });

  it('counts faults in a row, and counts anew once the cloud has taken a write or had no fault', () => {
    expect(settle({ faults: 4 }, fault)).toMatchObject({ faults: 5, recheckAt: 1_002_000, triedGeneration: 3 });
    expect(settle({ faults: 4 }, { ...fault, progressed: true }).faults).toBe(0);
    expect(settle({ faults: 4 }, outcome('retry', { recheckIn: seconds(10) })).faults).toBe(0);
    expect(settle({ faults: 4 }, waiting).faults).toBe(0);
  });

  it('puts no look off for longer than ten minutes, whatever the cloud asks for', () => {
    expect(settle({}, { ...fault, recheckIn: seconds(3600) }).recheckAt).toBe(1_600_000);
  });

  it('never goes back to an older generation', () => {
    for (const kind of ['converged', 'failed', 'retry', 'waiting'] as const)
      expect(settle({ triedGeneration: 9 }, outcome(kind, { recheckIn: seconds(1) })).triedGeneration).toBe(9);
  });

  it('ends nothing by a pass that could not look', () => {
    const before = settle({}, outcome('failed', { causes: found('Node 7 has remained OFFLINE') }));
    expect(errors(settle(before, { ...fault, saw: false }))).toEqual(['Node 7 has remained OFFLINE']);
    expect(errors(settle(before, fault))).toEqual([]);
  });

  describe('while a load balancer cannot be read', () => {
    const blind = { ...waiting, unread: new Set([balancer]) };
    const about = (id: LoadBalancerId, what: string): FoundCause => ({
      kind: 'waited',
      key: holdKeys.balancer(id, what),
      sentence: `${what} of ${id}`,
      counter: 'resets',
    });

    it('ends no cause that is about it', () => {
      const elsewhere = about('8' as LoadBalancerId, 'offline');
      const before = settle({}, outcome('failed', { causes: [about(balancer, 'offline'), elsewhere] }));
      expect(errors(settle(before, blind))).toEqual(['offline of 7']);
      expect(errors(settle(before, waiting))).toEqual([]);
    });

    it('takes it for no progress that what was waited for there is out of sight', () => {
      const key = holdKeys.balancer(balancer, 'drain');
      const waits = { ...waitSince(900_000), [key]: { sentence: key, since: epochMs(900_000), hold: null } };
      expect(settle({ waits }, blind).waits).toEqual(waitSince(900_000));
      expect(settle({ waits }, waiting).waits).toEqual(waitSince(1_000_000));
    });
  });

  describe('while it waits', () => {
    const since = ({ waits }: GroupProgress): unknown => waits[sentence]?.since;

    it('counts from when it began to wait for the very same', () => {
      expect(since(settle({}, waiting))).toBe(1_000_000);
      expect(since(settle({ waits: waitSince(900_000) }, waiting))).toBe(900_000);
      const other = { ...waiting, waits: [...waiting.waits, { key: 'b', sentence: 'b' }] };
      expect(since(settle({ waits: waitSince(900_000) }, other))).toBe(1_000_000);
    });

    it('says after 300 s without progress what it waits for, and goes on looking', () => {
      expect(errors(settle({ waits: waitSince(700_001) }, waiting))).toEqual([]);
      const late = settle({ waits: waitSince(700_000) }, waiting);
      expect(errors(late)).toEqual([`Timed out: ${sentence}`]);
      expect(late).toMatchObject({ recheckAt: 1_010_000, failedGeneration: 3 });
    });

    it('counts from now where a clock that was ahead has begun', () => {
      expect(since(settle({ waits: waitSince(864_000_000) }, waiting))).toBe(1_000_000);
    });

    it('ends that error when what it waited for has come, not when something else moves', () => {
      const late = settle({ waits: waitSince(700_000) }, waiting);
      const other = { ...waiting, progressed: true, waits: [...waiting.waits, { key: 'b', sentence: 'b' }] };
      expect(errors(settle(late, other))).toEqual([`Timed out: ${sentence}`]);
      expect(errors(settle(late, outcome('retry', { recheckIn: seconds(10) })))).toEqual([]);
    });

    it('takes a write that the cloud took for progress, and a look that failed for none', () => {
      expect(since(settle({ waits: waitSince(900_000) }, { ...waiting, progressed: true }))).toBe(1_000_000);
      expect(since(settle({ waits: waitSince(900_000) }, { ...fault, saw: false }))).toBe(900_000);
    });

    it('counts what is held back from the first refusal, and tries it ever later', () => {
      const refused = outcome('retry', { waits: [{ key: 'creates', sentence: 'No quota', refused: {} }] });
      const first = settle({}, { ...refused, progressed: true });
      expect(first.waits.creates).toMatchObject({ since: 1_000_000, hold: { tries: 1, until: 1_012_000 } });
      const second = settle(first, { ...refused, progressed: true }, { now: 1_020_000 });
      expect(second.waits.creates).toMatchObject({ since: 1_000_000, hold: { tries: 2, until: 1_044_000 } });
      expect(errors(settle(second, refused, { now: 1_300_000 }))).toEqual(['No quota']);
    });

    it('tries what a server refused ever later while its state is the same, and soon again in another', () => {
      const key = 'server:s1';
      const refusedIn = (state: ServerState) => outcome('retry', { waits: [{ key, sentence: 'No', refused: { state } }] });
      const first = settle({}, refusedIn('RESIZE'));
      const second = settle(first, refusedIn('RESIZE'));
      const tries = (state: ServerState) => settle(second, refusedIn(state)).waits[key]?.hold?.tries;
      expect([tries('RESIZE'), tries('VERIFY_RESIZE')]).toEqual([3, 1]);
    });
  });
});

describe('the errors of a group', () => {
  const errorsFor = (sentences: readonly string[]) => errors(settle({}, outcome('failed', { causes: found(...sentences) })));

  it('are each there once, sorted', () => {
    expect(errorsFor(['b', 'a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
  });

  it('are ten at most, the last of which counts those that are left out', () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => `error ${n + 10}`);
    expect(errorsFor(many(10))).toEqual(many(10));
    expect(errorsFor(many(12))).toEqual([...many(9), 'and 3 more']);
  });

  it('are cut to 500 characters', () => {
    expect(errorsFor(['x'.repeat(500)])).toEqual(['x'.repeat(500)]);
    expect(errorsFor(['x'.repeat(501)])).toEqual([`${'x'.repeat(499)}…`]);
    expect(errorsFor([`${'x'.repeat(498)}${'🙂'.repeat(3)}`])).toEqual([`${'x'.repeat(498)}🙂…`]);
  });

  it('are each there once also when only what is cut off tells them apart', () => {
    expect(errorsFor([1, 2, 3].map((n) => `${'x'.repeat(500)}${n}`))).toEqual([`${'x'.repeat(499)}…`]);
  });
});

describe('refusals that are tried again so often', () => {
  const after = (refusals: PassOutcome['refusals'], before: number): number =>
    settle({ refusals: before }, outcome('retry', { fault: true, refusals, recheckIn: seconds(2) })).refusals;

  it('count in a row, whatever faults come between that asked for no write', () => {
    expect([after('some', 0), after('unasked', 4), after('some', 4), after('none', 4)]).toEqual([1, 4, 5, 0]);
  });
});

describe('takenUp', () => {
  const takeUp = (before: GroupProgress, changes: Partial<GroupSpec> = {}) => takenUp(before, spec(changes), epochMs(1_000_000), options);
  const block = aBlock({ of: 'quota', servers: 4 });
  const late = settle({ waits: waitSince(0), faults: 7, refusals: 5 }, waiting);
  const tired: GroupProgress = { ...late, faults: 7, refusals: 5, causes: [...late.causes, block] };

  it('starts backoff, refusals and waiting again, and forgets causes, after a command that resets', () => {
    const again = { ...tired, causes: [], faults: 0, refusals: 0, waits: {}, resets: 1, createResets: 1 };
    expect(takeUp(tired, { resets: 1, createResets: 1 })).toEqual(again);
  });

  it('forgets only what concerns creates after a new launch configuration', () => {
    expect(takeUp(tired, { createResets: 1 })).toEqual({ ...tired, causes: late.causes, createResets: 1 });
  });

  it('changes nothing where no command has reset anything, as a refused execution', () => {
    expect(takeUp(tired)).toBe(tired);
  });

  it('starts again what holds one server back that the tenant asks to remove, once more, and nothing else', () => {
    const id = 's1' as ServerId;
    const hold = { tries: 3, until: epochMs(9_000_000), state: 'RESIZE' } as const;
    const held: Wait = { sentence: 'resized', since: epochMs(5000), hold };
    const other = { 'server:s2': held };
    const cause = { ...block, kind: 'waited', key: 'server:s1', counter: 'resets' } as const;
    const before: GroupProgress = { ...noProgress, waits: { 'server:s1': held, ...other }, causes: [cause, block] };
    const asked = (at: number) => takeUp(before, { removals: { [id]: { serverId: id, purge: true, at: epochMs(at) } } });
    expect(asked(5001)).toEqual({ ...before, waits: other, causes: [block] });
    expect(asked(5000)).toBe(before);
    expect(asked(864_000_000)).toBe(before); // by a clock ten days ahead
  });
});

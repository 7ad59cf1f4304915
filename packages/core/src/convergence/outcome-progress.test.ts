import { describe, expect, it } from 'vitest';
import type { GroupProgress } from '../model/scaling-group.ts';
import { epochMs, seconds } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { noProgress } from '../testing/parts.ts';
import { type OutcomeKind, type PassOutcome, settleProgress, startedAnew } from './outcome.ts';

const outcome = (kind: OutcomeKind, changes: Partial<PassOutcome> = {}): PassOutcome => ({
  kind,
  recheckIn: undefined,
  reasons: [],
  progressed: false,
  fault: false,
  refusals: 'unasked',
  waitingFor: '',
  ...changes,
});
const fault = outcome('retry', { fault: true, recheckIn: seconds(2) });
const waiting = outcome('waiting', { recheckIn: seconds(10), reasons: ['Waiting for server s1'], waitingFor: 'Waiting for server s1' });

/** What becomes of the progress of a group, for its wish number 3, at 1,000 s. */
const settle = (before: Partial<GroupProgress>, after: PassOutcome, { now = 1_000_000, deleting = false } = {}): GroupProgress =>
  settleProgress({ ...noProgress, ...before }, after, 3, epochMs(now), options, deleting, 0.5);
const errored = { status: 'ERROR', errors: ['No quota'], erroredRevision: 2 } as const;

describe('settleProgress', () => {
  it('brings a group to rest when it has converged: ACTIVE, without errors, and nothing to look at', () => {
    const before = { ...errored, recheckAt: epochMs(1), waitingSince: epochMs(1), waitingFor: 'x', faults: 5 };
    expect(settle(before, outcome('converged'))).toEqual({
      ...noProgress,
      erroredRevision: 2,
      triedRevision: 3,
      convergedRevision: 3,
    });
  });

  it('puts a group that failed in ERROR until the next wish', () => {
    expect(settle({ convergedRevision: 2, recheckAt: epochMs(1), faults: 5 }, outcome('failed', { reasons: ['No quota'] }))).toEqual({
      ...noProgress,
      status: 'ERROR',
      errors: ['No quota'],
      triedRevision: 3,
      convergedRevision: 2,
      erroredRevision: 3,
    });
  });

  it('never puts a group in ERROR that is being deleted, but tries again, ever later', () => {
    const failed = outcome('failed', { reasons: ['No quota'] });
    const after = settle({ faults: 2 }, failed, { deleting: true });
    expect(after).toMatchObject({ status: 'ACTIVE', errors: [], erroredRevision: 0, recheckAt: 1_004_000, faults: 3 });
    const stuck = settle({ waitingSince: epochMs(0), waitingFor: waiting.waitingFor }, waiting, { deleting: true });
    expect(stuck).toMatchObject({ status: 'ACTIVE', errors: [], recheckAt: 1_010_000 });
  });

  it('leaves the wish untried when a pass was told to stop', () => {
    const before = { triedRevision: 2, waitingSince: epochMs(5), waitingFor: 'x', faults: 4 };
    expect(settle(before, outcome('stopped', { recheckIn: seconds(0) }))).toEqual({
      ...noProgress,
      ...before,
      recheckAt: 1_000_000,
    });
  });

  it('counts faults in a row, and counts anew once the cloud has taken a write or had no fault', () => {
    expect(settle({ faults: 4 }, fault)).toMatchObject({ faults: 5, recheckAt: 1_002_000, triedRevision: 3 });
    expect(settle({ faults: 4 }, { ...fault, progressed: true }).faults).toBe(0);
    expect(settle({ faults: 4 }, outcome('retry', { recheckIn: seconds(10) })).faults).toBe(0);
    expect(settle({ faults: 4 }, waiting).faults).toBe(0);
  });

  it('puts no look off for longer than ten minutes, whatever the cloud asks for', () => {
    expect(settle({}, { ...fault, recheckIn: seconds(3600) }).recheckAt).toBe(1_600_000);
  });

  it('never goes back to an older wish', () => {
    for (const kind of ['converged', 'failed', 'retry', 'waiting'] as const)
      expect(settle({ triedRevision: 9 }, outcome(kind, { recheckIn: seconds(1) })).triedRevision).toBe(9);
  });

  describe('while it only waits', () => {
    const since = (progress: GroupProgress) => [progress.waitingSince, progress.status];

    it('counts from when it began to wait for the very same', () => {
      expect(since(settle({}, waiting))).toEqual([1_000_000, 'ACTIVE']);
      expect(since(settle({ waitingSince: epochMs(900_000), waitingFor: waiting.waitingFor }, waiting))).toEqual([900_000, 'ACTIVE']);
      expect(since(settle({ waitingSince: epochMs(0), waitingFor: 'something else' }, waiting))).toEqual([1_000_000, 'ACTIVE']);
    });

    it('gives up after 300 s without progress, and says what it waited for', () => {
      const before = { waitingSince: epochMs(700_001), waitingFor: waiting.waitingFor };
      expect(settle(before, waiting).status).toBe('ACTIVE');
      expect(settle({ ...before, waitingSince: epochMs(700_000) }, waiting)).toMatchObject({
        status: 'ERROR',
        errors: ['Timed out: Waiting for server s1'],
        erroredRevision: 3,
        recheckAt: null,
        waitingSince: null,
      });
    });

    it('counts from now where a clock that was ahead has begun', () => {
      const before = { waitingSince: epochMs(864_000_000), waitingFor: waiting.waitingFor };
      expect(settle(before, waiting).waitingSince).toBe(1_000_000);
    });

    it('takes a look that failed for no progress, and a write for some', () => {
      const before = { waitingSince: epochMs(900_000), waitingFor: waiting.waitingFor };
      expect(settle(before, fault)).toMatchObject(before);
      expect(settle(before, { ...fault, progressed: true })).toMatchObject({ waitingSince: null, waitingFor: '' });
      expect(settle(before, outcome('retry', { recheckIn: seconds(10) }))).toMatchObject({ waitingSince: null, waitingFor: '' });
    });
  });
});

describe('the errors of a group', () => {
  const errorsOf = (reasons: readonly string[]) => settle({}, outcome('failed', { reasons })).errors;

  it('are each there once, sorted', () => {
    expect(errorsOf(['b', 'a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
  });

  it('are ten at most, the last of which counts those that are left out', () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => `error ${n + 10}`);
    expect(errorsOf(many(10))).toEqual(many(10));
    expect(errorsOf(many(12))).toEqual([...many(9), 'and 3 more']);
  });

  it('are cut to 500 characters', () => {
    expect(errorsOf(['x'.repeat(500)])).toEqual(['x'.repeat(500)]);
    expect(errorsOf(['x'.repeat(501)])).toEqual([`${'x'.repeat(499)}…`]);
    expect(errorsOf([`${'x'.repeat(498)}${'🙂'.repeat(3)}`])).toEqual([`${'x'.repeat(498)}🙂…`]);
  });

  it('are each there once also when only what is cut off tells them apart', () => {
    expect(errorsOf([1, 2, 3].map((n) => `${'x'.repeat(500)}${n}`))).toEqual([`${'x'.repeat(499)}…`]);
  });
});

describe('refusals that are tried again so often', () => {
  const after = (refusals: PassOutcome['refusals'], before: number): number =>
    settle({ refusals: before }, outcome('retry', { fault: true, refusals, recheckIn: seconds(2) })).refusals;

  it('count in a row, whatever faults come between that asked for no write', () => {
    expect([after('some', 0), after('unasked', 4), after('some', 4), after('none', 4)]).toEqual([1, 4, 5, 0]);
  });

  it('are forgotten with backoff and waiting when a newer wish begins', () => {
    const tired = { ...noProgress, faults: 7, refusals: 5, waitingSince: epochMs(1), waitingFor: 'rain' };
    expect(startedAnew(tired)).toEqual({ ...noProgress, faults: 0, refusals: 0, waitingSince: null, waitingFor: '' });
  });
});

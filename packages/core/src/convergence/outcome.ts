/** From what a pass found and did to what is stored: the group's status, its errors, and when to look again. */
import { cutTo } from '../model/characters.ts';
import type { GroupProgress } from '../model/scaling-group.ts';
import { between, type DurationMs, type EpochMs, epochMs, later, milliseconds } from '../model/time.ts';
import { longestRecheck } from '../model/wake-ups.ts';
import type { Options } from '../options.ts';
import type { StepResult } from './executing.ts';
import { type Reason, sentenceOf } from './reasons.ts';
import type { Step } from './steps.ts';

export type OutcomeKind = 'converged' | 'retry' | 'waiting' | 'failed' | 'stopped';

/** What a pass came to; worst first: failed, stopped, retry, waiting, converged. */
export interface PassOutcome {
  readonly kind: OutcomeKind;
  /** When to look again, if ever. */
  readonly recheckIn: DurationMs | undefined;
  /** Sentences; for the tenant when failed. */
  readonly reasons: readonly string[];
  /** Whether the cloud took a write: that is progress. */
  readonly progressed: boolean;
  /** Whether something failed that backing off may cure. */
  readonly fault: boolean;
  /** Whether the cloud refused writes in a way that is tried again so often only; `unasked`: none was sent. */
  readonly refusals: 'some' | 'none' | 'unasked';
  /** What is waited for, as one string: when it changes, that is progress. */
  readonly waitingFor: string;
}

/** Sums up a pass: the steps it planned, and what came of those it sent. `spread`: 0 <= n < 1, for jitter. */
export function outcomeOf(
  steps: readonly Step[],
  results: readonly StepResult[],
  progress: GroupProgress,
  options: Options,
  spread: number,
  stopped: boolean,
): PassOutcome {
  const progressed = results.some(({ effect }) => effect === 'accepted');
  const fault = isFault(steps, results);
  const failures = [
    ...results.filter(({ status }) => status === 'failed').map(({ reason }) => reason),
    ...(progress.refusals + 1 >= options.refusedTries ? results.flatMap(({ refusedFor }) => refusedFor ?? []) : []),
    ...steps.filter(({ kind }) => kind === 'fail').flatMap(({ because }) => because.map(sentenceOf)),
  ];
  const base = { progressed, fault, refusals: refusalsOf(results), waitingFor: '' } as const;
  if (failures.length > 0) return { ...base, kind: 'failed', recheckIn: undefined, reasons: failures };
  if (stopped) {
    const again = fault ? recheckIn(steps, results, progress, options, spread) : milliseconds(0);
    return { ...base, kind: 'stopped', recheckIn: again, reasons: ['told to stop'] };
  }
  const laters = steps.filter((step) => step.kind === 'converge-later');
  const reasons = [...results.map(({ reason }) => reason), ...laters.flatMap(({ because }) => because.map(sentenceOf))];
  if (results.length > 0 || laters.some(({ limited }) => !limited)) {
    return { ...base, kind: 'retry', recheckIn: recheckIn(steps, results, progress, options, spread), reasons };
  }
  if (laters.length > 0) {
    const recheck = jittered(options.recheckBuilding, options.recheckJitter, spread);
    return { ...base, kind: 'waiting', recheckIn: recheck, reasons, waitingFor: [...reasons].sort().join('\n') };
  }
  return { ...base, kind: 'converged', recheckIn: undefined, reasons: [] };
}

function refusalsOf(results: readonly StepResult[]): PassOutcome['refusals'] {
  if (results.some(({ refusedFor }) => refusedFor !== undefined)) return 'some';
  return results.some(({ effect }) => effect !== 'unsent') ? 'none' : 'unasked';
}

/** Whether something failed that backing off may cure: a write, or a question, where nothing is left but to wait for its answer. */
function isFault(steps: readonly Step[], results: readonly StepResult[]): boolean {
  if (results.length > 0 || steps.length === 0) return results.some(({ fault }) => fault);
  return steps.every(({ kind, because }) => kind === 'converge-later' && because.every(({ rule }) => rule === 'unconfirmed-server'));
}

/** Rules of waiting that are over within seconds; all others take as long as servers take. */
const quick: ReadonlySet<Reason['rule']> = new Set(['more-to-do', 'waiting-for-node']);

/** When to look again: soon after a load balancer's lock, later while servers build, and by backoff after faults. */
function recheckIn(
  steps: readonly Step[],
  results: readonly StepResult[],
  progress: GroupProgress,
  options: Options,
  spread: number,
): DurationMs {
  if (isFault(steps, results)) {
    const asked = results.map(({ retryAfter }) => retryAfter ?? 0);
    return afterFault(asked, progress, options, spread);
  }
  const soon =
    steps.some(
      (step) => 'loadBalancerId' in step || (step.kind === 'converge-later' && step.because.some(({ rule }) => quick.has(rule))),
    ) || results.some(({ effect }) => effect === 'unsent');
  return jittered(soon ? options.recheckLocked : options.recheckBuilding, options.recheckJitter, spread);
}

/** When to try again after faults: as the cloud asked, within bounds, and not before the backoff is over. */
export function afterFault(asked: readonly number[], { faults }: GroupProgress, options: Options, spread: number): DurationMs {
  return milliseconds(Math.max(Math.min(options.retryAfterMost, ...[Math.max(0, ...asked)]), backoff(faults, options, spread)));
}

/** Exponential backoff with full jitter after `faults` failed passes in a row; at least a quarter of a second. */
export function backoff(faults: number, { backoffFirst, backoffMost }: Options, spread: number): DurationMs {
  const ceiling = Math.min(backoffMost, backoffFirst * 2 ** Math.min(faults, 30));
  return milliseconds(Math.max(250, Math.round(ceiling * spread)));
}

const jittered = (span: DurationMs, by: number, spread: number): DurationMs => milliseconds(Math.round(span * (1 + by * (2 * spread - 1))));

/** A newer wish begins anew: neither backoff nor waiting of the one before counts. */
export const startedAnew = (progress: GroupProgress): GroupProgress => ({
  ...progress,
  faults: 0,
  refusals: 0,
  waitingSince: null,
  waitingFor: '',
});

/** The progress after a pass for the wish `revision`. `deleting`: such a group is never in error, it is tried again. */
export function settleProgress(
  before: GroupProgress,
  outcome: PassOutcome,
  revision: number,
  now: EpochMs,
  options: Options,
  deleting: boolean,
  spread: number,
): GroupProgress {
  const triedRevision = Math.max(before.triedRevision, revision);
  const atRest = { triedRevision, recheckAt: null, waitingSince: null, waitingFor: '', faults: 0, refusals: 0 } as const;
  const faults = outcome.fault && !outcome.progressed ? before.faults + 1 : 0;
  const refusals = { some: before.refusals + 1, none: 0, unasked: before.refusals }[outcome.refusals];
  const again = later(now, milliseconds(Math.min(longestRecheck, outcome.recheckIn ?? backoff(before.faults, options, spread))));
  switch (outcome.kind) {
    case 'converged':
      return { ...before, ...atRest, status: 'ACTIVE', errors: [], convergedRevision: revision };
    case 'failed':
      if (deleting) return { ...before, triedRevision, recheckAt: again, faults: before.faults + 1 };
      return { ...before, ...atRest, status: 'ERROR', errors: presentable(outcome.reasons, options), erroredRevision: revision };
    case 'stopped':
      return { ...before, recheckAt: again };
    case 'retry':
      // A look that failed is no progress: what was waited for is waited for still.
      return {
        ...before,
        status: 'ACTIVE',
        errors: [],
        triedRevision,
        recheckAt: again,
        waitingSince: outcome.fault && !outcome.progressed ? before.waitingSince : null,
        waitingFor: outcome.fault && !outcome.progressed ? before.waitingFor : '',
        faults,
        refusals,
      };
    case 'waiting': {
      const same = before.waitingSince !== null && before.waitingFor === outcome.waitingFor;
      const since = same ? epochMs(Math.min(before.waitingSince ?? now, now)) : now; // a clock that was ahead may have stored it
      if (between(since, now) >= options.waitingTimeout && !deleting) {
        const errors = presentable(
          outcome.reasons.map((reason) => `Timed out: ${reason}`),
          options,
        );
        return { ...before, ...atRest, status: 'ERROR', errors, erroredRevision: revision };
      }
      return {
        ...before,
        status: 'ACTIVE',
        errors: [],
        triedRevision,
        recheckAt: again,
        waitingSince: since,
        waitingFor: outcome.waitingFor,
        faults: 0,
      };
    }
  }
}

/** Errors as the state call shows them: each once, sorted, bounded; what is cut is counted. */
function presentable(reasons: readonly string[], { errorsPerGroup, errorLength }: Options): readonly string[] {
  const cut = reasons.map((reason) => cutTo(reason, errorLength, '…'));
  const sorted = [...new Set(cut)].sort();
  if (sorted.length <= errorsPerGroup) return sorted;
  const shown = sorted.slice(0, errorsPerGroup - 1);
  return [...shown, `and ${sorted.length - shown.length} more`];
}

/** From what a pass found and did to what is stored: the causes of error, what is waited for, and when to look again. */
import { isStanding } from '../model/causes.ts';
import type { LoadBalancerId } from '../model/identifiers.ts';
import type { GroupProgress, GroupSpec } from '../model/scaling-group.ts';
import { between, type DurationMs, type EpochMs, later, milliseconds } from '../model/time.ts';
import { longestRecheck } from '../model/wake-ups.ts';
import type { Options } from '../options.ts';
import { holdKeys } from '../planner/desired.ts';
import { type Reason, sentenceOf } from '../planner/reasons.ts';
import type { Step } from '../planner/steps.ts';
import { unbornAgain } from './births.ts';
import { causesOf, type FoundCause, nextCauses } from './causes.ts';
import type { StepResult } from './executing.ts';
import { type FoundWait, nextWaits, overdueWaits, waitsOf } from './waiting.ts';

export type OutcomeKind = 'converged' | 'retry' | 'waiting' | 'failed' | 'stopped';

/** What a pass came to: `failed`, when nothing is left to do but what is an error. */
export interface PassOutcome {
  readonly kind: OutcomeKind;
  /** When to look again, if ever. */
  readonly recheckIn: DurationMs | undefined;
  /** Sentences. */
  readonly reasons: readonly string[];
  /** Whether the cloud took a write: that is progress. */
  readonly progressed: boolean;
  /** Whether something failed that backing off may cure. */
  readonly fault: boolean;
  /** Whether the cloud refused writes in a way that is tried again so often only; `unasked`: none was sent. */
  readonly refusals: 'some' | 'none' | 'unasked';
  /** Whether the pass saw its group, and came to its end: only then what was waited for has come when it is waited for no more. */
  readonly saw: boolean;
  /** Load balancers that the pass did not see: what was waited for there may still be. */
  readonly unread: ReadonlySet<LoadBalancerId>;
  /** What is waited for, but not for ever. */
  readonly waits: readonly FoundWait[];
  /** Causes of error that it found. */
  readonly causes: readonly FoundCause[];
}

/** What an outcome depends on besides steps and results. */
export interface OutcomeFacts {
  readonly stopped: boolean;
  readonly now: EpochMs;
  /** When to look again though nothing shows (`instantsOf`). */
  readonly instants: readonly EpochMs[];
  /** Whether the plan, before limits and locks put anything off, has steps on load balancers: these are looked at when they are unlocked. */
  readonly unlocks: boolean;
  /** Load balancers that could not be read. */
  readonly unread: ReadonlySet<LoadBalancerId>;
}

/** Sums up a pass: the steps it planned, and what came of those it sent. `spread`: 0 <= n < 1, for jitter. */
export function outcomeOf(
  steps: readonly Step[],
  results: readonly StepResult[],
  progress: GroupProgress,
  options: Options,
  spread: number,
  facts: OutcomeFacts,
): PassOutcome {
  const { stopped, unread } = facts;
  const progressed = results.some(({ effect }) => effect === 'accepted');
  const fault = isFault(steps, results);
  const isTired = progress.refusals + 1 >= options.refusedTries;
  const tired = isTired ? results.flatMap(({ refusedFor }) => refusedFor ?? []) : [];
  const causes = [
    ...causesOf(steps),
    ...tired.map((sentence): FoundCause => ({ kind: 'waited', key: sentence, sentence, counter: 'resets' })),
  ];
  const base = { progressed, fault, refusals: refusalsOf(results), saw: !stopped, unread, waits: waitsOf(steps), causes } as const;
  if (stopped) {
    const again = fault ? recheckIn(steps, results, progress, options, spread, facts) : milliseconds(0);
    return { ...base, kind: 'stopped', recheckIn: again, reasons: ['told to stop'] };
  }
  const laters = steps.filter((step) => step.kind === 'converge-later');
  const fails = steps.filter(({ kind }) => kind === 'fail');
  const said = [...fails, ...laters].flatMap(({ because }) => because.map(sentenceOf));
  const reasons = [...results.map(({ reason }) => reason), ...said];
  const again = recheckIn(steps, results, progress, options, spread, facts);
  if (results.length > 0 || laters.some(({ limited }) => !limited)) return { ...base, kind: 'retry', recheckIn: again, reasons };
  if (laters.length > 0) return { ...base, kind: 'waiting', recheckIn: again, reasons };
  if (fails.length > 0) {
    const isWatched = fails.some(({ because }) => because.some(({ rule }) => rule === 'offline-too-long'));
    return { ...base, kind: 'failed', recheckIn: isWatched ? again : undefined, reasons };
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
  return isOnly(steps, unanswered);
}

/** Waits for the cloud to answer. */
const unanswered: ReadonlySet<Reason['rule']> = new Set(['unconfirmed-server', 'load-balancer-unread', 'held-by-unread']);
const unread: ReadonlySet<Reason['rule']> = new Set(['load-balancer-unread', 'held-by-unread']);
/** Whether nothing is left to do but to wait for such things. */
const isOnly = (steps: readonly Step[], rules: ReadonlySet<Reason['rule']>): boolean =>
  steps.every(({ kind, because }) => kind === 'converge-later' && because.every(({ rule }) => rules.has(rule)));

/** No look follows another at once, whatever instant is waited for. */
const soonest = milliseconds(250);

/** When to look again, for all that is known; whatever shows before wakes the group. */
function recheckIn(
  steps: readonly Step[],
  results: readonly StepResult[],
  progress: GroupProgress,
  options: Options,
  spread: number,
  { now, instants, unlocks }: OutcomeFacts,
): DurationMs {
  if (isFault(steps, results)) {
    const asked = results.map(({ retryAfter }) => retryAfter ?? 0);
    const again = afterFault(asked, progress, options, spread);
    // the rest of the group is well, and is to stay so
    return isOnly(steps, unread) ? milliseconds(Math.min(again, jittered(options.waitingFallback, options.recheckJitter, spread))) : again;
  }
  const laters = steps.filter((step) => step.kind === 'converge-later');
  const waitsFor = (rule: Reason['rule']): boolean => laters.some(({ because }) => because.some((reason) => reason.rule === rule));
  const limits = laters.some(({ limited }) => limited) ? [later(now, options.waitingTimeout)] : [];
  const until = [...laters.flatMap((step) => step.until ?? []), ...instants, ...limits].map((at) => Math.max(soonest, between(now, at)));
  return milliseconds(Math.min(...until, jittered(lookIn(), options.recheckJitter, spread)));

  function lookIn(): DurationMs {
    const isMarking = results.length > 0 && steps.every(({ kind }) => kind === 'mark-server');
    const isSoon = results.some(({ effect }) => effect === 'unsent') || (waitsFor('more-to-do') && !unlocks) || isMarking;
    if (isSoon) return options.watchFloor;
    const isAsked = results.some(({ effect }) => effect === 'refused') || waitsFor('unconfirmed-server');
    return isAsked ? options.watchCeiling : options.waitingFallback;
  }
}

/** Keys of what has been waited for for too long already. */
const overdueKeys = ({ causes }: GroupProgress): ReadonlySet<string> =>
  new Set(causes.flatMap((cause) => (cause.kind === 'waited' ? [cause.key] : [])));

/** When to try again after faults: as the cloud asked, within bounds, and not before the backoff is over. */
export function afterFault(asked: readonly number[], { faults }: GroupProgress, options: Options, spread: number): DurationMs {
  return milliseconds(Math.max(Math.min(options.retryAfterMost, ...[Math.max(0, ...asked)]), backoff(faults, options, spread)));
}

/** Exponential backoff with full jitter after `faults` failed passes in a row; at least a quarter of a second. */
export function backoff(faults: number, { backoffFirst, backoffMost }: Options, spread: number): DurationMs {
  const ceiling = Math.min(backoffMost, backoffFirst * 2 ** Math.min(faults, 30));
  return milliseconds(Math.max(soonest, Math.round(ceiling * spread)));
}

/** Never later. */
const jittered = (span: DurationMs, by: number, spread: number): DurationMs => milliseconds(Math.round(span * (1 - by * spread)));

type Counters = Pick<GroupSpec, 'resets' | 'createResets'>;

/** The progress as a pass for this spec takes it up: what a command has ended since is gone, and backoff and waiting start again. */
export function takenUp(
  before: GroupProgress,
  { resets, createResets, removals }: Counters & Pick<GroupSpec, 'removals'>,
  now: EpochMs,
  { maxClockSkew }: Pick<Options, 'maxClockSkew'>,
): GroupProgress {
  const progress = askedAgain(before, removals, later(now, maxClockSkew));
  if (progress.resets === resets && progress.createResets === createResets) return progress;
  const causes = progress.causes.filter((cause) => isStanding(cause, { resets, createResets }));
  const births = progress.createResets === createResets ? progress.births : unbornAgain(progress.births);
  if (progress.resets !== resets) return { ...progress, causes, resets, createResets, faults: 0, refusals: 0, waits: {}, births };
  const { [holdKeys.creates]: _, ...waits } = progress.waits;
  return { ...progress, causes, createResets, waits, births };
}

/** A removal that the tenant asks for starts what holds back its own server again. `latest`: none was asked for later, unless by a clock that is ahead. */
function askedAgain(progress: GroupProgress, removals: GroupSpec['removals'], latest: EpochMs): GroupProgress {
  const started = Object.values(removals).flatMap(({ serverId, at }) => {
    const key = holdKeys.server(serverId);
    const wait = progress.waits[key];
    return wait !== undefined && wait.since < at && at <= latest ? [key] : [];
  });
  if (started.length === 0) return progress;
  const waits = Object.fromEntries(Object.entries(progress.waits).filter(([key]) => !started.includes(key)));
  const causes = progress.causes.filter((cause) => cause.kind !== 'waited' || !started.includes(cause.key));
  return { ...progress, waits, causes };
}

/**
 * What a pass comes to that may write nothing: an operator's switch holds it, or the group was paused meanwhile. It is no fault and no
 * cause. Nothing tells when a switch is lifted, so the group is looked at again.
 */
export const heldBack = (why: string, { watchCeiling }: Options): PassOutcome => ({
  kind: 'waiting',
  recheckIn: watchCeiling,
  reasons: [why],
  progressed: false,
  fault: false,
  refusals: 'unasked',
  saw: false,
  unread: new Set(),
  waits: [],
  causes: [],
});

/** The progress after a pass for this spec. A group that is being deleted is never in error, it is tried again. */
export function settleProgress(
  before: GroupProgress,
  outcome: PassOutcome,
  spec: Counters & Pick<GroupSpec, 'generation' | 'deleting'>,
  now: EpochMs,
  options: Options,
  spread: number,
): GroupProgress {
  const { generation, deleting } = spec;
  const faults = outcome.fault && !outcome.progressed ? before.faults + 1 : 0;
  const refusals = { some: before.refusals + 1, none: 0, unasked: before.refusals }[outcome.refusals];
  const waits = outcome.saw
    ? nextWaits(before.waits, outcome.waits, now, outcome.progressed, options, spread, outcome.unread)
    : before.waits;
  const standing = new Set(overdueKeys(before));
  const found = [...outcome.causes, ...(outcome.saw ? overdueWaits(waits, now, options, standing) : [])];
  const causes = deleting ? [] : nextCauses(before.causes, found, outcome, spec, now, options);
  const next = {
    ...before,
    causes,
    waits,
    triedGeneration: outcome.kind === 'stopped' ? before.triedGeneration : Math.max(before.triedGeneration, generation),
    failedGeneration: causes.length > 0 ? generation : before.failedGeneration,
    recheckAt: outcome.recheckIn === undefined ? null : later(now, milliseconds(Math.ceil(Math.min(longestRecheck, outcome.recheckIn)))),
    faults,
    refusals,
  };
  switch (outcome.kind) {
    case 'converged':
      return { ...next, convergedGeneration: generation, refusals: 0 };
    case 'failed':
      if (!deleting) return next;
      return { ...next, recheckAt: later(now, backoff(before.faults, options, spread)), faults: before.faults + 1 };
    case 'stopped':
      return { ...next, faults: before.faults, refusals: before.refusals };
    default:
      return next;
  }
}

/** What a group waits for, but not for ever (spec/planner.md, D9 and D15): since when, and when it is tried again. */
import type { LoadBalancerId } from '../model/identifiers.ts';
import type { Hold, Wait } from '../model/scaling-group.ts';
import { between, type EpochMs, epochMs, later, milliseconds } from '../model/time.ts';
import type { Options } from '../options.ts';
import { holdKeys, stuckIn } from '../planner/desired.ts';
import { sentenceOf } from '../planner/reasons.ts';
import type { Step } from '../planner/steps.ts';
import { type FoundCause, isAbout } from './causes.ts';

/** Something that a pass found to be waited for. `refused`: the cloud has just refused it for now. */
export interface FoundWait {
  readonly key: string;
  readonly sentence: string;
  readonly refused?: Pick<Hold, 'most' | 'state'>;
}

type Waits = Readonly<Record<string, Wait>>;

/** Waits kept of one group; more are not said of it. */
const mostWaits = 100;
/** A hold begins with this many times the first backoff of a group: what leaves takes longer than a fault. */
const firstHold = 8;

/** The limited waits of a plan. */
export const waitsOf = (steps: readonly Step[]): readonly FoundWait[] =>
  steps.flatMap((step) =>
    step.kind === 'converge-later' && step.limited
      ? step.because.map((reason) => {
          const sentence = sentenceOf(reason);
          return { key: reason.key ?? sentence, sentence };
        })
      : [],
  );

/**
 * The waits after a pass. What is only looked at is counted from the last progress: a write that the cloud took, or something else to
 * wait for; what is held back, from when it was first refused. What was waited for at a load balancer that is `unread` is counted anew once
 * it can be read, and that is no progress of anything else. `spread`: 0 <= n < 1, for jitter.
 */
export function nextWaits(
  before: Waits,
  found: readonly FoundWait[],
  now: EpochMs,
  progressed: boolean,
  options: Options,
  spread: number,
  unread: ReadonlySet<LoadBalancerId>,
): Waits {
  const looked = (waits: Iterable<readonly [string, unknown]>) => [...waits].map(([key]) => key).sort();
  const latest = new Map<string, FoundWait>();
  for (const wait of found) if (latest.get(wait.key)?.refused === undefined) latest.set(wait.key, wait);
  const isHeld = (key: string): boolean => (before[key]?.hold ?? null) !== null || latest.get(key)?.refused !== undefined;
  const were = looked(Object.entries(before)).filter((key) => !isHeld(key) && !isAbout(key, unread));
  const are = looked(latest).filter((key) => !isHeld(key));
  const moved = progressed || were.join('\n') !== are.join('\n');
  const next: Record<string, Wait> = {};
  for (const [key, { sentence, refused }] of [...latest].slice(0, mostWaits)) {
    const known = before[key];
    const hold = refused === undefined ? (known?.hold ?? null) : nextHold(known?.hold ?? null, refused, now, options, spread);
    const since = hold === null && moved ? now : epochMs(Math.min(known?.since ?? now, now)); // a clock that was ahead may have stored it
    next[key] = { sentence, since, hold };
  }
  return next;
}

/** Tried again after a backoff that doubles, with jitter between half of it and all. */
function nextHold(before: Hold | null, refused: Pick<Hold, 'most' | 'state'>, now: EpochMs, options: Options, spread: number): Hold {
  const isSameState = before?.state === refused.state;
  const tries = (isSameState ? (before?.tries ?? 0) : 0) + 1;
  const isOfServer = refused.state !== undefined;
  const first = isOfServer ? options.deleteAgainFirst : options.backoffFirst * firstHold;
  const most = isOfServer ? options.deleteAgainMost : options.backoffMost;
  const ceiling = Math.min(most, first * 2 ** Math.min(tries - 1, 30));
  return { ...refused, tries, until: later(now, milliseconds(Math.round(ceiling * (0.5 + spread / 2)))) };
}

/** The causes of what was waited for for too long. `standing`: keys that are causes already, and stay while they are waited for. */
export function overdueWaits(
  waits: Waits,
  now: EpochMs,
  { waitingTimeout }: Options,
  standing: ReadonlySet<string>,
): readonly FoundCause[] {
  return Object.entries(waits).flatMap(([key, { sentence, since, hold }]): readonly FoundCause[] => {
    if (stuckIn(key).length > 0 || (between(since, now) < waitingTimeout && !standing.has(key))) return []; // what must go, goes
    const counter = key === holdKeys.creates ? 'createResets' : 'resets';
    return [{ kind: 'waited', key, sentence: hold === null ? `Timed out: ${sentence}` : sentence, counter }];
  });
}

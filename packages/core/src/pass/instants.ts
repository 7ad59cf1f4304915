/** Instants at which a group that waits is to be looked at, though nothing shows: what was waited for has come, or has taken too long. */
import type { ScalingGroup } from '../model/scaling-group.ts';
import { between, type EpochMs, epochMs, later } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { SeenGroup } from './viewing.ts';

type InstantOptions = Pick<Options, 'buildTimeout' | 'offlineTimeout' | 'createVisibility' | 'waitingTimeout'>;

/**
 * Those to come, on our clock, in no order. `intents`: after the pass. What the planner waits until itself is in its steps: births, statuses
 * that we do not know, refusals.
 */
export function instantsOf(
  { progress }: ScalingGroup,
  { listing, desired, observed, known }: SeenGroup,
  intents: ScalingGroup['intents'],
  now: EpochMs,
  options: InstantOptions,
): readonly EpochMs[] {
  const instants: EpochMs[] = [];
  /** From the cloud's time. */
  const ours = (at: EpochMs): EpochMs => later(listing.begunAt, between(listing.cloudNow, at));
  for (const { state, createdAt } of observed.servers) if (state === 'BUILD') instants.push(ours(later(createdAt, options.buildTimeout)));
  for (const { condition, status, drainingSince } of observed.nodes) {
    if (condition !== 'DRAINING' || drainingSince === undefined) continue;
    instants.push(ours(later(drainingSince, desired.drainingTimeout)));
    if (status === 'OFFLINE') instants.push(later(ours(later(drainingSince, options.offlineTimeout)), longer));
  }
  for (const intent of Object.values(intents)) {
    if (intent.kind === 'delete') instants.push(intent.againAt);
    else if (intent.kind === 'create') instants.push(later(later(intent.plannedAt, options.createVisibility), longer));
  }
  for (const { doubt } of Object.values(known)) {
    if (doubt === undefined) continue;
    instants.push(later(doubt.since, options.createVisibility));
    if (doubt.kind === 'building-again') instants.push(later(doubt.since, options.buildTimeout));
  }
  for (const { since, hold } of Object.values(progress.waits)) {
    instants.push(later(since, options.waitingTimeout));
    if (hold !== null) instants.push(hold.until);
  }
  return instants.filter((at) => at > now).map((at) => epochMs(Math.ceil(at)));
}

/** What is over only when it has taken longer than so long. */
const longer = 1 as ReturnType<typeof between>;

import type { ScalingGroup } from '../model/scaling-group.ts';
import type { EpochMs } from '../model/time.ts';
import { type GroupPhase, nextPassAt, phaseOf } from '../model/wake-ups.ts';
import type { Setbacks } from './setbacks.ts';

/** What the actor of a group must know of what is stored. */
export interface GroupFacts {
  readonly phase: GroupPhase | 'removed';
  /** When the next pass is due; undefined = none. */
  readonly nextPassAt: EpochMs | undefined;
  /** Whether that instant has come. */
  readonly due: boolean;
  /** The last pass met a fault: a hint is kept until the next one is due, and does not bring it forward. */
  readonly backingOff: boolean;
}

/** What is true of a group that is not ours to run. */
export const nothingToDo: GroupFacts = { phase: 'active', nextPassAt: undefined, due: false, backingOff: false };

/** The facts of a group as it is stored, or is not any more, at `now`. */
export function factsOf(group: ScalingGroup | undefined, setbacks: Pick<Setbacks, 'untilOf'>, now: EpochMs): GroupFacts {
  if (group === undefined) return { ...nothingToDo, phase: 'removed' };
  const asked = nextPassAt(group, now);
  const held = asked === undefined ? undefined : setbacks.untilOf(group);
  const at = held === undefined || asked === undefined || held < asked ? asked : held;
  const backingOff = group.progress.faults > 0 || (held !== undefined && held > now);
  return { phase: phaseOf(group), nextPassAt: at, due: at !== undefined && at <= now, backingOff };
}

/** Where an actor goes when no phase is at work. */
export type Place = 'deleted' | 'stopped' | 'paused' | 'observing' | 'waiting' | 'error' | 'active';

/** What the place of an actor follows from. */
export interface PlaceFacts {
  readonly facts: GroupFacts;
  /** A hint came that no pass has followed yet. */
  readonly hinted: boolean;
  /** Its host stops, or runs its tenant no longer. */
  readonly stopped: boolean;
}

/**
 * The place of an actor, first match wins. The phase of the facts is the first that applies to the group: `phaseOf`. Whatever wakes a group
 * that rests wakes one in error, too.
 */
export function placeOf({ facts, hinted, stopped }: PlaceFacts): Place {
  if (facts.phase === 'removed') return 'deleted';
  if (stopped) return 'stopped';
  if (facts.phase === 'paused') return 'paused';
  if (facts.due || (hinted && !facts.backingOff)) return 'observing';
  if (facts.nextPassAt !== undefined) return 'waiting';
  return facts.phase === 'error' ? 'error' : 'active';
}

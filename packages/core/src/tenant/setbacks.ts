import type { GroupId } from '../model/identifiers.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { type DurationMs, type EpochMs, later } from '../model/time.ts';

interface Setback {
  /** Passes in a row. */
  readonly tries: number;
  readonly until: EpochMs;
  /** The generation that is held back; undefined until the group was read again. */
  readonly generation: number | undefined;
}

/**
 * Groups whose last pass broke, or could not be stored, and when to try again at the earliest. What is stored says all the while that
 * they are due: it could not be written. A newer generation is tried at once.
 */
export class Setbacks {
  readonly #backoff: (tries: number, groupId: GroupId) => DurationMs;
  readonly #groups = new Map<GroupId, Setback>();

  /** `backoff`: how long to wait after so many passes in a row. */
  constructor(backoff: (tries: number, groupId: GroupId) => DurationMs) {
    this.#backoff = backoff;
  }

  /** A pass came to nothing at `now`; when to try again. */
  noted(groupId: GroupId, now: EpochMs): EpochMs {
    const before = this.#groups.get(groupId);
    const tries = (before?.tries ?? 0) + 1;
    const until = later(now, this.#backoff(tries, groupId));
    this.#groups.set(groupId, { tries, until, generation: before?.generation });
    return until;
  }

  /** Until when the group is held back; undefined = it is not. */
  untilOf({ groupId, spec }: ScalingGroup): EpochMs | undefined {
    const setback = this.#groups.get(groupId);
    if (setback === undefined) return undefined;
    if (setback.generation !== undefined && spec.generation > setback.generation) {
      this.#groups.delete(groupId);
      return undefined;
    }
    if (setback.generation === undefined) this.#groups.set(groupId, { ...setback, generation: spec.generation });
    return setback.until;
  }

  /** A pass went well, or the group is no longer ours to look after. */
  cleared(groupId: GroupId): void {
    this.#groups.delete(groupId);
  }
}

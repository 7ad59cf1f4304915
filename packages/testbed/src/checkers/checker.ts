import type { DurationMs, EpochMs, GroupId } from '@lutra/core';
import type { OperationName, World } from '@lutra/simulator';
import type { GroupTruths, WatchedGroup } from '../group-truths.ts';
import type { Happening } from '../trace.ts';

/** An invariant was broken. */
export interface Violation {
  readonly checker: string;
  /** Milliseconds since the start of the run. */
  readonly at: number;
  /** Name of the group in the scenario; empty when it concerns none. */
  readonly group: string;
  readonly message: string;
}

/** What a checker may look at. */
export interface CheckerContext {
  readonly world: World;
  readonly truths: GroupTruths;
  /** Groups of the run so far, by id. */
  readonly groups: ReadonlyMap<GroupId, WatchedGroup>;
  /** A write may reach the cloud this long after it was decided: the engine's deadlines of a pass and of a call together. */
  readonly decidedWithin: DurationMs;
  /** A write may still be sent for so long after a group was paused. */
  readonly writesStopWithin: DurationMs;
  /** The engine gives up a call after this long. */
  readonly callDeadline: DurationMs;
  /** Calls of these kinds that one tenant may have in flight. */
  readonly mostInFlight: Readonly<Partial<Record<OperationName, number>>>;
  /** The engine waits for nothing longer than this before it says so. */
  readonly patience: DurationMs;
  /** A server in BUILD for this long is replaced. */
  readonly buildTimeout: DurationMs;
  /** A server in a status that nobody knows counts for so long. */
  readonly unknownStatusGrace: DurationMs;
  /** Servers that a group may have above what was desired. */
  readonly maxOvershoot: number;
  /** Status that a group is expected to end with. */
  readonly expectedStatus: (group: WatchedGroup) => 'ACTIVE' | 'ERROR';
  /** How long nodes of a group's servers drain; 0 = not at all. */
  readonly drainingTimeout: (group: WatchedGroup) => DurationMs;
  readonly now: () => EpochMs;
  readonly violate: (message: string, group?: WatchedGroup) => void;
}

/** One invariant, watched from outside the engine: against the world's truth, never against what the engine believes. */
export interface Checker {
  /** Told of everything right after it happened. */
  saw?(happening: Happening): void;
  /** Told when the run is over and the engine still stands. */
  ended?(): void;
}

/** Makes a checker for one run; its name goes with its violations. */
export interface CheckerKind {
  readonly name: string;
  readonly make: (context: CheckerContext) => Checker;
}

import type { Violation } from './checkers/checker.ts';
import type { Sample } from './sampling.ts';

/** How a group of the scenario ended. */
export interface GroupOutcome {
  readonly name: string;
  readonly tenantId: string;
  readonly groupId: string;
  readonly desired: number;
  /** As the engine says in the group's state; null for a group that was deleted. */
  readonly active: number | null;
  readonly status: 'ACTIVE' | 'ERROR';
  readonly errors: readonly string[];
  /** Since when it was converged until the end, in truth: ms from the start; null when it was not. */
  readonly convergedAt: number | null;
  /** Servers above what was desired, at the worst moment. */
  readonly overshoot: number;
}

/** Calls of one kind that the cloud got, by what came of them. */
export interface CallCount {
  done: number;
  refused: number;
  lost: number;
  never: number;
}

/** What came of a run: plain JSON, the same for the same scenario, seed and code. */
export interface Outcome {
  readonly scenario: string;
  readonly seed: string;
  /** SHA-256 of the trace: equal for two runs that went the same way, event for event. */
  readonly traceHash: string;
  /** Lines of the trace. */
  readonly events: number;
  readonly simulatedMs: number;
  /** Whether every group was converged at the end, in truth. */
  readonly converged: boolean;
  /** The largest of all groups. */
  readonly overshoot: number;
  /** Broken invariants and expectations; empty when the run is good. */
  readonly violations: readonly Violation[];
  readonly groups: readonly GroupOutcome[];
  readonly timeline: readonly Sample[];
  /** How many calls met each fault. */
  readonly faults: readonly { readonly id: string; readonly hits: number }[];
  readonly calls: Readonly<Record<string, Readonly<CallCount>>>;
}

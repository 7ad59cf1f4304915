/**
 * One pass over one scaling group, and what its phases hand on: observe (beginning.ts) -> plan and announce (announcing.ts) -> write
 * (writing.ts) -> end (ending.ts, storing.ts). All of it is values: a phase gets what the one before it made, and makes more.
 *
 * A pass reads the spec once. Before its first write it commits an intent for every write it plans, so that whatever happens to this
 * process, the next pass knows what may have been done. After the answers one more commit settles them.
 */
import type { CloudError } from '../errors.ts';
import type { PassRef } from '../model/events.ts';
import type { NodeRecords } from '../model/node-record.ts';
import type { GroupRef, ScalingGroup } from '../model/scaling-group.ts';
import { type EpochMs, later } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { Step } from '../planner/steps.ts';
import type { StepResult } from './executing.ts';
import { takenUp } from './outcome.ts';
import type { PlannedWrite } from './settling.ts';
import type { GroupView } from './viewing.ts';

/** What a pass is about. */
export interface Pass {
  /** As it was read, without what commands have ended since the last pass. */
  readonly group: ScalingGroup;
  readonly begun: EpochMs;
  /** No write begins later. */
  readonly deadline: EpochMs;
  /** The servers that this pass makes are of this batch (D17). */
  readonly batch: string;
  /** What is stored of the group, as far as this pass knows: nothing else writes it while the tenant is ours. */
  readonly stored: Stored;
  /** Whether this pass has committed anything. */
  readonly hasCommitted: boolean;
  /** It saw the whole tenant, by readings that began after this mark; undefined = it saw no more than its group. */
  readonly wholeAfter?: number | undefined;
}
/** The part of a group that its passes alone write, with the records of nodes that they look after. */
export interface Stored extends Pick<ScalingGroup, 'progress' | 'servers' | 'intents'> {
  readonly records: NodeRecords;
}

/** Takes up a group, as it was read. */
export function takeUp(group: ScalingGroup, records: NodeRecords, begun: EpochMs, options: Options): Pass {
  const { progress, servers, intents } = group;
  return {
    group: { ...group, progress: takenUp(progress, group.spec, begun, options) },
    begun,
    deadline: later(begun, options.passDeadline),
    batch: String(begun),
    stored: { progress, servers, intents, records },
    hasCommitted: false,
  };
}

/** The group of a pass, for events and logs. */
export const refOf = ({ group: { tenantId, groupId } }: Pass): GroupRef => ({ tenantId, groupId });

/** What the pass is called. */
export const passRefOf = ({ begun, group: { groupId } }: Pass): PassRef => ({ groupId, pass: begun });

/** A pass that has looked at its group. */
export interface Seen {
  readonly kind: 'seen';
  readonly pass: Pass;
  readonly view: GroupView;
}

/** What a pass means to do. */
export interface Plan {
  readonly view: GroupView;
  /** Before limits and locks put anything off. */
  readonly raw: readonly Step[];
  readonly steps: readonly Step[];
}

/** A pass whose writes are committed as intents, and may be sent. */
export interface Announced {
  readonly kind: 'announced';
  readonly pass: Pass;
  readonly plan: Plan;
  /** At least one. */
  readonly writes: readonly PlannedWrite[];
}

/** A pass that wants to write, and must wait for its turn: it looks again then. */
export interface Slotless {
  readonly kind: 'slotless';
}

/** A pass that has carried its plan out, or had nothing to write. */
export interface Ran extends Omit<Announced, 'kind'> {
  readonly kind: 'ran';
  /** Of each write, in their order. */
  readonly results: readonly StepResult[];
}

/** What is left of a pass to settle. Any phase may come to one. */
export type Ending =
  | Ran
  /** There is no such group any more, or it is paused: nothing was looked at. */
  | { readonly kind: 'removed' | 'paused' }
  /** The cloud could not be observed. */
  | { readonly kind: 'unobserved'; readonly pass: Pass; readonly error: CloudError }
  /** Nothing may be written for now; why not, in a sentence. */
  | { readonly kind: 'held'; readonly pass: Pass; readonly plan: Plan; readonly why: string };

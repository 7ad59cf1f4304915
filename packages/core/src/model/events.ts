import type { ActivityPlan } from './activity.ts';
import type { GroupId, PolicyId, ServerId } from './identifiers.ts';
import type { GroupRef } from './scaling-group.ts';
import type { EpochMs } from './time.ts';

interface Happened extends GroupRef {
  readonly at: EpochMs;
}

/** A pass, by its group and its beginning. */
export interface PassRef {
  readonly groupId: GroupId;
  readonly pass: EpochMs;
}

/** Something that happened to a scaling group; told after its commit. `pass`: when the pass began that it is about. */
export type GroupEvent =
  | (Happened & { readonly kind: 'command-accepted'; readonly command: string })
  | (Happened & {
      readonly kind: 'desired-changed';
      readonly from: number;
      readonly to: number;
      readonly policyId: PolicyId | undefined;
    })
  | (Happened & { readonly kind: 'status-changed'; readonly status: 'ACTIVE' | 'ERROR'; readonly errors: readonly string[] })
  /** A cause of error began, or ended: by a pass, or by a command. */
  | (Happened & { readonly kind: 'cause-began' | 'cause-ended'; readonly sentence: string })
  /** What the pass is about to do, and why. */
  | (Happened & { readonly kind: 'pass-planned'; readonly pass: EpochMs } & ActivityPlan)
  | (Happened & {
      readonly kind: 'pass-ended';
      readonly pass: EpochMs;
      readonly outcome: 'converged' | 'retry' | 'waiting' | 'failed' | 'stopped';
      readonly desired: number;
      readonly active: number;
      readonly servers: number;
      readonly reasons: readonly string[];
      readonly recheckAt: EpochMs | null;
    })
  | (Happened & { readonly kind: 'server-created'; readonly serverId: ServerId })
  | (Happened & { readonly kind: 'server-deleted'; readonly serverId: ServerId })
  | (Happened & { readonly kind: 'group-removed' });

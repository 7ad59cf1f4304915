import type { PolicyId, ServerId } from './identifiers.ts';
import type { GroupRef } from './scaling-group.ts';
import type { EpochMs } from './time.ts';

interface Happened extends GroupRef {
  readonly at: EpochMs;
}

/** Something that happened to a scaling group; told after its commit. */
export type GroupEvent =
  | (Happened & { readonly kind: 'command-accepted'; readonly command: string })
  | (Happened & {
      readonly kind: 'desired-changed';
      readonly from: number;
      readonly to: number;
      readonly policyId: PolicyId | undefined;
    })
  | (Happened & { readonly kind: 'status-changed'; readonly status: 'ACTIVE' | 'ERROR'; readonly errors: readonly string[] })
  | (Happened & { readonly kind: 'pass-planned'; readonly steps: readonly string[] })
  | (Happened & {
      readonly kind: 'pass-ended';
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

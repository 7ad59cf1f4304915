/** What happened to a group, as it is kept for its tenant and operators. */
import type { GroupId, LoadBalancerId, PolicyId, ServerId, TenantId } from './identifiers.ts';
import type { EpochMs } from './time.ts';

/** Servers of a group. */
export interface Capacity {
  readonly desired: number;
  /** In service. */
  readonly active: number;
  /** Still to come; never negative. */
  readonly pending: number;
}

/** Who asked for a command; null = nobody said. */
export interface Origin {
  readonly requestId: string | null;
  readonly user: string | null;
}

/** A step of a plan. */
export interface ActivityStep {
  readonly kind: string;
  readonly serverId?: ServerId;
  readonly loadBalancerId?: LoadBalancerId;
  /** A node's id, or its address and port. */
  readonly node?: string;
  /** A sentence. */
  readonly why: string;
}

/** What came of steps: those of one kind with one answer are told together. */
export interface ActivityAnswer {
  readonly step: string;
  readonly effect: 'accepted' | 'refused' | 'unknown' | 'unsent';
  readonly reason: string;
  readonly count: number;
}

/** What is told of one thing that happened. */
export type ActivityContent =
  | {
      readonly kind: 'command';
      readonly command: string;
      readonly policyId: PolicyId | null;
      readonly origin: Origin;
      /** Why it was refused; null = it was accepted. */
      readonly refused: string | null;
    }
  /** `more`: steps that are left out here. */
  | { readonly kind: 'plan'; readonly steps: readonly ActivityStep[]; readonly more: number }
  | {
      readonly kind: 'pass';
      readonly outcome: 'converged' | 'retry' | 'waiting' | 'failed' | 'stopped';
      readonly answers: readonly ActivityAnswer[];
      readonly reasons: readonly string[];
    }
  | { readonly kind: 'cause-began'; readonly sentence: string }
  | { readonly kind: 'cause-ended'; readonly sentence: string }
  | { readonly kind: 'group-removed' };

/** Something to be recorded with a commit. */
export interface ActivityNote {
  readonly at: EpochMs;
  /** After the commit. */
  readonly capacity: Capacity;
  readonly content: ActivityContent;
}

/** Something that was recorded. */
export interface ActivityEntry extends ActivityNote {
  readonly tenantId: TenantId;
  readonly groupId: GroupId;
  /** Rises over all groups of a tenant in the order of commits. Whoever has read n never misses one below n that commits later. */
  readonly sequence: number;
  /** Equal ones in a row are one entry, the last of them: how many they are, and when the first was. */
  readonly times: number;
  readonly firstAt: EpochMs;
}

/** What happened to a group, as it is kept for its tenant and operators. */
import { dequal } from 'dequal/lite';
import type { LoadBalancerId, PolicyId, PoolId, ServerId } from './identifiers.ts';
import type { GroupRef } from './scaling-group.ts';
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

/** A command that names no request and no user. */
export const nobody: Origin = { requestId: null, user: null };

/** A step of a plan; of a call for several nodes or members, the part of one of them. */
export interface ActivityStep {
  readonly kind: string;
  readonly serverId?: ServerId;
  /** Or the pool. */
  readonly loadBalancerId?: LoadBalancerId | PoolId;
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
      /** The server that it removes. */
      readonly serverId?: ServerId;
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
      /** Steps whose answers are left out here. */
      readonly more: number;
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
export interface ActivityEntry extends ActivityNote, GroupRef {
  /** Rises over all groups of a tenant in the order of commits. A reader that has read n never misses one below n that commits later. */
  readonly sequence: number;
  /** Equal ones in a row are one entry, the last of them: how many they are, and when the first was. */
  readonly times: number;
  readonly firstAt: EpochMs;
}

/**
 * Whether a note says what the entry before it of its group says already: the same command refused again for the same reason, or a pass
 * that came to the same. Both are then one entry (`entryOf`), so that neither a caller who insists nor a long wait fills the log.
 */
export function repeats(note: ActivityNote, before: ActivityNote): boolean {
  const [now, then] = [note.content, before.content];
  if (now.kind === 'command' && then.kind === 'command') {
    return now.refused !== null && dequal({ ...now, origin: nobody }, { ...then, origin: nobody });
  }
  return now.kind === 'pass' && dequal(now, then) && dequal(note.capacity, before.capacity);
}

/** The entry of a note. With `repeated`, the entry that it repeats: it takes the place of that one, which goes. */
export const entryOf = (
  { tenantId, groupId }: GroupRef,
  note: ActivityNote,
  sequence: number,
  repeated?: ActivityEntry,
): ActivityEntry => ({
  ...note,
  tenantId,
  groupId,
  sequence,
  times: (repeated?.times ?? 0) + 1,
  firstAt: repeated?.firstAt ?? note.at,
});

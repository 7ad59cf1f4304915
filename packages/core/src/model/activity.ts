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

/** Who asks for commands, as a caller says it; null = it does not say. */
export interface Caller {
  readonly requestId: string | null;
  readonly user: string | null;
}

/** Who asked for a command. `by`: a user who was named or not, a schedule, or the capability URL of a webhook. */
export interface Origin extends Caller {
  readonly by: 'user' | 'schedule' | 'webhook';
}

/** A command that names no request and no user. */
export const nobody: Origin = { requestId: null, user: null, by: 'user' };

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

/** What a pass is about to do. */
export interface ActivityPlan {
  readonly steps: readonly ActivityStep[];
  /** Steps that are left out here. */
  readonly more: number;
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
  /** Told before the first write of a pass. It goes when the pass is told, which says it again. */
  | ({ readonly kind: 'plan' } & ActivityPlan)
  | {
      readonly kind: 'pass';
      readonly outcome: 'converged' | 'retry' | 'waiting' | 'failed' | 'stopped';
      /** What it was to write; absent: nothing. An operator may have held it back: then no step has an answer. */
      readonly plan?: ActivityPlan;
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

/** What is stored of a note. */
export interface NotedEntry {
  readonly entry: ActivityEntry;
  /** The newest entries of the group that it takes the place of, the newest first: they go. */
  readonly replaced: readonly ActivityEntry[];
}

/** As many of a group's newest entries as `noteEntry` looks at. */
export const entriesLookedAt = 2;

/**
 * What becomes of a note. `newest`: the newest entries of its group, `entriesLookedAt` of them if there are as many, the newest first. A pass
 * takes the place of its own plan. A note that says what the entry before it says becomes one entry with that, and counts both.
 */
export function noteEntry(ref: GroupRef, note: ActivityNote, sequence: number, newest: readonly ActivityEntry[]): NotedEntry {
  const plan = newest[0] !== undefined && carriesOut(note, newest[0]) ? [newest[0]] : [];
  const before = newest[plan.length];
  const repeated = before !== undefined && repeats(note, before) ? before : undefined;
  const { tenantId, groupId } = ref;
  const [times, firstAt] = [(repeated?.times ?? 0) + 1, repeated?.firstAt ?? note.at];
  const replaced = repeated === undefined ? plan : [...plan, repeated];
  return { entry: { ...note, tenantId, groupId, sequence, times, firstAt }, replaced };
}

/** Whether a note tells of the pass whose plan is the entry before it. */
function carriesOut({ content: pass }: ActivityNote, { content: plan }: ActivityNote): boolean {
  if (pass.kind !== 'pass' || plan.kind !== 'plan') return false;
  return pass.plan !== undefined && dequal({ kind: 'plan', ...pass.plan }, plan);
}

/**
 * Whether a note says what an entry of its group says already: the same command refused again for the same reason, or a pass that planned
 * the same and came to the same. So neither a caller who insists nor a long wait fills the log.
 */
function repeats(note: ActivityNote, before: ActivityNote): boolean {
  const [now, then] = [note.content, before.content];
  if (now.kind === 'command' && then.kind === 'command') {
    return now.refused !== null && dequal({ ...now, origin: nobody }, { ...then, origin: nobody });
  }
  return now.kind === 'pass' && dequal(now, then) && dequal(note.capacity, before.capacity);
}

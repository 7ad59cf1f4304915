import type { EpochMs, LoadBalancerId, Random, TenantId } from '@lutra/core';
import type { z } from 'zod';
import type { OperationName } from '../world/calls.ts';
import type { Effect } from '../world/effects.ts';

/**
 * When in a call a fault is asked: as it is sent, before anything, between validating and doing, or when all is done and only the
 * answer is missing.
 */
export type FaultPhase = 'on_send' | 'before_validate' | 'before_commit' | 'after_commit';

/** What a call is about, for rules that match by more than the call. Absent where it is about no such thing, or about one that is not there. */
export interface CallSubject {
  /** Of a server. */
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly loadBalancerId?: LoadBalancerId;
}

/** A call, as a fault sees it. */
export interface FaultedCall {
  /** The rule that matched. */
  readonly rule: string;
  readonly tenantId: TenantId;
  readonly op: OperationName;
  /** What the call is about: an id, a name; empty for listings. */
  readonly key: string;
  /** How many calls with this tenant, op and key there were before. */
  readonly nth: number;
  /** What it is about in full: looked up only when a rule asks. */
  readonly subject: () => CallSubject;
}

/** What a fault is asked with. */
export interface FaultContext<P> {
  readonly params: P;
  readonly call: FaultedCall;
  readonly now: EpochMs;
  readonly random: Random;
  /** Kept between the calls of one rule: what was counted so far, by whatever the fault counts. */
  readonly memory: Map<string, number>;
}

/**
 * One way in which the simulated cloud misbehaves: a rule of the world, so both of its faces (in process, HTTP) have it.
 * Which calls it meets is said by a `FaultRule`; whatever it chooses itself it draws statelessly, by the call.
 */
export interface Fault<P> {
  readonly name: string;
  readonly phase: FaultPhase;
  /** The calls that it can meet; absent: any. */
  readonly ops?: readonly OperationName[];
  /** Checks and completes the parameters of a rule. */
  readonly params: z.ZodType<P>;
  /** undefined: it lets the call through after all. */
  apply(context: FaultContext<P>): Effect | undefined;
}

/** Keys for a draw that only this rule and this call share. */
export const drawKeys = ({ rule, tenantId, op, key, nth }: Omit<FaultedCall, 'subject'>): readonly (string | number)[] => [
  rule,
  tenantId,
  op,
  key,
  nth,
];

import type { Random, TenantId } from '@lutra/core';
import type { z } from 'zod';
import type { OperationName } from '../world/calls.ts';
import type { Refusal } from '../world/refusal.ts';
import { goodFate, type ServerFate } from '../world/server-record.ts';

/** When in a call a fault is asked: before anything, between validating and doing, or when all is done and only the answer is missing. */
export type FaultPhase = 'before_validate' | 'before_commit' | 'after_commit';

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
}

/** What a fault does to a call. Absent fields leave things as they are. */
export interface Effect {
  /** The cloud refuses with this; nothing is done. Only before the commit. */
  readonly refuse?: Refusal;
  /** What becomes of a server that the call creates. Only before the commit. */
  readonly fate?: Partial<ServerFate>;
  /** `lost`: the connection breaks; `never`: the caller waits until he gives up. */
  readonly answer?: 'lost' | 'never';
}

/** The effects of all faults of a call together: the first refusal and the first answer win, fates are laid over one another. */
export interface Effects {
  readonly refuse: Refusal | undefined;
  readonly fate: ServerFate;
  readonly answer: 'given' | 'lost' | 'never';
}
export const noEffects: Effects = { refuse: undefined, fate: goodFate, answer: 'given' };
/** Adds one effect to those before it. */
export const withEffect = (effects: Effects, effect: Effect): Effects => ({
  refuse: effects.refuse ?? effect.refuse,
  fate: effect.fate === undefined ? effects.fate : { ...effects.fate, ...effect.fate },
  answer: effects.answer === 'given' ? (effect.answer ?? 'given') : effects.answer,
});

/**
 * One way in which the simulated cloud misbehaves: a rule of the world, so both of its faces (in process, HTTP) have it.
 * Which calls it meets is said by a `FaultRule`; whatever it chooses itself it draws statelessly, by the call.
 */
export interface Fault<P> {
  readonly name: string;
  readonly phase: FaultPhase;
  /** Checks and completes the parameters of a rule. */
  readonly params: z.ZodType<P>;
  apply(context: { readonly params: P; readonly call: FaultedCall; readonly random: Random }): Effect | undefined;
}

/** Keys for a draw that only this rule and this call share. */
export const drawKeys = ({ rule, tenantId, op, key, nth }: FaultedCall): readonly (string | number)[] => [rule, tenantId, op, key, nth];

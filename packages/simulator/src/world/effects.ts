import { type DurationMs, milliseconds } from '@lutra/core';
import { goodNodeFate, type NodeFate } from './load-balancer-record.ts';
import { trueView, type View } from './published.ts';
import type { Quota } from './quota.ts';
import type { Refusal } from './refusal.ts';
import { type DeletionFate, goodDeletion, goodFate, type ServerFate } from './server-record.ts';

/** What a fault does to a call. Absent fields leave things as they are. */
export interface Effect {
  /** The cloud refuses with this. Nothing is done, unless it was done already. */
  readonly refuse?: Refusal;
  /** The call takes so much longer: half of it before the cloud acts, half after. Only as it is sent. */
  readonly delay?: DurationMs;
  /** What becomes of a server that the call creates, of one that it deletes, of nodes that it adds. Only before the commit. */
  readonly fate?: Partial<Effects['fate']>;
  readonly deletion?: Partial<Effects['deletion']>;
  readonly nodeFate?: Effects['nodeFate'];
  /** How a listing differs from the truth. Only before the commit. */
  readonly view?: Partial<Effects['view']>;
  /** Limits that are lower for this call. Only before validating. */
  readonly limits?: Effects['limits'];
  /** `lost`: the connection breaks; `never`: the caller waits until he gives up. */
  readonly answer?: 'lost' | 'never';
}

/** The effects of all faults of a call together: the first refusal and the first answer win, delays add up, all else is laid over what was before. */
export interface Effects {
  readonly refuse: Refusal | undefined;
  readonly delay: DurationMs;
  readonly fate: ServerFate;
  readonly deletion: DeletionFate;
  readonly nodeFate: NodeFate;
  readonly view: View;
  /** Limits that are lower for this call than those that the tenant has. */
  readonly limits: { readonly quota?: Quota; readonly nodes?: number };
  readonly answer: 'given' | 'lost' | 'never';
}
export const noEffects: Effects = {
  refuse: undefined,
  delay: milliseconds(0),
  fate: goodFate,
  deletion: goodDeletion,
  nodeFate: goodNodeFate,
  view: trueView,
  limits: {},
  answer: 'given',
};

const laid = <T extends object>(before: T, over: Partial<T> | undefined): T => (over === undefined ? before : { ...before, ...over });

/** Adds one effect to those before it. */
export const withEffect = (effects: Effects, effect: Effect): Effects => ({
  refuse: effects.refuse ?? effect.refuse,
  delay: milliseconds(effects.delay + (effect.delay ?? 0)),
  fate: laid(effects.fate, effect.fate),
  deletion: laid(effects.deletion, effect.deletion),
  nodeFate: laid(effects.nodeFate, effect.nodeFate),
  view: laid(effects.view, effect.view),
  limits: laid(effects.limits, effect.limits),
  answer: effects.answer === 'given' ? (effect.answer ?? 'given') : effects.answer,
});

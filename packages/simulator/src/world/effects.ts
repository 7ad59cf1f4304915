import { type DurationMs, milliseconds } from '@lutra/core';
import { goodNodeFate, type NodeFate } from './load-balancer-record.ts';
import { trueView, type View } from './published.ts';
import type { Quota, Usage } from './quota.ts';
import type { Refusal } from './refusal.ts';
import { type DeletionFate, goodDeletion, goodFate, type ServerFate } from './server-record.ts';
import type { Tenant } from './tenant.ts';
import type { WireFault } from './wire-fault.ts';

/** Limits that are lower for a call than those that the tenant has. */
export interface Limits {
  readonly quota?: Quota;
  /** As if so much were used. */
  readonly used?: Partial<Usage>;
  readonly nodes?: number;
  readonly idsPerRemoval?: number;
  readonly metadataItems?: number;
}

/** What a fault does to a call. Absent fields leave things as they are. */
export interface Effect {
  /** The cloud refuses with this. Nothing is done, unless it was done already. */
  readonly refuse?: Refusal;
  /** It is done, and then refused with this. Before the commit. */
  readonly refuseAfter?: Refusal;
  /** The service refuses in other words than it would. While the answer is on its way. */
  readonly restate?: (refusal: Refusal) => Refusal;
  /** The call takes so much longer: half of it before the cloud acts, half after. As it is sent. */
  readonly delay?: DurationMs;
  /** So much longer before the cloud acts: as it is sent. So much longer after: in any phase. */
  readonly delayThere?: DurationMs;
  readonly delayBack?: DurationMs;
  /** Somebody, or the cloud itself, does something else first. At once. */
  readonly meddle?: (tenant: Tenant) => void;
  /** The provider restarts: every call in flight breaks off, done or not. */
  readonly restarts?: boolean;
  /** The call says something else when it is carried out. Before the commit. */
  readonly reshape?: (params: unknown) => unknown;
  /** It is carried out twice; the caller is answered for the first time. Before the commit. */
  readonly again?: boolean;
  /** The answer says something else. After the commit. */
  readonly alter?: (value: unknown, tenant: Tenant) => unknown;
  /** What becomes of a server that the call creates, of one that it deletes, of nodes that it adds. Before the commit. */
  readonly fate?: Partial<Effects['fate']>;
  readonly deletion?: Partial<Effects['deletion']>;
  readonly nodeFate?: Effects['nodeFate'];
  /** How a listing differs from the truth. Before the commit. */
  readonly view?: Partial<Effects['view']>;
  /** Before validating. */
  readonly limits?: Limits;
  /** `lost`: the connection breaks; `never`: the caller waits until he gives up. */
  readonly answer?: 'lost' | 'never';
  /** The answer comes in another way than it should. While it is on its way. */
  readonly wire?: WireFault;
}

/** The effects of all faults of a call together: the first refusal and the first answer win, delays add up, all else is laid over what was before. */
export interface Effects {
  readonly refuse: Refusal | undefined;
  readonly refuseAfter: Refusal | undefined;
  readonly restate: ((refusal: Refusal) => Refusal) | undefined;
  readonly delay: DurationMs;
  readonly delayThere: DurationMs;
  readonly delayBack: DurationMs;
  readonly reshape: ((params: unknown) => unknown) | undefined;
  readonly again: boolean;
  readonly alter: ((value: unknown, tenant: Tenant) => unknown) | undefined;
  readonly fate: ServerFate;
  readonly deletion: DeletionFate;
  readonly nodeFate: NodeFate;
  readonly view: View;
  readonly limits: Limits;
  readonly answer: 'given' | 'lost' | 'never';
  readonly wire: WireFault | undefined;
}
export const noEffects: Effects = {
  refuse: undefined,
  refuseAfter: undefined,
  restate: undefined,
  delay: milliseconds(0),
  delayThere: milliseconds(0),
  delayBack: milliseconds(0),
  reshape: undefined,
  again: false,
  alter: undefined,
  fate: goodFate,
  deletion: goodDeletion,
  nodeFate: goodNodeFate,
  view: trueView,
  limits: {},
  answer: 'given',
  wire: undefined,
};

const laid = <T extends object>(before: T, over: Partial<T> | undefined): T => (over === undefined ? before : { ...before, ...over });
const added = (before: DurationMs, more: DurationMs | undefined): DurationMs => (more === undefined ? before : milliseconds(before + more));
/** First the one, then the other. */
function after<T, R extends readonly unknown[]>(
  before: ((thing: T, ...rest: R) => T) | undefined,
  then: ((thing: T, ...rest: R) => T) | undefined,
): ((thing: T, ...rest: R) => T) | undefined {
  if (before === undefined || then === undefined) return before ?? then;
  return (thing, ...rest) => then(before(thing, ...rest), ...rest);
}

/** Of several resources each has its limit. */
const togetherLimits = (before: Limits, over: Limits): Limits => ({
  ...before,
  ...over,
  quota: { ...before.quota, ...over.quota },
  used: { ...before.used, ...over.used },
});

/** Adds one effect to those before it. */
export const withEffect = (effects: Effects, effect: Effect): Effects => ({
  refuse: effects.refuse ?? effect.refuse,
  refuseAfter: effects.refuseAfter ?? effect.refuseAfter,
  restate: after(effects.restate, effect.restate),
  delay: added(effects.delay, effect.delay),
  delayThere: added(effects.delayThere, effect.delayThere),
  delayBack: added(effects.delayBack, effect.delayBack),
  reshape: after(effects.reshape, effect.reshape),
  again: effects.again || effect.again === true,
  alter: after(effects.alter, effect.alter),
  fate: laid(effects.fate, effect.fate),
  deletion: laid(effects.deletion, effect.deletion),
  nodeFate: laid(effects.nodeFate, effect.nodeFate),
  view: laid(effects.view, effect.view),
  limits: effect.limits === undefined ? effects.limits : togetherLimits(effects.limits, effect.limits),
  answer: effects.answer === 'given' ? (effect.answer ?? 'given') : effects.answer,
  wire: effect.wire === undefined ? effects.wire : { ...effects.wire, ...effect.wire },
});

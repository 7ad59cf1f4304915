/** The causes of error after a pass (design, "A group"): it adds some and ends some, each by its own rule, so none hides another. */
import type { BlockSubject, Cause, ResetCounter } from '../model/cause.ts';
import { cutTo } from '../model/characters.ts';
import type { LoadBalancerId } from '../model/identifiers.ts';
import type { GroupSpec } from '../model/scaling-group.ts';
import type { EpochMs } from '../model/time.ts';
import type { Options } from '../options.ts';
import { balancerIn } from '../planner/desired.ts';
import { type Reason, sentenceOf } from '../planner/reasons.ts';
import type { Step } from '../planner/steps.ts';

interface Found {
  readonly sentence: string;
  readonly counter: ResetCounter;
}
/** A cause that a pass found. */
export type FoundCause =
  | (Found & { readonly kind: 'block'; readonly subject: BlockSubject })
  | (Found & { readonly kind: 'births' })
  | (Found & { readonly kind: 'waited'; readonly key: string })
  | (Found & { readonly kind: 'braked' });

/** Causes kept of one group. */
const mostCauses = 100;

/** What a plan itself says: the brake, and what it finds out of order. Blocks stand by themselves. */
export const causesOf = (steps: readonly Step[]): readonly FoundCause[] =>
  steps.flatMap((step) => (step.kind === 'fail' ? step.because.flatMap((reason) => causeOf(reason)) : []));

function causeOf(reason: Reason): readonly FoundCause[] {
  if (reason.rule === 'blocked') return [];
  const sentence = sentenceOf(reason);
  if (reason.rule === 'mass-failure') return [{ kind: 'braked', sentence, counter: 'resets' }];
  return [{ kind: 'waited', key: reason.key ?? sentence, sentence, counter: 'resets' }];
}

/**
 * The causes after a pass that saw its group. `before`: those that stood. Blocks stand on, each other kind stands while it is found, or
 * while its load balancer is `unread`. `saw`: false after a pass that could not look; it ends nothing.
 */
export function nextCauses(
  before: readonly Cause[],
  found: readonly FoundCause[],
  { saw, unread }: { readonly saw: boolean; readonly unread: ReadonlySet<LoadBalancerId> },
  spec: Pick<GroupSpec, ResetCounter>,
  now: EpochMs,
  options: Options,
): readonly Cause[] {
  const next = new Map<string, Cause>();
  for (const cause of before) {
    if (cause.kind === 'block' || !saw || (cause.kind === 'waited' && isAbout(cause.key, unread))) next.set(identityOf(cause), cause);
  }
  const known = new Map(before.map((cause) => [identityOf(cause), cause]));
  for (const cause of found) {
    const identity = identityOf(cause);
    const sentence = cut(cause.sentence, options);
    const since = known.get(identity)?.since ?? now;
    next.set(identity, { ...cause, sentence, since, at: spec[cause.counter] });
  }
  return [...next.values()].slice(0, mostCauses);
}

/** Whether a wait, or a cause, is about one of these load balancers. */
export function isAbout(key: string, loadBalancers: ReadonlySet<LoadBalancerId>): boolean {
  const id = balancerIn(key);
  return id !== undefined && loadBalancers.has(id);
}

/** By what two causes are one. */
function identityOf(cause: FoundCause | Cause): string {
  if (cause.kind === 'waited') return `waited ${cause.key}`;
  if (cause.kind !== 'block') return cause.kind;
  const { subject } = cause;
  if (subject.of === 'pool') return `pool ${subject.poolId}`;
  if (subject.of === 'port') return `port ${subject.port} of ${subject.loadBalancerId}`;
  return 'loadBalancerId' in subject ? `${subject.of} ${subject.loadBalancerId}` : subject.of;
}

/** A sentence within its bound. */
const cut = (sentence: string, { errorLength }: Options): string => cutTo(sentence, errorLength, '…');

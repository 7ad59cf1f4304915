/** What the actor of a group keeps: what it was told, and what the phases of the pass in flight have made. All of it is values. */
import type { GroupRef } from '../model/scaling-group.ts';
import type { EpochMs } from '../model/time.ts';
import type { Announced, Ending, Seen } from '../pass/pass.ts';
import type { Slot } from './fair-slots.ts';
import type { GroupFacts } from './group-facts.ts';

/** Writes that are announced, and the right to send them. */
export interface Entitled extends Announced {
  readonly slot: Slot;
}
/** How a pass may end that the pass itself does not know of: its tenant was lost, it was told to stop before it wrote, a phase failed. */
export type Cut = { readonly kind: 'not-ours' } | { readonly kind: 'stopped' } | { readonly kind: 'broken'; readonly error: unknown };
export type GroupEnding = Ending | Cut;

export interface PlanInput {
  readonly ref: GroupRef;
  readonly seen: Seen;
  /** A slot that was waited for; undefined = it has none yet. */
  readonly slot: Slot | undefined;
}
export interface SettleInput {
  readonly ref: GroupRef;
  readonly ending: GroupEnding;
  /** A slot that was waited for, and that no phase used. */
  readonly slot: Slot | undefined;
  readonly begunAt: EpochMs;
}

/** What the phases of the pass in flight have made that no later one has taken yet. */
export interface InFlight {
  /** Of the last phase; undefined = none has ended. */
  readonly made: Seen | Entitled | GroupEnding | undefined;
  /** A slot that was waited for. */
  readonly slot: Slot | undefined;
}

export interface GroupContext {
  readonly ref: GroupRef;
  readonly facts: GroupFacts;
  /** A hint came that no pass has followed yet. */
  readonly hinted: boolean;
  /** `pass`: the one in flight is to end, for its group was paused; `actor`: no other begins after it, either. */
  readonly stopRequested: 'no' | 'pass' | 'actor';
  /** When the pass in flight, or the last one, began. */
  readonly begunAt: EpochMs;
  readonly pass: InFlight;
}

/** What the phase before made, which was of this kind. */
export function madeOf<K extends 'seen' | 'announced'>(
  { pass: { made } }: GroupContext,
  kind: K,
): Extract<InFlight['made'], { readonly kind: K }> {
  if (made?.kind !== kind) throw new Error(`a phase that needs what is ${kind} was entered with what is ${made?.kind}`);
  return made as Extract<InFlight['made'], { readonly kind: K }>;
}

/** What is left of a pass whose other phases are over. */
export function endingOf({ pass: { made } }: GroupContext): GroupEnding {
  if (made === undefined || made.kind === 'seen' || made.kind === 'announced') throw new Error('a pass was settled before its end');
  return made;
}

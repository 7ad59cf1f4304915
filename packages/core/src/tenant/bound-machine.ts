/** The machine of scaling groups with the work of its states, as one tenant's groups have it done. */
import { type ActorRefFrom, assign, fromObservable, fromPromise } from 'xstate';
import { Deadline } from '../guards/deadline.ts';
import type { GroupRef } from '../model/scaling-group.ts';
import { type DurationMs, type EpochMs, milliseconds } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { Ending, Ran, Seen, Slotless } from '../pass/pass.ts';
import type { Clock } from '../ports.ts';
import type { Slot } from './fair-slots.ts';
import type { Entitled, GroupEnding, PlanInput, SettleInput } from './group-context.ts';
import type { GroupFacts } from './group-facts.ts';
import { groupActorId, scalingGroupMachine } from './scaling-group-machine.ts';

/** What a phase at work may ask at any time. */
export interface PhaseControl {
  /** Whether the machine still waits for it. One that took too long was given up: whatever it does from then on counts for nothing. */
  isWanted(): boolean;
  /** Whether it is wanted and its actor was not told to stop: only then may it begin to write. */
  goesOn(): boolean;
}

/** The work of the states. Whatever it rejects with ends its pass as broken. */
export interface Phases {
  observe(input: { readonly ref: GroupRef }, control: PhaseControl): Promise<Seen | GroupEnding>;
  plan(input: PlanInput, control: PhaseControl): Promise<Entitled | Slotless | Ending>;
  execute(input: Entitled, control: PhaseControl): Promise<Ran>;
  settle(input: SettleInput, control: PhaseControl): Promise<GroupFacts>;
  /** A slot, when it is the group's turn; an abort of `signal` ends the wait. */
  takeSlot(ref: GroupRef, signal: AbortSignal): Promise<Slot>;
}

/**
 * The longest that each phase can take. The calls that it makes have deadlines of their own, which come earlier: a phase that is not over by
 * then hangs by a mistake.
 */
export const phaseDeadlines = ({ passDeadline, observeDeadline, callDeadline, lockPatience, storeDeadline }: Options) =>
  ({
    observe: milliseconds(observeDeadline + storeDeadline),
    plan: milliseconds(9 * storeDeadline),
    execute: milliseconds(passDeadline + 2 * callDeadline + lockPatience + storeDeadline),
    settle: milliseconds(3 * storeDeadline),
  }) as const;

/** Binds the work of the states to the machine; on this clock. */
export function bindMachine(clock: Clock, options: Options, phases: Phases) {
  const within = phaseDeadlines(options);
  return scalingGroupMachine.provide({
    actions: { noteTime: assign({ begunAt: () => clock.now() }) },
    actors: {
      observe: phase(clock, within.observe, (input: { readonly ref: GroupRef }, control) => phases.observe(input, control)),
      takeSlot: fromPromise<Slot, { readonly ref: GroupRef }>(({ input, signal }) => phases.takeSlot(input.ref, signal)),
      plan: phase(clock, within.plan, (input: PlanInput, control) => phases.plan(input, control)),
      execute: phase(clock, within.execute, (input: Entitled, control) => phases.execute(input, control)),
      settle: phase(clock, within.settle, (input: SettleInput, control) => phases.settle(input, control)),
      timer: fromObservable<void, { readonly dueAt: EpochMs }>(({ input }) =>
        clock.after(milliseconds(Math.max(0, input.dueAt - clock.now()))),
      ),
    },
  });
}

export type BoundMachine = ReturnType<typeof bindMachine>;

/** The work of one state: it asks its actor whether to go on, and is given up when it is not over in time. */
const phase = <I, O>(clock: Clock, within: DurationMs, work: (input: I, control: PhaseControl) => Promise<O>) =>
  fromPromise<O, I>(async ({ input, system }) => {
    let isOver = false;
    const isWanted = (): boolean => !isOver;
    const actor = (): ActorRefFrom<typeof scalingGroupMachine> | undefined => system.get(groupActorId);
    const goesOn = (): boolean => !isOver && actor()?.getSnapshot().context.stopRequested === 'no';
    const deadline = new Deadline(clock, within);
    deadline.begin();
    try {
      return await deadline.race(work(input, { isWanted, goesOn }));
    } finally {
      isOver = true;
    }
  });

/**
 * The actor of one scaling group. It decides nothing about the group: which state it is in follows from what is stored, told to it as facts,
 * and from hints. What it adds is order: one pass at a time, never left from outside; a hint during a pass makes one
 * more pass. Its snapshots are never stored: a new actor built from what is stored is as good as the old one.
 *
 *   active <-> converging (observing -> planning -> executing, or stopping; waiting) -> error | paused | deleted
 *
 * Its effects are one actor that lives as long as it does, which runs passes and waits for instants: to invoke it anew in the states that
 * need it, and to choose the next state in a state of its own, took a tenth of the time of a pass (docs/adr/0013).
 */
import { assign, fromCallback, sendTo, setup } from 'xstate';
import type { GroupRef } from '../model/scaling-group.ts';
import { type EpochMs, epochMs } from '../model/time.ts';
import type { GroupPhase } from '../model/wake-ups.ts';

/** What is stored says, as far as the actor must know. */
export interface GroupFacts {
  readonly phase: GroupPhase | 'removed';
  /** When the next pass is due; undefined = none. */
  readonly nextPassAt: EpochMs | undefined;
  /** Whether that instant has come. */
  readonly due: boolean;
  /** The last pass met a fault: a hint is kept until the next one is due, and does not bring it forward. */
  readonly backingOff: boolean;
}

export type GroupMachineEvent =
  /** The group was read, after a commit or because it is due. */
  | { readonly type: 'group.read'; readonly facts: GroupFacts }
  /** Something may have happened in the cloud, or it is time to look. */
  | { readonly type: 'provider.hinted' }
  /** The host stops, or runs the tenant no longer: end the pass in flight at a safe point and begin no other. */
  | { readonly type: 'stop.requested' }
  /** The instant that was waited for has come. */
  | { readonly type: 'timer.elapsed' }
  | { readonly type: 'pass.planning' }
  | { readonly type: 'pass.executing' }
  | { readonly type: 'pass.settled'; readonly facts: GroupFacts };

/** What the actor asks its effects for: to run passes, and to wait for an instant. */
export type EffectCommand =
  /** Begin a pass, when none is in flight; end the one in flight at a safe point. */
  | { readonly type: 'pass.begin' | 'pass.stop' }
  /** Wait for this instant, in the place of any other; wait for none. */
  | { readonly type: 'timer.set'; readonly dueAt: EpochMs }
  | { readonly type: 'timer.clear' };
/** Whose passes are run. */
export interface EffectInput {
  readonly ref: GroupRef;
}

export interface GroupContext {
  readonly ref: GroupRef;
  readonly facts: GroupFacts;
  /** A hint came that no pass has followed yet. */
  readonly hinted: boolean;
  readonly stopRequested: boolean;
}
interface Told {
  readonly context: GroupContext;
  readonly event: GroupMachineEvent;
}

/** What holds once the event is taken in: guards are asked before its actions run. */
const factsAfter = ({ context, event }: Told): GroupFacts => ('facts' in event ? event.facts : context.facts);
const hintedAfter = ({ context, event }: Told): boolean => context.hinted || event.type === 'provider.hinted';
const stoppedAfter = ({ context, event }: Told): boolean => context.stopRequested || event.type === 'stop.requested';

/** Takes an event in and goes where the facts, hints and the host ask for; first match wins. */
const follow = <A extends string>(...actions: readonly A[]) =>
  [
    { guard: 'isRemoved', target: '#scaling-group.deleted', actions },
    { guard: 'isStopped', target: '#scaling-group.stopped', actions },
    { guard: 'isPaused', target: '#scaling-group.paused', actions },
    { guard: 'mustPass', target: '#scaling-group.converging.observing', reenter: true, actions: [...actions, 'forgetHint'] },
    { guard: 'mustWait', target: '#scaling-group.converging.waiting', reenter: true, actions },
    { guard: 'isErrored', target: '#scaling-group.error', actions },
    { target: '#scaling-group.active', actions },
  ] as const;

/** What a pass in flight may meet: nothing but its own end leaves it. */
const inFlight = {
  'group.read': [{ guard: 'forbidsConvergence', actions: ['takeFacts', 'stopPass'], target: 'stopping' }, { actions: 'takeFacts' }],
  'provider.hinted': { actions: 'markHinted' },
  'stop.requested': { actions: ['requestStop', 'stopPass'], target: 'stopping' },
  'pass.settled': follow('takeFacts'),
} as const;

const atOnce = epochMs(0);
const unbound = (): never => {
  throw new Error('the engine binds the effects of the scaling group machine with provide()');
};

export const scalingGroupMachine = setup({
  types: {
    context: {} as GroupContext,
    events: {} as GroupMachineEvent,
    input: {} as { readonly ref: GroupRef; readonly facts: GroupFacts },
    tags: {} as 'busy',
  },
  actors: {
    effects: fromCallback<EffectCommand, EffectInput, GroupMachineEvent>(unbound),
  },
  actions: {
    takeFacts: assign(({ context, event }) => ('facts' in event ? { ...context, facts: event.facts } : context)),
    markHinted: assign({ hinted: true }),
    forgetHint: assign({ hinted: false }),
    requestStop: assign({ stopRequested: true }),
    beginPass: sendTo('effects', { type: 'pass.begin' }),
    stopPass: sendTo('effects', { type: 'pass.stop' }),
    setTimer: sendTo('effects', ({ context }) => ({ type: 'timer.set', dueAt: context.facts.nextPassAt ?? atOnce })),
    clearTimer: sendTo('effects', { type: 'timer.clear' }),
  },
  guards: {
    isRemoved: (told) => factsAfter(told).phase === 'removed',
    isStopped: stoppedAfter,
    isPaused: (told) => factsAfter(told).phase === 'paused',
    isErrored: (told) => factsAfter(told).phase === 'error',
    isHinted: ({ context }) => context.hinted,
    mustPass: (told) => {
      const { nextPassAt, due, backingOff } = factsAfter(told);
      return (hintedAfter(told) && !backingOff) || (nextPassAt !== undefined && due);
    },
    mustWait: (told) => factsAfter(told).nextPassAt !== undefined,
    forbidsConvergence: ({ event }) => event.type === 'group.read' && event.facts.phase === 'paused',
  },
}).createMachine({
  id: 'scaling-group',
  context: ({ input }) => ({ ...input, hinted: false, stopRequested: false }),
  invoke: { id: 'effects', src: 'effects', input: ({ context }) => ({ ref: context.ref }) },
  initial: 'beginning',
  states: {
    beginning: { always: follow() },
    active: {
      on: { 'group.read': follow('takeFacts'), 'provider.hinted': follow('markHinted'), 'stop.requested': follow('requestStop') },
    },
    converging: {
      tags: 'busy',
      initial: 'observing',
      states: {
        observing: { entry: 'beginPass', on: { ...inFlight, 'pass.planning': 'planning' } },
        planning: { on: { ...inFlight, 'pass.executing': 'executing' } },
        executing: { on: inFlight },
        stopping: { on: inFlight },
        waiting: {
          entry: 'setTimer',
          on: {
            'timer.elapsed': [{ guard: 'isHinted', actions: 'forgetHint', target: 'observing' }, 'observing'],
            'group.read': follow('takeFacts', 'clearTimer'),
            'provider.hinted': follow('markHinted', 'clearTimer'),
            'stop.requested': follow('requestStop', 'clearTimer'),
          },
        },
      },
    },
    // a statement, not a standstill: whatever wakes a group that rests wakes one in error, too
    error: {
      on: { 'group.read': follow('takeFacts'), 'provider.hinted': follow('markHinted'), 'stop.requested': follow('requestStop') },
    },
    paused: { on: { 'group.read': follow('takeFacts'), 'stop.requested': follow('requestStop') } },
    stopped: { type: 'final' },
    deleted: { type: 'final' },
  },
});

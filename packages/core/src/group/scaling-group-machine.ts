/**
 * The actor of one scaling group. It decides nothing about the group: which state it is in follows from the rows, told to it as facts,
 * and from hints. What it adds is order: one pass at a time, never left from outside; a hint during a pass makes one more pass; in
 * error only a new wish counts. Its snapshots are never stored: a new actor built from the rows is as good as the old one.
 *
 *   active <-> converging (passing: observing -> planning -> executing, or stopping; waiting) -> error | paused | deleted
 */
import type { Observable } from 'rxjs';
import { assign, fromCallback, fromObservable, sendTo, setup } from 'xstate';
import type { GroupRef } from '../model/scaling-group.ts';
import type { EpochMs } from '../model/time.ts';
import type { GroupPhase } from '../model/wake-ups.ts';

/** What the rows say, as far as the actor must know. */
export interface GroupFacts {
  readonly phase: GroupPhase | 'removed';
  /** When the next pass is due; undefined = none. */
  readonly nextPassAt: EpochMs | undefined;
  /** Whether that instant has come. */
  readonly due: boolean;
  /** In error because of the brake on mass failure: a hint may look whether it can be released. */
  readonly braked: boolean;
  /** The last pass met a fault: a hint is kept until the next one is due, and does not bring it forward. */
  readonly backingOff: boolean;
}

export type GroupMachineEvent =
  /** The rows were read, after a commit or because the group is due. */
  | { readonly type: 'rows.read'; readonly facts: GroupFacts }
  /** Something may have happened in the cloud, or it is time to look. */
  | { readonly type: 'provider.hinted' }
  /** The host stops: end the pass in flight at a safe point and begin no other. A lost lease a pass finds out itself, before each write. */
  | { readonly type: 'stop.requested' }
  | { readonly type: 'pass.planning' }
  | { readonly type: 'pass.executing' }
  | { readonly type: 'pass.settled'; readonly facts: GroupFacts };

/** What the pass in flight may be told. */
export type PassCommand = { readonly type: 'pass.stop' };
export interface PassInput {
  readonly ref: GroupRef;
}

interface GroupContext {
  readonly ref: GroupRef;
  readonly facts: GroupFacts;
  /** A hint came that no pass has followed yet. */
  readonly hinted: boolean;
  readonly stopRequested: boolean;
}

const unbound = (): never => {
  throw new Error('the engine binds the effects of the scaling group machine with provide()');
};

export const scalingGroupMachine = setup({
  types: {
    context: {} as GroupContext,
    events: {} as GroupMachineEvent,
    input: {} as { readonly ref: GroupRef; readonly facts: GroupFacts },
  },
  actors: {
    pass: fromCallback<PassCommand, PassInput, GroupMachineEvent>(unbound),
    timer: fromObservable<void, { readonly dueAt: EpochMs | undefined }>((): Observable<void> => unbound()),
  },
  actions: {
    takeFacts: assign(({ context, event }) => ('facts' in event ? { ...context, facts: event.facts } : context)),
    markHinted: assign({ hinted: true }),
    beginPass: assign({ hinted: false }),
    requestStop: assign({ stopRequested: true }),
    stopPass: sendTo('pass', { type: 'pass.stop' }),
  },
  guards: {
    isRemoved: ({ context }) => context.facts.phase === 'removed',
    isPaused: ({ context }) => context.facts.phase === 'paused',
    isErrored: ({ context }) => context.facts.phase === 'error',
    isBraked: ({ context }) => context.facts.braked,
    isStopped: ({ context }) => context.stopRequested,
    mustPass: ({ context: { hinted, facts } }) => (hinted && !facts.backingOff) || (facts.nextPassAt !== undefined && facts.due),
    mustWait: ({ context }) => context.facts.nextPassAt !== undefined,
    forbidsConvergence: ({ event }) => event.type === 'rows.read' && event.facts.phase === 'paused',
  },
}).createMachine({
  id: 'scaling-group',
  context: ({ input }) => ({ ...input, hinted: false, stopRequested: false }),
  initial: 'deciding',
  states: {
    deciding: {
      always: [
        { guard: 'isRemoved', target: 'deleted' },
        { guard: 'isStopped', target: 'stopped' },
        { guard: 'isPaused', target: 'paused' },
        { guard: 'isErrored', target: 'error' },
        { guard: 'mustPass', target: 'converging' },
        { guard: 'mustWait', target: 'converging.waiting' },
        { target: 'active' },
      ],
    },
    active: {
      on: {
        'rows.read': { actions: 'takeFacts', target: 'deciding' },
        'provider.hinted': { actions: 'markHinted', target: 'deciding' },
        'stop.requested': { actions: 'requestStop', target: 'deciding' },
      },
    },
    converging: {
      initial: 'passing',
      states: {
        passing: {
          entry: 'beginPass',
          invoke: { id: 'pass', src: 'pass', input: ({ context }) => ({ ref: context.ref }) },
          initial: 'observing',
          states: {
            observing: { on: { 'pass.planning': 'planning' } },
            planning: { on: { 'pass.executing': 'executing' } },
            executing: {},
            stopping: {},
          },
          on: {
            'rows.read': [
              { guard: 'forbidsConvergence', actions: ['takeFacts', 'stopPass'], target: '.stopping' },
              { actions: 'takeFacts' },
            ],
            'provider.hinted': { actions: 'markHinted' },
            'stop.requested': { actions: ['requestStop', 'stopPass'], target: '.stopping' },
            'pass.settled': { actions: 'takeFacts', target: '#scaling-group.deciding' },
          },
        },
        waiting: {
          invoke: { src: 'timer', input: ({ context }) => ({ dueAt: context.facts.nextPassAt }), onDone: 'passing' },
          on: {
            'rows.read': { actions: 'takeFacts', target: '#scaling-group.deciding' },
            'provider.hinted': { actions: 'markHinted', target: '#scaling-group.deciding' },
            'stop.requested': { actions: 'requestStop', target: '#scaling-group.deciding' },
          },
        },
      },
    },
    error: {
      // a hint must not make a refused group spin; a wish made during the failing pass is in the facts and not lost
      on: {
        'rows.read': { actions: 'takeFacts', target: 'deciding' },
        'provider.hinted': { guard: 'isBraked', target: 'converging' },
        'stop.requested': { actions: 'requestStop', target: 'deciding' },
      },
    },
    paused: {
      on: {
        'rows.read': { actions: 'takeFacts', target: 'deciding' },
        'stop.requested': { actions: 'requestStop', target: 'deciding' },
      },
    },
    stopped: { type: 'final' },
    deleted: { type: 'final' },
  },
});

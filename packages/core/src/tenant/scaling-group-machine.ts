/**
 * The actor of one scaling group. It decides nothing about the group: where it rests follows from what is stored, told to it as facts, and
 * from hints. What it adds is order: one pass at a time, and the phases of a pass one after the other.
 *
 * The pass is its states: `observing`, `planning`, `executing` and `settling` invoke the work of a phase, and what a phase made is in the
 * context until the next one takes it. No phase is left from outside: XState would drop its answer. A pause and a stop are noted in the
 * context, where the phase at work asks for them before each write (docs/adr/0026). A hint during a pass makes one more pass.
 *
 * The snapshots of an actor are never stored: a new actor built from what is stored is as good as the old one.
 */
import { assign, fromObservable, fromPromise, setup } from 'xstate';
import type { GroupRef } from '../model/scaling-group.ts';
import { type EpochMs, epochMs } from '../model/time.ts';
import type { Ending, Ran, Seen, Slotless } from '../pass/pass.ts';
import type { Slot } from './fair-slots.ts';
import {
  type Cut,
  type Entitled,
  endingOf,
  type GroupContext,
  type GroupEnding,
  type InFlight,
  madeOf,
  type PlanInput,
  type SettleInput,
} from './group-context.ts';
import { type GroupFacts, type Place, placeOf } from './group-facts.ts';

export type GroupMachineEvent =
  /** The group was read, after a commit or because it is due. */
  | { readonly type: 'group.read'; readonly facts: GroupFacts }
  /** Something may have happened in the cloud, or it is time to look. */
  | { readonly type: 'provider.hinted' }
  /** The host stops, or runs the tenant no longer: end the pass in flight at a safe point and begin no other. */
  | { readonly type: 'stop.requested' };

type Made = NonNullable<InFlight['made']> | Slotless;

const nothing: InFlight = { made: undefined, slot: undefined };
const atOnce = epochMs(0);
const unbound = (): never => {
  throw new Error('the engine binds the effects of the scaling group machine with provide()');
};

const stopped: Cut = { kind: 'stopped' };
const broken = (error: unknown): Cut => ({ kind: 'broken', error });

/** By this name a phase finds the actor that it works for. */
export const groupActorId = 'group';

export const scalingGroupMachine = setup({
  types: {
    context: {} as GroupContext,
    events: {} as GroupMachineEvent,
    input: {} as { readonly ref: GroupRef; readonly facts: GroupFacts },
    tags: {} as 'busy' | 'passing',
  },
  actors: {
    observe: fromPromise<Seen | GroupEnding, { readonly ref: GroupRef }>(unbound),
    takeSlot: fromPromise<Slot, { readonly ref: GroupRef }>(unbound),
    plan: fromPromise<Entitled | Slotless | Ending, PlanInput>(unbound),
    execute: fromPromise<Ran, Entitled>(unbound),
    settle: fromPromise<GroupFacts, SettleInput>(unbound),
    timer: fromObservable<void, { readonly dueAt: EpochMs }>(unbound),
  },
  actions: {
    takeFacts: assign((_, facts: GroupFacts) => ({ facts })),
    markHinted: assign({ hinted: true }),
    forgetHint: assign({ hinted: false }),
    requestStop: assign({ stopRequested: 'actor' }),
    requestEnd: assign(({ context }) => (context.stopRequested === 'no' ? { stopRequested: 'pass' } : {})),
    noteTime: assign({ begunAt: unbound }),
    take: assign(({ context }, made: InFlight['made']) => ({ pass: { ...context.pass, made } })),
    takeSlot: assign((_, slot: Slot) => ({ pass: { made: undefined, slot } })),
    leaveSlot: assign(({ context }) => ({ pass: { ...context.pass, slot: undefined } })),
    forgetView: assign({ pass: nothing }),
    endPass: assign(({ context }) => ({ pass: nothing, stopRequested: context.stopRequested === 'actor' ? 'actor' : 'no' })),
  },
  guards: {
    goesTo: ({ context: { facts, hinted, stopRequested } }, place: Place) =>
      placeOf({ facts, hinted, stopped: stopRequested === 'actor' }) === place,
    isStopRequested: ({ context }) => context.stopRequested !== 'no',
    forbidsConvergence: (_, facts: GroupFacts) => facts.phase === 'paused',
    isAnnounced: (_, { kind }: Made) => kind === 'announced',
    isOver: (_, { kind }: Made) => kind !== 'seen' && kind !== 'announced' && kind !== 'slotless',
    isBroken: ({ context }) => context.pass.made?.kind === 'broken',
  },
}).createMachine({
  id: 'scaling-group',
  context: ({ input }) => ({ ...input, hinted: false, stopRequested: 'no', begunAt: atOnce, pass: nothing }),
  initial: 'deciding',
  states: {
    deciding: {
      always: [
        { guard: { type: 'goesTo', params: 'deleted' }, target: 'deleted' },
        { guard: { type: 'goesTo', params: 'stopped' }, target: 'stopped' },
        { guard: { type: 'goesTo', params: 'paused' }, target: 'paused' },
        { guard: { type: 'goesTo', params: 'observing' }, target: 'converging.observing', actions: 'noteTime' },
        { guard: { type: 'goesTo', params: 'waiting' }, target: 'converging.waiting' },
        { guard: { type: 'goesTo', params: 'error' }, target: 'error' },
        { guard: { type: 'goesTo', params: 'active' }, target: 'active' },
      ],
    },
    converging: {
      tags: 'busy',
      initial: 'observing',
      on: {
        'group.read': [
          {
            guard: { type: 'forbidsConvergence', params: ({ event }) => event.facts },
            actions: [{ type: 'takeFacts', params: ({ event }) => event.facts }, 'requestEnd'],
          },
          { actions: { type: 'takeFacts', params: ({ event }) => event.facts } },
        ],
        'provider.hinted': { actions: 'markHinted' },
        'stop.requested': { actions: 'requestStop' },
      },
      states: {
        observing: {
          tags: 'passing',
          entry: 'forgetHint',
          invoke: {
            src: 'observe',
            input: ({ context }) => ({ ref: context.ref }),
            onDone: [
              {
                guard: { type: 'isOver', params: ({ event }) => event.output },
                target: 'settling',
                actions: { type: 'take', params: ({ event }) => event.output },
              },
              { guard: 'isStopRequested', target: 'settling', actions: { type: 'take', params: stopped } },
              { target: 'planning', actions: { type: 'take', params: ({ event }) => event.output } },
            ],
            onError: { target: 'settling', actions: { type: 'take', params: ({ event }) => broken(event.error) } },
          },
        },
        planning: {
          tags: 'passing',
          exit: 'leaveSlot',
          invoke: {
            src: 'plan',
            input: ({ context }) => ({ ref: context.ref, seen: madeOf(context, 'seen'), slot: context.pass.slot }),
            onDone: [
              {
                guard: { type: 'isAnnounced', params: ({ event }) => event.output },
                target: 'executing',
                actions: { type: 'take', params: ({ event }) => event.output as Entitled },
              },
              {
                guard: { type: 'isOver', params: ({ event }) => event.output },
                target: 'settling',
                actions: { type: 'take', params: ({ event }) => event.output as Ending },
              },
              { guard: 'isStopRequested', target: 'settling', actions: { type: 'take', params: stopped } },
              { target: 'queueing', actions: 'forgetView' },
            ],
            onError: { target: 'settling', actions: { type: 'take', params: ({ event }) => broken(event.error) } },
          },
        },
        // nothing is under way here but the wait for a slot, so it may be left; what was seen is looked at again afterwards
        queueing: {
          tags: 'passing',
          on: {
            'group.read': {
              guard: { type: 'forbidsConvergence', params: ({ event }) => event.facts },
              target: 'settling',
              actions: [
                { type: 'takeFacts', params: ({ event }) => event.facts },
                { type: 'take', params: stopped },
              ],
            },
            'stop.requested': { target: 'settling', actions: ['requestStop', { type: 'take', params: stopped }] },
          },
          invoke: {
            src: 'takeSlot',
            input: ({ context }) => ({ ref: context.ref }),
            onDone: { target: 'observing', actions: { type: 'takeSlot', params: ({ event }) => event.output } },
            onError: { target: 'settling', actions: { type: 'take', params: ({ event }) => broken(event.error) } },
          },
        },
        executing: {
          tags: 'passing',
          invoke: {
            src: 'execute',
            input: ({ context }) => madeOf(context, 'announced'),
            onDone: { target: 'settling', actions: { type: 'take', params: ({ event }) => event.output } },
            onError: { target: 'settling', actions: { type: 'take', params: ({ event }) => broken(event.error) } },
          },
        },
        settling: {
          tags: 'passing',
          invoke: {
            src: 'settle',
            input: ({ context }) => ({
              ref: context.ref,
              ending: endingOf(context),
              slot: context.pass.slot,
              begunAt: context.begunAt,
            }),
            onDone: {
              target: '#scaling-group.deciding',
              actions: [{ type: 'takeFacts', params: ({ event }) => event.output }, 'endPass'],
            },
            onError: [
              // to settle what is broken needs nothing that could break again: the actor ends, and the next wake-up makes another one
              {
                guard: 'isBroken',
                target: '#scaling-group.failed',
                actions: { type: 'take', params: ({ event }) => broken(event.error) },
              },
              { target: 'settling', reenter: true, actions: { type: 'take', params: ({ event }) => broken(event.error) } },
            ],
          },
        },
        waiting: {
          on: {
            'group.read': { target: '#scaling-group.deciding', actions: { type: 'takeFacts', params: ({ event }) => event.facts } },
            'provider.hinted': { target: '#scaling-group.deciding', actions: 'markHinted' },
            'stop.requested': { target: '#scaling-group.deciding', actions: 'requestStop' },
          },
          invoke: {
            src: 'timer',
            input: ({ context }) => ({ dueAt: context.facts.nextPassAt ?? atOnce }),
            onDone: { target: 'observing', actions: 'noteTime' },
            onError: { target: 'settling', actions: { type: 'take', params: ({ event }) => broken(event.error) } },
          },
        },
      },
    },
    active: {
      on: {
        'group.read': { target: 'deciding', actions: { type: 'takeFacts', params: ({ event }) => event.facts } },
        'provider.hinted': { target: 'deciding', actions: 'markHinted' },
        'stop.requested': { target: 'deciding', actions: 'requestStop' },
      },
    },
    // a statement, not a standstill: whatever wakes a group that rests wakes one in error, too
    error: {
      on: {
        'group.read': { target: 'deciding', actions: { type: 'takeFacts', params: ({ event }) => event.facts } },
        'provider.hinted': { target: 'deciding', actions: 'markHinted' },
        'stop.requested': { target: 'deciding', actions: 'requestStop' },
      },
    },
    paused: {
      on: {
        'group.read': { target: 'deciding', actions: { type: 'takeFacts', params: ({ event }) => event.facts } },
        'stop.requested': { target: 'deciding', actions: 'requestStop' },
      },
    },
    failed: { type: 'final' },
    stopped: { type: 'final' },
    deleted: { type: 'final' },
  },
});

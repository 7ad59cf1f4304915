/** The states and guards of a group's machine, and where a group rests. */
import type { Mutant } from '../mutate.ts';

const tenant = 'packages/core/src/tenant';
const file = `${tenant}/scaling-group-machine.ts`;
const unit: Pick<Mutant, 'layer' | 'by'> = { layer: 'unit', by: `${tenant}/scaling-group-machine.test.ts` };
const facts: Pick<Mutant, 'layer' | 'by' | 'file'> = { ...unit, file: `${tenant}/group-facts.ts` };

export const machineMutants: readonly Mutant[] = [
  { name: 'removed-group-stays', rule: 'deleted', ...facts, find: "if (facts.phase === 'removed') return 'deleted';", replace: '' },
  { name: 'stopped-actor-goes-on', rule: 'stopped', ...facts, find: "if (stopped) return 'stopped';", replace: '', cheap: true },
  { name: 'paused-group-converges', rule: 'paused', ...facts, find: "if (facts.phase === 'paused') return 'paused';", replace: '' },
  { name: 'hint-breaks-the-backoff', rule: 'observing', ...facts, find: '(hinted && !facts.backingOff)', replace: 'hinted' },
  {
    name: 'hint-is-ignored',
    rule: 'observing',
    ...facts,
    find: 'if (facts.due || (hinted && !facts.backingOff))',
    replace: 'if (facts.due)',
  },
  {
    name: 'waiting-group-rests',
    rule: 'waiting',
    ...facts,
    find: "if (facts.nextPassAt !== undefined) return 'waiting';",
    replace: '',
  },
  {
    name: 'error-is-called-active',
    rule: 'error',
    ...facts,
    find: "return facts.phase === 'error' ? 'error' : 'active';",
    replace: "return 'active';",
  },
  {
    name: 'stop-is-not-asked-after-observing',
    rule: 'isStopRequested',
    file,
    ...unit,
    find: "              { guard: 'isStopRequested', target: 'settling', actions: { type: 'take', params: stopped } },\n              { target: 'planning'",
    replace: "              { target: 'planning'",
  },
  {
    name: 'pause-does-not-end-a-pass',
    rule: 'forbidsConvergence',
    file,
    ...unit,
    find: "forbidsConvergence: (_, facts: GroupFacts) => facts.phase === 'paused',",
    replace: 'forbidsConvergence: (_, facts: GroupFacts) => facts === undefined,',
  },
  {
    name: 'announced-writes-are-not-sent',
    rule: 'isAnnounced',
    file,
    ...unit,
    find: "isAnnounced: (_, { kind }: Made) => kind === 'announced',",
    replace: "isAnnounced: (_, { kind }: Made) => kind === ('none' as string),",
  },
  {
    name: 'what-is-over-is-planned',
    rule: 'isOver',
    file,
    ...unit,
    find: "isOver: (_, { kind }: Made) => kind !== 'seen' && kind !== 'announced' && kind !== 'slotless',",
    replace: 'isOver: (_, made: Made) => made === undefined,',
  },
  {
    name: 'broken-settling-for-ever',
    rule: 'isBroken',
    file,
    ...unit,
    find: "isBroken: ({ context }) => context.pass.made?.kind === 'broken',",
    replace: "isBroken: ({ context }) => context.pass.made?.kind === ('none' as string),",
  },
  {
    name: 'hint-during-a-pass-is-lost',
    rule: 'converging',
    file,
    ...unit,
    find: "        'provider.hinted': { actions: 'markHinted' },\n        'stop.requested': { actions: 'requestStop' },",
    replace: "        'stop.requested': { actions: 'requestStop' },",
  },
  {
    name: 'slot-is-kept-after-planning',
    rule: 'planning',
    file,
    ...unit,
    find: 'takeSlot: assign((_, slot: Slot) => ({ pass: { made: undefined, slot } })),',
    replace: 'takeSlot: assign((_, slot: Slot) => ({ pass: { made: undefined, slot: slot === null ? slot : undefined } })),',
  },
  {
    name: 'error-sleeps-through-hints',
    rule: 'error',
    file,
    ...unit,
    find: "    error: {\n      on: {\n        'group.read': { target: 'deciding', actions: { type: 'takeFacts', params: ({ event }) => event.facts } },\n        'provider.hinted': { target: 'deciding', actions: 'markHinted' },",
    replace:
      "    error: {\n      on: {\n        'group.read': { target: 'deciding', actions: { type: 'takeFacts', params: ({ event }) => event.facts } },",
  },
  {
    name: 'timer-of-waiting-is-lost',
    rule: 'waiting',
    file,
    ...unit,
    find: "onDone: { target: 'observing', actions: 'noteTime' },\n            onError",
    replace: 'onError',
  },
];

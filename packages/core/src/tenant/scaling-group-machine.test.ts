import { type Observable, throwError } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import { type DurationMs, epochMs } from '../model/time.ts';
import { defaultOptions } from '../options.ts';
import { HandClock, settled } from '../testing/hand-clock.ts';
import { chartTransition, lineOf, transitionsOf } from '../testing/statechart.ts';
import { bindMachine, type PhaseControl, phaseDeadlines } from './bound-machine.ts';
import type { Slot } from './fair-slots.ts';
import type { GroupFacts } from './group-facts.ts';
import { type GroupMachineEvent, groupActorId, scalingGroupMachine } from './scaling-group-machine.ts';

const ref = { tenantId: 't' as TenantId, groupId: 'g' as GroupId };
const resting: GroupFacts = { phase: 'active', nextPassAt: undefined, due: false, backingOff: false };
const due: GroupFacts = { phase: 'converging', nextPassAt: epochMs(0), due: true, backingOff: false };
const later: GroupFacts = { ...due, phase: 'waiting', nextPassAt: epochMs(9), due: false };
const paused: GroupFacts = { ...resting, phase: 'paused' };
const failed: GroupFacts = { ...resting, phase: 'error' };

const hinted = { type: 'provider.hinted' } as const;
const stop = { type: 'stop.requested' } as const;
const read = (facts: GroupFacts) => ({ type: 'group.read', facts }) as const;

type PhaseName = 'observe' | 'plan' | 'takeSlot' | 'execute' | 'settle';
/** A phase at work, which the test ends. */
interface AtWork {
  readonly name: PhaseName;
  readonly input: unknown;
  readonly control: PhaseControl;
  readonly end: (made: unknown) => void;
  readonly fail: (error: unknown) => void;
}

/** What the tests of this file have driven the machine through. */
const taken = new Set<string>();

/** An actor whose phases the test plays, on a clock of its own. `wait`: what its first wait is instead. */
function setUp(facts: GroupFacts, wait?: Observable<void>) {
  const clock = new HandClock();
  let first = wait;
  const waiting = {
    now: () => clock.now(),
    after: (delay: DurationMs) => {
      const instead = first;
      first = undefined;
      return instead ?? clock.after(delay);
    },
  };
  const works: AtWork[] = [];
  const slot: Slot = { giveBack: () => {} };
  const play = (name: PhaseName, input: unknown, control: PhaseControl) =>
    new Promise<never>((resolve, reject) => {
      works.push({ name, input, control, end: (made) => resolve(made as never), fail: reject });
    });
  let granted = (_slot: Slot): void => {};
  let left = 0;
  const machine = bindMachine(waiting, defaultOptions, {
    observe: (input, control) => play('observe', input, control),
    plan: (input, control) => play('plan', input, control),
    execute: (input, control) => play('execute', input, control),
    settle: (input, control) => play('settle', input, control),
    takeSlot: (of, signal) => {
      signal.addEventListener('abort', () => {
        left += 1;
      });
      return new Promise<Slot>((resolve, reject) => {
        granted = resolve;
        works.push({ name: 'takeSlot', input: of, control: undefined as never, end: (made) => resolve(made as Slot), fail: reject });
      });
    },
  });
  const visited: string[] = [];
  const actor = createActor(machine, {
    input: { ref, facts },
    systemId: groupActorId,
    inspect: (inspected) => {
      if (inspected.type === '@xstate.microstep') for (const one of inspected._transitions) taken.add(lineOf(chartTransition(one)));
    },
  });
  const state = (): string => {
    const { value } = actor.getSnapshot();
    return typeof value === 'string' ? value : String(Object.values(value)[0]);
  };
  actor.subscribe({ next: () => visited.at(-1) === state() || visited.push(state()), error: () => {} });
  actor.start();
  const send = (...events: readonly GroupMachineEvent[]): void => {
    for (const event of events) actor.send(event);
  };
  /** Ends the phase at work with what it made, or with an error. */
  const end = async (made: unknown): Promise<void> => {
    works.at(-1)?.end(made);
    await settled();
  };
  const fail = async (error: unknown = new Error('a mistake')): Promise<void> => {
    works.at(-1)?.fail(error);
    await settled();
  };
  return {
    ...{ actor, clock, works, visited, slot, state, send, end, fail },
    last: () => works.at(-1),
    input: () => works.at(-1)?.input as Record<string, unknown>,
    passes: () => works.filter(({ name }) => name === 'observe').length,
    grant: async () => {
      granted(slot);
      await settled();
    },
    left: () => left,
  };
}
type Played = ReturnType<typeof setUp>;

const pass = { group: ref };
const seen = { kind: 'seen', pass };
const ran = { kind: 'ran', pass };

/** Drives the actor of a group that is due into one phase of its pass. */
async function into(phase: 'observing' | 'planning' | 'queueing' | 'executing' | 'settling'): Promise<Played> {
  const played = setUp(due);
  await settled();
  if (phase === 'observing') return played;
  await played.end(seen);
  if (phase === 'planning') return played;
  if (phase === 'queueing') await played.end({ kind: 'slotless' });
  else if (phase === 'executing') await played.end({ kind: 'announced', pass, slot: played.slot });
  else await played.end(ran);
  expect(played.state()).toBe(phase);
  return played;
}

describe('scalingGroupMachine', () => {
  afterAll(() => {
    const missing = transitionsOf(scalingGroupMachine)
      .map(lineOf)
      .filter((line) => !taken.has(line));
    expect(missing, 'transitions that no test of this file takes').toEqual([]);
  });

  it('runs the phases of a pass one after the other, each with what the one before it made, and rests when nothing is left', async () => {
    const { visited, end, input, slot, actor, works } = setUp(due);
    await end(seen);
    expect(input()).toEqual({ ref, seen, slot: undefined });
    await end({ kind: 'announced', pass, slot });
    expect(input()).toEqual({ kind: 'announced', pass, slot });
    await end(ran);
    expect(input()).toEqual({ ref, ending: ran, slot: undefined, begunAt: 0 });
    await end(resting);
    expect(visited).toEqual(['observing', 'planning', 'executing', 'settling', 'active']);
    expect(works.map(({ name }) => name)).toEqual(['observe', 'plan', 'execute', 'settle']);
    expect(actor.getSnapshot().context.pass).toEqual({ made: undefined, slot: undefined }); // what is seen is not kept
  });

  it.each([
    ['observing', { kind: 'unobserved', pass }],
    ['observing', { kind: 'removed' }],
    ['planning', ran],
    ['planning', { kind: 'held', pass }],
  ] as const)('settles what ends while %s', async (phase, ending) => {
    const { end, input, state } = await into(phase);
    await end(ending);
    expect([state(), input().ending]).toEqual(['settling', ending]);
  });

  it('waits for a slot outside of its phases, and looks again when it has one', async () => {
    const { visited, actor, grant, slot, end, input, send } = await into('queueing');
    expect(actor.getSnapshot().context.pass.made).toBeUndefined(); // what was seen grows old
    send(hinted, read(due));
    await grant();
    expect(actor.getSnapshot().context.hinted).toBe(false); // this look follows the hint
    await end(seen);
    expect(input()).toEqual({ ref, seen, slot });
    await end({ kind: 'announced', pass, slot });
    expect(actor.getSnapshot().context.pass.slot).toBeUndefined(); // the writes have it
    expect(visited).toEqual(['observing', 'planning', 'queueing', 'observing', 'planning', 'executing']);
  });

  it('hands a slot that it waited for to settling, where nothing came of the look', async () => {
    const { grant, end, input, slot } = await into('queueing');
    await grant();
    await end({ kind: 'unobserved', pass });
    expect(input()).toMatchObject({ slot });
  });

  it.each([
    ['a pause', read(paused), paused, 'paused'],
    ['a stop', stop, later, 'stopped'],
  ] as const)('waits for a slot no longer after %s', async (_what, event, facts, place) => {
    const { send, state, input, end, left } = await into('queueing');
    send(event);
    expect([state(), input().ending, left()]).toEqual(['settling', { kind: 'stopped' }, 1]);
    await end(facts);
    expect(state()).toBe(place);
  });

  it('settles as broken a wait for a slot that fails', async () => {
    const { fail, state, input } = await into('queueing');
    await fail();
    expect([state(), input().ending]).toMatchObject(['settling', { kind: 'broken' }]);
  });

  it.each([
    ['observing', read(paused)],
    ['observing', stop],
    ['planning', read(paused)],
    ['planning', stop],
    ['executing', read(paused)],
    ['executing', stop],
    ['settling', read(paused)],
    ['settling', stop],
  ] as const)('never leaves a phase from outside: while %s it notes that it is to end (%o)', async (phase, event) => {
    const { send, state, last, works } = await into(phase);
    expect(last()?.control.goesOn()).toBe(true);
    const before = works.length;
    send(event);
    expect([state(), works.length]).toEqual([phase, before]);
    expect([last()?.control.goesOn(), last()?.control.isWanted()]).toEqual([false, true]);
  });

  it.each([
    ['observing', seen],
    ['planning', { kind: 'slotless' }],
  ] as const)('begins no further phase but the last one when it is told to stop while %s', async (phase, made) => {
    const { send, end, state, input } = await into(phase);
    send(read(paused));
    await end(made);
    expect([state(), input().ending]).toEqual(['settling', { kind: 'stopped' }]);
    await end(paused);
    expect(state()).toBe('paused');
  });

  it('carries through what is announced though it was told to stop: what may have been done is settled', async () => {
    const { send, end, state, slot, last, input } = await into('planning');
    send(stop);
    await end({ kind: 'announced', pass, slot });
    expect([state(), last()?.control.goesOn()]).toEqual(['executing', false]);
    await end(ran);
    expect(input().ending).toEqual(ran);
    await end(due);
    expect(state()).toBe('stopped');
  });

  it('runs a pass again after a pause that was lifted while it ended', async () => {
    const { send, end, state, passes, last } = await into('observing');
    send(read(paused), read(due));
    await end(seen);
    await end(due);
    expect([state(), passes(), last()?.control.goesOn()]).toEqual(['observing', 2, true]);
  });

  it.each(['observing', 'planning', 'executing'] as const)('settles as broken what fails while %s', async (phase) => {
    const { fail, state, input, end } = await into(phase);
    await fail();
    expect([state(), input().ending]).toMatchObject(['settling', { kind: 'broken', error: { message: 'a mistake' } }]);
    await end({ ...later, backingOff: true });
    expect(state()).toBe('waiting');
  });

  it('settles as broken what cannot be settled otherwise, and ends when that fails, too', async () => {
    const { fail, state, input, actor, works } = await into('settling');
    await fail();
    expect([state(), input().ending]).toMatchObject(['settling', { kind: 'broken' }]);
    expect(works.map(({ name }) => name)).toEqual(['observe', 'plan', 'settle', 'settle']);
    await fail(new Error('another mistake'));
    expect(actor.getSnapshot()).toMatchObject({
      status: 'done',
      value: 'failed',
      context: { pass: { made: { error: { message: 'another mistake' } } } },
    });
  });

  it.each([
    ['observing', 'observe'],
    ['planning', 'plan'],
    ['executing', 'execute'],
  ] as const)('gives up work that does not end while %s, which may write nothing more', async (phase, name) => {
    const within = phaseDeadlines(defaultOptions)[name];
    const { clock, last, state, input, end, works } = await into(phase);
    const stuck = last();
    await clock.pass(within - 1);
    expect(state()).toBe(phase);
    await clock.pass(1);
    expect([state(), input().ending]).toMatchObject(['settling', { kind: 'broken', error: { message: `not over within ${within} ms` } }]);
    expect([stuck?.control.isWanted(), stuck?.control.goesOn()]).toEqual([false, false]);
    stuck?.end(seen); // nobody hears it
    await settled();
    expect([state(), works.at(-1)?.name]).toEqual(['settling', 'settle']);
    await end(resting);
    expect(clock.armed).toBe(0);
  });

  it('gives up a last commit that does not end', async () => {
    const { clock, state, input } = await into('settling');
    await clock.pass(phaseDeadlines(defaultOptions).settle);
    expect([state(), input().ending]).toMatchObject(['settling', { kind: 'broken' }]);
  });

  it('waits for the instant that the group names, and passes then', async () => {
    const { clock, end, state, passes } = await into('settling');
    await end(later);
    expect([state(), clock.armed]).toEqual(['waiting', 1]);
    await clock.pass(8);
    expect(state()).toBe('waiting');
    await clock.pass(1);
    expect([state(), passes()]).toEqual(['observing', 2]);
  });

  it('says when its pass began, the wait for a slot included', async () => {
    const { clock, end, grant, input } = setUp(later);
    await clock.pass(9);
    await end(seen);
    await end({ kind: 'slotless' });
    await clock.pass(100);
    await grant();
    await end({ kind: 'removed' });
    expect(input().begunAt).toBe(9);
  });

  it('waits for one instant at a time, the last one told, and for none when it waits no more', async () => {
    for (const event of [hinted, read(due), stop, read({ ...later, nextPassAt: epochMs(30) })]) {
      const { clock, send, state } = setUp(later);
      await settled();
      send(event);
      await settled();
      await clock.pass(9);
      expect(state(), event.type).not.toBe('active');
      expect([state() === 'waiting', clock.armed], event.type).toEqual(
        event.type === 'group.read' && !event.facts.due ? [true, 1] : [false, state() === 'stopped' ? 0 : 1],
      );
    }
  });

  it('settles as broken a wait that fails', async () => {
    const { state, input } = setUp(
      later,
      throwError(() => new Error('the clock failed')),
    );
    await settled();
    expect([state(), input().ending]).toMatchObject(['settling', { kind: 'broken', error: { message: 'the clock failed' } }]);
  });

  it('keeps a hint while it backs off, until the next pass is due', async () => {
    const { end, send, clock, state, passes } = await into('settling');
    send(hinted);
    await end({ ...later, backingOff: true });
    for (let n = 0; n < 5; n += 1) send(hinted);
    expect([state(), passes()]).toEqual(['waiting', 1]);
    await clock.pass(9);
    await end({ kind: 'removed' });
    await end(resting);
    expect([state(), passes()]).toEqual(['active', 2]);
  });

  it('makes one more pass for any number of hints during a pass', async () => {
    const { end, send, state, passes } = await into('settling');
    for (let n = 0; n < 10_000; n += 1) send(hinted);
    await end(resting);
    expect(passes()).toBe(2);
    await end({ kind: 'removed' });
    await end(resting);
    expect([state(), passes()]).toEqual(['active', 2]);
  });

  it('does nothing while paused, and passes on resume', async () => {
    const { send, state, passes } = setUp(paused);
    send(hinted, read(paused));
    await settled();
    expect([state(), passes()]).toEqual(['paused', 0]);
    send(read(due));
    await settled();
    expect(passes()).toBe(1);
  });

  it.each(['active', 'error'] as const)('makes a pass of a group at rest (%s) for a hint, a new generation, its instant', async (phase) => {
    const rest = phase === 'error' ? failed : resting;
    for (const event of [hinted, read(due)]) {
      const { send, state } = setUp(rest);
      expect(state()).toBe(phase);
      send(read(rest), event);
      expect(state()).toBe('observing');
    }
    const { send, clock, state, passes } = setUp(rest);
    send(read({ ...later, phase: 'waiting' }));
    await clock.pass(9);
    expect([state(), passes()]).toEqual(['observing', 1]);
  });

  it('does not lose a command that came during a failing pass', async () => {
    const { send, end, passes } = await into('settling');
    send(read(due));
    await end(due);
    expect(passes()).toBe(2);
  });

  it('ends for good when the group is removed, or when told to stop: at once at rest, after its pass otherwise', async () => {
    for (const rest of [resting, failed, paused, later]) {
      const { send, actor } = setUp(rest);
      send(stop);
      expect(actor.getSnapshot()).toMatchObject({ status: 'done', value: 'stopped' });
    }
    const { end, actor } = await into('settling');
    await end({ ...resting, phase: 'removed' });
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', value: 'deleted' });
    const other = await into('executing');
    other.send(stop, read(paused));
    expect(other.actor.getSnapshot().status).toBe('active');
    await other.end(ran);
    await other.end(paused);
    expect(other.actor.getSnapshot()).toMatchObject({ status: 'done', value: 'stopped' });
  });

  it('has an error path for all that its states invoke', () => {
    const transitions = transitionsOf(scalingGroupMachine);
    const invoking = (node: typeof scalingGroupMachine.root): readonly string[] => [
      ...(node.invoke.length > 0 ? [node.path.join('.')] : []),
      ...Object.values(node.states).flatMap((child) => invoking(child as typeof node)),
    ];
    const states = invoking(scalingGroupMachine.root);
    expect(states).toHaveLength(6);
    for (const state of states)
      expect(
        transitions.some(({ from, on }) => from.join('.') === state && on === 'error'),
        state,
      ).toBe(true);
  });
});

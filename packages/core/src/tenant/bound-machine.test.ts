import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import { epochMs } from '../model/time.ts';
import { HandClock } from '../testing/hand-clock.ts';
import { bindMachine, type PassControl } from './bound-machine.ts';
import type { GroupFacts, GroupMachineEvent } from './scaling-group-machine.ts';

const ref = { tenantId: 't' as TenantId, groupId: 'g' as GroupId };
const resting: GroupFacts = { phase: 'active', nextPassAt: undefined, due: false, backingOff: false };
const dueAt = (at: number): GroupFacts => ({ ...resting, phase: 'converging', nextPassAt: epochMs(at), due: false });

/** The actor of a group that waits until the instant 10, its passes ended by the test. */
function setUp() {
  const clock = new HandClock();
  const passes: { readonly control: PassControl; readonly end: (facts: GroupFacts) => void }[] = [];
  const machine = bindMachine(clock, (of, control, sendBack: (event: GroupMachineEvent) => void) => {
    expect(of).toEqual(ref);
    passes.push({ control, end: (facts) => sendBack({ type: 'pass.settled', facts }) });
  });
  const actor = createActor(machine, { input: { ref, facts: dueAt(10) } });
  actor.start();
  return { actor, clock, passes };
}

describe('bindMachine', () => {
  it('runs a pass at the instant that was waited for, and not before', async () => {
    const { clock, passes } = setUp();
    await clock.pass(9);
    expect(passes).toHaveLength(0);
    await clock.pass(1);
    expect(passes).toHaveLength(1);
    expect(clock.armed).toBe(0);
  });

  it('waits for one instant at a time, the last one told', async () => {
    const { actor, clock, passes } = setUp();
    actor.send({ type: 'group.read', facts: dueAt(30) });
    expect(clock.armed).toBe(1);
    await clock.pass(20);
    expect(passes).toHaveLength(0);
    actor.send({ type: 'group.read', facts: resting });
    expect(clock.armed).toBe(0);
  });

  it('waits for nothing any more once it was stopped', () => {
    const { actor, clock } = setUp();
    actor.stop();
    expect(clock.armed).toBe(0);
  });

  it('stops the pass in flight, and no earlier one', async () => {
    const { actor, clock, passes } = setUp();
    await clock.pass(10);
    passes[0]?.end(dueAt(20));
    await clock.pass(10);
    actor.send({ type: 'stop.requested' });
    expect(passes.map(({ control }) => control.stop)).toEqual([false, true]);
  });

  it('ends in error, told to who watches it, when a pass cannot even begin', async () => {
    const clock = new HandClock();
    const machine = bindMachine(clock, () => {
      throw new Error('a mistake');
    });
    const actor = createActor(machine, { input: { ref, facts: dueAt(10) } });
    const errors: unknown[] = [];
    actor.subscribe({ error: (error) => void errors.push(error) });
    actor.start();
    await clock.pass(10);
    expect(errors).toMatchObject([{ message: 'a mistake' }]);
    expect(actor.getSnapshot().status).toBe('error');
  });
});

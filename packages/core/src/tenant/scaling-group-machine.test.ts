import { describe, expect, it } from 'vitest';
import { createActor, fromCallback } from 'xstate';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import { type EpochMs, epochMs } from '../model/time.ts';
import {
  type EffectCommand,
  type EffectInput,
  type GroupFacts,
  type GroupMachineEvent,
  scalingGroupMachine,
} from './scaling-group-machine.ts';

const ref = { tenantId: 't' as TenantId, groupId: 'g' as GroupId };
const resting: GroupFacts = { phase: 'active', nextPassAt: undefined, due: false, backingOff: false };
const due: GroupFacts = { phase: 'converging', nextPassAt: epochMs(0), due: true, backingOff: false };
const later: GroupFacts = { ...due, nextPassAt: epochMs(9), due: false };
const paused: GroupFacts = { ...resting, phase: 'paused' };
const failed: GroupFacts = { ...resting, phase: 'error' };

/** An actor whose passes and timer the test plays. */
function setUp(facts: GroupFacts) {
  const armed: EpochMs[] = [];
  let elapse = (): void => {};
  let tell = (_event: GroupMachineEvent): void => {};
  const passes: { stopped: boolean }[] = [];
  const actor = createActor(
    scalingGroupMachine.provide({
      actors: {
        effects: fromCallback<EffectCommand, EffectInput, GroupMachineEvent>(({ sendBack, receive }) => {
          tell = sendBack;
          elapse = () => {
            armed.pop();
            sendBack({ type: 'timer.elapsed' });
          };
          receive((command) => {
            const last = passes.at(-1);
            if (command.type === 'timer.set') armed.splice(0, 1, command.dueAt);
            else if (command.type === 'timer.clear') armed.pop();
            else if (command.type === 'pass.begin') passes.push({ stopped: false });
            else if (last !== undefined) last.stopped = true;
          });
        }),
      },
    }),
    { input: { ref, facts } },
  );
  actor.start();
  const state = (): string => JSON.stringify(actor.getSnapshot().value);
  const settle = (settled: GroupFacts): void => tell({ type: 'pass.settled', facts: settled });
  return { actor, passes, armed, state, settle, tell: (event: GroupMachineEvent) => tell(event), elapse: () => elapse() };
}

describe('scalingGroupMachine', () => {
  it('passes when the group is due, shows its phases, and rests when nothing is left', () => {
    const { passes, state, settle, tell } = setUp(due);
    expect(state()).toBe('{"converging":"observing"}');
    tell({ type: 'pass.planning' });
    tell({ type: 'pass.executing' });
    expect(state()).toBe('{"converging":"executing"}');
    settle(resting);
    expect([state(), passes.length]).toEqual(['"active"', 1]);
  });

  it('waits for the instant that the group names, and passes then', () => {
    const { passes, armed, elapse, state, settle } = setUp(due);
    settle(later);
    expect([state(), armed]).toEqual(['{"converging":"waiting"}', [9]]);
    elapse();
    expect([state(), passes.length, armed.length]).toEqual(['{"converging":"observing"}', 2, 0]);
  });

  it('leaves no timer armed when something else than its end brings the next pass', () => {
    for (const event of [{ type: 'provider.hinted' }, { type: 'group.read', facts: due }, { type: 'stop.requested' }] as const) {
      const { actor, armed, settle } = setUp(due);
      settle(later);
      actor.send(event);
      expect(armed, event.type).toEqual([]);
    }
  });

  it('keeps a hint while it backs off, until the next pass is due', () => {
    const { actor, passes, tell, elapse, state, settle } = setUp(due);
    tell({ type: 'provider.hinted' });
    settle({ ...later, backingOff: true });
    for (let n = 0; n < 5; n += 1) actor.send({ type: 'provider.hinted' });
    expect([state(), passes.length]).toEqual(['{"converging":"waiting"}', 1]);
    elapse();
    settle(resting);
    expect([state(), passes.length]).toEqual(['"active"', 2]);
  });

  it('makes one more pass for any number of hints during a pass', () => {
    const { actor, passes, state, settle } = setUp(due);
    for (let n = 0; n < 10_000; n += 1) actor.send({ type: 'provider.hinted' });
    settle(resting);
    expect(passes).toHaveLength(2);
    settle(resting);
    expect([state(), passes.length]).toEqual(['"active"', 2]);
  });

  it('never leaves a pass from outside: pause asks it to stop and waits until it has', () => {
    const { actor, passes, state, settle, tell } = setUp(due);
    tell({ type: 'pass.executing' });
    actor.send({ type: 'group.read', facts: paused });
    expect([state(), passes[0]?.stopped]).toEqual(['{"converging":"stopping"}', true]);
    settle(paused);
    expect(state()).toBe('"paused"');
  });

  it('does nothing while paused, and passes on resume', () => {
    const { actor, passes, state } = setUp(paused);
    actor.send({ type: 'provider.hinted' });
    expect([state(), passes.length]).toEqual(['"paused"', 0]);
    actor.send({ type: 'group.read', facts: due });
    expect(passes).toHaveLength(1);
  });

  it('makes a pass of a group in error for whatever wakes one that rests: a hint, a new generation, its instant', () => {
    const { actor, passes, armed, elapse, state, settle } = setUp(due);
    settle(failed);
    expect([state(), passes.length]).toEqual(['"error"', 1]);
    actor.send({ type: 'provider.hinted' });
    expect([state(), passes.length]).toEqual(['{"converging":"observing"}', 2]);
    settle(failed);
    actor.send({ type: 'group.read', facts: due });
    expect(passes).toHaveLength(3);
    settle({ ...failed, phase: 'waiting', nextPassAt: epochMs(9), due: false });
    expect([state(), armed]).toEqual(['{"converging":"waiting"}', [9]]);
    elapse();
    settle(failed);
    expect([state(), passes.length]).toEqual(['"error"', 4]);
  });

  it('does not lose a command that came during a failing pass', () => {
    const { actor, passes, settle } = setUp(due);
    actor.send({ type: 'group.read', facts: due });
    settle(due);
    expect(passes).toHaveLength(2);
  });

  it('ends for good when the group is removed, or when told to stop, after its pass', () => {
    const { actor, settle } = setUp(due);
    settle({ ...resting, phase: 'removed' });
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', value: 'deleted' });
    const other = setUp(due);
    other.actor.send({ type: 'stop.requested' });
    expect(other.passes[0]?.stopped).toBe(true);
    expect(other.actor.getSnapshot().status).toBe('active');
    other.settle(later);
    expect(other.actor.getSnapshot()).toMatchObject({ status: 'done', value: 'stopped' });
  });
});

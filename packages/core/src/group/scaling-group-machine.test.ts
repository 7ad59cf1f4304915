import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createActor, fromCallback, fromObservable } from 'xstate';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import { epochMs } from '../model/time.ts';
import { type GroupFacts, type GroupMachineEvent, type PassCommand, type PassInput, scalingGroupMachine } from './scaling-group-machine.ts';

const ref = { tenantId: 't' as TenantId, groupId: 'g' as GroupId };
const resting: GroupFacts = { phase: 'active', nextPassAt: undefined, due: false, braked: false, backingOff: false };
const due: GroupFacts = { phase: 'converging', nextPassAt: epochMs(0), due: true, braked: false, backingOff: false };
const later: GroupFacts = { ...due, nextPassAt: epochMs(9), due: false };
const paused: GroupFacts = { ...resting, phase: 'paused' };
const failed: GroupFacts = { ...resting, phase: 'error' };

/** An actor whose passes and timer the test plays. */
function setUp(facts: GroupFacts) {
  const timer = new Subject<void>();
  const passes: { tell: (event: GroupMachineEvent) => void; stopped: boolean }[] = [];
  const actor = createActor(
    scalingGroupMachine.provide({
      actors: {
        pass: fromCallback<PassCommand, PassInput, GroupMachineEvent>(({ sendBack, receive }) => {
          const pass = { tell: sendBack, stopped: false };
          passes.push(pass);
          receive(() => {
            pass.stopped = true;
          });
        }),
        timer: fromObservable(() => timer),
      },
    }),
    { input: { ref, facts } },
  );
  actor.start();
  const state = (): string => JSON.stringify(actor.getSnapshot().value);
  const settle = (settled: GroupFacts): void => passes.at(-1)?.tell({ type: 'pass.settled', facts: settled });
  return { actor, passes, timer, state, settle };
}

describe('scalingGroupMachine', () => {
  it('passes when the rows are due, shows its phases, and rests when nothing is left', () => {
    const { passes, state, settle } = setUp(due);
    expect(state()).toBe('{"converging":{"passing":"observing"}}');
    passes[0]?.tell({ type: 'pass.planning' });
    passes[0]?.tell({ type: 'pass.executing' });
    expect(state()).toBe('{"converging":{"passing":"executing"}}');
    settle(resting);
    expect([state(), passes.length]).toEqual(['"active"', 1]);
  });

  it('waits for the instant that the rows name, and passes then', () => {
    const { passes, timer, state, settle } = setUp(due);
    settle(later);
    expect(state()).toBe('{"converging":"waiting"}');
    timer.next();
    timer.complete();
    expect([state(), passes.length]).toEqual(['{"converging":{"passing":"observing"}}', 2]);
  });

  it('keeps a hint while it backs off, until the next pass is due', () => {
    const { actor, passes, timer, state, settle } = setUp(due);
    passes[0]?.tell({ type: 'provider.hinted' });
    settle({ ...later, backingOff: true });
    for (let n = 0; n < 5; n += 1) actor.send({ type: 'provider.hinted' });
    expect([state(), passes.length]).toEqual(['{"converging":"waiting"}', 1]);
    timer.next();
    timer.complete();
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
    const { actor, passes, state, settle } = setUp(due);
    passes[0]?.tell({ type: 'pass.executing' });
    actor.send({ type: 'rows.read', facts: paused });
    expect([state(), passes[0]?.stopped]).toEqual(['{"converging":{"passing":"stopping"}}', true]);
    settle(paused);
    expect(state()).toBe('"paused"');
  });

  it('does nothing while paused, and passes on resume', () => {
    const { actor, passes, state } = setUp(paused);
    actor.send({ type: 'provider.hinted' });
    expect([state(), passes.length]).toEqual(['"paused"', 0]);
    actor.send({ type: 'rows.read', facts: due });
    expect(passes).toHaveLength(1);
  });

  it('leaves an error by a new wish only, not by a hint', () => {
    const { actor, passes, state, settle } = setUp(due);
    settle(failed);
    actor.send({ type: 'provider.hinted' });
    expect([state(), passes.length]).toEqual(['"error"', 1]);
    actor.send({ type: 'rows.read', facts: due });
    expect(passes).toHaveLength(2);
  });

  it('lets a hint look at a group that the brake holds', () => {
    const { actor, passes } = setUp({ ...failed, braked: true });
    actor.send({ type: 'provider.hinted' });
    expect(passes).toHaveLength(1);
  });

  it('does not lose a wish that came during a failing pass', () => {
    const { actor, passes, settle } = setUp(due);
    actor.send({ type: 'rows.read', facts: due });
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

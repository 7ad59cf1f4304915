import { describe, expect, it } from 'vitest';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import { epochMs, seconds } from '../model/time.ts';
import { defaultOptions } from '../options.ts';
import { silentLog } from '../ports.ts';
import { HandClock, settled } from '../testing/hand-clock.ts';
import { bindMachine } from './bound-machine.ts';
import type { GroupFacts } from './group-facts.ts';
import { Residents } from './residents.ts';

const facts = { phase: 'active', nextPassAt: undefined, due: false, backingOff: false } satisfies GroupFacts;
const ref = (groupId: string) => ({ tenantId: 't' as TenantId, groupId: groupId as GroupId });

/** Actors whose phases the test ends. */
function residents() {
  const clock = new HandClock();
  const left: string[] = [];
  const logged: unknown[] = [];
  let end = (_made: unknown): void => {};
  let fail = (_error: unknown): void => {};
  const phase = () =>
    new Promise<never>((resolve, reject) => {
      end = (made) => resolve(made as never);
      fail = reject;
    });
  const machine = bindMachine(clock, defaultOptions, { observe: phase, plan: phase, execute: phase, settle: phase, takeSlot: phase });
  const log = { ...silentLog, error: (about: { err: unknown }) => void logged.push(about.err) };
  const all = new Residents(machine, clock, log as never, seconds(60), (groupId, isDeleted) =>
    left.push(isDeleted ? `${groupId}, deleted` : groupId),
  );
  const ends = async (made: unknown): Promise<void> => {
    end(made);
    await settled();
  };
  const fails = async (error: unknown): Promise<void> => {
    fail(error);
    await settled();
  };
  return { all, clock, left, logged, ends, fails };
}

describe('Residents', () => {
  it('drops an actor that has rested for a minute, and none before', async () => {
    const { all, clock, left } = residents();
    all.spawn(ref('a'), facts);
    await clock.pass(30_000);
    all.spawn(ref('b'), facts);
    await clock.pass(29_000);
    expect(left).toEqual([]);
    await clock.pass(1_000);
    expect(left).toEqual(['a']);
    await clock.pass(30_000);
    expect([left, all.size]).toEqual([['a', 'b'], 0]);
  });

  it('keeps an actor that has work, however long', async () => {
    const { all, clock, left } = residents();
    all.spawn(ref('a'), facts);
    await clock.pass(59_000);
    all.actorOf(ref('a').groupId)?.send({ type: 'group.read', facts: { ...facts, phase: 'converging', nextPassAt: epochMs(1e13) } });
    await clock.pass(3_600_000);
    expect([left, all.size]).toEqual([[], 1]);
    all.actorOf(ref('a').groupId)?.send({ type: 'group.read', facts });
    await clock.pass(60_000);
    expect(left).toEqual(['a']);
  });

  it('leaves no timer behind when it stops', () => {
    const { all, clock } = residents();
    all.spawn(ref('a'), facts);
    all.spawn(ref('b'), { ...facts, phase: 'converging', nextPassAt: epochMs(1e13) });
    expect(clock.armed).toBe(2);
    all.stop();
    for (const actor of all.actors()) actor.send({ type: 'stop.requested' });
    expect([all.size, clock.armed]).toEqual([0, 0]);
  });

  it('knows whose passes are in flight, and when they have ended', async () => {
    const { all, ends, left } = residents();
    const { groupId } = ref('a');
    all.spawn(ref('a'), { ...facts, phase: 'converging', nextPassAt: epochMs(0), due: true });
    all.spawn(ref('b'), facts);
    expect([all.passing, all.isPassing(groupId), all.isPassing(ref('b').groupId)]).toEqual([['a'], true, false]);
    let rested = 0;
    const note = (): void => {
      rested += 1;
    };
    void all.rested(groupId).then(note);
    await all.rested(ref('b').groupId);
    await all.rested(ref('c').groupId);
    await ends({ kind: 'removed' });
    expect(rested).toBe(0);
    await ends({ ...facts, phase: 'removed' });
    expect([rested, all.passing, left]).toEqual([1, [], ['a, deleted']]);
  });

  it('drops an actor that failed, and says why', async () => {
    const { all, fails, logged, left } = residents();
    all.spawn(ref('a'), { ...facts, phase: 'converging', nextPassAt: epochMs(0), due: true });
    for (const error of ['first', 'second']) await fails(error);
    expect([logged, left, all.size]).toEqual([['second'], ['a'], 0]);
  });
});

import { describe, expect, it } from 'vitest';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import { epochMs, seconds } from '../model/time.ts';
import { silentLog } from '../ports.ts';
import { HandClock } from '../testing/hand-clock.ts';
import { bindMachine } from './bound-machine.ts';
import { Residents } from './residents.ts';
import type { GroupFacts } from './scaling-group-machine.ts';

const facts = { phase: 'active', nextPassAt: undefined, due: false, backingOff: false } satisfies GroupFacts;
const ref = (groupId: string) => ({ tenantId: 't' as TenantId, groupId: groupId as GroupId });

function residents() {
  const clock = new HandClock();
  const left: string[] = [];
  const machine = bindMachine(clock, () => undefined);
  const all = new Residents(machine, clock, silentLog, seconds(60), (groupId) => left.push(groupId));
  return { all, clock, left };
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
});

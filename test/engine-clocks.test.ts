/** Hosts whose clocks differ, on one store: no instant that one of them stored holds a group up for the other. */
import { type Autoscaler, type Clock, createAutoscaler, type GroupRef, later, seconds, seededRandom } from '@lutra/core';
import { cloudOver } from '@lutra/simulator';
import { describe, expect, it } from 'vitest';
import { Stage } from './engine-stage.ts';

const tenDays = 864_000;

/** A second host on the store of the stage; its clock is so many seconds ahead of that of the first. */
function hostAhead(stage: Stage, ahead: number): Autoscaler {
  const clock: Clock = { now: () => later(stage.clock.now(), seconds(ahead)), after: (delay) => stage.clock.after(delay) };
  return createAutoscaler({ cloud: cloudOver(stage.world), store: stage.store, clock, random: seededRandom(`ahead ${ahead}`) });
}
const policyOf = async (host: Autoscaler, ref: GroupRef) => {
  const up = (await host.listPolicies(ref, { limit: 9 })).find(({ definition }) => definition.name === 'up');
  if (up === undefined) throw new Error('there is no policy up');
  return { ...ref, policyId: up.id };
};

describe('hosts whose clocks differ', () => {
  it.each([2, -2])('start the cooldown for each other: %i s ahead', async (ahead) => {
    const stage = new Stage();
    const ref = await stage.converged(1, { cooldown: 60 });
    const other = hostAhead(stage, ahead);
    const policy = await policyOf(other, ref);
    await other.executePolicy(policy);
    await expect(stage.autoscaler.executePolicy(policy)).rejects.toThrow('Cooldowns not met.');
    await stage.run(57);
    await expect(stage.autoscaler.executePolicy(policy)).rejects.toThrow('Cooldowns not met.');
    await stage.run(6);
    await stage.autoscaler.executePolicy(policy);
    await expect(other.executePolicy(policy)).rejects.toThrow('Cooldowns not met.');
    expect((await stage.autoscaler.groupState(ref)).desiredCapacity).toBe(3);
  });

  it('go on once a clock that was ten days ahead is right again', async () => {
    const stage = new Stage();
    const ref = await stage.converged(1, { cooldown: 60 });
    const wrong = hostAhead(stage, tenDays);
    const policy = await policyOf(wrong, ref);
    await wrong.executePolicy(policy);
    await stage.run(30); // what it asked for is done by the host whose clock is right
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ desiredCapacity: 2, activeCapacity: 2 });
    await stage.autoscaler.executePolicy(policy);
    expect((await stage.autoscaler.groupState(ref)).desiredCapacity).toBe(3);
  });
});

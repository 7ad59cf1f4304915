/** Which looks at the cloud serve which pass, in virtual time. */
import { CloudError, type GroupRef, type LoadBalancerId, seconds } from '@lutra/core';
import { outside } from '@lutra/simulator';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { away, newGroup, Stage, tenantId } from './engine-stage.ts';

/** A stage that counts listings of servers. */
function counting(options: ConstructorParameters<typeof Stage>[0] = {}) {
  const listings = { count: 0 };
  const stage: Stage = new Stage({
    ...options,
    cloud: (cloud) => ({
      events$: () => stage.hints,
      listServers: (...request) => {
        listings.count += 1;
        return cloud.listServers(...request);
      },
    }),
  });
  return { stage, listings };
}

/** So that what a test sees is not the work of self-heal. */
const rarelyHealed = { selfHealInterval: seconds(36_000) };

/** A converged group of one server in a tenant of many load balancers; `leaveStray` puts the server on one that it is not configured for. */
async function besideOthers(stage: Stage) {
  const tenant = stage.world.tenant(tenantId);
  const [other] = ['77', '78', '79', '80'].map((id) => tenant.loadBalancers.make(id as LoadBalancerId)); // too many to be read all at once
  const ref = await stage.converged(1);
  const [server] = stage.servers;
  if (server === undefined || other === undefined) throw new Error('the stage is not set');
  const leaveStray = () => {
    outside.addNode(tenant, other, { address: server.address, port: 80, condition: 'ENABLED', weight: 1, type: 'PRIMARY' });
    return other;
  };
  return { ref, leaveStray };
}

describe('a pass', () => {
  it('takes no look from before its last write for one from after it: it adds no node twice', async () => {
    let [adds, duplicates] = [0, 0];
    let ref: GroupRef | undefined;
    const stage: Stage = new Stage({
      cloud: (cloud) => ({
        addNodes: async (...request) => {
          adds += 1;
          try {
            await cloud.addNodes(...request);
          } catch (error) {
            if (error instanceof CloudError && error.kind === 'duplicate-nodes') duplicates += 1;
            throw error;
          } finally {
            if (ref !== undefined) void stage.autoscaler.convergeGroup(ref); // so that the next pass begins at once
          }
        },
      }),
    });
    const { id: groupId } = await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(5)));
    ref = { tenantId, groupId };
    await stage.run(120);
    expect(adds).toBeGreaterThan(1);
    expect(duplicates).toBe(0);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 5 });
  });

  it('takes no look from before the hint that it follows, however fresh', async () => {
    const { stage } = counting();
    const ref = await stage.converged(1);
    await stage.autoscaler.convergeGroup(ref);
    await stage.run(0.3);
    stage.kill(1, 'vanish');
    stage.hints.next({ groupId: ref.groupId });
    await stage.run(20);
    expect(stage.servers).toMatchObject([{ status: 'ACTIVE' }]);
  });

  it('of a group that is taken up takes the look that serves the others taken up with it', async () => {
    const { stage, listings } = counting({ options: { passesInFlightPerTenant: 1 } });
    const refs: GroupRef[] = [];
    for (let n = 0; n < 8; n += 1) refs.push(await stage.converged(1));
    await stage.run(100); // all are at rest for so long that nothing of them is kept but what is stored
    listings.count = 0;
    for (const ref of refs) await stage.autoscaler.convergeGroup(ref);
    await stage.run(10);
    expect(listings.count).toBeGreaterThanOrEqual(1);
    expect(listings.count).toBeLessThanOrEqual(2);
  });

  it('for a new generation looks at load balancers that the group is not configured for, too', async () => {
    const { stage } = counting();
    const { ref, leaveStray } = await besideOthers(stage);
    const stray = leaveStray();
    await stage.run(5);
    expect(stray.nodes.size).toBe(1);
    await stage.autoscaler.convergeGroup(ref);
    await stage.run(5);
    expect(stray.nodes.size).toBe(0);
  });

  it('looks at everything again for an event that comes while it looks at everything', async () => {
    let [slow, looks] = [false, 0];
    const stage: Stage = new Stage({
      options: rarelyHealed,
      cloud: (cloud) => ({
        events$: () => stage.hints,
        listLoadBalancers: async (...request) => {
          looks += 1;
          const listed = await cloud.listLoadBalancers(...request);
          if (slow) await firstValueFrom(stage.clock.after(seconds(8)));
          return listed;
        },
      }),
    });
    const { ref, leaveStray } = await besideOthers(stage);
    [slow, looks] = [true, 0];
    stage.hints.next({ groupId: undefined });
    await stage.run(4);
    expect(looks).toBe(1);
    const stray = leaveStray();
    stage.hints.next({ groupId: undefined });
    await stage.run(3);
    expect([looks, stray.nodes.size]).toEqual([1, 1]); // the look is still under way, and does not show it
    await stage.run(30);
    expect(stray.nodes.size).toBe(0);
    const [enough, passes] = [looks, stage.passes()];
    stage.hints.next({ groupId: ref.groupId });
    await stage.run(20);
    expect([looks, stage.passes()]).toEqual([enough, passes + 1]); // an event of the group alone asks for no such look
  });

  it('looks at everything again when such a look came to nothing, for a question about a server was not answered in time', async () => {
    let [isSilent, looks] = [false, 0];
    const stage: Stage = new Stage({
      options: { ...rarelyHealed, passDeadline: seconds(10) },
      cloud: (cloud, { clock }) => ({
        events$: () => stage.hints,
        listLoadBalancers: (...request) => {
          looks += 1;
          return cloud.listLoadBalancers(...request);
        },
        getServer: async (...request) => {
          if (isSilent) await firstValueFrom(clock.after(seconds(40)));
          return cloud.getServer(...request);
        },
      }),
    });
    await besideOthers(stage);
    isSilent = true;
    stage.kill(1, 'vanish');
    stage.hints.next({ groupId: undefined });
    await stage.run(12);
    const before = looks;
    isSilent = false;
    await stage.run(90);
    expect(looks).toBeGreaterThan(before);
  });

  it('looks at everything again when what came of such a look could not be stored', async () => {
    let isAway = false;
    const stage: Stage = new Stage({
      options: rarelyHealed,
      cloud: () => ({ events$: () => stage.hints }),
      store: (store) => ({ transact: (...change) => (isAway ? away() : store.transact(...change)) }),
    });
    const stray = (await besideOthers(stage)).leaveStray();
    isAway = true;
    stage.hints.next({ groupId: undefined });
    await stage.run(3);
    expect(stray.nodes.size).toBe(1);
    isAway = false;
    await stage.run(60);
    expect(stray.nodes.size).toBe(0);
  });
});

describe('self-heal', () => {
  it('lists once for all groups of a tenant, though they have rested for so long that their actors are gone', async () => {
    const { stage, listings } = counting({ options: { watchAtRest: seconds(36_000) } }); // the watch would list every 30 s
    for (const name of ['a', 'b', 'c']) await stage.converged(1, { name });
    await stage.run(2 * 300); // from now on it is the only one that looks
    const before = listings.count;
    const since = stage.clock.now();
    await stage.run(3 * 300);
    expect([listings.count - before, stage.passes(since)]).toEqual([3, 9]);
  });
});

describe('a host', () => {
  it('leaves no timer behind when it has stopped', async () => {
    const { stage } = counting();
    await stage.converged(1);
    await stage.clock.runUntilSettled(stage.autoscaler.stop());
    expect(stage.clock.size).toBe(0);
  });

  it('waits no longer for a tenant that has no group left', async () => {
    const { stage } = counting();
    await stage.run(0); // what a host asks its store at its start is answered
    const empty = stage.clock.size;
    const ref = await stage.converged(1);
    await stage.autoscaler.deleteGroup(ref, { force: true });
    await stage.run(3 * 300);
    expect(stage.clock.size).toBe(empty);
  });
});

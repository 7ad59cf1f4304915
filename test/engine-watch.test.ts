/** What the watch of a tenant notices by itself, in virtual time: the cloud tells nothing of its own. */
import { seconds } from '@lutra/core';
import { paces } from '@lutra/simulator';
import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { away, newGroup, Stage, type Staging } from './engine-stage.ts';

/** A stage whose cloud sends no events. */
const silent = (options: Staging = {}): Stage => new Stage({ ...options, cloud: () => ({ events$: () => NEVER }) });

describe('the watch', () => {
  it('notices a dead server of a group at rest within half a minute, and replaces it in few passes', async () => {
    for (const how of ['error', 'vanish'] as const) {
      const stage = silent();
      const ref = await stage.converged(3);
      await stage.run(100);
      const since = stage.clock.now();
      stage.kill(1, how);
      await stage.run(31);
      expect(stage.servers.filter(({ status }) => status === 'BUILD' || status === 'ACTIVE').length, how).toBe(3);
      await stage.run(30);
      expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 3 });
      expect(stage.passes(since), how).toBeLessThanOrEqual(6);
    }
  });

  it('wakes a group again whose first wake was lost, soon', async () => {
    let [loses, lost] = [false, 0];
    const stage = silent({
      options: { selfHealInterval: seconds(36_000) },
      store: (store) => ({
        readGroup: (ref) => {
          if (!loses) return store.readGroup(ref);
          loses = false;
          lost += 1;
          return away();
        },
      }),
    });
    await stage.converged(1);
    await stage.run(200); // its actor is gone, so a wake has to read it
    stage.kill(1, 'vanish');
    loses = true;
    await stage.run(35);
    expect([lost, stage.servers.length]).toEqual([1, 1]);
  });

  it('runs no passes over a group that only waits, but for one a minute', async () => {
    const stage = silent({ pace: { ...paces.demo, build: { kind: 'fixed', duration: seconds(600) } } });
    await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(3)));
    await stage.run(30);
    const since = stage.clock.now();
    await stage.run(240);
    expect(stage.passes(since)).toBeLessThanOrEqual(5);
  });

  it('looks no more often for a server that leaves while its successor builds', async () => {
    let listings = 0;
    const stage = new Stage({
      pace: { ...paces.demo, build: { kind: 'fixed', duration: seconds(200) }, delete: { kind: 'fixed', duration: seconds(150) } },
      cloud: ({ listServers }) => ({
        events$: () => NEVER,
        listServers: (...asked) => {
          listings += 1;
          return listServers(...asked);
        },
      }),
    });
    await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(5)));
    await stage.run(400); // it has learned how long builds take
    stage.kill(1, 'error');
    await stage.run(35);
    expect(stage.servers.filter(({ deleting }) => deleting)).toHaveLength(1);
    listings = 0;
    await stage.run(120);
    expect(listings).toBeLessThanOrEqual(7); // one every 30 s, and one for each pass in a minute
  });

  it('has ended its readings when the engine has stopped', async () => {
    let inFlight = 0;
    const stage = new Stage({
      cloud: ({ listServers }) => ({
        events$: () => NEVER,
        listServers: async (...asked) => {
          inFlight += 1;
          const listing = await listServers(...asked);
          inFlight -= 1;
          return listing;
        },
      }),
    });
    await stage.converged(1);
    for (let ms = 0; inFlight === 0 && ms < 60_000; ms += 10) await stage.run(0.01);
    expect(inFlight).toBe(1);
    await stage.clock.runUntilSettled(stage.autoscaler.stop());
    expect(inFlight).toBe(0);
  });
});

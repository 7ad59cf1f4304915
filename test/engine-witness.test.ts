/** The engine on a cloud that does not show what is, in virtual time. */
import { CloudError, type ServerId, type ServerListing, silentLog } from '@lutra/core';
import { outside } from '@lutra/simulator';
import { describe, expect, it } from 'vitest';

import { Stage, tenantId } from './engine-stage.ts';

const living = (stage: Stage) => stage.servers.filter(({ status, deleting }) => status === 'ACTIVE' && !deleting).map(({ id }) => id);

describe('the engine, shown what is not so', () => {
  it('deletes no server for one that is gone and that a listing from before shows again', async () => {
    let current: ServerListing | undefined;
    let stale: ServerListing | undefined;
    const stage = new Stage({
      cloud: (cloud) => ({
        listServers: async (...request) => {
          current = await cloud.listServers(...request);
          return { ...current, servers: (stale ?? current).servers };
        },
      }),
    });
    const ref = await stage.converged(1);
    await stage.execute(ref, 'up');
    await stage.run(60);
    const before = current;
    const newest = stage.servers.find(({ id }) => id === before?.servers[0]?.id);
    if (newest === undefined) throw new Error('there is no server');
    outside.killServer(stage.world.tenant(tenantId), newest, 'vanish');
    await stage.run(60);
    await stage.autoscaler.convergeGroup(ref); // looks at everything, and forgets it
    await stage.run(5);
    const alive = living(stage);
    stale = before;
    await stage.autoscaler.convergeGroup(ref);
    await stage.run(2);
    stale = undefined;
    await stage.run(30);
    expect(living(stage)).toEqual(alive);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 2, status: 'ACTIVE' });
  });

  it('removes a server that was asked out before any listing showed it', async () => {
    let hidden: ServerId | undefined;
    let lose = false;
    const stage = new Stage({
      cloud: (cloud) => ({
        listServers: async (...request) => {
          const listing = await cloud.listServers(...request);
          return { ...listing, servers: listing.servers.filter(({ id }) => id !== hidden) };
        },
        createServer: async (...request) => {
          const made = await cloud.createServer(...request);
          if (!lose) return made;
          lose = false;
          hidden = made.id;
          throw new CloudError('answer-lost', 'reset');
        },
      }),
    });
    const ref = await stage.converged(2);
    lose = true;
    await stage.execute(ref, 'up');
    await stage.run(20);
    if (hidden === undefined) throw new Error('no server was made');
    const asked = hidden;
    await stage.clock.runUntilSettled(stage.autoscaler.removeServer(ref, asked, { replace: false, purge: true }));
    await stage.run(20);
    hidden = undefined;
    await stage.run(60);
    expect(living(stage)).not.toContain(asked);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ desiredCapacity: 2, activeCapacity: 2 });
    await stage.run(300); // until self-heal has looked everywhere for what it left
    expect((await stage.store.readGroup(ref))?.spec.removals).toEqual({});
  });

  it('takes a server for present for as long as nobody says whether it is, asks less and less often, and says so', async () => {
    let hidden: ServerId | undefined;
    const warned: object[] = [];
    const stage = new Stage({
      log: { ...silentLog, warn: (fields) => void warned.push(fields) },
      cloud: (cloud) => ({
        listServers: async (...request) => {
          const listing = await cloud.listServers(...request);
          return { ...listing, servers: listing.servers.filter(({ id }) => id !== hidden) };
        },
        getServer: (...request) =>
          request[1] === hidden ? Promise.reject(new CloudError('server-fault', '500')) : cloud.getServer(...request),
      }),
    });
    const ref = await stage.converged(2);
    hidden = stage.servers[0]?.id;
    await stage.autoscaler.convergeGroup(ref);
    const since = stage.clock.now();
    await stage.run(6 * 3600);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 2, status: 'ACTIVE' });
    expect(stage.passes(since)).toBeLessThan(250);
    const reasons = [`Waiting for the cloud to say whether server ${hidden} is there`];
    expect(stage.events.findLast(({ kind }) => kind === 'pass-ended')).toMatchObject({ outcome: 'retry', reasons });
    expect(warned[0]).toMatchObject({ groupId: ref.groupId, faults: 10, reasons });
    expect(stage.servers).toHaveLength(2);
    hidden = undefined;
    await stage.run(600);
    expect(stage.events.findLast(({ kind }) => kind === 'pass-ended')).toMatchObject({ outcome: 'converged', active: 2 });
  });

  describe('by a list that lacks its load balancer', () => {
    const shortList = (isAnswered: boolean) => {
      const fate = { short: false };
      const stage = new Stage({
        cloud: (cloud) => ({
          listLoadBalancers: (...request) =>
            fate.short ? Promise.resolve({ loadBalancers: [], unread: [] }) : cloud.listLoadBalancers(...request),
          getLoadBalancer: (...request) =>
            fate.short && !isAnswered ? Promise.reject(new CloudError('server-fault', '500')) : cloud.getLoadBalancer(...request),
        }),
      });
      return { fate, stage };
    };

    it('goes on as ever where it is there by its id', async () => {
      const { fate, stage } = shortList(true);
      const ref = await stage.converged(2);
      fate.short = true;
      await stage.execute(ref, 'up');
      stage.kill(1, 'vanish');
      await stage.run(60);
      expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 3, status: 'ACTIVE' });
      expect(stage.world.tenant(tenantId).loadBalancers.all()[0]?.nodes.size).toBe(3);
    });

    it('tries again where that is not answered, and is not in error for it', async () => {
      const { fate, stage } = shortList(false);
      const ref = await stage.converged(2);
      fate.short = true;
      await stage.execute(ref, 'up');
      await stage.run(600);
      expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 2, status: 'ACTIVE' });
      fate.short = false;
      await stage.run(600);
      expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 3, status: 'ACTIVE' });
    });
  });
});

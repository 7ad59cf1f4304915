/** What operators' switches do to groups that are under way. */
import { CloudError, type GroupId, type Store } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { Stage, tenantId } from './engine-stage.ts';

type Hold = (store: Store, groupId: GroupId, on: boolean) => Promise<void>;

describe('a switch', () => {
  it.each<[string, Hold]>([
    ['that stops everything', (store, _, on) => store.setStopAll(on)],
    ['that has a tenant only looked at', (store, _, on) => store.setObserveOnly(tenantId, undefined, on)],
    ['that has a group only looked at', (store, groupId, on) => store.setObserveOnly(tenantId, groupId, on)],
  ])('%s lets no write start, costs few passes, and is followed by what is due when it is lifted', async (_, hold) => {
    const stage = new Stage();
    const ref = await stage.converged(2);
    await stage.clock.runUntilSettled(hold(stage.store, ref.groupId, true));
    const since = stage.clock.now();
    await stage.clock.runUntilSettled(stage.execute(ref, 'up'));
    stage.kill(1, 'vanish');
    await stage.run(600);
    expect(stage.servers.filter(({ status }) => status === 'ACTIVE')).toHaveLength(1);
    expect(stage.passes(since)).toBeLessThan(70);
    expect((await stage.store.readGroup(ref))?.intents).toEqual({});
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', errors: [], activeCapacity: 1 });
    await stage.clock.runUntilSettled(hold(stage.store, ref.groupId, false));
    await stage.run(60);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', errors: [], activeCapacity: 3 });
  });

  it('does not count the time that it held a group back among what the group waited', async () => {
    let isLocked = true;
    const stage = new Stage({
      cloud: (cloud) => ({
        deleteServer: async (...request) => {
          if (isLocked) throw new CloudError('conflict', 'Not now');
          return cloud.deleteServer(...request);
        },
      }),
    });
    const ref = await stage.converged(0);
    await stage.execute(ref, 'up');
    await stage.run(60);
    await stage.execute(ref, 'down');
    await stage.run(20);
    expect(Object.values((await stage.store.readGroup(ref))?.progress.waits ?? {})).toHaveLength(1);
    await stage.store.setStopAll(true);
    await stage.run(600);
    await stage.store.setStopAll(false);
    await stage.run(60);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', errors: [] });
    expect(stage.servers).toHaveLength(1);
    isLocked = false;
    await stage.run(600);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', errors: [] });
    expect(stage.servers.filter(({ status }) => status === 'ACTIVE')).toEqual([]);
  });
});

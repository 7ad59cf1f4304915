/** Creates that a quota refuses while servers of another group make room, on the simulated cloud, in virtual time (D15). */
import { CloudError } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { Stage } from './engine-stage.ts';

describe('the engine, when a quota refuses a create', () => {
  it('waits while servers of another group of the tenant have left not long ago, and only then says that it is for good', async () => {
    let isFull = false;
    const stage = new Stage({
      cloud: (cloud) => ({
        createServer: (...request) =>
          isFull ? Promise.reject(new CloudError('over-quota', 'No', { tenantMessage: 'Quota exceeded' })) : cloud.createServer(...request),
      }),
    });
    const other = await stage.converged(3);
    const ref = await stage.converged(2);
    const configuration = await stage.autoscaler.configuration(other);
    await stage.clock.runUntilSettled(stage.autoscaler.updateConfiguration(other, { ...configuration, minEntities: 0, maxEntities: 0 }));
    await stage.run(60);
    expect(stage.servers).toHaveLength(2);
    isFull = true;
    await stage.clock.runUntilSettled(stage.execute(ref, 'up'));
    await stage.run(30);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', activeCapacity: 2, desiredCapacity: 3 });
    await stage.run(270);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ERROR', errors: ['Quota exceeded'] });
    isFull = false;
    await stage.run(600);
    expect((await stage.autoscaler.groupState(ref)).status).toBe('ERROR'); // a block: until a command
    await stage.clock.runUntilSettled(stage.autoscaler.convergeGroup(ref));
    await stage.run(60);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', activeCapacity: 3 });
  });
});

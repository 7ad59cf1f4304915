/** Servers that fail at their birth, on the simulated cloud, in virtual time (D17). */
import { CloudError } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { Stage } from './engine-stage.ts';

describe('the engine, when servers fail at their birth', () => {
  it('makes few where answers of creates are lost, too, and says so', async () => {
    let isBroken = false;
    let creates = 0;
    const stage = new Stage({
      cloud: (cloud) => ({
        createServer: async (...request) => {
          const made = await cloud.createServer(...request);
          if (!isBroken) return made;
          creates += 1;
          const server = stage.servers.find(({ id }) => id === made.id);
          if (server === undefined) throw new Error('the server that was made is not there');
          stage.become(server, 'ERROR');
          throw new CloudError('timeout', 'No answer');
        },
      }),
    });
    const ref = await stage.converged(3);
    isBroken = true;
    await stage.clock.runUntilSettled(stage.execute(ref, 'up'));
    await stage.run(3600);
    expect(creates).toBeLessThan(40);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({
      status: 'ERROR',
      errors: [expect.stringMatching(/^The last 5 servers failed/)],
      activeCapacity: 3,
    });
  });

  it('stores that one failed before it has it deleted: it survives a crash in between', async () => {
    const counted: (number | undefined)[] = [];
    let ref: Awaited<ReturnType<Stage['converged']>> | undefined;
    const stage = new Stage({
      cloud: (cloud) => ({
        deleteServer: async (...request) => {
          if (ref !== undefined) counted.push((await stage.store.readGroup(ref))?.progress.births.failures);
          return cloud.deleteServer(...request);
        },
      }),
    });
    ref = await stage.converged(1);
    stage.kill(1, 'error');
    await stage.run(10);
    expect(counted[0]).toBe(1);
  });

  it('rests while a new server is in a state that only its owner ends', async () => {
    const stage = new Stage();
    const ref = await stage.converged(3);
    await stage.run(120);
    const newest = () => {
      const server = stage.servers.filter(({ deleting }) => !deleting).at(-1);
      if (server === undefined) throw new Error('there is no server');
      return server;
    };
    stage.kill(1, 'error');
    await stage.run(16);
    stage.become(newest(), 'ERROR');
    await stage.run(14);
    expect((await stage.store.readGroup(ref))?.progress.births.failures).toBe(1);
    stage.become(newest(), 'RESCUE');
    await stage.run(55);
    const since = stage.clock.now();
    const isSpinning = () => stage.passes(since) > 100;
    for (let n = 0; n < 120 && !isSpinning(); n += 1) await stage.run(1);
    expect(stage.passes(since)).toBeLessThan(10);
  });
});

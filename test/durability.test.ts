/** A host with the embedded store that is killed while it works, over and over: nothing that it acknowledged is lost, nothing is done twice. */
import { seededRandom } from '@lutra/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DurableRun } from './durable-run.ts';

const { KILLS = '5', SEED = '1' } = process.env;

describe('a host that is killed at any moment', () => {
  it(`loses no acknowledged command and no schedule, ${KILLS} times`, { timeout: 60_000 + Number(KILLS) * 30_000 }, async () => {
    const random = seededRandom(`kills ${SEED}`);
    const run = new DurableRun(Number(SEED));
    onTestFinished(() => run.end());
    await run.start();
    await run.createGroups(3);
    for (let kill = 1; kill <= Number(KILLS); kill += 1) {
      const forMs = 50 + random.at('kill', kill) * 1500;
      const what = `seed ${SEED}, kill ${kill} after ${Math.round(forMs)} ms`;
      await run.loadAndKill(forMs);
      await run.start();
      await run.check(what);
      expect(run.wrong, what).toEqual([]);
    }
    expect(run.acknowledged).toBeGreaterThan(Number(KILLS) * 5);
  });
});

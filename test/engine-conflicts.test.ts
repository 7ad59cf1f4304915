/** What the state of one server forbids, on the simulated cloud, in virtual time: it concerns that server alone (D23). */
import { describe, expect, it } from 'vitest';
import { Stage } from './engine-stage.ts';

describe('the engine, when the state of a server forbids what is asked of it', () => {
  it('says after a while which server and why, looks after the others, and does it once the state allows it', async () => {
    const stage = new Stage();
    const ref = await stage.converged(3);
    const [resized] = stage.servers;
    if (resized === undefined) throw new Error('there is no server');
    stage.become(resized, 'VERIFY_RESIZE');
    await stage.clock.runUntilSettled(stage.autoscaler.removeServer(ref, resized.id, { replace: true, purge: false }));
    await stage.run(120);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', activeCapacity: 3 });
    stage.kill(1, 'error');
    await stage.run(60);
    expect((await stage.autoscaler.groupState(ref)).activeCapacity).toBe(3);
    await stage.run(300);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({
      status: 'ERROR',
      errors: [expect.stringMatching(new RegExp(`^Server ${resized.id} cannot be changed or deleted for now: .*vm_state resized`))],
    });
    const tries = stage.passes();
    stage.become(resized, 'ACTIVE');
    await stage.run(90);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', errors: [], activeCapacity: 3 });
    expect(stage.servers.find(({ id }) => id === resized.id)).toMatchObject({ status: 'ACTIVE', groupId: undefined });
    expect(stage.passes()).toBeGreaterThan(tries);
  });
});

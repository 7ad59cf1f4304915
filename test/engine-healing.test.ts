/** The brake on mass failure on the simulated cloud, in virtual time. */
import { CloudError } from '@lutra/core';
import { describe, expect, it } from 'vitest';

import { Stage } from './engine-stage.ts';

const healing = { maxUnhealthyFraction: 0.5, maxConcurrentReplacements: null };

describe('the engine, when many servers look dead', () => {
  it('holds the brake on mass failure until a command releases it', async () => {
    const stage = new Stage({ options: { healing } });
    const ref = await stage.converged(4);
    stage.kill(3, 'error');
    await stage.run(600);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ERROR', errors: [expect.stringMatching(/^3 of 4 servers/)] });
    expect(stage.servers).toHaveLength(4);
    await stage.autoscaler.convergeGroup(ref);
    await stage.run(60);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', activeCapacity: 4 });
  });

  it('holds the brake on servers that vanished, and while the cloud cannot be listed', async () => {
    let failing = false;
    const stage = new Stage({
      options: { healing },
      cloud: (cloud) => ({
        listServers: (...request) => (failing ? Promise.reject(new CloudError('server-fault', 'away')) : cloud.listServers(...request)),
      }),
    });
    const ref = await stage.converged(4);
    stage.kill(3, 'vanish');
    await stage.run(600);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ERROR', errors: [expect.stringMatching(/^3 of 4 servers/)] });
    expect(stage.servers).toHaveLength(1);
    failing = true;
    await stage.run(600);
    failing = false;
    expect((await stage.autoscaler.groupState(ref)).status).toBe('ERROR');
    await stage.run(600);
    expect(stage.servers).toHaveLength(1);
    await stage.autoscaler.convergeGroup(ref);
    await stage.run(60);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', activeCapacity: 4 });
  });

  it('releases the brake by itself once enough servers are well again', async () => {
    const metadata = { 'lutra:healing': healing };
    const stage = new Stage();
    const ref = await stage.converged(4, { metadata });
    stage.kill(3, 'error');
    await stage.run(30);
    expect((await stage.autoscaler.groupState(ref)).status).toBe('ERROR');
    for (const server of stage.servers.filter(({ status }) => status === 'ERROR').slice(1)) stage.become(server, 'ACTIVE');
    await stage.run(400);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', activeCapacity: 4 });
  });
});

/** The sweep for due groups when more of them are due than it takes up at once, in virtual time. No hint of the store helps it. */
import { createAutoscaler, seconds, seededRandom, type TenantId } from '@lutra/core';
import { cloudOver } from '@lutra/simulator';
import { firstValueFrom, NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { newGroup, Stage, type Staging } from './engine-stage.ts';

const large = 'large' as TenantId;
const small = 'small' as TenantId;
const limits = { groups: 2000, policiesPerGroup: 9, webhooksPerPolicy: 9 };
/** More than a sweep takes up. */
const many = 1100;

/** Groups of one tenant, all due, and a moment later one group of another. */
async function crowd(staging: Staging, before: (stage: Stage) => Promise<unknown> = async () => undefined): Promise<Stage> {
  const stage = new Stage({ ...staging, options: { limits }, store: (store) => ({ ...staging.store?.(store), woken$: NEVER }) });
  await before(stage);
  const made = Array.from({ length: many }, () => stage.autoscaler.createGroup({ ...newGroup(1), tenantId: large }));
  await stage.clock.runUntilSettled(Promise.all(made));
  await stage.run(0.1);
  await stage.clock.runUntilSettled(stage.autoscaler.createGroup({ ...newGroup(1), tenantId: small }));
  return stage;
}
const serversOf = (stage: Stage, tenantId: TenantId) => stage.world.tenant(tenantId).compute.servers.all().length;

describe('the sweep', () => {
  // all of the many groups run their passes in it, so it takes seconds
  it('takes up what is due later than the many groups of another host', { timeout: 30_000 }, async () => {
    const stage = await crowd({}, async ({ store, world, clock }) => {
      const other = { host: 'another', incarnation: 'another-1' };
      const elsewhere = createAutoscaler({ cloud: cloudOver(world), store, clock, random: seededRandom(8) });
      await store.join(other, seconds(60));
      await clock.runUntilSettled(elsewhere.createGroup({ ...newGroup(1), tenantId: large }));
      await store.claim(other, large, (await store.unownedTenant(large))?.epoch ?? -1);
    });
    await stage.run(3);
    expect([serversOf(stage, large), serversOf(stage, small)]).toEqual([0, 1]);
    await stage.run(65);
    expect(serversOf(stage, large), 'once that host is gone').toBeGreaterThan(100);
  });

  it('takes up what is due later than the many groups whose passes are held up', async () => {
    const stage = await crowd({
      cloud: (cloud) => ({
        listServers: (tenantId, options) => (tenantId === large ? new Promise(() => undefined) : cloud.listServers(tenantId, options)),
      }),
    });
    await stage.run(3);
    expect([serversOf(stage, large), serversOf(stage, small)]).toEqual([0, 1]);
  });
});

describe('a wake-up', () => {
  it('during which the group changes is followed by another one', async () => {
    let slow = false;
    const stage: Stage = new Stage({
      options: { sweepInterval: seconds(3600), selfHealInterval: seconds(3600) },
      store: (store) => ({
        readGroup: async (ref) => {
          const group = await store.readGroup(ref);
          if (slow) await firstValueFrom(stage.clock.after(seconds(5)));
          return group;
        },
      }),
    });
    const ref = await stage.converged(1);
    slow = true;
    const paused = stage.autoscaler.pauseGroup(ref);
    await stage.run(1);
    const resumed = stage.autoscaler.resumeGroup(ref);
    await stage.run(60);
    slow = false;
    await stage.clock.runUntilSettled(Promise.all([paused, resumed]));
    const { progress, spec } = (await stage.store.readGroup(ref)) ?? {};
    expect(progress?.convergedGeneration).toBe(spec?.generation);
  });
});

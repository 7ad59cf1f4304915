/** Servers that must go, on load balancers that let no node go, on the simulated cloud, in virtual time (D14). */
import { type LoadBalancerId, seconds } from '@lutra/core';
import { outside } from '@lutra/simulator';
import { describe, expect, it } from 'vitest';
import { newGroup, Stage, tenantId } from './engine-stage.ts';

const loadBalancerId = '237935' as LoadBalancerId;
/** A group of `size` on a load balancer that is in `status` for good, with half a minute of draining. */
async function stuckGroup(size: number, status: 'ERROR' | 'PENDING_UPDATE') {
  const stage = new Stage();
  const group = newGroup(size);
  const { args } = group.launchConfiguration;
  const draining = { ...group, launchConfiguration: { ...group.launchConfiguration, args: { ...args, draining_timeout: 30 } } };
  const { id } = await stage.clock.runUntilSettled(stage.autoscaler.createGroup(draining));
  const ref = { tenantId, groupId: id };
  await stage.run(60);
  expect((await stage.autoscaler.groupState(ref)).activeCapacity).toBe(size);
  const tenant = stage.world.tenant(tenantId);
  const record = tenant.loadBalancers.find(loadBalancerId);
  if (record === undefined) throw new Error('there is no load balancer');
  outside.forceLoadBalancer(tenant, record, status, seconds(1_000_000));
  return { stage, ref };
}
const living = (stage: Stage) => stage.servers.filter(({ deleting }) => !deleting).length;

describe('the engine, when a load balancer lets no node go', () => {
  it.each(['ERROR', 'PENDING_UPDATE'] as const)('deletes a group all the same, after waitingTimeout: %s', async (status) => {
    const { stage, ref } = await stuckGroup(3, status);
    await stage.clock.runUntilSettled(stage.autoscaler.deleteGroup(ref, { force: true }));
    await stage.run(280);
    expect(living(stage)).toBe(3);
    await stage.run(400);
    expect(stage.servers).toHaveLength(0);
    expect(await stage.store.readGroup(ref)).toBeUndefined();
  });

  it('carries out a removal that a tenant asked for, after waitingTimeout, and leaves the others where they are', async () => {
    const { stage, ref } = await stuckGroup(3, 'PENDING_UPDATE');
    const [first] = stage.servers;
    if (first === undefined) throw new Error('there is no server');
    await stage.clock.runUntilSettled(stage.autoscaler.removeServer(ref, first.id, { replace: true, purge: true }));
    await stage.run(280);
    expect(stage.servers.find(({ id }) => id === first.id)?.deleting).toBe(false);
    await stage.run(400);
    expect(stage.servers.map(({ id }) => id)).not.toContain(first.id);
    expect(living(stage)).toBe(3);
  });

  it('deletes a group whose servers are in a status that it does not know', async () => {
    const stage = new Stage();
    const ref = await stage.converged(2);
    for (const server of stage.servers) stage.become(server, 'SHELVED_OFFLOADED');
    await stage.run(1200);
    await stage.clock.runUntilSettled(stage.autoscaler.deleteGroup(ref, { force: true }));
    await stage.run(200);
    expect(stage.servers).toHaveLength(0);
    expect(await stage.store.readGroup(ref)).toBeUndefined();
  });
});

/** The engine on the simulated cloud, in virtual time: what an operator would see of one group. */
import { epochMs, formatInstant, type LoadBalancerId, later, milliseconds, type ProviderEvent, type ServerId, seconds } from '@lutra/core';
import { outside, paces } from '@lutra/simulator';
import { map, merge, mergeMap, of, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';

import { newGroup, Stage, tenantId } from './engine-stage.ts';

describe('the engine', () => {
  it('starts the first pass after a command within a second, and shows the desired capacity at once', async () => {
    const stage = new Stage();
    const ref = await stage.converged(2);
    const asked = stage.clock.now();
    await stage.execute(ref, 'up');
    expect((await stage.autoscaler.groupState(ref)).desiredCapacity).toBe(3);
    await stage.run(2);
    const planned = stage.events.find(({ kind, at }) => kind === 'pass-planned' && at >= asked);
    expect((planned?.at ?? Number.POSITIVE_INFINITY) - asked).toBeLessThan(1000);
  });

  it('replaces servers that fail or vanish, told by provider events, without waiting for self-heal', async () => {
    const stage = new Stage();
    const ref = await stage.converged(6);
    stage.kill(2, 'error');
    stage.kill(1, 'vanish');
    await stage.run(30);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 6 });
    expect(stage.servers).toHaveLength(6);
  });

  it('finds what no event told of, at self-heal', async () => {
    const stage = new Stage({ cloud: () => ({ events$: () => new Subject<ProviderEvent>() }) });
    const ref = await stage.converged(3);
    stage.kill(1, 'error');
    await stage.run(400);
    expect((await stage.autoscaler.groupState(ref)).activeCapacity).toBe(3);
    expect(stage.servers.filter(({ status }) => status === 'ERROR')).toEqual([]);
  });

  it('makes few passes of a burst of ten thousand provider events', async () => {
    const stage = new Stage();
    const ref = await stage.converged(1);
    const since = stage.clock.now();
    for (let n = 0; n < 10_000; n += 1) stage.hints.next({ groupId: ref.groupId });
    await stage.run(5);
    expect(stage.passes(since)).toBeGreaterThanOrEqual(1);
    expect(stage.passes(since)).toBeLessThanOrEqual(2);
  });

  it.each([0, 100, 5000])('runs no pass because the store tells of its own commits, %i ms later too', async (late) => {
    let reads = 0;
    const stage: Stage = new Stage({
      store: (store) => ({
        woken$: store.woken$.pipe(mergeMap((ref) => merge(of(ref), stage.clock.after(milliseconds(late)).pipe(map(() => ref))))),
        readGroup: (ref) => {
          reads += 1;
          return store.readGroup(ref);
        },
      }),
    });
    const ref = await stage.converged(1);
    const since = stage.clock.now();
    reads = 0;
    stage.hints.next({ groupId: ref.groupId });
    await stage.run(20);
    expect(stage.passes(since)).toBe(1);
    expect(reads).toBeLessThanOrEqual(4); // by the pass when it begins and ends, and for each time that it was told of its commit
  });

  it('starts no further call once paused, and goes on at resume', async () => {
    const stage = new Stage();
    const ref = await stage.converged(1);
    const { autoscaler } = stage;
    await autoscaler.updateConfiguration(ref, { ...(await autoscaler.configuration(ref)), minEntities: 15 });
    while (stage.servers.length < 3) await stage.run(0.01);
    await autoscaler.pauseGroup(ref);
    await stage.run(0.2);
    const made = stage.servers.length;
    await stage.run(600);
    expect(made).toBeLessThan(15);
    expect(stage.servers).toHaveLength(made);
    await autoscaler.resumeGroup(ref);
    await stage.run(60);
    expect((await autoscaler.groupState(ref)).activeCapacity).toBe(15);
  });

  it('runs a schedule at most a second late, once for each occurrence, and not while paused', async () => {
    const stage = new Stage();
    const ref = await stage.converged(1);
    await stage.autoscaler.createPolicies(ref, [
      { name: 'every minute', cooldown: 0, type: 'schedule', args: { cron: '* * * * *' }, change: 1 },
    ]);
    await stage.run(5 * 60);
    const runs = stage.events.filter(({ kind }) => kind === 'desired-changed').map(({ at }) => at % 60_000);
    expect(runs).toHaveLength(5);
    for (const late of runs) expect(late).toBeLessThanOrEqual(1000);
    await stage.autoscaler.pauseGroup(ref);
    await stage.run(5 * 60);
    await stage.autoscaler.resumeGroup(ref);
    await stage.run(60);
    expect((await stage.autoscaler.groupState(ref)).desiredCapacity).toBe(7);
  });

  it('counts every one of ten schedules of one instant, whatever the cooldowns', async () => {
    const stage = new Stage();
    const ref = await stage.converged(1, { cooldown: 3600 });
    const minute = epochMs((Math.floor(stage.clock.now() / 60_000) + 2) * 60_000);
    await stage.clock.runUntil(later(minute, seconds(-59)));
    const all = { name: 'one of ten', cooldown: 3600, type: 'schedule', change: 1 } as const;
    await stage.autoscaler.createPolicies(ref, [
      ...Array(5).fill({ ...all, args: { at: formatInstant(minute) } }),
      ...Array(5).fill({ ...all, args: { cron: '* * * * *' } }),
    ]);
    await stage.clock.runUntil(later(minute, milliseconds(-1)));
    expect((await stage.autoscaler.groupState(ref)).desiredCapacity).toBe(1);
    await stage.run(30);
    const state = await stage.autoscaler.groupState(ref);
    expect([state.desiredCapacity, state.activeCapacity]).toEqual([11, 11]);
  });

  it('deletes a group for good once its servers are gone, paused or not', async () => {
    const stage = new Stage();
    const ref = await stage.converged(3);
    await stage.autoscaler.pauseGroup(ref);
    await stage.autoscaler.deleteGroup(ref, { force: true });
    await expect(stage.autoscaler.showGroup(ref)).rejects.toMatchObject({ code: 'group-not-found' });
    await stage.run(60);
    expect(stage.servers).toEqual([]);
    expect(stage.world.tenant(tenantId).loadBalancers.all()[0]?.nodes.size).toBe(0);
    expect(stage.events.at(-1)).toMatchObject({ kind: 'group-removed', groupId: ref.groupId });
  });

  it('removes a server for a replacement, and lets another go unharmed', async () => {
    const stage = new Stage();
    const ref = await stage.converged(3);
    const [first, second] = stage.servers.map(({ id }) => id) as [ServerId, ServerId];
    await stage.clock.runUntilSettled(stage.autoscaler.removeServer(ref, first, { replace: true, purge: true }));
    await stage.clock.runUntilSettled(stage.autoscaler.removeServer(ref, second, { replace: true, purge: false }));
    await stage.run(60);
    const left = new Map(stage.servers.map((server) => [server.id, server.groupId]));
    expect([left.has(first), left.get(second), left.size]).toEqual([false, undefined, 4]);
    expect((await stage.autoscaler.groupState(ref)).activeCapacity).toBe(3);
    const strange = stage.autoscaler.removeServer(ref, second, { replace: true, purge: true });
    await expect(stage.clock.runUntilSettled(strange)).rejects.toMatchObject({ code: 'server-not-found' });
  });

  it('lowers desired capacity no further for a server that is being deleted already', async () => {
    const stage = new Stage({ pace: paces.realistic });
    const { id: groupId } = await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(1)));
    const ref = { tenantId, groupId };
    for (const name of ['up', 'up', 'up']) await stage.execute(ref, name);
    await stage.run(900);
    await stage.execute(ref, 'down');
    await stage.run(6);
    const going = stage.servers.find(({ deleting }) => deleting);
    if (going === undefined) throw new Error('no server goes');
    const again = stage.autoscaler.removeServer(ref, going.id, { replace: false, purge: true });
    await expect(stage.clock.runUntilSettled(again)).rejects.toMatchObject({ code: 'server-not-found' });
    await stage.run(900);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ desiredCapacity: 3, activeCapacity: 3 });
  });

  it('cleans up after a server that vanishes, though its load balancer is no longer that of the launch configuration', async () => {
    const stage = new Stage();
    const { loadBalancers } = stage.world.tenant(tenantId);
    for (const id of ['77', '78', '79', '80']) loadBalancers.make(id as LoadBalancerId); // too many to be read all at once
    const ref = await stage.converged(1);
    const { launchConfiguration } = newGroup(1);
    const args = { ...launchConfiguration.args, loadBalancers: [{ loadBalancerId: 77, port: 80 }] };
    await stage.clock.runUntilSettled(stage.autoscaler.updateLaunchConfiguration(ref, { ...launchConfiguration, args }));
    stage.kill(1, 'vanish');
    await stage.run(60);
    const nodesOf = (id: string) => [...(loadBalancers.find(id as LoadBalancerId)?.nodes.values() ?? [])].map(({ address }) => address);
    expect([nodesOf('237935').length, nodesOf('77').length]).toEqual([0, 1]);
  });

  it('goes to ERROR with a sentence when its load balancer is gone, keeps the server, and recovers', async () => {
    const stage = new Stage();
    const ref = await stage.converged(1);
    const tenant = stage.world.tenant(tenantId);
    const [balancer] = tenant.loadBalancers.all();
    if (balancer !== undefined) outside.deleteLoadBalancer(tenant, balancer);
    await stage.execute(ref, 'up');
    await stage.run(60);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({
      status: 'ERROR',
      errors: [expect.stringMatching(/Cloud Load Balancer 237935$/)],
    });
    expect(stage.servers).toHaveLength(2);
    await stage.execute(ref, 'down');
    await stage.run(60);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ERROR' });
  });

  it('shows no negative pending capacity while servers are still to be removed', async () => {
    const stage = new Stage();
    const ref = await stage.converged(2);
    await stage.execute(ref, 'up');
    await stage.run(60);
    await stage.execute(ref, 'down');
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 3, desiredCapacity: 2, pendingCapacity: 0 });
  });
});

/** The engine while its cloud or its store fails for long, in virtual time. */
import { CloudError, type GroupRef, type ScalingGroup, type ServerListing, seconds } from '@lutra/core';
import { paces } from '@lutra/simulator';
import { describe, expect, it } from 'vitest';
import { away, newGroup, Stage, type Staging, tenantId } from './engine-stage.ts';

/** Listings of servers: how many were asked for, and an error with which they fail while it is set. */
function listings() {
  const seen: { asked: number; fails: CloudError | undefined } = { asked: 0, fails: undefined };
  const cloud: Staging['cloud'] = (inner) => ({
    listServers: (...request) => {
      seen.asked += 1;
      return seen.fails === undefined ? inner.listServers(...request) : Promise.reject(seen.fails);
    },
  });
  return { seen, cloud };
}

/** The watch lists nothing by itself while its groups rest, so that only passes ask. */
const onlyPassesAsk = { watchAtRest: seconds(36_000) };

const groupOf = (stage: Stage, ref: GroupRef): Promise<ScalingGroup | undefined> => stage.store.readGroup(ref);

describe('the engine, while the cloud fails', () => {
  it('backs off though hints keep coming, and does not count them as tries', async () => {
    let failing = false;
    let tries = 0;
    const stage = new Stage({
      cloud: (cloud) => ({
        createServer: (...request) => {
          tries += 1;
          return failing ? Promise.reject(new CloudError('unauthorized', '401')) : cloud.createServer(...request);
        },
      }),
    });
    const ref = await stage.converged(2);
    failing = true;
    tries = 0;
    stage.kill(1, 'vanish');
    for (let n = 0; n < 30; n += 1) {
      stage.hints.next({ groupId: ref.groupId });
      await stage.run(0.5);
    }
    expect(tries).toBeLessThan(10);
    failing = false;
    await stage.run(600);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', activeCapacity: 2 });
  });

  it('asks seldom while nothing can be listed, however many hints come', async () => {
    const { seen, cloud } = listings();
    const stage = new Stage({ cloud, options: onlyPassesAsk });
    const ref = await stage.converged(2);
    Object.assign(seen, { asked: 0, fails: new CloudError('server-fault', '500') });
    for (let n = 0; n < 300; n += 1) {
      stage.hints.next({ groupId: ref.groupId });
      await stage.run(1);
    }
    expect(seen.asked).toBeLessThan(15);
  });

  it('takes one refusal after a long outage for one, not for the last of many', async () => {
    let failing = false;
    let refusals = 0;
    const stage = new Stage({
      cloud: (cloud) => ({
        listServers: (...request) => (failing ? Promise.reject(new CloudError('server-fault', '503')) : cloud.listServers(...request)),
        createServer: (...request) => {
          if (refusals === 0) return cloud.createServer(...request);
          refusals -= 1;
          return Promise.reject(new CloudError('unauthorized', '401'));
        },
      }),
    });
    const ref = await stage.converged(2);
    failing = true;
    stage.kill(1, 'vanish');
    await stage.run(3 * 3600);
    failing = false;
    refusals = 1;
    await stage.run(900);
    expect(refusals).toBe(0);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', activeCapacity: 2 });
  });

  it('begins anew at a command, which need not wait out the backoff', async () => {
    const { seen, cloud } = listings();
    const stage = new Stage({ cloud });
    const ref = await stage.converged(1);
    seen.fails = new CloudError('server-fault', '503');
    stage.kill(1, 'vanish');
    await stage.run(3600);
    expect((await groupOf(stage, ref))?.progress.faults).toBeGreaterThan(10);
    await stage.autoscaler.convergeGroup(ref);
    await stage.run(1);
    expect((await groupOf(stage, ref))?.progress.faults).toBeLessThan(4); // counted anew
    seen.fails = undefined;
    await stage.run(30);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', activeCapacity: 1 });
  });

  it('makes few passes of many hints that name no group', async () => {
    const { seen, cloud } = listings();
    const stage = new Stage({ cloud });
    for (let n = 0; n < 5; n += 1) await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(1)));
    await stage.run(300);
    const since = stage.clock.now();
    seen.asked = 0;
    for (let n = 0; n < 600; n += 1) {
      stage.hints.next({ groupId: undefined });
      await stage.run(0.1);
    }
    expect(seen.asked).toBeGreaterThan(5);
    expect(seen.asked).toBeLessThanOrEqual(15);
    expect(stage.passes(since)).toBeLessThanOrEqual(75);
  });

  it('backs off while what the cloud answers is no answer, and says what is wrong with it', async () => {
    let broken = false;
    let listings = 0;
    const stage = new Stage({
      cloud: (cloud) => ({
        listServers: async (...request) => {
          listings += 1;
          return broken ? ({} as ServerListing) : cloud.listServers(...request);
        },
      }),
    });
    const ref = await stage.converged(1);
    broken = true;
    listings = 0;
    await stage.autoscaler.convergeGroup(ref);
    await stage.run(60);
    const reasons = stage.events.flatMap((event) => (event.kind === 'pass-ended' ? event.reasons : []));
    expect(
      reasons.filter((reason) => reason === 'The cloud port gave an answer that is none: there is no list of servers').length,
    ).toBeGreaterThan(1);
    expect(listings).toBeLessThan(20);
    broken = false;
    await stage.execute(ref, 'up');
    await stage.run(30);
    expect((await stage.autoscaler.groupState(ref)).activeCapacity).toBe(2);
  });

  it('backs off while the store takes no progress, and tries a newer generation at once', async () => {
    let readOnly = false;
    const { seen, cloud } = listings();
    const stage = new Stage({
      cloud,
      options: onlyPassesAsk,
      store: (store) => ({
        transact: (ref, decide, ownership) => (readOnly && ownership !== undefined ? away() : store.transact(ref, decide, ownership)),
      }),
    });
    const ref = await stage.converged(1);
    readOnly = true;
    seen.asked = 0;
    await stage.autoscaler.convergeGroup(ref);
    await stage.run(120);
    expect(seen.asked).toBeLessThan(15);
    readOnly = false;
    await stage.execute(ref, 'up');
    await stage.run(30);
    expect((await stage.autoscaler.groupState(ref)).activeCapacity).toBe(2);
  });

  it('begins a group at once though many of its tenant wait for one load balancer', { timeout: 30_000 }, async () => {
    const stage = new Stage({ pace: paces.realistic });
    const refs: GroupRef[] = [];
    for (let n = 0; n < 24; n += 1) {
      refs.push({ tenantId, groupId: (await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(1)))).id });
    }
    await stage.run(1800);
    const [balancer] = stage.world.tenant(tenantId).loadBalancers.all();
    for (const node of balancer?.nodes.values() ?? []) Object.assign(node, { weight: 7 }); // one call each: changes are not merged
    for (const ref of refs) await stage.autoscaler.convergeGroup(ref);
    await stage.run(2);
    const { launchConfiguration, ...rest } = newGroup(1);
    const { loadBalancers: _, ...args } = launchConfiguration.args;
    const begun = stage.clock.now();
    const made = stage.autoscaler.createGroup({ ...rest, launchConfiguration: { ...launchConfiguration, args } });
    const { id } = await stage.clock.runUntilSettled(made);
    await stage.run(60);
    const planned = stage.events.find(({ kind, groupId }) => kind === 'pass-planned' && groupId === id);
    expect((planned?.at ?? Number.POSITIVE_INFINITY) - begun).toBeLessThan(1000);
    await stage.run(900);
    expect([...(balancer?.nodes.values() ?? [])].map(({ weight }) => weight)).toEqual(Array.from({ length: 24 }, () => 1));
  });
});

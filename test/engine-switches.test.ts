/** What operators' switches do to groups that are under way. */
import { CloudError, type GroupId, type GroupRef, milliseconds, noMetrics, type Store, silentLog } from '@lutra/core';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type HostStaging, HostsStage } from './engine-hosts-stage.ts';
import { newGroup, Stage, type Staging, tenantId } from './engine-stage.ts';

type Hold = (store: Store, groupId: GroupId, note: Parameters<Store['setStopAll']>[0]) => Promise<void>;

const unnamed = { by: null, reason: null };

describe('a switch', () => {
  it.each<[string, Hold]>([
    ['that stops everything', (store, _, note) => store.setStopAll(note)],
    ['that has a tenant only looked at', (store, _, note) => store.setObserveOnly(tenantId, undefined, note)],
    ['that has a group only looked at', (store, groupId, note) => store.setObserveOnly(tenantId, groupId, note)],
  ])('%s lets no write start, costs few passes, and is followed by what is due when it is lifted', async (_, hold) => {
    const stage = new Stage();
    const ref = await stage.converged(2);
    await stage.clock.runUntilSettled(hold(stage.store, ref.groupId, unnamed));
    const since = stage.clock.now();
    await stage.clock.runUntilSettled(stage.execute(ref, 'up'));
    stage.kill(1, 'vanish');
    await stage.run(600);
    expect(stage.servers.filter(({ status }) => status === 'ACTIVE')).toHaveLength(1);
    expect(stage.passes(since)).toBeLessThan(80); // one in 10 s, and those of the first backoff
    expect((await stage.store.readGroup(ref))?.intents).toEqual({});
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', errors: [], activeCapacity: 1 });
    await stage.clock.runUntilSettled(hold(stage.store, ref.groupId, null));
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
    await stage.store.setStopAll(unnamed);
    await stage.run(600);
    await stage.store.setStopAll(null);
    await stage.run(60);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', errors: [] });
    expect(stage.servers).toHaveLength(1);
    isLocked = false;
    await stage.run(600);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', errors: [] });
    expect(stage.servers.filter(({ status }) => status === 'ACTIVE')).toEqual([]);
  });
});

/** Notes every intent that is committed. */
function notingIntents(): { readonly intents: string[]; readonly store: NonNullable<Staging['store']> } {
  const intents: string[] = [];
  return {
    intents,
    store: (store) => ({
      transact: (ref, decide, ...more) =>
        store.transact(
          ref,
          (...seen) => {
            const decision = decide(...seen);
            intents.push(...(decision.change.intents?.put ?? []).map(({ kind }) => kind));
            return decision;
          },
          ...more,
        ),
    }),
  };
}

describe('a group that is only observed', () => {
  it.each<[string, boolean, (stage: Stage, ref: GroupRef) => Promise<void>]>([
    ['with its host', true, async () => {}],
    ['with its tenant', false, (stage) => stage.autoscaler.observeOnly({ tenantId })],
    ['by itself', false, (stage, ref) => stage.autoscaler.observeOnly(ref)],
  ])('%s has no intent committed, though it is planned for', async (_, observeOnly, observe) => {
    const { intents, store } = notingIntents();
    const stage = new Stage({ options: { observeOnly }, store });
    const { id } = await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(0)));
    const ref = { tenantId, groupId: id };
    await stage.run(10);
    await stage.clock.runUntilSettled(observe(stage, ref));
    await stage.execute(ref, 'up');
    await stage.run(600);
    expect([intents, stage.servers]).toEqual([[], []]);
    const entries = await stage.autoscaler.activity(tenantId, { groupId: id, before: null, limit: 1 });
    const reasons = [expect.stringMatching(/^nothing is written to the cloud: .* only (observed since|to observe)/)];
    expect(entries).toMatchObject([{ content: { kind: 'pass', plan: { steps: [{ kind: 'create-server' }] }, answers: [], reasons } }]);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ status: 'ACTIVE', errors: [], pendingCapacity: 1 });
  });

  it('may wait for ever for what nothing needs to be written for, and is in ERROR once that is no longer so', async () => {
    let isCut = false;
    const cut = <S extends object>(server: S): S => (isCut ? { ...server, servicenetAddress: '' } : server);
    const stage = new Stage({
      cloud: (cloud) => ({
        listServers: async (...asked) => {
          const listing = await cloud.listServers(...asked);
          return { ...listing, servers: listing.servers.map(cut) };
        },
        getServer: async (...asked) => {
          const server = await cloud.getServer(...asked);
          return server && cut(server);
        },
      }),
    });
    isCut = true;
    const { id } = await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(1)));
    const ref = { tenantId, groupId: id };
    const status = async () => (await stage.autoscaler.groupState(ref)).status;
    await stage.run(120); // its server is up, and lacks an address for its load balancer
    expect(await status()).toBe('ACTIVE');
    await stage.clock.runUntilSettled(stage.autoscaler.observeOnly(ref));
    await stage.run(3600);
    expect([await status(), stage.servers.length]).toEqual(['ACTIVE', 1]);
    await stage.clock.runUntilSettled(stage.autoscaler.endObserveOnly(ref));
    await stage.run(420);
    expect(await status()).toBe('ERROR');
  });
});

describe('Autoscaler', () => {
  it('shows what operators set: since when, by whom and why', async () => {
    const stage = new Stage();
    const ref = await stage.converged(0);
    const since = stage.clock.now();
    const ann = stage.autoscaler.as({ requestId: 'r-1', user: 'ann' });
    const run = <T>(work: Promise<T>): Promise<T> => stage.clock.runUntilSettled(work);
    await run(ann.stopAll('a flood'));
    await run(ann.observeOnly({ tenantId }, 'x'.repeat(1000)));
    await run(stage.autoscaler.observeOnly(ref));
    const set = { since, by: 'ann' };
    expect(await stage.autoscaler.switches()).toEqual({
      stopAll: { ...set, reason: 'a flood' },
      observedTenants: [{ ...set, tenantId, reason: `${'x'.repeat(499)}…` }],
      observedGroups: [{ ...ref, since, by: null, reason: null }],
    });
    await expect(run(ann.observeOnly({ tenantId, groupId: 'none' as GroupId }))).rejects.toMatchObject({ code: 'group-not-found' });
    await run(ann.resumeAll());
    for (const part of [{ tenantId }, ref, ref]) await run(ann.endObserveOnly(part));
    expect(await stage.autoscaler.switches()).toEqual({ stopAll: null, observedTenants: [], observedGroups: [] });
  });

  it('logs who asks for what, and tells log and metrics once of each change', async () => {
    const lines: (readonly [object, string])[] = [];
    const stops: boolean[] = [];
    const log = { ...silentLog, warn: (fields: object, message: string) => void lines.push([fields, message]) };
    const stage = new Stage({ log, metrics: { ...noMetrics, stopped: (isStopped) => void stops.push(isStopped) } });
    await stage.run(10);
    const since = stage.clock.now();
    const ann = stage.autoscaler.as({ requestId: 'r-1', user: 'ann' });
    const ask = async (work: Promise<void>): Promise<void> => {
      await stage.clock.runUntilSettled(work);
      await stage.run(10);
    };
    await ask(ann.stopAll('a flood'));
    await ask(ann.stopAll());
    await ask(ann.resumeAll());
    await ask(ann.observeOnly({ tenantId }, 'a first look'));
    await ask(ann.endObserveOnly({ tenantId }));
    const asked = { requestId: 'r-1', user: 'ann' };
    expect(lines).toEqual([
      [{ ...asked, reason: 'a flood' }, 'an operator asks to stop all hosts'],
      [{ since, by: 'ann', reason: 'a flood' }, expect.stringContaining('an operator has stopped all hosts')],
      [{ ...asked, reason: null }, 'an operator asks to stop all hosts'],
      [asked, 'an operator asks to resume all hosts'],
      [{}, expect.stringContaining('an operator let writes to the cloud start again')],
      [{ ...asked, tenantId, reason: 'a first look' }, 'an operator has a tenant only observed from now on'],
      [{ ...asked, tenantId }, 'an operator lets a tenant be written for again'],
    ]);
    expect(stops).toEqual([true, false]);
  });
});

describe('a stop of all hosts', () => {
  it('holds within a second whatever host it was asked of, in the middle of a pass too, and each says so', async () => {
    const stage = new HostsStage();
    const slowly: HostStaging['cloud'] = (cloud) => ({
      createServer: async (...request) => {
        await firstValueFrom(stage.time.after(milliseconds(400)));
        return cloud.createServer(...request);
      },
    });
    const [a, b] = [stage.host('a', { cloud: slowly }), stage.host('b')];
    const [small, large] = await stage.create(a, 2, 1);
    if (small === undefined || large === undefined) throw new Error('there are no groups');
    await stage.run(60);
    const grow = { name: 'web', cooldown: 0, minEntities: 20, maxEntities: 20, metadata: {} };
    await stage.time.runUntilSettled(b.autoscaler.updateConfiguration(large, grow));
    const creates = () => stage.writes.filter(({ what }) => what === 'createServer').length;
    await stage.run(1);
    expect(creates()).toBeGreaterThan(2); // those of the large group have begun
    await stage.time.runUntilSettled(b.autoscaler.stopAll('a flood'));
    const stopped = stage.time.now();
    await stage.time.runUntilSettled(a.autoscaler.updateConfiguration(small, { ...grow, minEntities: 2 }));
    await stage.run(600);
    expect(creates()).toBeLessThan(21);
    expect(stage.writes.filter(({ at }) => at > stopped + 1000)).toEqual([]);
    const said = 'an operator has stopped all hosts';
    for (const host of [a, b]) expect(host.said.filter((message) => message.startsWith(said))).toHaveLength(1);
    await stage.time.runUntilSettled(a.autoscaler.resumeAll());
    await stage.run(60);
    expect([stage.activeOf(small.tenantId), stage.activeOf(large.tenantId), creates(), stage.wrongs]).toEqual([2, 20, 22, []]);
  });

  it('is found by a host that starts later, which says so', async () => {
    const stage = new HostsStage();
    const a = stage.host('a');
    await stage.run(10);
    await stage.time.runUntilSettled(a.autoscaler.stopAll());
    const b = stage.host('b');
    await stage.create(b, 1);
    await stage.run(60);
    expect(b.said).toEqual([expect.stringContaining('an operator has stopped all hosts')]);
    expect(stage.writes).toEqual([]);
  });
});

import type { ServerId } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { faulty, outcomeOf, passSeconds, patient, rule } from '../testing/faulty-cloud.ts';
import { groupId, loadBalancerId, type SmallCloud, serverRequest, tenantId } from '../testing/small-cloud.ts';

const create = async (small: SmallCloud): Promise<ServerId> =>
  (await small.settle(small.cloud.createServer(tenantId, serverRequest(), patient))).id;
const seen = (small: SmallCloud, id: ServerId) => small.settle(small.cloud.getServer(tenantId, id, patient));
/** A server's states after so many seconds each, under a fault of its creation. */
async function statesOf(fault: object, ...waits: readonly number[]) {
  const small = faulty(fault);
  const id = await create(small);
  const states: unknown[] = [];
  for (const wait of waits) {
    await passSeconds(small, wait);
    states.push((await seen(small, id))?.state);
  }
  return states;
}
/** Builds take 10 s and deletes 5 s here. */
async function deletedUnder(fault: object, wait: number) {
  const small = faulty(fault);
  const id = await create(small);
  await passSeconds(small, 11);
  const answer = await outcomeOf(small, small.cloud.deleteServer(tenantId, id, patient));
  await passSeconds(small, wait);
  return { small, id, answer, state: (await seen(small, id))?.state };
}

describe('faults of a server that is created', () => {
  it('build.time and build.stuck keep it in BUILD', async () => {
    expect(await statesOf(rule('build.time', { takes: 100 }), 95, 10)).toEqual(['BUILD', 'ACTIVE']);
    expect(await statesOf(rule('build.stuck', { progress: 40 }), 95, 3600)).toEqual(['BUILD', 'BUILD']);
    const small = faulty(rule('build.stuck', { progress: 40 }));
    const json = await small.world.tenant(tenantId).compute.servers.find(await create(small));
    expect(small.world.tenant(tenantId).compute.show(json as never).progress).toBe(40);
  });

  it('build.error ends the build in ERROR, at the time that it says', async () => {
    expect(await statesOf(rule('build.error'), 9, 2)).toEqual(['BUILD', 'ERROR']);
    expect(await statesOf(rule('build.error', { after: 3 }), 2, 2)).toEqual(['BUILD', 'ERROR']);
  });

  it('active.error, active.shutoff and status.set change what was ACTIVE', async () => {
    expect(await statesOf(rule('active.error', { after: 60 }), 12, 60)).toEqual(['ACTIVE', 'ERROR']);
    expect(await statesOf(rule('active.shutoff', { after: 60 }), 12, 60)).toEqual(['ACTIVE', 'SHUTOFF']);
    expect(await statesOf(rule('status.set', { status: 'SUSPENDED', after: 60 }), 12, 60)).toEqual(['ACTIVE', 'SUSPENDED']);
    expect(await statesOf(rule('status.set', { status: 'HAUNTED' }), 12)).toEqual(['UNRECOGNISED']);
  });

  it('temp_state passes', async () => {
    expect(await statesOf(rule('temp_state', { status: 'RESIZE', after: 5, for: 30 }), 12, 10, 30)).toEqual(['ACTIVE', 'RESIZE', 'ACTIVE']);
  });

  it('ip.late and ip.none keep addresses from it', async () => {
    const late = faulty(rule('ip.late', { by: 30 }));
    const id = await create(late);
    await passSeconds(late, 12);
    expect(await seen(late, id)).toMatchObject({ state: 'ACTIVE', servicenetAddress: '' });
    await passSeconds(late, 30);
    expect(await seen(late, id)).toMatchObject({ servicenetAddress: '10.176.0.1' });
    for (const [net, addresses] of [
      ['servicenet', { public: [{ addr: '203.176.0.1', version: 4 }] }],
      ['public', { private: [{ addr: '10.176.0.1', version: 4 }] }],
      ['both', {}],
    ] as const) {
      const none = faulty(rule('ip.none', { net }));
      const without = await create(none);
      await passSeconds(none, 12);
      const { compute } = none.world.tenant(tenantId);
      expect(compute.show(compute.servers.find(without) as never).addresses).toEqual(addresses);
    }
  });

  it('ip.reuse gives it the address that was given back last', async () => {
    const addressOfThird = async (faults: readonly object[]) => {
      const small = faulty(...faults);
      const [first] = [await create(small), await create(small)];
      await passSeconds(small, 11);
      await small.settle(small.cloud.deleteServer(tenantId, first as ServerId, patient));
      await passSeconds(small, 6);
      const third = await create(small);
      await passSeconds(small, 11);
      return (await seen(small, third))?.servicenetAddress;
    };
    expect(await addressOfThird([rule('ip.reuse', {}, { skip: 2 })])).toBe('10.176.0.1');
    expect(await addressOfThird([])).toBe('10.176.0.3');
  });

  it('metadata.lost and metadata.edited change whose it is and what it says', async () => {
    const lost = faulty(rule('metadata.lost', { after: 20 }));
    const stray = await create(lost);
    await passSeconds(lost, 12);
    expect(await seen(lost, stray)).toMatchObject({ groupId });
    await passSeconds(lost, 10);
    expect(await seen(lost, stray)).toMatchObject({ groupId: undefined, desiredLoadBalancers: [] });
    const edited = faulty(
      rule('metadata.edited', { set: { [`rax:autoscale:lb:CloudLoadBalancer:${loadBalancerId}`]: '[{"port": 81}]' }, after: 2 }),
    );
    const moved = await create(edited);
    await passSeconds(edited, 12);
    expect(await seen(edited, moved)).toMatchObject({ groupId, desiredLoadBalancers: [{ port: 81 }] });
  });
});

describe('faults of a server that is deleted', () => {
  it('delete.slow keeps it for long, with or without a sign', async () => {
    expect((await deletedUnder(rule('delete.slow', { takes: 600 }), 590)).state).toBe('DELETED');
    expect((await deletedUnder(rule('delete.slow', { takes: 600, shown: false }), 590)).state).toBe('ACTIVE');
    expect((await deletedUnder(rule('delete.slow', { takes: 600 }), 610)).state).toBeUndefined();
  });

  it('delete.ignored does nothing, and says that it did', async () => {
    expect(await deletedUnder(rule('delete.ignored', {}, { times: 1 }), 3600)).toMatchObject({ answer: undefined, state: 'ACTIVE' });
  });

  it('delete.fail refuses', async () => {
    expect(await deletedUnder(rule('delete.fail', { code: 409 }), 10)).toMatchObject({ answer: { kind: 'conflict' }, state: 'ACTIVE' });
    expect(await deletedUnder(rule('delete.fail'), 10)).toMatchObject({ answer: { kind: 'server-fault' }, state: 'ACTIVE' });
    expect((await deletedUnder(rule('delete.fail', {}, { skip: 1 }), 10)).state).toBeUndefined();
  });

  it('delete.shows_active has a server that was in BUILD show ACTIVE, then DELETED by id, before it is gone', async () => {
    const small = faulty(rule('delete.shows_active'));
    const id = await create(small);
    await small.settle(small.cloud.deleteServer(tenantId, id, patient));
    const looks: unknown[] = [];
    for (const wait of [4.9, 0.2, 4.6, 0.4, 1.2]) {
      await passSeconds(small, wait);
      const { servers } = await small.settle(small.cloud.listServers(tenantId, patient));
      looks.push([(await seen(small, id))?.state, servers.length]);
    }
    expect(looks).toEqual([
      ['DELETED', 1],
      ['ACTIVE', 1],
      ['ACTIVE', 1],
      ['DELETED', 0],
      [undefined, 0],
    ]);
    expect((await deletedUnder(rule('delete.shows_active', { deleted: 9 }), 6)).state).toBe('DELETED');
    expect((await deletedUnder(rule('delete.shows_active', { deleted: 9 }), 15)).state).toBeUndefined();
  });

  it('delete.restarts_build begins a build anew, and leaves others to be deleted', async () => {
    const small = faulty(rule('delete.restarts_build'));
    const id = await create(small);
    await passSeconds(small, 8);
    await small.settle(small.cloud.deleteServer(tenantId, id, patient));
    await passSeconds(small, 8);
    expect(await seen(small, id)).toMatchObject({ state: 'BUILD' });
    await passSeconds(small, 4);
    expect(await seen(small, id)).toMatchObject({ state: 'ACTIVE' });
    expect((await deletedUnder(rule('delete.restarts_build'), 10)).state).toBeUndefined();
  });
});

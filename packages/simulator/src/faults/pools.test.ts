import type { PoolId, PoolMember, ServerId } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { faulty, outcomeOf, patient, rule } from '../testing/faulty-cloud.ts';
import { activeServers, type SmallCloud, tenantId } from '../testing/small-cloud.ts';

const pool = 'ab000000-0000-4000-8000-000000000001' as PoolId;
const members = (...ids: string[]): PoolMember[] => ids.map((id) => ({ poolId: pool, serverId: id as ServerId }));

function withPool(...rules: readonly object[]): SmallCloud {
  const small = faulty(...rules);
  small.world.tenant(tenantId).pools.make(pool);
  return small;
}
const add = (small: SmallCloud, ...ids: string[]) => outcomeOf(small, small.cloud.addPoolMembers(tenantId, members(...ids), patient));
const remove = (small: SmallCloud, ...ids: string[]) => outcomeOf(small, small.cloud.removePoolMembers(tenantId, members(...ids), patient));
const inPool = ({ world }: SmallCloud) =>
  world
    .tenant(tenantId)
    .pools.all()
    .map(({ serverId }) => serverId);

describe('faults of RackConnect', () => {
  it('rcv3.echo_upper lists pools in upper case, which a client takes for the same', async () => {
    const small = withPool(rule('rcv3.echo_upper'));
    await add(small, 'a');
    const answer = await small.settle(small.world.call('pool_member.list', tenantId, {}));
    expect(answer).toMatchObject({ value: [{ poolId: pool.toUpperCase(), serverId: 'a' }] });
    expect(await small.settle(small.cloud.listPoolMembers(tenantId, patient))).toEqual(members('a'));
  });

  it('rcv3.errors refuses with any mix of texts, or none', async () => {
    const mixed = withPool(rule('rcv3.errors', { kinds: ['unprocessable', 'unknown', 'no_server'] }));
    expect(await add(mixed, 'a', 'b')).toMatchObject({
      kind: 'pool-not-ready',
      message: expect.stringContaining(
        'Cloud Server a is unprocessable; Something unexpected is wrong with this request; Cloud Server a does not exist',
      ),
    });
    const empty = withPool(rule('rcv3.errors', { kinds: [] }));
    expect(await add(empty, 'a')).toMatchObject({ kind: 'pool-not-ready' });
    expect([inPool(mixed), inPool(empty)]).toEqual([[], []]);
  });

  it('rcv3.pool_inactive and rcv3.pool_removed refuse for good', async () => {
    const inactive = withPool(rule('rcv3.pool_inactive'));
    expect(await add(inactive, 'a')).toMatchObject({
      kind: 'pool-refused',
      message: expect.stringContaining(`${pool.toUpperCase()} is not in an ACTIVE state`),
    });
    const removed = withPool(rule('rcv3.pool_removed', { pool: pool.toUpperCase() }));
    expect(await remove(removed, 'a')).toMatchObject({ kind: 'pool-refused', message: expect.stringContaining('does not exist') });
    expect(await add(withPool(rule('rcv3.pool_removed', { pool: 'other' })), 'a')).toBeUndefined();
  });

  it('rcv3.unprocessable refuses a server for now', async () => {
    const small = withPool(rule('rcv3.unprocessable', { server: 'b' }));
    expect(await add(small, 'a', 'b')).toMatchObject({
      kind: 'pool-not-ready',
      message: expect.stringMatching(/: 409 Cloud Server b is unprocessable$/),
    });
    expect(await add(small, 'a')).toBeUndefined();
    expect(inPool(small)).toEqual(['a']);
  });

  it('rcv3.orphans says whether a deleted server stays in its pool', async () => {
    const left = async (fault: object) => {
      const small = withPool(fault);
      const [id] = await activeServers(small, 1);
      await add(small, id as string);
      await small.settle(small.cloud.deleteServer(tenantId, id as ServerId, patient));
      return inPool(small).length;
    };
    expect([await left(rule('rcv3.orphans')), await left(rule('rcv3.orphans', { on: true }))]).toEqual([0, 1]);
  });

  it('rcv3.bulk_error fails as a whole', async () => {
    const kindFor = async (code: number) => ((await add(withPool(rule('rcv3.bulk_error', { code })), 'a')) as { kind: string }).kind;
    expect([await kindFor(400), await kindFor(413), await kindFor(500)]).toEqual(['unexpected-refusal', 'rate-limited', 'server-fault']);
  });

  it('rcv3.commit_then_409 does all, and says that it was done before; a client takes it for done', async () => {
    const small = withPool(rule('rcv3.commit_then_409'));
    const answer = await small.settle(small.world.call('pool_member.add', tenantId, { members: members('a') }));
    expect(answer).toMatchObject({
      kind: 'refused',
      refusal: { status: 409, message: `Cloud Server a is already a member of Load Balancer Pool ${pool.toUpperCase()}` },
    });
    expect([inPool(small), await add(small, 'b'), await remove(small, 'a'), inPool(small)]).toEqual([['a'], undefined, undefined, ['b']]);
  });
});

/** Calls that are sent again under an Idempotency-Key: carried out once, and answered alike. */
import { createMemoryStore, type GroupManifest, LutraError, type Store } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { afterEach, describe, expect, it } from 'vitest';
import { besides } from './engine-stage.ts';
import { type Answer, type RestApi, startRestApi } from './rest-client.ts';

const launchConfiguration = {
  type: 'launch_server',
  args: { server: { flavorRef: 'performance1-2', imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', n: 1.0 } },
};
const up = { name: 'up', type: 'webhook', cooldown: 0, change: 1 };
const newGroup = {
  groupConfiguration: { name: 'web', cooldown: 0, minEntities: 1, maxEntities: 9, metadata: {} },
  launchConfiguration,
  scalingPolicies: [up, { name: 'down', type: 'webhook', cooldown: 0, change: -1 }],
};
const groups = '/v1.0/T/groups';

let api: RestApi | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
});

/** A store that commits what it is told to, and whose answers are lost while `isLossy`. */
function lossyStore(): { readonly store: Store; isLossy: boolean; commits: number } {
  const inner = createMemoryStore(nodeClock());
  const lossy = { isLossy: false, commits: 0, store: inner };
  const lose = async <T>(answer: Promise<T>): Promise<T> => {
    const told = await answer;
    lossy.commits += 1;
    if (lossy.isLossy) throw new LutraError('unavailable', 'The answer of the store was lost');
    return told;
  };
  const over: Partial<Store> = {
    createGroup: (...asked) => lose(inner.createGroup(...asked)),
    transact: (...asked) => lose(inner.transact(...asked)),
  };
  lossy.store = besides(inner, over);
  return lossy;
}

async function start(store: Store = createMemoryStore(nodeClock())) {
  const host = await startRestApi({}, {}, { store });
  api = host;
  const post = (path: string, body: unknown, key?: string): Promise<Answer> =>
    host.send('POST', path, body, key === undefined ? {} : { 'Idempotency-Key': key });
  const get = async (path: string) => (await host.send('GET', path)).body;
  const made: { readonly group: GroupManifest & { readonly scalingPolicies: readonly { readonly id: string }[] } } = (
    await post(groups, newGroup)
  ).body;
  const group = `${groups}/${made.group.id}`;
  const policy = `${group}/policies/${made.group.scalingPolicies[0]?.id}`;
  return { post, get, group, policy };
}
const toldBy = ({ status, text, headers }: Answer) => ({ status, text, location: headers.get('Location') });

describe('a call that is sent again with its Idempotency-Key', () => {
  it('is answered as the first time, and carried out once', async () => {
    const { post, get, group, policy } = await start();
    const calls = [
      [groups, newGroup],
      [`${group}/policies`, [up, up]],
      [`${policy}/webhooks`, [{ name: 'a' }, { name: 'b' }]],
      [`${policy}/execute`, undefined],
    ] as const;
    for (const [path, body] of calls) {
      const first = await post(path, body, 'key-1'); // the same key means something else at another path
      expect(first.status).toBeLessThan(300);
      expect(toldBy(await post(path, body, 'key-1'))).toEqual(toldBy(first));
    }
    expect((await get(groups)).groups).toHaveLength(2);
    expect((await get(`${group}/policies`)).policies).toHaveLength(4);
    expect((await get(`${policy}/webhooks`)).webhooks).toHaveLength(2);
    expect((await get(`${group}/state`)).group.desiredCapacity).toBe(2);
  });

  it('is carried out again without a key, and with another', async () => {
    const { post, get, group, policy } = await start();
    for (const key of ['a', 'b', undefined, undefined]) expect((await post(`${policy}/execute`, undefined, key)).status).toBe(202);
    expect((await get(`${group}/state`)).group.desiredCapacity).toBe(5);
  });

  it('is refused with another body, byte by byte', async () => {
    const { post, get, group, policy } = await start();
    await post(groups, newGroup, 'k');
    const calls = [
      [groups, `${JSON.stringify(newGroup)} `],
      [`${group}/policies`, [up]],
      [`${policy}/webhooks`, [{ name: 'a' }]],
      [`${policy}/execute`, '{}'],
    ] as const;
    await post(`${group}/policies`, [{ ...up, name: 'x' }], 'k');
    await post(`${policy}/webhooks`, [{ name: 'x' }], 'k');
    await post(`${policy}/execute`, undefined, 'k');
    for (const [path, body] of calls) {
      const { status, body: told } = await post(path, body, 'k');
      expect([status, told.error.type]).toEqual([422, 'IdempotencyKeyReused']);
    }
    expect((await get(`${group}/state`)).group.desiredCapacity).toBe(2);
  });

  it('is carried out once, of many at the same time', async () => {
    const { post, get, group, policy } = await start();
    const made = await Promise.all(Array.from({ length: 8 }, () => post(groups, newGroup, 'k')));
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    const executed = await Promise.all(Array.from({ length: 8 }, () => post(`${policy}/execute`, undefined, 'k')));
    expect(executed.map(({ status }) => status)).toEqual(Array(8).fill(202));
    expect([(await get(groups)).groups.length, (await get(`${group}/state`)).group.desiredCapacity]).toEqual([2, 2]);
  });

  it('uses up no key when it is refused', async () => {
    const { post, get, group, policy } = await start();
    const [pausing, resuming] = [`${group}/pause`, `${group}/resume`];
    await post(pausing, undefined);
    expect((await post(`${policy}/execute`, undefined, 'k')).status).toBe(403);
    expect((await post(groups, {}, 'k')).status).toBe(400);
    await post(resuming, undefined);
    expect((await post(`${policy}/execute`, undefined, 'k')).status).toBe(202);
    expect((await get(`${group}/state`)).group.desiredCapacity).toBe(2);
    expect((await post(groups, newGroup, 'k')).status).toBe(201);
  });

  it('is answered as the first time though its group has gone, and though its at has passed', async () => {
    const { post, group } = await start();
    const soon = new Date(Date.now() + 700).toISOString();
    const at = [{ name: 'once', type: 'schedule', cooldown: 0, desiredCapacity: 1, args: { at: soon } }];
    const first = await post(`${group}/policies`, at, 'k');
    expect(first.status).toBe(201);
    expect((await api?.send('DELETE', `${group}?force=true`))?.status).toBe(204);
    await expect.poll(async () => (await post(groups, { ...newGroup, scalingPolicies: at })).status).toBe(400);
    expect(toldBy(await post(`${group}/policies`, at, 'k'))).toEqual(toldBy(first));
    expect((await post(`${group}/policies`, at, 'other')).status).toBe(400);
  });

  it.each(['', ' ', 'a b', 'ü', 'x'.repeat(256)])('is refused when the key is %j', async (key) => {
    const { post, policy } = await start();
    for (const [path, body] of [
      [groups, newGroup],
      [`${policy}/execute`, undefined],
    ] as const) {
      const { status, body: told } = await post(path, body, key);
      expect([status, told.error]).toMatchObject([400, { type: 'ValidationError', message: /^Idempotency-Key must be 1 to 255/ }]);
    }
  });

  it('finds what was committed though the answer of the store was lost', async () => {
    const lossy = lossyStore();
    const { post, get, group, policy } = await start(lossy.store);
    const calls = [
      [groups, newGroup],
      [`${group}/policies`, [up]],
      [`${policy}/webhooks`, [{ name: 'a' }]],
      [`${policy}/execute`, undefined],
    ] as const;
    for (const [path, body] of calls) {
      lossy.isLossy = true;
      expect((await post(path, body, 'k')).status).toBe(503);
      lossy.isLossy = false;
      const commits = lossy.commits;
      const again = await post(path, body, 'k');
      expect(again.status).toBeLessThan(300);
      expect(toldBy(await post(path, body, 'k'))).toEqual(toldBy(again));
      expect(lossy.commits).toBe(commits);
    }
    const listed = (await get(groups)).groups;
    expect(listed).toHaveLength(2);
    const repeated = (await post(groups, newGroup, 'k')).body.group.id;
    expect(listed.map(({ id }: { id: string }) => id)).toContain(repeated);
    expect((await get(`${group}/policies`)).policies).toHaveLength(3);
    const webhooks = (await get(`${policy}/webhooks`)).webhooks;
    expect((await post(`${policy}/webhooks`, [{ name: 'a' }], 'k')).body.webhooks).toEqual(webhooks);
    expect((await get(`${group}/state`)).group.desiredCapacity).toBe(2);
  });

  it('never makes of a capability URL what the key says', async () => {
    const { post, get, group, policy } = await start();
    const [webhook] = (await post(`${policy}/webhooks`, [{ name: 'a' }])).body.webhooks;
    const { pathname } = new URL(webhook.links.find(({ rel }: { rel: string }) => rel === 'capability').href);
    for (let times = 0; times < 2; times += 1) expect((await post(pathname, undefined, 'k')).status).toBe(202);
    expect((await get(`${group}/state`)).group.desiredCapacity).toBe(3);
  });
});

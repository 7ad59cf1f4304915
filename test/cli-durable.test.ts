/** What outlives `lutra serve`: real processes that are killed, and started again on the same folder. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exampleGroup, exampleTenant } from '../packages/cli/src/example-group.ts';
import { lutra } from './cli-process.ts';
import { type RunningServe, startServe, until } from './cli-serve-process.ts';

// biome-ignore lint/suspicious/noExplicitAny: a body is whatever the test says that it must be
type Json = any;

const root = mkdtempSync(join(tmpdir(), 'lutra-durable-'));
const folderNamed = (name: string): string => join(root, name);

const running: RunningServe[] = [];
afterAll(async () => {
  await Promise.all(running.map((serve) => stop(serve)));
  rmSync(root, { recursive: true });
});

async function start(data: string, ...options: readonly string[]): Promise<RunningServe> {
  const serve = await startServe('--data', data, ...options);
  running.push(serve);
  return serve;
}
async function stop({ child }: RunningServe): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
/** Kills the host itself, which the launcher would outlive: it has said who it is. */
async function kill({ child }: RunningServe, data: string): Promise<void> {
  const ended = once(child, 'exit');
  const [, pid] = /^process (\d+),/.exec(readFileSync(join(data, 'groups.db-holder'), 'utf8')) ?? [];
  process.kill(Number(pid), 'SIGKILL');
  await ended;
}
async function call(method: string, url: string, body?: object): Promise<Json> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  const response = await fetch(url, { method, ...sent });
  const text = await response.text();
  expect([url, response.status < 300, text]).toEqual([url, true, text]);
  return text === '' ? undefined : JSON.parse(text);
}

const groupsAt = (api: string): string => `${api}/v1.0/${exampleTenant}/groups`;
const groupIds = async (api: string): Promise<readonly string[]> => (await call('GET', groupsAt(api))).groups.map(({ id }: Json) => id);
const serversAt = async (cloud: string): Promise<readonly string[]> =>
  (await call('GET', `${cloud}/v2/${exampleTenant}/servers/detail`)).servers.map(({ id }: Json) => id).sort();
const nodesAt = async (cloud: string): Promise<readonly Json[]> =>
  (await call('GET', `${cloud}/v1.0/${exampleTenant}/loadbalancers/237935/nodes`)).nodes;
const activeOf = (state: Json): readonly string[] => state.active.map(({ id }: Json) => id).sort();

/** A group of two servers that is whole. */
async function makeGroup({ api }: RunningServe): Promise<{ readonly id: string; readonly active: readonly string[] }> {
  const { id } = (await call('POST', groupsAt(api), exampleGroup)).group;
  return { id, active: activeOf(await wholeState(api, id, 2)) };
}
const wholeState = (api: string, id: string, count: number): Promise<Json> =>
  until(
    `${count} servers are active`,
    async () => (await call('GET', `${groupsAt(api)}/${id}/state`)).group,
    (now) => now.activeCapacity === count && now.pendingCapacity === 0 && now.status === 'ACTIVE',
  );
/** Waits until the world that is kept has a server. */
const keptWith = (data: string, server: string): Promise<string> =>
  until(
    'the world is kept',
    async () => readFileSync(join(data, 'world.json'), 'utf8'),
    (text) => text.includes(server),
  );

describe('lutra serve --data', () => {
  it.concurrent('goes on after it was killed: groups, servers, nodes, policies, webhooks', { timeout: 90_000 }, async () => {
    const data = folderNamed('killed');
    const first = await start(data);
    expect(first.output()).toContain(`Everything is kept in ${data}.\nTo start afresh: --fresh. To keep nothing: --store memory.`);
    const { id, active } = await makeGroup(first);
    const policies = await call('GET', `${groupsAt(first.api)}/${id}/policies`);
    const policyId = policies.policies[0].id;
    const { webhooks } = await call('POST', `${groupsAt(first.api)}/${id}/policies/${policyId}/webhooks`, [{ name: 'alarm' }]);
    const hook = new URL(webhooks[0].links.find(({ rel }: Json) => rel === 'capability').href).pathname;
    await keptWith(data, active[1] ?? '');
    await kill(first, data);

    const second = await start(data);
    expect(second.output()).toContain(`Everything is kept in ${data} and goes on as it was.`);
    expect(activeOf((await call('GET', `${groupsAt(second.api)}/${id}/state`)).group)).toEqual(active);
    expect(await serversAt(second.cloud)).toEqual(active);
    expect(await nodesAt(second.cloud)).toHaveLength(2);
    await call('POST', `${second.api}${hook}`); // a webhook is a secret that is kept sealed
    const three = await wholeState(second.api, id, 3);
    expect(activeOf(three)).toEqual(expect.arrayContaining([...active]));

    await stop(second);
    const third = await start(data);
    expect(activeOf(await wholeState(third.api, id, 3))).toEqual(activeOf(three));
    if (process.platform !== 'win32') {
      expect(statSync(data).mode & 0o777).toBe(0o700);
      expect(statSync(join(data, 'secrets.key')).mode & 0o777).toBe(0o600);
    }
  });

  it.concurrent('replaces the servers that a lost world takes with it', { timeout: 60_000 }, async () => {
    const data = folderNamed('world');
    const first = await start(data);
    const { id } = await makeGroup(first);
    await kill(first, data);
    rmSync(join(data, 'world.json'));
    const second = await start(data);
    const made = await until(
      'there are servers again',
      () => serversAt(second.cloud),
      (servers) => servers.length === 2,
    );
    expect(activeOf(await wholeState(second.api, id, 2))).toEqual(made);
    await until(
      'both are on the load balancer',
      () => nodesAt(second.cloud),
      (nodes) => nodes.length === 2,
    );
  });

  it('lets one host at a time have the folder, and names it to the others', { timeout: 60_000 }, async () => {
    const data = folderNamed('held');
    const { child, api } = await start(data);
    const holder = new RegExp(
      `groups\\.db cannot be used: another lutra holds it: process \\d+, ${api}\\.\nTo use another folder: --data DIR\\.`,
    );
    await expect(start(data)).rejects.toThrow(holder);
    await expect(start(data, '--fresh')).rejects.toThrow('another lutra holds it');
    expect(child.exitCode).toBe(null);
    expect(await groupIds(api)).toEqual([]);
    const { store } = await call('GET', `${api}/health`);
    expect(store).toMatchObject({ healthy: true, details: { bytes: expect.any(Number), lastCommitMs: expect.any(Number) } });
    expect(await (await fetch(`${api}/metrics`)).text()).toMatch(/^lutra_store_bytes [1-9]/m);
  });

  it('starts afresh when it is told to, and says what it deletes', { timeout: 60_000 }, async () => {
    const data = folderNamed('fresh');
    const first = await start(data);
    await call('POST', groupsAt(first.api), exampleGroup);
    await kill(first, data);
    const key = readFileSync(join(data, 'secrets.key'), 'utf8');
    const second = await start(data, '--fresh');
    expect(second.output()).toMatch(/^Deleted \S+groups\.db, .*\S+world\.json\. The key for secrets stays\.$/m);
    expect([await groupIds(second.api), readFileSync(join(data, 'secrets.key'), 'utf8')]).toEqual([[], key]);
  });

  it('says that the key is missing or wrong, and loses nothing', { timeout: 60_000 }, async () => {
    const data = folderNamed('key');
    const [key, away] = [join(data, 'secrets.key'), join(data, 'away')];
    const first = await start(data);
    const { group } = await call('POST', groupsAt(first.api), exampleGroup);
    await call('POST', `${groupsAt(first.api)}/${group.id}/policies/${group.scalingPolicies[0].id}/webhooks`, [{ name: 'alarm' }]);
    await kill(first, data);
    const files = readdirSync(data).length;
    renameSync(key, away);
    await expect(start(data)).rejects.toThrow(
      /code 1: The key \S+secrets\.key is missing, and \S+groups\.db holds secrets sealed with it\. Put the file back; nothing was changed\./,
    );
    expect(existsSync(key)).toBe(false);
    writeFileSync(key, `${Buffer.alloc(32).toString('base64')}\n`);
    await expect(start(data)).rejects.toThrow(/groups\.db was sealed with another key than the one in \S+secrets\.key\./);
    writeFileSync(key, 'short\n');
    await expect(start(data)).rejects.toThrow(/secrets\.key holds no key for secrets: it must be 32 bytes as base64, one line\./);
    renameSync(away, key);
    expect(readdirSync(data).length).toBeLessThanOrEqual(files);
    const second = await start(data);
    expect(await groupIds(second.api)).toEqual([group.id]);
  });

  it('keeps its name over restarts, and its files where the settings say', { timeout: 60_000 }, async () => {
    const data = folderNamed('placed');
    const [store, key] = [folderNamed('elsewhere/groups.db'), folderNamed('keys/key')];
    const flags = ['--store', `sqlite:${store}`, '--secrets.key-file', key];
    const first = await start(data, ...flags);
    const name = readFileSync(join(data, 'host'), 'utf8');
    await stop(first);
    await stop(await start(data, ...flags));
    expect(readFileSync(join(data, 'host'), 'utf8')).toBe(name);
    expect([existsSync(store), existsSync(key), readdirSync(data).sort()]).toEqual([true, true, ['host', 'world.json']]);
  });
});

describe('lutra backup, restore and secrets rotate', () => {
  /** A host with a group that has a webhook: its state is one that needs the key. */
  async function startWithWebhook(data: string): Promise<{ readonly serve: RunningServe; readonly id: string; readonly hook: string }> {
    const serve = await start(data);
    const { group } = await call('POST', groupsAt(serve.api), exampleGroup);
    const webhooksAt = `${groupsAt(serve.api)}/${group.id}/policies/${group.scalingPolicies[0].id}/webhooks`;
    const { webhooks } = await call('POST', webhooksAt, [{ name: 'alarm' }]);
    return { serve, id: group.id, hook: new URL(webhooks[0].links.find(({ rel }: Json) => rel === 'capability').href).pathname };
  }
  const desired = async ({ api }: RunningServe, id: string): Promise<number> =>
    (await call('GET', `${groupsAt(api)}/${id}/state`)).group.desiredCapacity;

  it('bring back what was there when the backup was made', { timeout: 90_000 }, async () => {
    const [data, file] = [folderNamed('backup'), folderNamed('groups.backup')];
    const { serve, id, hook } = await startWithWebhook(data);
    const { stdout } = await lutra(['backup', file, '--data', data, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ file, groups: 1, tenants: 1, bytes: statSync(file).size });
    expect(await lutra(['backup', file, '--data', data])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--force replaces it'),
    });
    await call('POST', `${serve.api}${hook}`);
    expect(await desired(serve, id)).toBe(3);
    const held = await lutra(['restore', file, '--data', data, '--force']);
    expect(held).toMatchObject({ code: 1, stderr: expect.stringContaining('another lutra holds it: process') });
    await kill(serve, data);

    expect(await lutra(['restore', file, '--data', data])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--force replaces it'),
    });
    const restored = await lutra(['restore', file, '--data', data, '--force']);
    expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining('Restored 1 group of 1 tenant') });
    expect(existsSync(join(data, 'groups.db.old'))).toBe(true);
    const again = await start(data);
    expect(await desired(again, id)).toBe(2);
    await call('POST', `${again.api}${hook}`); // the secret is still good
    expect(await desired(again, id)).toBe(3);
  });

  it('take a backup to another folder with the key that it was made with', { timeout: 90_000 }, async () => {
    const [data, other, file] = [folderNamed('moved-from'), folderNamed('moved-to'), folderNamed('moved.backup')];
    const { serve, hook } = await startWithWebhook(data);
    await stop(serve);
    await lutra(['backup', file, '--data', data]);
    expect(await lutra(['restore', file, '--data', other])).toMatchObject({ code: 1, stderr: expect.stringContaining('--sealed-with') });
    expect(existsSync(join(other, 'groups.db'))).toBe(false);
    const key = join(data, 'secrets.key');
    expect(await lutra(['restore', file, '--data', other, '--sealed-with', key])).toMatchObject({ code: 0 });
    const moved = await start(other);
    await call('POST', `${moved.api}${hook}`);
  });

  it('seal everything with a new key, and go on after a rotation that was broken off', { timeout: 120_000 }, async () => {
    const data = folderNamed('rotated');
    const key = join(data, 'secrets.key');
    const [next, old] = [`${key}.new`, `${key}.old`];
    const { serve, id, hook } = await startWithWebhook(data);
    const held = await lutra(['secrets', 'rotate', '--data', data]);
    expect(held).toMatchObject({ code: 1, stderr: expect.stringContaining('another lutra holds it: process') });
    await kill(serve, data);
    const before = readFileSync(key, 'utf8');
    const { stdout } = await lutra(['secrets', 'rotate', '--data', data, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ secrets: 1, key, oldKey: old });
    const after = readFileSync(key, 'utf8');
    expect([after === before, readFileSync(old, 'utf8') === before, existsSync(next)]).toEqual([false, true, false]);
    expect(await lutra(['secrets', 'rotate', '--data', data])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('older backups need it'),
    });

    // Broken off after everything was sealed again, before the files were renamed.
    rmSync(old);
    writeFileSync(next, after);
    writeFileSync(key, before);
    const finished = await start(data);
    expect([readFileSync(key, 'utf8'), readFileSync(old, 'utf8'), existsSync(next)]).toEqual([after, before, false]);
    await call('POST', `${finished.api}${hook}`);
    expect(await desired(finished, id)).toBe(3);
    await stop(finished);

    // Broken off before anything was sealed again.
    writeFileSync(next, before);
    const untouched = await start(data);
    expect(readFileSync(key, 'utf8')).toBe(after);
    await call('POST', `${untouched.api}${hook}`);
  });
});

describe('lutra serve --store memory', () => {
  it('writes nothing', { timeout: 60_000 }, async () => {
    const data = folderNamed('none');
    const serve = await start(data, '--store', 'memory');
    expect(serve.output()).toContain('Everything is in memory: stopping it forgets it.');
    await stop(serve);
    expect(existsSync(data)).toBe(false);
    expect(await lutra(['serve', '--store', 'memory', '--fresh', '--port', '0'])).toMatchObject({
      code: 2,
      stderr: 'serve: --fresh has nothing to delete: with --store memory nothing is kept\n',
    });
  });
});

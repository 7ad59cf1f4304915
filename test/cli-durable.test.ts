/** What outlives `lutra serve`: real processes that are killed, and started again on the same folder. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { exampleGroup } from '../packages/cli/src/example-group.ts';
import { decode } from '../packages/store-sqlite/src/documents.ts';
import { lutra } from './cli-process.ts';
import { until } from './cli-serve-process.ts';
import {
  activeOf,
  call,
  folderNamed,
  groupIds,
  groupsAt,
  type Json,
  keptWith,
  kill,
  makeGroup,
  nodesAt,
  removeAll,
  serversAt,
  start,
  stop,
  wholeState,
} from './durable-hosts.ts';

afterAll(removeAll);

/** Overwrites the first page of a table. */
function damageTable(file: string, table: string): void {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const { page } = database.prepare('SELECT rootpage AS page FROM sqlite_schema WHERE name = ?').get(table) as { readonly page: number };
  database.close();
  const bytes = readFileSync(file);
  const size = bytes.readUInt16BE(16);
  writeFileSync(file, bytes.fill(0xff, (page - 1) * size, page * size));
}

const named = ({ id, name, type, args }: Json) => ({ id, name, type, args });

/** Accepted commands that the activity in a store tells of, with their sequences. A host may have it. */
function commandsIn(file: string): readonly string[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = database.prepare('SELECT sequence, document FROM activity ORDER BY sequence').all();
    return rows.flatMap(({ sequence, document }) => {
      const { content } = decode<Json>(String(document));
      return content?.kind === 'command' && content.refused === null ? [`${sequence} ${content.command}`] : [];
    });
  } finally {
    database.close();
  }
}

describe('lutra serve --data', () => {
  it.concurrent('goes on after it was killed: groups, servers, nodes, policies, webhooks, schedules, activity', {
    timeout: 90_000,
  }, async () => {
    const data = folderNamed('killed');
    const first = await start(data);
    expect(first.output()).toContain(`Everything is kept in ${data}.\nTo start afresh: --fresh. To keep nothing: --store memory.`);
    const groupConfiguration = { ...exampleGroup.groupConfiguration, cooldown: 0 }; // a schedule and a webhook both run
    const { id, active } = await makeGroup(first, { ...exampleGroup, groupConfiguration });
    const policies = await call('GET', `${groupsAt(first.api)}/${id}/policies`);
    const policyId = policies.policies[0].id;
    const { webhooks } = await call('POST', `${groupsAt(first.api)}/${id}/policies/${policyId}/webhooks`, [{ name: 'alarm' }]);
    const hook = new URL(webhooks[0].links.find(({ rel }: Json) => rel === 'capability').href).pathname;
    await keptWith(data, active[1] ?? '');
    const file = join(data, 'groups.db');
    const told = commandsIn(file);
    expect(told.length).toBeGreaterThan(1);
    const at = new Date(Date.now() + 1500).toISOString().replace(/\.\d+Z$/, 'Z'); // most likely while there is no host
    const schedule = { name: 'soon', cooldown: 0, type: 'schedule', change: 1, args: { at } };
    await call('POST', `${groupsAt(first.api)}/${id}/policies`, [schedule, { ...schedule, name: 'yearly', args: { cron: '0 0 1 1 *' } }]);
    const before = await call('GET', `${groupsAt(first.api)}/${id}/policies`);
    await kill(first, data);

    const second = await start(data);
    expect(second.output()).toContain(`Everything is kept in ${data} and goes on as it was.`);
    expect(await serversAt(second.cloud)).toEqual(expect.arrayContaining([...active]));
    expect((await call('GET', `${groupsAt(second.api)}/${id}/policies`)).policies.map(named)).toEqual(before.policies.map(named));
    expect(activeOf(await wholeState(second.api, id, 3))).toEqual(expect.arrayContaining([...active]));
    expect(await nodesAt(second.cloud)).toHaveLength(3);
    await call('POST', `${second.api}${hook}`); // a webhook is a secret that is kept sealed
    const four = await wholeState(second.api, id, 4);
    expect(activeOf(four)).toEqual(expect.arrayContaining([...active]));

    await stop(second);
    const third = await start(data);
    expect(activeOf(await wholeState(third.api, id, 4))).toEqual(activeOf(four));
    const commands = commandsIn(file);
    expect(commands.slice(0, told.length)).toEqual(told);
    expect(commands.filter((one) => one.endsWith(' run-schedule'))).toHaveLength(1);
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

  it('refuses a damaged store, says what can be saved, and puts that in its place only when told to', { timeout: 60_000 }, async () => {
    const data = folderNamed('damaged');
    const first = await start(data);
    const { group } = await call('POST', groupsAt(first.api), exampleGroup);
    await stop(first);
    const file = join(data, 'groups.db');
    damageTable(file, 'activity');
    const damaged = readFileSync(file);
    await expect(start(data)).rejects.toThrow('--repair');
    const repair = (...flags: readonly string[]) => lutra(['serve', '--repair', '--data', data, ...flags]);
    expect(await repair()).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/activity +\d+ rows; others are lost[\s\S]*Nothing was changed/),
    });
    expect(readFileSync(file).equals(damaged)).toBe(true);
    expect(await repair('--yes')).toMatchObject({ code: 0, stdout: expect.stringContaining('The store holds 1 group of 1 tenant now.') });
    expect(readFileSync(`${file}.damaged`).equals(damaged)).toBe(true);
    expect(await repair()).toMatchObject({ code: 0, stdout: expect.stringContaining('is not damaged') });
    expect(await groupIds((await start(data)).api)).toEqual([group.id]);
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

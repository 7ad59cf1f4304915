import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EpochMs, epochMs, type GroupId } from '@lutra/core';
import { newGroup } from '@lutra/core/testing';
import { NEVER } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { Database } from './database.ts';
import { repairStore } from './index.ts';
import { allOfIt, findAll, makeFilledStore, openNamed, temporaryFolder, tenantId } from './testing/filled-store.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const now: EpochMs = epochMs(1_790_000_000_000);
const options = { clock: { now: () => now, after: () => NEVER }, holder: 'this test' };

/** The filled store, with 300 groups more. */
async function makeLargeStore(file: string): Promise<void> {
  await makeFilledStore(file, 'a');
  const store = await openNamed(file, 'a');
  for (let n = 0; n < 300; n += 1) {
    const configuration = { name: `web ${n}`, cooldown: 0, minEntities: 0, maxEntities: 9, metadata: { filler: 'x'.repeat(500) } };
    const ref = { tenantId, groupId: `group-${n}` as GroupId };
    await store.createGroup(newGroup(ref, configuration, { type: 'launch_server', args: { server: {} } }, [], now), 1000);
  }
  await store.close();
}

/** Overwrites the middle page of those of a table that hold rows. */
function damageMiddleOf(file: string, table: string): void {
  const database = new Database(file);
  database.execute('PRAGMA wal_checkpoint(TRUNCATE)');
  const [root, size] = [
    Number(database.get('SELECT rootpage FROM sqlite_schema WHERE name = ?', table)?.rootpage),
    Number(database.get('PRAGMA page_size')?.page_size),
  ];
  database.close();
  const bytes = readFileSync(file);
  const page = (number: number): Buffer => bytes.subarray((number - 1) * size, number * size);
  expect(page(root)[0]).toBe(5); // an interior page: two bytes for each cell, and in a cell first the number of a page
  const cells = page(root).readUInt16BE(3);
  page(page(root).readUInt32BE(page(root).readUInt16BE(12 + 2 * Math.floor(cells / 2)))).fill(0xff);
  writeFileSync(file, bytes);
}

describe('repairStore', () => {
  it('says what can be saved of a damaged store, and changes nothing', async () => {
    const file = join(folder, 'looked-at.db');
    await makeLargeStore(file);
    damageMiddleOf(file, 'groups');
    const before = readFileSync(file);
    await expect(openNamed(file, 'a')).rejects.toThrow('--repair');
    const { damage, tables, contents, old } = repairStore(file, { ...options, replace: false });
    expect(damage.length).toBeGreaterThan(0);
    expect(old).toBe(null);
    const groups = tables.find(({ name }) => name === 'groups');
    expect(groups?.isWhole).toBe(false);
    expect(groups?.rows).toBeGreaterThan(200);
    expect(groups?.rows).toBeLessThan(301);
    expect(contents?.groups).toBe(groups?.rows);
    expect(tables.filter(({ isWhole }) => !isWhole)).toHaveLength(1);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(folder).filter((name) => /^looked-at\.db\.(part|damaged)/.test(name))).toEqual([]);
  });

  it('puts what can be saved in the place of the store, which agrees with itself, and keeps the damaged one', async () => {
    const file = join(folder, 'replaced.db');
    await makeLargeStore(file);
    damageMiddleOf(file, 'groups');
    const before = readFileSync(file);
    const { contents, old } = repairStore(file, { ...options, replace: true });
    expect(old).toBe(`${file}.damaged`);
    expect(readFileSync(`${file}.damaged`).equals(before)).toBe(true);
    const store = await openNamed(file, 'a');
    expect(await findAll(store)).toEqual(allOfIt);
    expect(await store.groupIdsOf(tenantId)).toHaveLength(contents?.groups ?? -1);
    expect(await store.tenants()).toEqual([tenantId]);
    await store.close();
    const database = new Database(file);
    expect(database.get('SELECT group_count FROM tenants')).toEqual({ group_count: contents?.groups });
    database.close();
    expect(repairStore(file, { ...options, replace: true }).damage).toEqual([]);
  });

  it('loses the groups whose spec cannot be read', async () => {
    const file = join(folder, 'specs.db');
    await makeLargeStore(file);
    damageMiddleOf(file, 'specs');
    const { tables, contents } = repairStore(file, { ...options, replace: true });
    const rowsOf = (table: string) => tables.find(({ name }) => name === table)?.rows;
    expect([rowsOf('groups'), contents?.groups]).toEqual([301, rowsOf('specs')]);
    expect(contents?.groups).toBeLessThan(301);
    const store = await openNamed(file, 'a');
    for (const groupId of await store.groupIdsOf(tenantId)) expect(await store.readGroup({ tenantId, groupId })).toBeDefined();
    await store.close();
  });

  it('loses tenants whose page is gone, but not their groups', async () => {
    const file = join(folder, 'tenants.db');
    await makeFilledStore(file, 'a');
    const database = new Database(file);
    database.execute("PRAGMA wal_checkpoint(TRUNCATE); DELETE FROM tenants; INSERT INTO servers VALUES (99, 's', '[1, {}]')");
    const [page, size] = [
      Number(database.get("SELECT rootpage FROM sqlite_schema WHERE name = 'tenants'")?.rootpage),
      Number(database.get('PRAGMA page_size')?.page_size),
    ];
    database.close();
    const bytes = readFileSync(file);
    bytes.fill(0xff, (page - 1) * size, page * size);
    writeFileSync(file, bytes);
    repairStore(file, { ...options, replace: true });
    const store = await openNamed(file, 'a');
    expect(await findAll(store)).toEqual({ ...allOfIt, credentials: undefined });
    expect(await store.tenants()).toEqual([tenantId]);
    await store.close();
    const repaired = new Database(file);
    expect(repaired.all('SELECT * FROM servers')).toEqual([]); // of a group that is not there
    repaired.close();
  });

  it('leaves a store alone that is whole, held, or beyond help', async () => {
    const file = join(folder, 'whole.db');
    await makeFilledStore(file, 'a');
    expect(repairStore(file, { ...options, replace: true })).toEqual({
      damage: [],
      tables: [],
      contents: null,
      old: null,
      isStopped: false,
    });
    const store = await openNamed(file, 'a');
    expect(() => repairStore(file, { ...options, replace: true })).toThrow('another lutra holds it');
    await store.close();
    const text = join(folder, 'text');
    writeFileSync(text, 'a letter to a friend, longer than a hundred bytes. '.repeat(100));
    expect(() => repairStore(text, { ...options, replace: true })).toThrow('Nothing of the store');
    expect([existsSync(`${text}.damaged`), readFileSync(text, 'utf8').startsWith('a letter')]).toEqual([false, true]);
  });

  it('stops all hosts in it when what operators had set may be lost', async () => {
    const file = join(folder, 'braked.db');
    await makeLargeStore(file);
    const database = new Database(file);
    database.execute('PRAGMA wal_checkpoint(TRUNCATE)');
    const page = Number(database.get(`SELECT rootpage FROM sqlite_schema WHERE name = 'switches'`)?.rootpage);
    const size = Number(database.get('PRAGMA page_size')?.page_size);
    database.close();
    const bytes = readFileSync(file);
    bytes.fill(0xff, (page - 1) * size, page * size);
    writeFileSync(file, bytes);
    expect(repairStore(file, { ...options, replace: true })).toMatchObject({ isStopped: true, contents: { groups: 301 } });
    const store = await openNamed(file, 'a');
    expect((await store.switches()).stopAll?.reason).toContain('repaired');
    await store.close();
  });

  it('finds a document of which one byte has changed', async () => {
    const file = join(folder, 'byte.db');
    await makeLargeStore(file);
    const database = new Database(file);
    database.execute(`UPDATE specs SET document = replace(document, '{"', '{x') WHERE group_number = 7`);
    database.close();
    await expect(openNamed(file, 'a')).rejects.toThrow('1 row of specs cannot be read');
    expect(repairStore(file, { ...options, replace: true })).toMatchObject({ contents: { groups: 300 }, isStopped: false });
    await (await openNamed(file, 'a')).close();
  });
});

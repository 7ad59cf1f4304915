/** Files and disks that are not as they should be: what is said, and that nothing acknowledged is lost. */
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { epochMs, type GroupId, type ScalingGroup, type Store, seconds, type TenantId } from '@lutra/core';
import { newGroup } from '@lutra/core/testing';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { allOfIt, findAll, makeFilledStore, openNamed, temporaryFolder } from './testing/filled-store.ts';
import { mountSmallDisk, type SmallDisk } from './testing/mounting.ts';

const tenant = 't2' as TenantId;
const groupOf = (id: string, padding = ''): ScalingGroup =>
  newGroup(
    { tenantId: tenant, groupId: id as GroupId },
    { name: id, cooldown: 0, minEntities: 0, maxEntities: 9, metadata: { padding } },
    { type: 'launch_server', args: { server: {} } },
    [],
    epochMs(1_790_000_000_000),
  );

const { folder, remove } = temporaryFolder();
let files = 0;
const newFile = (): string => {
  files += 1;
  return join(folder, `${files}.db`);
};
afterAll(remove);
const refusal = (message: unknown) => expect.objectContaining({ code: 'unavailable', effect: 'refused', message });

describe('openSqliteStore', () => {
  it('names the holder of a file that is held, and leaves the holder alone', async () => {
    const file = newFile();
    const store = await openNamed(file, 'key');
    onTestFinished(() => store.close());
    await expect(openNamed(file, 'key')).rejects.toThrow(refusal(`The store ${file} cannot be used: another lutra holds it: this test.`));
    await store.createGroup(groupOf('a'), 10);
  });

  it('says of a file that is no database that it is none, and leaves it as it is', async () => {
    const file = newFile();
    writeFileSync(file, 'a letter to my aunt, which is longer than the head of a database. '.repeat(20));
    const before = readFileSync(file);
    await expect(openNamed(file, 'key')).rejects.toThrow(refusal(expect.stringContaining('it is not a lutra store')));
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('says of a database of something else that it is one, and leaves it as it is', async () => {
    const file = newFile();
    const other = new DatabaseSync(file);
    other.exec('CREATE TABLE letters (text)');
    other.close();
    const before = readFileSync(file);
    await expect(openNamed(file, 'key')).rejects.toThrow(refusal(expect.stringContaining('not one of lutra')));
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(existsSync(`${file}-wal`)).toBe(false);
  });

  it('refuses a newer schema, and says which it knows', async () => {
    const file = newFile();
    await makeFilledStore(file, 'key');
    const newer = new DatabaseSync(file);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    await expect(openNamed(file, 'key')).rejects.toThrow(refusal(expect.stringContaining('has schema 99; this lutra knows schemas up to')));
  });

  it('finds a damaged page before anything is changed, and says what to do', async () => {
    const file = newFile();
    await makeFilledStore(file, 'key');
    const descriptor = openSync(file, 'r+');
    const pageSize = 1024;
    const page = Math.floor(readFileSync(file).indexOf('c0ffee') / pageSize); // one that holds what was stored
    writeSync(descriptor, Buffer.alloc(64, 0x5a), 0, 64, page * pageSize);
    closeSync(descriptor);
    const before = readFileSync(file);
    await expect(openNamed(file, 'key')).rejects.toThrow(refusal(expect.stringContaining('Nothing was changed. Start with --repair')));
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('says that a folder cannot be made', async () => {
    const file = newFile();
    writeFileSync(file, '');
    await expect(openNamed(join(file, 'inside', 'lutra.db'), 'key')).rejects.toThrow(refusal(expect.stringContaining('cannot be made')));
  });

  it('knows that the host before it is dead, though its lease has not run out', async () => {
    const file = newFile();
    const first = await openNamed(file, 'key');
    await first.createGroup(groupOf('a'), 10);
    const member = { host: 'a', incarnation: 'a-1' };
    await first.join(member, seconds(3600));
    const { epoch = 0 } = (await first.unownedTenant(tenant)) ?? {};
    expect(await first.claim(member, tenant, epoch)).toBeDefined();
    await first.close();
    const next = await openNamed(file, 'key');
    onTestFinished(() => next.close());
    expect([await next.members(), await next.unownedTenant(tenant)]).toMatchObject([[], { tenantId: tenant }]);
    await expect(next.join(member, seconds(3600))).rejects.toMatchObject({ code: 'host-barred' });
  });

  it('lets go of what it could not open, so that the next one can', async () => {
    const file = newFile();
    writeFileSync(file, 'not a database, but long enough to be taken for one by its length alone'.repeat(20));
    await expect(openNamed(file, 'key')).rejects.toThrow();
    rmSync(file);
    await (await openNamed(file, 'key')).close();
  });
});

/** A disk that is removed after the test; the test is skipped where none can be mounted. */
function smallDisk(skip: (why: string) => void, kibibytes: number): SmallDisk {
  const disk = mountSmallDisk(kibibytes);
  if (disk === undefined) {
    skip('no file system can be mounted here: that needs Linux and root');
    throw new Error('skipped');
  }
  onTestFinished(disk.remove);
  return disk;
}

describe('a store on a disk that is full', () => {
  /** Fills the disk but for a few bytes; what it was filled with. */
  const fill = (disk: SmallDisk): string => {
    const ballast = join(disk.folder, 'ballast');
    const descriptor = openSync(ballast, 'w');
    try {
      for (;;) writeSync(descriptor, Buffer.alloc(4096));
    } catch {
      closeSync(descriptor); // no room for more
    }
    return ballast;
  };
  const create = (store: Store, id: string) => store.createGroup(groupOf(id, 'x'.repeat(3000)), 1000);
  const ids = async (store: Store): Promise<readonly string[]> => store.groupIdsOf(tenant);

  it('says so, loses nothing that was acknowledged, and goes on by itself when there is room', async ({ skip }) => {
    const disk = smallDisk(skip, 4096);
    const file = join(disk.folder, 'lutra.db');
    const store = await openNamed(file, 'key');
    const told: string[] = [];
    for (let n = 0; n < 20; n += 1) await create(store, `before-${n}`).then(() => told.push(`before-${n}`));
    const ballast = fill(disk);
    const refused: unknown[] = [];
    for (let n = 0; n < 40; n += 1)
      await create(store, `full-${n}`).then(
        () => told.push(`full-${n}`),
        (error: unknown) => refused.push(error),
      );
    expect(refused.length).toBeGreaterThan(20);
    for (const error of refused)
      expect(error).toMatchObject({
        ...{ code: 'unavailable', http: 503 },
        message: 'The store cannot be used: the disk is full. It goes on by itself when that is over.', // callers learn of no place
        cause: { message: expect.stringContaining(file) },
      });
    expect((await ids(store)).length, 'reads go on').toBe(told.length);
    expect(store.status().isFailing).toBe(true);
    rmSync(ballast);
    for (let n = 0; n < 20; n += 1) await create(store, `after-${n}`).then(() => told.push(`after-${n}`));
    expect(store.status().isFailing).toBe(false);
    await store.close();
    const again = await openNamed(file, 'key');
    onTestFinished(() => again.close());
    expect(await ids(again)).toEqual([...told].sort());
  });

  it('closes, and opens again with all that was acknowledged', async ({ skip }) => {
    const disk = smallDisk(skip, 4096);
    const file = join(disk.folder, 'lutra.db');
    const store = await openNamed(file, 'key');
    for (let n = 0; n < 20; n += 1) await create(store, `${n}`);
    const ballast = fill(disk);
    await Promise.allSettled([create(store, 'a'), create(store, 'b')]);
    const told = await ids(store);
    await store.close();
    rmSync(ballast);
    const again = await openNamed(file, 'key');
    onTestFinished(() => again.close());
    expect(await ids(again)).toEqual(told);
  });
});

describe('a store on a disk that is read-only', () => {
  it('is refused at the start, and is whole when the disk can be written to again', async ({ skip }) => {
    const disk = smallDisk(skip, 4096);
    const file = join(disk.folder, 'lutra.db');
    await makeFilledStore(file, 'key');
    disk.setReadOnly(true);
    await expect(openNamed(file, 'key')).rejects.toThrow(refusal(expect.stringMatching(/cannot be opened|read-only/)));
    disk.setReadOnly(false);
    const store = await openNamed(file, 'key');
    onTestFinished(() => store.close());
    expect(await findAll(store)).toEqual(allOfIt);
  });
});

describe('SqliteStore', () => {
  it('answers calls under way before it closes, whoever closes it how often, and refuses later ones', async () => {
    const file = newFile();
    const store = await openNamed(file, 'key');
    const writing = store.createGroup(groupOf('a'), 10);
    const closing = [store.close(), store.close()];
    await expect(store.readGroup(groupOf('a'))).rejects.toThrow('The store is closed.');
    await Promise.all([writing, ...closing]);
    const again = await openNamed(file, 'key');
    onTestFinished(() => again.close());
    expect(await again.groupIdsOf(tenant)).toEqual(['a']);
  });
});

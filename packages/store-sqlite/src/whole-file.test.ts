import { copyFileSync, existsSync, linkSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { epochMs, seconds } from '@lutra/core';
import { NEVER } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { Database } from './database.ts';
import { backUpStore, restoreStore, rotateSecrets } from './index.ts';
import { schemaVersion } from './migrations/migrate.ts';
import { allOfIt, findAll, groupId, makeFilledStore, openNamed, secretsNamed, temporaryFolder, tenantId } from './testing/filled-store.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

const clock = { now: () => epochMs(1_790_000_000_000), after: () => NEVER };
const options = { clock, holder: 'this test', secrets: secretsNamed('a'), replace: false };
const all = (file: string): string => readFileSync(file, 'latin1');

async function foundIn(file: string, name: string): Promise<object> {
  const store = await openNamed(file, name);
  try {
    return await findAll(store);
  } finally {
    await store.close();
  }
}

/** Overwrites the first page of a table. */
function damagePageOf(file: string, table: string): void {
  const database = new Database(file);
  const page = Number(database.get('SELECT rootpage FROM sqlite_schema WHERE name = ?', table)?.rootpage);
  const size = Number(database.get('PRAGMA page_size')?.page_size);
  database.close();
  const bytes = readFileSync(file);
  bytes.fill(0xff, (page - 1) * size, page * size);
  writeFileSync(file, bytes);
}

describe('backUpStore', () => {
  it('copies a store while it runs, into one file for its owner alone', async () => {
    const [file, into] = [join(folder, 'running.db'), join(folder, 'running.backup')];
    await makeFilledStore(file, 'a');
    const store = await openNamed(file, 'a');
    await store.setTenantSuspended(tenantId, true); // it is in the log alone
    const told: number[] = [];
    expect(await backUpStore(file, into, (done) => void told.push(done))).toMatchObject({
      groups: 1,
      tenants: 1,
      schema: schemaVersion,
      bytes: statSync(into).size,
    });
    await store.setStopAll({ by: null, reason: null }); // goes on
    await store.close();
    expect(told.every((done) => done >= 0 && done <= 1)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.startsWith('running.backup'))).toEqual(['running.backup']);
    if (process.platform !== 'win32') expect(statSync(into).mode & 0o777).toBe(0o600);
    const copy = new Database(into);
    expect(copy.get('SELECT suspended FROM tenants')).toEqual({ suspended: 1 });
    copy.close();
    expect(await foundIn(into, 'a')).toEqual(allOfIt);
  });

  it('copies one moment, however much is committed meanwhile', async () => {
    const [file, into] = [join(folder, 'busy.db'), join(folder, 'busy.backup')];
    await makeFilledStore(file, 'a');
    const store = await openNamed(file, 'a');
    for (let n = 0; n < 40; n += 1) {
      await store.setCredentials(`tenant-${n}` as typeof tenantId, { filler: 'x'.repeat(400_000) });
    }
    let [copying, commits] = [true, 0];
    const commit = async (): Promise<void> => {
      while (copying) {
        await store.setStopAll(commits % 2 === 0 ? { by: null, reason: null } : null);
        commits += 1;
      }
    };
    const busy = commit();
    const told: number[] = [];
    await backUpStore(file, into, (done) => void told.push(done));
    copying = false;
    await busy;
    await store.close();
    expect(commits).toBeGreaterThan(0);
    expect(told.length).toBeGreaterThan(1);
    expect(told).toEqual([...told].sort((a, b) => a - b)); // it never began again
    expect(await foundIn(into, 'a')).toEqual(allOfIt);
  });

  it('leaves no file behind when there is no store, or it is something else', async () => {
    const [text, into] = [join(folder, 'text'), join(folder, 'none.backup')];
    writeFileSync(text, 'a letter to a friend, longer than a hundred bytes. '.repeat(20));
    await expect(backUpStore(join(folder, 'none.db'), into)).rejects.toThrow('There is no store');
    await expect(backUpStore(text, into)).rejects.toThrow('it is not a lutra store');
    expect(readdirSync(folder).filter((name) => name.startsWith('none'))).toEqual([]);
  });

  it('writes over no file of the store, whatever it is called, and over no store in use', async () => {
    const [file, link, other] = [join(folder, 'own.db'), join(folder, 'own-link'), join(folder, 'own-other.db')];
    await makeFilledStore(file, 'a');
    const store = await openNamed(file, 'a');
    await store.setTenantSuspended(tenantId, true);
    symlinkSync(file, link);
    for (const into of [file, link, `${file}-wal`, `${file}-lock`, `${file}-holder`]) {
      await expect(backUpStore(file, into), into).rejects.toThrow('belongs to the store that is backed up');
    }
    await makeFilledStore(other, 'a');
    await expect(backUpStore(other, file)).rejects.toThrow('is a store that is in use');
    await store.close();
    expect(await foundIn(file, 'a')).toEqual(allOfIt);
  });
});

describe('a store with another name', () => {
  it('is one store by a link, and none by a second name', async () => {
    const [file, link, second] = [join(folder, 'named.db'), join(folder, 'link.db'), join(folder, 'second.db')];
    await makeFilledStore(file, 'a');
    symlinkSync(file, link);
    const store = await openNamed(file, 'a');
    const member = { host: 'h', incarnation: 'i1' };
    await store.join(member, seconds(100));
    await expect(openNamed(link, 'a')).rejects.toThrow('another lutra holds it: this test');
    expect(await store.members()).toHaveLength(1); // the host that runs lives on
    await store.close();
    expect(await foundIn(link, 'a')).toEqual(allOfIt);
    linkSync(file, second);
    await expect(openNamed(second, 'a')).rejects.toThrow('has 2 names');
  });
});

describe('restoreStore', () => {
  it('puts a backup where there was no store, and raises the epochs', async () => {
    const [file, into, target] = [join(folder, 'whole.db'), join(folder, 'whole.backup'), join(folder, 'restored.db')];
    await makeFilledStore(file, 'a');
    const store = await openNamed(file, 'a');
    const member = { host: 'h', incarnation: 'i1' };
    await store.join(member, seconds(1e6));
    const before = await store.claim(member, tenantId, 0);
    await backUpStore(file, into);
    await store.close();

    expect(restoreStore(into, target, options)).toMatchObject({ groups: 1, old: null });
    expect(await foundIn(target, 'a')).toEqual(allOfIt);
    const restored = await openNamed(target, 'a');
    const [unowned] = await restored.unowned(1);
    expect(unowned?.epoch).toBeGreaterThan(before?.epoch ?? Number.POSITIVE_INFINITY);
    expect(before && (await restored.mayConverge({ tenantId, groupId }, before))).toBe(false);
    await expect(restored.join(member, seconds(10))).rejects.toMatchObject({ code: 'host-barred' });
    await restored.close();
  });

  it('replaces a store only when it may, and keeps the one before, its log too', async () => {
    const [file, into, target] = [join(folder, 'new.db'), join(folder, 'new.backup'), join(folder, 'replaced.db')];
    await makeFilledStore(file, 'a');
    await backUpStore(file, into);
    const store = await openNamed(join(folder, 'crashed.db'), 'b');
    await store.setTenantSuspended(tenantId, true);
    for (const end of ['', '-wal']) copyFileSync(join(folder, `crashed.db${end}`), `${target}${end}`); // as a crash leaves it
    await store.close();
    const before = [all(target), all(`${target}-wal`)];
    expect(() => restoreStore(into, target, options)).toThrow(`There is a store ${target} already. Nothing was changed.`);
    expect([all(target), all(`${target}-wal`)]).toEqual(before);
    const { old } = restoreStore(into, target, { ...options, replace: true });
    expect(old).toBe(`${target}.old`);
    expect(await foundIn(target, 'a')).toEqual(allOfIt);
    expect(existsSync(`${target}.old-wal`)).toBe(false);
    const kept = new Database(`${target}.old`);
    expect(kept.get('SELECT suspended FROM tenants')).toEqual({ suspended: 1 });
    kept.close();
  });

  it('keeps every store that it replaces', async () => {
    const [file, into] = [join(folder, 'twice.db'), join(folder, 'twice.backup')];
    await makeFilledStore(file, 'a');
    await backUpStore(file, into);
    const replace = { ...options, replace: true };
    expect([restoreStore(into, file, replace).old, restoreStore(into, file, replace).old]).toEqual([`${file}.old`, `${file}.old.2`]);
    expect(await foundIn(`${file}.old`, 'a')).toEqual(allOfIt);
  });

  it('keeps the log of a store that is no longer there apart from what comes in its place', async () => {
    const [file, into] = [join(folder, 'logged.db'), join(folder, 'logged.backup')];
    await makeFilledStore(file, 'a');
    await backUpStore(file, into);
    const store = await openNamed(file, 'a');
    await store.setTenantSuspended(tenantId, true);
    copyFileSync(`${file}-wal`, `${file}-wal.kept`);
    await store.close();
    renameSync(file, `${file}.aside`);
    renameSync(`${file}-wal.kept`, `${file}-wal`);
    expect(restoreStore(into, file, options).old).toBe(`${file}.old-wal`);
    expect(existsSync(`${file}-wal`)).toBe(false);
    const restored = new Database(file);
    expect(restored.get('SELECT suspended FROM tenants')).toEqual({ suspended: 0 });
    restored.close();
  });

  it('takes no copy that has a log beside it, and not the store itself', async () => {
    const [file, copy] = [join(folder, 'live.db'), join(folder, 'raw.copy')];
    const store = await openNamed(file, 'a');
    await store.setTenantSuspended(tenantId, true);
    for (const end of ['', '-wal']) copyFileSync(`${file}${end}`, `${copy}${end}`);
    await store.close();
    expect(() => restoreStore(copy, join(folder, 'from-raw.db'), options)).toThrow('there is a log beside it');
    expect(existsSync(join(folder, 'from-raw.db'))).toBe(false);
    expect(() => restoreStore(file, file, { ...options, replace: true })).toThrow('is the store itself');
  });

  it('takes epochs, lives and the numbers of activity over from the store that it replaces', async () => {
    const [file, into] = [join(folder, 'lived.db'), join(folder, 'lived.backup')];
    await makeFilledStore(file, 'a');
    await backUpStore(file, into);
    const store = await openNamed(file, 'a');
    let owned: Awaited<ReturnType<typeof store.claim>>;
    const lives = ['i1', 'i2', 'i3'].map((incarnation) => ({ host: 'h', incarnation }));
    for (const life of lives) {
      await store.join(life, seconds(100));
      const [unowned] = await store.unowned(1);
      owned = await store.claim(life, tenantId, unowned?.epoch ?? 0);
      await store.leave(life);
    }
    await store.close();
    const numbered = new Database(file);
    numbered.execute('UPDATE tenants SET sequence = 77');
    numbered.close();
    restoreStore(into, file, { ...options, replace: true });
    const restored = await openNamed(file, 'a');
    for (const life of lives) await expect(restored.join(life, seconds(100))).rejects.toMatchObject({ code: 'host-barred' });
    const [unowned] = await restored.unowned(1);
    expect(unowned?.epoch).toBeGreaterThan(owned?.epoch ?? Number.POSITIVE_INFINITY);
    await restored.close();
    const after = new Database(file);
    expect(after.get('SELECT sequence FROM tenants')).toEqual({ sequence: 77 });
    after.close();
  });

  it('leaves everything as it was when the backup is no good', async () => {
    const [file, into, target] = [join(folder, 'good.db'), join(folder, 'good.backup'), join(folder, 'target.db')];
    await makeFilledStore(file, 'a');
    await backUpStore(file, into);
    await makeFilledStore(target, 'a');
    const [damaged, text, empty] = [join(folder, 'damaged.backup'), join(folder, 'letter'), join(folder, 'empty')];
    copyFileSync(into, damaged);
    damagePageOf(damaged, 'activity'); // nothing else looks there
    writeFileSync(text, 'a letter to a friend, longer than a hundred bytes. '.repeat(20));
    writeFileSync(empty, '');
    const restore = (backup: string, name = 'a') =>
      restoreStore(backup, target, { ...options, secrets: secretsNamed(name), replace: true });
    expect(() => restore(damaged)).toThrow(/damaged\.backup .*damaged/);
    expect(() => restore(text)).toThrow(`The store ${text} cannot be used: it is not a lutra store`);
    expect(() => restore(empty)).toThrow(`${empty} is not a backup of lutra`);
    expect(() => restore(into, 'b')).toThrow('sealed with another key');
    expect(existsSync(`${target}.old`)).toBe(false);
    expect(existsSync(`${target}.part`)).toBe(false);
    expect(await foundIn(target, 'a')).toEqual(allOfIt);
  });

  it('leaves a store that a host holds', async () => {
    const [file, into] = [join(folder, 'held.db'), join(folder, 'held.backup')];
    await makeFilledStore(file, 'a');
    await backUpStore(file, into);
    const store = await openNamed(file, 'a');
    expect(() => restoreStore(into, file, { ...options, replace: true })).toThrow('another lutra holds it: this test');
    await store.close();
  });

  it('seals everything again when the backup had another key', async () => {
    const [file, into, target] = [join(folder, 'other.db'), join(folder, 'other.backup'), join(folder, 'resealed.db')];
    await makeFilledStore(file, 'b');
    await backUpStore(file, into);
    restoreStore(into, target, { ...options, sealedWith: secretsNamed('b') });
    expect(await foundIn(target, 'a')).toEqual(allOfIt);
    expect(all(target)).not.toContain('b:c0ffee');
  });
});

describe('rotateSecrets', () => {
  it('seals everything again, and leaves nothing that the key before opens', async () => {
    const file = join(folder, 'rotated.db');
    const before = 'before'.repeat(2_000); // so long that what is sealed with it fills pages
    await makeFilledStore(file, before);
    expect(all(file)).toContain('beforebefore');
    const done: string[] = [];
    const prepare = () => ({ from: secretsNamed(before), to: secretsNamed('b') });
    expect(rotateSecrets(file, { holder: 'this test', prepare, done: () => void done.push('done') })).toBe(3);
    expect(done).toEqual(['done']);
    expect(all(file)).not.toContain('beforebefore');
    expect(await foundIn(file, 'b')).toEqual(allOfIt);
    await expect(openNamed(file, before)).rejects.toMatchObject({ code: 'secrets-unreadable' });
  });

  it('changes nothing when the key is not the one that it was sealed with, or a host holds the store', async () => {
    const file = join(folder, 'unrotated.db');
    await makeFilledStore(file, 'a');
    const done = (): void => expect.unreachable();
    const wrong = () => ({ from: secretsNamed('b'), to: secretsNamed('c') });
    expect(() => rotateSecrets(file, { holder: 'this test', prepare: wrong, done })).toThrow('sealed with another key');
    const store = await openNamed(file, 'a');
    const prepare = () => expect.unreachable();
    expect(() => rotateSecrets(file, { holder: 'another', prepare, done })).toThrow('another lutra holds it');
    await store.close();
    expect(await foundIn(file, 'a')).toEqual(allOfIt);
  });
});

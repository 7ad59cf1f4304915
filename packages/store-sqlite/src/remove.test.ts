import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Database } from './database.ts';
import { removeStore } from './index.ts';
import { findAll, makeFilledStore, openNamed, temporaryFolder } from './testing/filled-store.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

describe('removeStore', () => {
  it('deletes a store and its log, and says which files', async () => {
    const file = join(folder, 'one.db');
    await makeFilledStore(file, 'a');
    expect(removeStore(file, 'this test')).toContain(file);
    expect(readdirSync(folder).filter((name) => /^one\.db(-wal|-shm)?$/.test(name))).toEqual([]);
    const store = await openNamed(file, 'b');
    expect(await findAll(store)).toEqual({});
    await store.close();
  });

  it('finds nothing where there is no store, or no folder', () => {
    expect(removeStore(join(folder, 'none.db'), 'this test')).toEqual([]);
    expect(removeStore(join(folder, 'none', 'none.db'), 'this test')).toEqual([]);
  });

  it('leaves a store that is held', async () => {
    const file = join(folder, 'held.db');
    const store = await openNamed(file, 'a');
    expect(() => removeStore(file, 'another')).toThrow('another lutra holds it: this test');
    await store.close();
    expect(existsSync(file)).toBe(true);
  });

  it('leaves what is not a store of lutra', () => {
    const [text, other] = [join(folder, 'text'), join(folder, 'other.db')];
    writeFileSync(text, 'a letter to a friend, longer than a hundred bytes. '.repeat(20));
    const database = new Database(other);
    database.execute('CREATE TABLE theirs (n INTEGER)');
    database.close();
    expect(() => removeStore(text, 'this test')).toThrow('it is not a lutra store');
    expect(() => removeStore(other, 'this test')).toThrow('is a SQLite database, but not one of lutra');
    expect([existsSync(text), existsSync(other)]).toEqual([true, true]);
  });
});

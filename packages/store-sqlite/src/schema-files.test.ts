import { copyFileSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { schemaVersion } from './migrations/migrate.ts';
import { readEverything } from './testing/everything.ts';
import { openNamed, temporaryFolder } from './testing/filled-store.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures');
const files = globSync('schema-*.db', { cwd: fixtures }).sort();
const { folder, remove } = temporaryFolder();
afterAll(remove);

function schemaOf(file: string): readonly unknown[] {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all();
  database.close();
  return rows.map((row) => ({ ...row }));
}

describe('a store that an earlier version wrote', () => {
  it('is at hand for every schema that there was', () => {
    expect(files).toEqual(Array.from({ length: schemaVersion }, (_, n) => `schema-${n + 1}.db`));
  });

  it.each(files)('is read with all that is in it: %s', async (name) => {
    const file = join(folder, name);
    copyFileSync(join(fixtures, name), file);
    const store = await openNamed(file, 'key');
    onTestFinished(() => store.close());
    const expected: unknown = JSON.parse(readFileSync(join(fixtures, `${basename(name, '.db')}.json`), 'utf8'));
    expect(await readEverything(store)).toEqual(expected);
  });

  it.each(files)('is brought to the very schema that a new one has: %s', async (name) => {
    const [old, made] = [join(folder, `old-${name}`), join(folder, `new-${name}`)];
    copyFileSync(join(fixtures, name), old);
    for (const file of [old, made]) await (await openNamed(file, 'key')).close();
    expect(schemaOf(old)).toEqual(schemaOf(made));
  });
});

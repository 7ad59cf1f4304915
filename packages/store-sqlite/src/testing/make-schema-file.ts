/**
 * Makes `fixtures/schema-N.db`, a store of the newest schema with something in every table, and `schema-N.json`, all that must be read from
 * it for ever. Run it once for each new schema, before it is released, and `npm run format`; never again for an old one.
 *
 *     node --conditions=lutra-source packages/store-sqlite/src/testing/make-schema-file.ts
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { schemaVersion } from '../migrations/migrate.ts';
import { fillEverything, readEverything } from './everything.ts';
import { openNamed } from './filled-store.ts';

const fixture = join(import.meta.dirname, '..', '..', 'fixtures', `schema-${schemaVersion}`);
if (existsSync(`${fixture}.db`)) throw new Error(`${fixture}.db is there already; later versions are tested with it`);
const folder = mkdtempSync(join(tmpdir(), 'lutra-schema-'));
const file = join(folder, 'store.db');
try {
  const store = await openNamed(file, 'key');
  await fillEverything(store);
  await store.close();
  copyFileSync(file, `${fixture}.db`);
  const again = await openNamed(file, 'key');
  writeFileSync(`${fixture}.json`, JSON.stringify(await readEverything(again)));
  await again.close();
} finally {
  rmSync(folder, { recursive: true });
}

import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Database } from './database.ts';
import { allOfIt, findAll, makeFilledStore, openNamed, temporaryFolder, tenantId } from './testing/filled-store.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

describe('checkSecrets', () => {
  it('lets a store be opened with the key that it was written with', async () => {
    const file = join(folder, 'same.db');
    await makeFilledStore(file, 'a');
    const store = await openNamed(file, 'a');
    expect(await findAll(store)).toEqual(allOfIt);
    await store.close();
  });

  it.each([
    ['a webhook', 'DELETE FROM caller_keys; UPDATE tenants SET credentials = NULL'],
    ['an answer that is kept', 'DELETE FROM webhooks; UPDATE tenants SET credentials = NULL'],
    ['credentials', 'DELETE FROM webhooks; DELETE FROM caller_keys'],
  ])('keeps a store from being opened with another key when it holds no more than %s', async (what, rest) => {
    const file = join(folder, `${what}.db`);
    await makeFilledStore(file, 'a');
    const database = new Database(file);
    database.execute(rest);
    database.close();
    await expect(openNamed(file, 'b')).rejects.toMatchObject({ code: 'secrets-unreadable' });
    await (await openNamed(file, 'a')).close(); // and it lets go of the file
  });

  it('takes any key for a store that holds nothing sealed', async () => {
    const file = join(folder, 'empty.db');
    await (await openNamed(file, 'a')).close();
    await (await openNamed(file, 'b')).close();
  });

  it('takes one text that does not open for damage, not for another key', async () => {
    const file = join(folder, 'one-text.db');
    await makeFilledStore(file, 'a');
    const database = new Database(file);
    database.execute(`UPDATE webhooks SET document = replace(document, '"a:', '"x:')`);
    database.close();
    const store = await openNamed(file, 'a');
    expect(await store.credentials(tenantId)).toEqual(allOfIt.credentials);
    await store.close();
  });
});

/** `lutra backup`, `restore` and `secrets rotate`, on hosts in processes of their own. */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exampleGroup } from '../packages/cli/src/example-group.ts';
import { lutra } from './cli-process.ts';
import type { RunningServe } from './cli-serve-process.ts';
import { call, folderNamed, groupsAt, type Json, kill, removeAll, start, stop } from './durable-hosts.ts';

afterAll(removeAll);

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
    for (const own of ['groups.db', 'secrets.key', 'world.json']) {
      const over = await lutra(['backup', join(data, own), '--force', '--data', data]);
      expect(over, own).toMatchObject({ code: 1, stderr: expect.stringContaining('belongs to the') });
    }
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

    // Broken off, and rotated again: the key before is still there for older backups.
    rmSync(old);
    writeFileSync(next, after);
    writeFileSync(key, before);
    const completed = await lutra(['secrets', 'rotate', '--data', data]);
    expect(completed).toMatchObject({ code: 0, stdout: expect.stringContaining('had been broken off') });
    expect([readFileSync(key, 'utf8'), readFileSync(old, 'utf8'), existsSync(next)]).toEqual([after, before, false]);

    // Broken off before anything was sealed again.
    writeFileSync(next, before);
    const untouched = await start(data);
    expect(readFileSync(key, 'utf8')).toBe(after);
    await call('POST', `${untouched.api}${hook}`);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epochMs, type GroupId, type Store, seededRandom, type TenantId } from '@lutra/core';
import { newGroup } from '@lutra/core/testing';
import { NEVER } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from './config.ts';
import { dataFolderOf } from './data-folder.ts';
import { boundsOf, memoryData, openData } from './opening-data.ts';

const start = epochMs(1_790_000_000_000);
const tenantId = 't' as TenantId;

/** How many of five entries of a group the store still has at once, and how many after a minute. */
async function keptIn(store: Store, pass: () => void): Promise<readonly number[]> {
  const configuration = { name: 'web', cooldown: 0, minEntities: 0, maxEntities: 9, metadata: {} };
  const ref = { tenantId, groupId: 'g' as GroupId };
  const group = newGroup(ref, configuration, { type: 'launch_server', args: { server: {} } }, [], start);
  const activity = ['1', '2', '3', '4', '5'].map((sentence) => ({
    ...{ at: start, capacity: { desired: 0, active: 0, pending: 0 } },
    content: { kind: 'cause-ended', sentence } as const,
  }));
  await store.createGroup(group, 9, { activity });
  const count = async () => (await store.readActivity(tenantId, { after: 0, limit: 99 })).length;
  const atOnce = await count();
  pass();
  return [atOnce, await count()];
}

describe('boundsOf', () => {
  it.each(['memory', 'a file'])('has a store in %s keep as much activity as the configuration says', async (where) => {
    const folder = mkdtempSync(join(tmpdir(), 'lutra-data-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    let now = start;
    const clock = { now: () => now, after: () => NEVER };
    const flags = { data: folder, 'activity.perGroup': '3', 'activity.keptFor': '60s' };
    const config = readConfig({ flags, environment: {} });
    const bounds = boundsOf(config);
    const named = dataFolderOf(config);
    if (named === undefined) throw new Error('no folder');
    const random = seededRandom(1);
    const { store } =
      where === 'memory' ? memoryData(clock, random, bounds) : await openData(named, clock, random, { holder: 'me', bounds });
    onTestFinished(() => store.close());
    const pass = (): void => {
      now = epochMs(now + 60_000);
    };
    expect(await keptIn(store, pass)).toEqual([3, 0]);
  });
});

describe('openData', () => {
  const clock = { now: () => start, after: () => NEVER };
  const open = (folder: string, ...flags: readonly [string, string][]) => {
    const named = dataFolderOf(readConfig({ flags: { data: folder, ...Object.fromEntries(flags) }, environment: {} }));
    if (named === undefined) throw new Error('no folder');
    return openData(named, clock, seededRandom(1), { holder: 'me', bounds: {} });
  };
  const folderOfItsOwn = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'lutra-data-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return folder;
  };

  it('lets go of the store when what stands beside it is no good', async () => {
    const folder = folderOfItsOwn();
    writeFileSync(join(folder, 'host'), 'bad name!');
    await expect(open(folder)).rejects.toThrow('holds no name of a host');
    rmSync(join(folder, 'host'));
    await (await open(folder)).store.close(); // it is not held any more
  });

  it('lets go of the store when its key cannot be written', async () => {
    const folder = folderOfItsOwn();
    mkdirSync(join(folder, 'key.part')); // where the key is written first
    await expect(open(folder, ['secrets.keyFile', join(folder, 'key')])).rejects.toThrow('EISDIR');
    await (await open(folder)).store.close();
  });
});

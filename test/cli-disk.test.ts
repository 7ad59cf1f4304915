/** `lutra serve` on a disk that is full, or whose files are made read-only while it runs: what its callers get, and what is there after that. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { exampleGroup } from '../packages/cli/src/example-group.ts';
import { mountSmallDisk } from '../packages/store-sqlite/src/testing/mounting.ts';
import { until } from './cli-serve-process.ts';
import { call, folderNamed, groupIds, groupsAt, type Json, kill, removeAll, start, stop } from './durable-hosts.ts';

afterAll(removeAll);

const empty = {
  ...exampleGroup,
  groupConfiguration: { ...exampleGroup.groupConfiguration, minEntities: 0, metadata: { padding: 'x'.repeat(3000) } },
  scalingPolicies: [],
};

/** Asks for a group; its id, or what was said against it. */
async function create(api: string): Promise<{ readonly id: string } | { readonly status: number; readonly error: Json }> {
  const response = await fetch(groupsAt(api), {
    ...{ method: 'POST', body: JSON.stringify(empty), headers: { 'Content-Type': 'application/json' } },
  });
  const body = (await response.json()) as Json;
  return response.status === 201 ? { id: body.group.id } : { status: response.status, error: body.error };
}
/** Asks for groups until so many are refused; the ids of those that were made, and the refusals. */
async function createUntilRefused(api: string, refusals: number) {
  const made: string[] = [];
  const refused: Json[] = [];
  for (let n = 0; n < 400 && refused.length < refusals; n += 1) {
    const one = await create(api);
    if ('id' in one) made.push(one.id);
    else refused.push(one);
  }
  expect(refused).toHaveLength(refusals);
  return { made, refused };
}
const goesOn = (api: string): Promise<Json> =>
  until(
    'a group is made again',
    () => create(api),
    (one) => 'id' in one,
    30,
  );
const storeHealth = async (api: string): Promise<boolean> => (await call('GET', `${api}/health`)).store.healthy;
const saysNot = (data: string) => ({
  status: 503,
  error: { type: 'ServiceUnavailable', code: 503, message: expect.not.stringContaining(data), details: '' },
});

describe('lutra serve on a disk that is full', () => {
  it('answers 503, loses nothing that it acknowledged, and goes on by itself when there is room', { timeout: 90_000 }, async ({ skip }) => {
    const disk = mountSmallDisk(8192);
    if (disk === undefined) return skip('no file system can be mounted here: that needs Linux and root');
    onTestFinished(disk.remove);
    const data = join(disk.folder, 'data');
    const first = await start(data);
    const before = await create(first.api);
    const ballast = join(disk.folder, 'ballast');
    const descriptor = openSync(ballast, 'w');
    try {
      for (;;) writeSync(descriptor, Buffer.alloc(4096));
    } catch {
      closeSync(descriptor); // no room for more
    }
    const { made, refused } = await createUntilRefused(first.api, 5);
    for (const one of refused) expect(one).toEqual(saysNot(data));
    expect(refused.map(({ error }) => error.message)).toContain(
      'The store cannot be used: the disk is full. It goes on by itself when that is over.',
    );
    expect(await storeHealth(first.api)).toBe(false);
    rmSync(ballast);
    const after = await goesOn(first.api);
    expect(await storeHealth(first.api)).toBe(true);
    await kill(first, data);
    const second = await start(data);
    onTestFinished(() => stop(second));
    const kept = await groupIds(second.api);
    expect(kept).toEqual(expect.arrayContaining([...made, after.id, 'id' in before ? before.id : '']));
  });
});

describe('lutra serve whose files are made read-only', () => {
  it('answers 503 and says why, loses nothing, and goes on by itself when they can be written to', { timeout: 90_000 }, async ({
    skip,
  }) => {
    const data = folderNamed('immutable');
    const first = await start(data);
    const before = await create(first.api);
    const files = ['groups.db', 'groups.db-wal'].map((name) => join(data, name));
    const change = (how: string): void => void execFileSync('chattr', [how, ...files], { stdio: 'ignore' });
    try {
      change('+i');
    } catch {
      return skip('no file can be made immutable here: that needs Linux, root and a file system that can');
    }
    let isImmutable = true;
    const restore = (): void => {
      if (isImmutable) change('-i');
      isImmutable = false;
    };
    onTestFinished(restore);
    const refused = [await create(first.api), await create(first.api)];
    if (refused.every((one) => 'id' in one)) return skip('this file system lets open files be written to all the same');
    for (const one of refused) expect(one).toEqual(saysNot(data));
    expect(refused[0]).toMatchObject({ error: { message: expect.stringContaining('read-only') } });
    expect(await storeHealth(first.api)).toBe(false);
    await until(
      'the log names the file',
      async () => first.output(),
      (text) => /groups\.db cannot be used: [^"]*read-only/.test(text),
    );
    restore();
    const after = await goesOn(first.api);
    await kill(first, data);
    const second = await start(data);
    onTestFinished(() => stop(second));
    expect(await groupIds(second.api)).toEqual(expect.arrayContaining([after.id, 'id' in before ? before.id : '']));
  });
});

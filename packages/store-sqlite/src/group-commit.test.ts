import { type EpochMs, epochMs, later, seconds } from '@lutra/core';
import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Database } from './database.ts';
import { GroupCommit } from './group-commit.ts';

/** A table with numbers, and a disk whose flushes the test lets go. */
function setUp() {
  const database = new Database(':memory:');
  database.execute('CREATE TABLE numbers (n INTEGER PRIMARY KEY)');
  const flushes: { readonly done: () => void; readonly failed: (error: Error) => void }[] = [];
  const flush = (): Promise<void> => new Promise((done, failed) => void flushes.push({ done, failed }));
  let now: EpochMs = epochMs(0);
  const clock = { now: () => now, after: () => NEVER };
  const wait = (): void => {
    now = later(now, seconds(1));
  };
  const log = { isDue: false, emptied: 0, isStuck: false };
  const checkpoints = {
    get isDue() {
      return log.isDue;
    },
    empty: async () => {
      log.emptied += 1;
      if (log.isStuck) throw new Error('busy');
      log.isDue = false;
    },
  };
  const commits = new GroupCommit(database, { clock, flush, checkpoints });
  const add = (n: number) => commits.write(() => database.run('INSERT INTO numbers VALUES (?)', n));
  const stored = () => database.all('SELECT n FROM numbers ORDER BY n').map(({ n }) => n);
  return { commits, flushes, add, stored, wait, log };
}
const turns = async (): Promise<void> => {
  for (let n = 0; n < 20; n += 1) await undefined;
};

describe('GroupCommit', () => {
  it('flushes once for all that is asked for in a turn, and answers none of it before', async () => {
    const { flushes, add, stored } = setUp();
    const answered: number[] = [];
    const all = [1, 2, 3].map((n) => add(n).then(() => answered.push(n)));
    await turns();
    expect([flushes.length, stored(), answered]).toEqual([1, [1, 2, 3], []]);
    flushes[0]?.done();
    await Promise.all(all);
    expect(answered).toEqual([1, 2, 3]);
  });

  it('says how long the newest commit took until it was on the disk', async () => {
    const { flushes, add, commits, wait } = setUp();
    expect(commits.status.lastCommit).toBe(null);
    const added = add(1);
    await turns();
    wait();
    flushes[0]?.done();
    await added;
    expect(commits.status.lastCommit).toBe(1000);
  });

  it('gathers what is asked for while a flush is under way into the next one', async () => {
    const { flushes, add, commits } = setUp();
    const first = add(1);
    await turns();
    const later = Promise.all([add(2), add(3)]);
    await turns();
    expect(flushes).toHaveLength(1);
    flushes[0]?.done();
    await first;
    await turns();
    expect(flushes).toHaveLength(2);
    flushes[1]?.done();
    await later;
    await commits.idle();
  });

  it('takes back what one call wrote that throws, and nothing of the others', async () => {
    const { flushes, add, stored, commits } = setUp();
    const failing = commits.write(() => {
      add(9).catch(() => undefined);
      throw new Error('no');
    });
    const all = Promise.allSettled([add(1), failing, add(2), add(1)]);
    await turns();
    for (const { done } of flushes) done();
    await turns();
    for (const { done } of flushes) done();
    const outcomes = await all;
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(stored()).toEqual([1, 2, 9]);
  });

  it('asks nothing of the disk for what changed nothing, but answers it after what was asked for before', async () => {
    const { flushes, add, commits } = setUp();
    const first = add(1);
    const answered: string[] = [];
    void first.then(() => answered.push('written'));
    await turns();
    const read = commits.write(() => undefined).then(() => answered.push('read'));
    await turns();
    expect(answered).toEqual([]);
    flushes[0]?.done();
    await read;
    expect([flushes.length, answered]).toEqual([1, ['written', 'read']]);
  });

  it('has a log that has become long emptied before it writes on, and writes on all the same when that fails', async () => {
    const { flushes, add, log, stored } = setUp();
    Object.assign(log, { isDue: true, isStuck: true });
    void add(1);
    await turns();
    expect([log.emptied, stored()]).toEqual([1, [1]]);
    log.isStuck = false;
    flushes[0]?.done();
    await turns();
    void add(2);
    await turns();
    expect([log.emptied, log.isDue, stored()]).toEqual([2, false, [1, 2]]);
  });

  it('says of what could not be flushed that nobody knows whether it is kept, and writes all of it again before the next answer', async () => {
    const { flushes, add, log, commits } = setUp();
    const lost = add(1);
    await turns();
    flushes[0]?.failed(new Error('EIO'));
    await expect(lost).rejects.toMatchObject({ code: 'unavailable', effect: 'unknown', message: expect.stringContaining('EIO') });
    expect(log.emptied).toBe(0);
    log.isStuck = true;
    await expect(add(2)).rejects.toMatchObject({ code: 'unavailable', effect: 'unknown' });
    expect([log.emptied, flushes.length]).toEqual([1, 1]);
    log.isStuck = false;
    const read = commits.write(() => 'what may be lost is not answered as done');
    await turns();
    expect([log.emptied, flushes.length]).toEqual([2, 2]);
    flushes[1]?.done();
    await read;
  });

  it('runs at most 128 calls in one transaction, and the others in the next', async () => {
    const { flushes, add, stored, commits } = setUp();
    const all = Array.from({ length: 130 }, (_, n) => add(n));
    await turns();
    expect(stored()).toHaveLength(128);
    flushes[0]?.done();
    await turns();
    expect(stored()).toHaveLength(130);
    flushes[1]?.done();
    await Promise.all(all);
    await commits.idle();
  });
});

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Checkpoints, threadOn } from './checkpoints.ts';

/** A file with something in its log, and the threads that were begun to move it. */
async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'lutra-log-'));
  const file = join(folder, 'x.db');
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE numbers (n)');
  const threads: Worker[] = [];
  const settings = { isBroken: false };
  const checkpoints = await Checkpoints.begin(file, (of) => {
    const thread = settings.isBroken ? new Worker('process.exit(1)', { eval: true }) : threadOn(of);
    threads.push(thread);
    return thread;
  });
  onTestFinished(async () => {
    await checkpoints.end();
    database.close();
    rmSync(folder, { recursive: true });
  });
  const write = () => database.exec('INSERT INTO numbers VALUES (1)');
  return { checkpoints, threads, settings, write, logBytes: () => statSync(`${file}-wal`).size };
}

describe('Checkpoints', () => {
  it('empties the log', async () => {
    const { checkpoints, write, logBytes, threads } = await setUp();
    write();
    expect([checkpoints.isDue, logBytes() > 0]).toEqual([false, true]);
    await checkpoints.empty();
    expect([checkpoints.isDue, logBytes(), threads.length]).toEqual([false, 0, 1]);
  });

  it('is due when its thread has died, and goes on with another one', async () => {
    const { checkpoints, write, logBytes, threads } = await setUp();
    await threads[0]?.terminate();
    expect(checkpoints.isDue).toBe(true);
    write();
    await checkpoints.empty();
    expect([checkpoints.isDue, logBytes(), threads.length]).toEqual([false, 0, 2]);
  });

  it('rejects when its thread dies while it is asked, and as long as no other one begins', async () => {
    const { checkpoints, threads, settings } = await setUp();
    settings.isBroken = true;
    const emptying = checkpoints.empty();
    const rejected = expect(emptying).rejects.toThrow('the thread that moves the log has ended');
    await threads[0]?.terminate();
    await rejected;
    await expect(checkpoints.empty()).rejects.toThrow('the thread that moves the log has ended');
    expect(checkpoints.isDue).toBe(true);
    settings.isBroken = false;
    await checkpoints.empty();
    expect(checkpoints.isDue).toBe(false);
  });

  it('ends after its thread has died', async () => {
    const { checkpoints, threads } = await setUp();
    await threads[0]?.terminate();
    await checkpoints.end();
  });
});

import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogFile } from './log-file.ts';

let folder = '';
let told: string[] = [];
let passed: Subject<void>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lutra-log-'));
  told = [];
  passed = new Subject();
});
afterEach(() => rmSync(folder, { recursive: true }));
const clock: Clock = { ...nodeClock(), after: () => passed };
const logFile = (path: string) => new LogFile(path, clock, (sentence) => void told.push(sentence));

describe('LogFile', () => {
  it('adds lines to a file after a while, or when there are many, and makes its folder', () => {
    const path = join(folder, 'deep', 'lutra.log');
    const read = () => readFileSync(path, 'utf8');
    const file = logFile(path);
    file.write('one\n');
    file.write('ü\n');
    expect(read()).toBe('');
    passed.next();
    expect(read()).toBe('one\nü\n');
    file.write('x'.repeat(40_000));
    expect(read()).toHaveLength(40_006);
    expect(passed.observed).toBe(false);
    logFile(path).write('two\n');
    passed.next();
    expect(read()).toMatch(/xtwo\n$/);
  });

  it('keeps every line, and their order, however long they are', () => {
    const path = join(folder, 'lutra.log');
    const file = logFile(path);
    const lines = [1, 10_000, 5, 9_000, 12_000, 40_000, 2].map((length, n) => `${String.fromCodePoint(0x20ac + n).repeat(length)}\n`);
    for (const line of lines) file.write(line);
    file.flush();
    expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
  });

  it.skipIf(process.platform === 'win32')('waits neither for a reader of a pipe nor for room in it', () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    expect(() => logFile(path)).toThrow(`${path} cannot be written: it is a pipe that nobody reads`);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const file = logFile(path);
    for (let lines = 0; lines < 100; lines += 1) file.write(`${'x'.repeat(9_999)}\n`);
    file.flush();
    closeSync(reader);
    expect(told).toEqual([`log: ${path} cannot be written, so its lines are lost: its reader is too slow`]);
  });

  it('is opened again after it was moved away', () => {
    const path = join(folder, 'lutra.log');
    const file = logFile(path);
    file.write('one\n');
    renameSync(path, `${path}.1`);
    file.reopen();
    file.write('two\n');
    file.flush();
    expect([readFileSync(`${path}.1`, 'utf8'), readFileSync(path, 'utf8'), told]).toEqual(['one\n', 'two\n', []]);
  });

  it('writes on to the old file when it cannot be opened again, and says so', () => {
    const path = join(folder, 'deep', 'lutra.log');
    const file = logFile(path);
    renameSync(join(folder, 'deep'), join(folder, 'moved'));
    writeFileSync(join(folder, 'deep'), 'in the way');
    file.reopen();
    file.write('two\n');
    file.flush();
    expect(readFileSync(join(folder, 'moved', 'lutra.log'), 'utf8')).toBe('two\n');
    expect(told).toEqual([expect.stringContaining(`log: ${path} cannot be opened again: `)]);
  });

  it('says in words why it cannot be opened', () => {
    expect(() => logFile(folder)).toThrow(`config: logFile: ${folder} cannot be written: it is a folder`);
  });

  it.skipIf(!existsSync('/dev/full'))('loses lines that a full disk does not take, and says so once', () => {
    const file = logFile('/dev/full');
    for (const line of ['one\n', 'two\nthree\n']) {
      file.write(line);
      file.flush();
    }
    expect(told).toEqual([expect.stringMatching(/^log: \/dev\/full cannot be written, so its lines are lost: ENOSPC/)]);
  });

  it.skipIf(!existsSync('/dev/full'))('says how many lines were lost once they are taken again', () => {
    const [path, disk] = [join(folder, 'lutra.log'), join(folder, 'disk.log')];
    symlinkSync('/dev/full', path);
    const file = logFile(path);
    file.write('one\ntwo\n');
    file.flush();
    file.write('three\n');
    file.flush();
    unlinkSync(path);
    symlinkSync(disk, path);
    file.reopen();
    for (const line of ['four\n', 'five\n']) {
      file.write(line);
      file.flush();
    }
    expect(told.slice(1)).toEqual([`log: ${path} is written again; 3 lines were lost`]);
    expect(readFileSync(disk, 'utf8')).toBe('four\nfive\n');
  });
});

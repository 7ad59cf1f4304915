import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkWritable, makeFolder } from './folders.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lutra-folders-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('makeFolder', () => {
  it('makes what is missing, and takes what is there', () => {
    for (const path of [folder, join(folder, 'a', 'b', 'c'), join(folder, 'a', 'b', 'c', 'd'), '/']) {
      makeFolder(path);
      expect(statSync(path).isDirectory()).toBe(true);
    }
  });

  it.skipIf(!existsSync('/proc/self'))('gives up where a folder takes none', () => {
    expect(() => makeFolder('/proc/lutra/deep')).toThrow(/ENOENT|EACCES|EPERM/);
  });

  it('gives up below a file', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => makeFolder(join(folder, 'file', 'a', 'b'))).toThrow('ENOTDIR');
  });
});

describe('checkWritable', () => {
  it('finds nothing wrong with a file that there is or that can be made, and makes nothing', () => {
    writeFileSync(join(folder, 'file'), '');
    checkWritable(join(folder, 'file'));
    checkWritable(join(folder, 'a', 'b', 'file'));
    expect(existsSync(join(folder, 'a'))).toBe(false);
  });

  it('says what is in the way', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => checkWritable(folder)).toThrow('it is a folder');
    expect(() => checkWritable(join(folder, 'file', 'a', 'log'))).toThrow(`${join(folder, 'file')} is no folder`);
  });
});

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTrace } from './trace-file.ts';

describe('openTrace', () => {
  it('writes every line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lutra-trace-'));
    try {
      const file = join(folder, 'trace');
      const trace = openTrace('simulate', file);
      const lines = Array.from({ length: 9 }, (_, n) => `${n}${'ü'.repeat(10_000)}`);
      for (const line of lines) trace.write(line);
      trace.close();
      expect(readFileSync(file, 'utf8')).toBe(`${lines.join('\n')}\n`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.skipIf(!existsSync('/dev/full'))('says once that the disk is full, and at the end that the trace is not complete', () => {
    const told: string[] = [];
    const trace = openTrace('simulate', '/dev/full', (sentence) => void told.push(sentence));
    for (let n = 0; n < 9; n += 1) trace.write('x'.repeat(40_000));
    expect(told).toEqual([expect.stringMatching(/^simulate: the trace ends here, for \/dev\/full cannot be written: ENOSPC/)]);
    expect(() => trace.close()).toThrow(/^simulate: the trace in \/dev\/full is not complete: ENOSPC/);
  });
});

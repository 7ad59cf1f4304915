import { createHash } from 'node:crypto';
import { later, milliseconds } from '@lutra/core';
import { virtualStart } from '@lutra/simulator';
import { describe, expect, it } from 'vitest';
import { type Happening, Trace } from './trace.ts';

const happening = (ms: number): Happening => ({
  of: 'scenario',
  event: { at: later(virtualStart, milliseconds(ms)), kind: 'acted', what: 'kill-servers', details: ['a', 'b'] },
});

describe('Trace', () => {
  it('writes one JSON line a happening, with the time since the start first', () => {
    const lines: string[] = [];
    new Trace(virtualStart, (line) => lines.push(line)).write(happening(1500));
    expect(lines).toEqual(['{"at":1500,"of":"scenario","kind":"acted","what":"kill-servers","details":["a","b"]}']);
  });

  it('hashes its lines as they would stand in a file', () => {
    const lines: string[] = [];
    const trace = new Trace(virtualStart, (line) => lines.push(line));
    for (const ms of [1, 2, 3]) trace.write(happening(ms));
    const file = lines.map((line) => `${line}\n`).join('');
    expect([trace.count, trace.hash, trace.hash]).toEqual([3, ...Array(2).fill(createHash('sha256').update(file).digest('hex'))]);
  });

  it('hashes another order to another hash', () => {
    const hashOf = (...order: number[]): string => {
      const trace = new Trace(virtualStart);
      for (const ms of order) trace.write(happening(ms));
      return trace.hash;
    };
    expect(hashOf(1, 2)).toBe(hashOf(1, 2));
    expect(hashOf(1, 2)).not.toBe(hashOf(2, 1));
  });
});

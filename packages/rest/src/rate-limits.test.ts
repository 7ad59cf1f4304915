import { type DurationMs, type EpochMs, epochMs, later, milliseconds, seconds } from '@lutra/core';
import fc from 'fast-check';
import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { parseRate, type Rate, RateLimiter } from './rate-limits.ts';
import { heapInUse } from './testing/heap.ts';

const started = epochMs(1_700_000_000_000);
function limiter() {
  let now: EpochMs = started;
  const limits = new RateLimiter({ now: () => now, after: () => NEVER });
  const pass = (span: DurationMs): void => {
    now = later(now, span);
  };
  return { limits, pass, now: () => now };
}

describe('RateLimiter', () => {
  const ten: Rate = { value: 10, unit: 'SECOND' };

  it('lets a burst of the rate pass, and then one at a time as the bucket fills', () => {
    const { limits, pass } = limiter();
    for (let i = 0; i < 10; i += 1) {
      expect(limits.look('a', ten)).toEqual({ remaining: 10 - i, nextAt: started });
      expect(limits.take('a', ten)).toBeUndefined();
    }
    expect(limits.take('a', ten)).toEqual({ remaining: 0, nextAt: later(started, milliseconds(100)) });
    pass(milliseconds(100));
    expect([limits.take('a', ten), limits.take('a', ten)?.remaining]).toEqual([undefined, 0]);
  });

  it('counts each key by itself', () => {
    const { limits } = limiter();
    const one: Rate = { value: 1, unit: 'MINUTE' };
    expect([limits.take('a', one), limits.take('b', one)]).toEqual([undefined, undefined]);
    expect(limits.take('a', one)?.nextAt).toBe(later(started, seconds(60)));
  });

  it('is not filled by a clock that is set back', () => {
    const { limits, pass } = limiter();
    for (let i = 0; i < 10; i += 1) limits.take('a', ten);
    pass(seconds(-3600));
    expect(limits.take('a', ten)).toBeDefined();
    pass(seconds(1));
    expect(limits.take('a', ten)).toBeUndefined();
  });

  it('lets pass at most the rate and what fills meanwhile, whatever the times of the requests', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (waits) => {
        const { limits, pass, now } = limiter();
        let passed = 0;
        for (const wait of waits) {
          pass(milliseconds(wait));
          if (limits.take('a', ten) === undefined) passed += 1;
        }
        expect(passed).toBeLessThanOrEqual(10 + (now() - started) / 100 + 1e-6);
      }),
    );
  });

  it('remembers no more than so many keys', () => {
    const { limits } = limiter();
    const once: Rate = { value: 1, unit: 'DAY' };
    for (let i = 0; i <= 20_000; i += 1) limits.take(`${i}`, once);
    expect([limits.look('0', once).remaining, limits.look('1', once).remaining]).toEqual([1, 0]);
  });

  it('keeps no part of its keys, however long they are', () => {
    const { limits } = limiter();
    const before = heapInUse();
    for (let i = 0; i < 2_000; i += 1) limits.take(`${i} ${Buffer.alloc(14_000, 'x').toString('latin1')}`, ten);
    expect(heapInUse() - before).toBeLessThan(5_000_000);
    expect(limits.look(`7 ${'x'.repeat(14_000)}`, ten).remaining).toBe(9);
  });
});

describe('parseRate', () => {
  it.each([
    ['1000/MINUTE', { value: 1000, unit: 'MINUTE' }],
    ['10/second', { value: 10, unit: 'SECOND' }],
    ['off', undefined],
    ['0/SECOND', undefined],
    ['10', undefined],
    ['10/WEEK', undefined],
  ])('reads %j as %j', (text, rate) => {
    expect(parseRate(text)).toEqual(rate);
  });
});

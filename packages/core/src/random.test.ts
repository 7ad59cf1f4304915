import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from './random.ts';
import { describeRandom } from './testing/random-contract.ts';

describeRandom('seededRandom', () => seededRandom(7));

describe('seededRandom', () => {
  it('gives the same numbers for the same seed and keys, and others for others', () => {
    const at = (seed: number, ...keys: (string | number)[]) => seededRandom(seed).at(...keys);
    expect(at(7, 'build', 1)).toBe(at(7, 'build', 1));
    expect(new Set([at(7, 'build', 1), at(8, 'build', 1), at(7, 'build', 2), at(7, 'delete', 1), at(7, 'build')]).size).toBe(5);
    expect(seededRandom(7).fork('a').next()).toBe(seededRandom(7).fork('a').next());
    expect(seededRandom(7).fork('a').next()).not.toBe(seededRandom(7).fork('b').next());
  });

  it('spreads what it draws statelessly evenly, also over keys that differ in one digit', () => {
    const counts = Array.from({ length: 20 }, () => 0);
    const random = seededRandom(1);
    for (let n = 0; n < 20_000; n += 1) {
      const slot = Math.floor(random.at('rule', 'tenant', n) * 20);
      counts[slot] = (counts[slot] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('draws two keys independently of each other', () => {
    const random = seededRandom(3);
    let both = 0;
    for (let n = 0; n < 10_000; n += 1) if (random.at('a', n) < 0.5 && random.at('b', n) < 0.5) both += 1;
    expect(Math.abs(both - 2500)).toBeLessThan(250);
  });

  it('stays within 0 and 1', () => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        const drawn = seededRandom(1).at(key);
        expect(drawn >= 0 && drawn < 1).toBe(true);
      }),
    );
  });

  it('makes version 4 UUIDs', () => {
    expect(seededRandom(1).uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

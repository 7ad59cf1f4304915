import { milliseconds, seconds, seededRandom } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { drawDuration, paces } from './pace.ts';

const random = seededRandom(7);
const draws = (distribution: Parameters<typeof drawDuration>[0]) =>
  Array.from({ length: 2000 }, (_, n) => drawDuration(distribution, random, 'draw', n)).sort((a, b) => a - b);

describe('drawDuration', () => {
  it('is decided by seed and keys alone', () => {
    const build = paces.realistic.build;
    expect(drawDuration(build, seededRandom(7), 'a', 1)).toBe(drawDuration(build, random, 'a', 1));
    expect(drawDuration(build, random, 'a', 2)).not.toBe(drawDuration(build, random, 'a', 1));
  });

  it('is nothing only where it is none, and whole milliseconds', () => {
    expect(drawDuration({ kind: 'none' }, random)).toBe(0);
    expect(drawDuration({ kind: 'fixed', duration: milliseconds(0) }, random)).toBe(1);
    expect(draws({ kind: 'uniform', least: milliseconds(0), most: milliseconds(3) }).every((ms) => ms >= 1 && Number.isInteger(ms))).toBe(
      true,
    );
  });

  it('builds realistic servers in about 75 s, some in minutes, none beyond the cap', () => {
    const builds = draws(paces.realistic.build);
    expect(builds[1000]).toBeGreaterThan(65_000);
    expect(builds[1000]).toBeLessThan(85_000);
    expect(builds.at(-1)).toBeGreaterThan(180_000);
    expect(builds.at(-1)).toBeLessThanOrEqual(seconds(900));
    expect(builds[0]).toBeGreaterThanOrEqual(seconds(20));
  });
});

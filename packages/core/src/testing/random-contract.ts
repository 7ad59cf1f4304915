import { describe, expect, it } from 'vitest';
import type { Random } from '../ports.ts';

/** What every source of chance promises; each implementation runs all of it. */
export function describeRandom(name: string, make: () => Random): void {
  describe(`${name} as Random`, () => {
    it('draws statelessly: the same number for the same keys, whatever was drawn between', () => {
      const random = make();
      const first = random.at('build', 'tenant', 1);
      random.at('build', 'tenant', 2);
      random.uuid();
      expect(random.at('build', 'tenant', 1)).toBe(first);
      expect(first >= 0 && first < 1).toBe(true);
    });

    it('forks streams that go their own ways', () => {
      const random = make();
      const [a, b] = [random.fork('a'), random.fork('b')];
      const drawn = Array.from({ length: 50 }, () => [a.next(), b.next()]).flat();
      expect(new Set(drawn).size).toBe(100);
      expect(drawn.every((one) => one >= 0 && one < 1)).toBe(true);
    });

    it('makes secrets of the length asked for, and never the same twice', () => {
      const random = make();
      expect([0, 1, 32].map((count) => random.secretBytes(count).length)).toEqual([0, 1, 32]);
      const secrets = Array.from({ length: 100 }, () => random.secretBytes(16).join());
      expect(new Set(secrets).size).toBe(100);
    });

    it('makes version 4 UUIDs, and never the same twice', () => {
      const random = make();
      const ids = Array.from({ length: 100 }, () => random.uuid());
      for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(new Set(ids).size).toBe(100);
    });
  });
}

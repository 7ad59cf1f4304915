import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { equivalents } from './equivalents.ts';
import { mutants } from './list.ts';
import { editsOf, type Mutant, mutantOf, mutate } from './mutate.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const one: Mutant = { name: 'one', rule: 'D1', file: 'a.ts', find: 'x', replace: 'y', layer: 'unit', by: 'a.test.ts' };

describe('a mutant', () => {
  it('changes the one place that it names, and more modules where it says so', () => {
    const two = { ...one, also: [{ file: 'b.ts', find: 'p', replace: 'q' }] };
    expect([mutate('a x b', 'a.ts', two), mutate('p', 'b.ts', two)]).toEqual(['a y b', 'q']);
  });

  it('cannot be made when its place is not there, or is not the only one', () => {
    expect(() => mutate('a', 'a.ts', one)).toThrow('mutant one: 0 places in a.ts match, and there must be one: x');
    expect(() => mutate('x x', 'a.ts', one)).toThrow('2 places');
    expect(() => mutantOf([one], 'two')).toThrow('There is no mutant two');
  });
});

describe('the list', () => {
  it('has names that differ, a few that are equivalent, and ten that CI tries', () => {
    const names = mutants.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(equivalents).filter((name) => !names.includes(name))).toEqual([]);
    expect(Object.keys(equivalents).length).toBeLessThanOrEqual(3);
    expect(mutants.filter(({ cheap }) => cheap === true).length).toBeGreaterThanOrEqual(10);
  });

  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('has %s, which can be made', (_, mutant) => {
    for (const { file } of editsOf(mutant)) expect(mutate(readFileSync(`${root}${file}`, 'utf8'), file, mutant)).not.toBe('');
  });
});

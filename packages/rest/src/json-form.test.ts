import { describe, expect, it } from 'vitest';
import { formProblem } from './json-form.ts';

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
/** An array of so many items: one opening bracket, and a comma less than items. */
const arrayOf = (count: number, item: string): string => `[${Array(count).fill(item).join(',')}]`;

describe('formProblem', () => {
  it('lets a thousand levels pass and refuses one more', () => {
    expect([formProblem(nested(1_000)), formProblem(nested(1_001))]).toEqual([undefined, 'The body nests more than 1000 levels deep.']);
  });

  it('lets fifty thousand commas and opening brackets pass and refuses one more', () => {
    expect(formProblem(arrayOf(50_000, '1'))).toBeUndefined();
    expect(formProblem(arrayOf(50_001, '1'))).toBe('The body has more than 50000 commas and opening brackets.');
    expect(formProblem(arrayOf(25_001, '{}'))).toContain('more than 50000');
    expect(formProblem(arrayOf(25_001, '[]'))).toContain('more than 50000');
  });

  it.each(['1.0', '-0', '1e5', '9007199254740993', '{"a":1.5}'])('lets fewer pass when a number may have to be kept as %s', (number) => {
    expect(formProblem(arrayOf(10_000, number))).toBeUndefined();
    expect(formProblem(`${arrayOf(20_001, '1').slice(0, -1)},${number}]`)).toContain('more than 20000 commas');
  });

  it('counts nothing in strings', () => {
    expect(formProblem(JSON.stringify({ text: '[{,'.repeat(60_000), quoted: '\\"[{,'.repeat(60_000) }))).toBeUndefined();
  });
});

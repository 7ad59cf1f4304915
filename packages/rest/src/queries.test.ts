import { LutraError } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { booleanOf, pageOf, queryOf, trueOrAbsent } from './queries.ts';

const query = (text: string): URLSearchParams => queryOf({ url: `/groups/?${text}` });
const codeOf = (ask: () => unknown): string => {
  try {
    return `gave ${ask()}`;
  } catch (error) {
    return error instanceof LutraError ? error.code : 'another error';
  }
};

describe('pageOf', () => {
  it.each([
    ['/groups', 100],
    ['/groups/?marker=x', 100],
    ['/groups/?limit=7', 7],
    ['/groups/?limit=%207%20', 7],
    ['/groups/?limit=0', 1],
    ['/groups/?limit=-1', 1],
    ['/groups/?limit=101', 100],
    ['/groups/?limit=100000', 100],
    ['/groups/?limit=99999999999999999999999', 100],
    ['/groups/?limit=5&limit=ab', 5],
    ['/groups/?Limit=ab', 100],
  ])('reads %s as a page of %i', (url, limit) => {
    expect(pageOf({ url }).limit).toBe(limit);
  });

  it.each(['ab', '%26', '3.0', '', '1e2', '0x10', '5%00'])('refuses limit=%s', (limit) => {
    expect(codeOf(() => pageOf({ url: `/groups/?limit=${limit}` }))).toBe('invalid-query-argument');
  });

  it.each(['1', 'invalid', '-13', '', '%zz'])('takes any marker, such as %j', (marker) => {
    expect(pageOf({ url: `/groups?marker=${marker}` }).marker).toBe(marker);
  });
});

describe('booleanOf', () => {
  it('takes true and false in any letter case, and the first of several', () => {
    expect([booleanOf(query('purge=TrUe'), 'purge', false), booleanOf(query('purge=False&purge=true'), 'purge', true)]).toEqual([
      true,
      false,
    ]);
    expect(booleanOf(query('replace=false'), 'purge', true)).toBe(true);
  });
  it.each(['bad', '', '0', 'truee'])('refuses %j', (value) => {
    expect(codeOf(() => booleanOf(query(`replace=${value}`), 'replace', true))).toBe('invalid-query-argument');
  });
  it('names the key, the value in lower case and the default', () => {
    expect(() => booleanOf(query('replace=BAD'), 'replace', true)).toThrow(
      '"replace": "bad" is neither "true" nor "false". Without it, it is "true".',
    );
  });
});

describe('trueOrAbsent', () => {
  it('takes true in any letter case, and nothing else', () => {
    expect([trueOrAbsent(query('force=tRUE'), 'force'), trueOrAbsent(query(''), 'force')]).toEqual([true, false]);
    expect(codeOf(() => trueOrAbsent(query('force=false'), 'force'))).toBe('invalid-query-argument');
  });
});

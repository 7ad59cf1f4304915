import { describe, expect, it } from 'vitest';
import { roleOf } from './principal.ts';
import { tokenList } from './tokens.ts';

describe('tokenList', () => {
  const entry = { tenants: ['829409', 5], roles: ['autoscale:observer'] };

  it('knows the tenants and the role of each token', async () => {
    const tokens = tokenList({ s3cret: entry, other: { tenants: ['T'], roles: ['observer', 'admin', 'nova:admin'] } });
    expect((await tokens.authenticate('s3cret'))?.tenants).toEqual(
      new Map([
        ['829409', 'observer'],
        ['5', 'observer'],
      ]),
    );
    expect((await tokens.authenticate('other'))?.tenants).toEqual(new Map([['T', 'admin']]));
    for (const token of ['', 's3cre', 's3cret ', '__proto__']) expect(await tokens.authenticate(token)).toBeUndefined();
  });

  it('knows operators, who need no tenant, and takes no administrator of a tenant for one', async () => {
    const tokens = tokenList({
      a: { tenants: ['T'], roles: ['admin', 'identity:user-admin', 'autoscale:admin'] },
      o: { tenants: [], roles: ['operator'] },
      both: { tenants: ['T'], roles: ['autoscale:operator', 'observer'] },
      one: { tenants: ['T'], roles: ['operator'] },
    });
    const found = await Promise.all(['a', 'o', 'both', 'one'].map((token) => tokens.authenticate(token)));
    expect(found.map((principal) => [principal?.isOperator, principal?.tenants.get('T')])).toEqual([
      [false, 'admin'],
      [true, undefined],
      [true, 'observer'],
      [true, 'none'],
    ]);
  });

  it.each<[unknown, string]>([
    [[], 'must be a mapping of tokens'],
    [null, 'must be a mapping of tokens'],
    [{ 'a b': entry }, 'entry 1: a token must be'],
    [{ ok: entry, s3cret: { ...entry, tenants: [] } }, 'entry 2: tenants must name at least one tenant'],
    [{ s3cret: { ...entry, tenants: [1.5] } }, 'entry 1: tenants 0 must be the id of a tenant'],
    [{ s3cret: { ...entry, roles: ['nova:admin'] } }, 'entry 1: roles must hold one of'],
    [{ s3cret: { ...entry, tenants: Array(10_001).fill(1.5) } }, 'entry 1: tenants must be a list of at most 10000'],
    [{ s3cret: { ...entry, tenants: ['x'.repeat(257)] } }, 'entry 1: tenants 0 must be the id of a tenant'],
    [{ s3cret: { ...entry, tenants: Array(10_000).fill(1.5) } }, '; tenants 4 must be the id of a tenant; and 9995 more'],
    [{ s3cret: { ...entry, roles: Array(101).fill('admin') } }, 'entry 1: roles must be a list of at most 100'],
    [Object.fromEntries(Array.from({ length: 100_001 }, (_, n) => [`s3cret${n}`, entry])), 'must have at most 100000 tokens, not 100001'],
    [{ s3cret: { ...entry, extra: 1 } }, 'entry 1: must be a mapping with the keys tenants and roles'],
  ])('refuses a list without telling the token, case %#', (list, message) => {
    expect(() => tokenList(list)).toThrow(message);
    expect(() => tokenList(list)).not.toThrow('s3cret');
  });

  it('takes another list, but keeps the old one when the new one is wrong', async () => {
    const tokens = tokenList({ a: entry });
    expect(() => tokens.replace({ b: 1 })).toThrow();
    expect(await tokens.authenticate('a')).toBeDefined();
    tokens.replace({ b: entry });
    expect([await tokens.authenticate('a'), (await tokens.authenticate('b'))?.tenants.get('5')]).toEqual([undefined, 'observer']);
  });
});

describe('roleOf', () => {
  it.each([
    [[], 'none'],
    [['nova:admin', 'lbaas:observer'], 'none'],
    [['observer'], 'observer'],
    [['autoscale:observer', 'autoscale:admin'], 'admin'],
    [['admin', 'observer'], 'admin'],
    [['identity:user-admin'], 'admin'],
    [['Admin', 'autoscale:admins'], 'none'],
  ])('makes of %j the role %s', (names, role) => {
    expect(roleOf(names)).toBe(role);
  });
});

import { LutraError } from '@lutra/core';
import { z } from 'zod';
import { digestOf } from '../digest.ts';
import { type Authenticator, isToken, type Principal, roleOf } from './principal.ts';

/** A tenant as a file gives it: YAML reads 829409 as a number. */
const tenantId = z.union([z.string().min(1), z.int().transform(String)], 'must be the id of a tenant');
const entry = z.strictObject(
  {
    tenants: z.array(tenantId, 'must be a list of tenant ids').min(1, 'must name at least one tenant'),
    roles: z.array(z.string('must be the name of a role'), 'must be a list of roles, such as [admin] or [observer]'),
  },
  { error: 'must be a mapping with the keys tenants and roles' },
);

/** Tokens of which a list holds the owners. */
export interface TokenList extends Authenticator {
  /** Takes another list instead. Throws LutraError `validation-failed`, and keeps the old one, when it is not such a list. */
  replace(list: unknown): void;
}

/**
 * Authenticates by a list: a mapping of tokens to `{ tenants: [...], roles: [...] }`, where every role counts for every tenant.
 * Only digests of the tokens are kept, so looking one up takes the same time whatever it has in common with a real one.
 * Throws LutraError `validation-failed` when `list` is not such a list; its message names the entry by its position, never the token.
 */
export function tokenList(list: unknown): TokenList {
  let principals = parseTokens(list);
  return {
    challenge: 'Token realm="lutra"',
    authenticate: async (token) => principals.get(digestOf(token)),
    replace: (next) => {
      principals = parseTokens(next);
    },
  };
}

function parseTokens(list: unknown): ReadonlyMap<string, Principal> {
  if (typeof list !== 'object' || list === null || Array.isArray(list)) {
    throw new LutraError('validation-failed', 'must be a mapping of tokens to { tenants: [...], roles: [...] }');
  }
  const principals = new Map<string, Principal>();
  for (const [index, [token, given]] of Object.entries(list).entries()) {
    const refuse = (why: string): never => {
      throw new LutraError('validation-failed', `entry ${index + 1}: ${why}`);
    };
    if (!isToken(token)) refuse('a token must be 1 to 8192 visible ASCII characters');
    const parsed = entry.safeParse(given);
    if (!parsed.success) return refuse(parsed.error.issues.map(({ path, message }) => [...path, message].join(' ')).join('; '));
    const role = roleOf(parsed.data.roles);
    if (role === 'none') refuse('roles must hold one of autoscale:admin, admin, autoscale:observer, observer');
    principals.set(digestOf(token), { tenants: new Map(parsed.data.tenants.map((tenant) => [tenant, role])), expiresAt: undefined });
  }
  return principals;
}

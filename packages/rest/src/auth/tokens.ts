import { hasAtMost, LutraError } from '@lutra/core';
import { z } from 'zod';
import { digestOf } from '../digest.ts';
import { type Authenticator, isOperator, isToken, type Principal, roleOf } from './principal.ts';

/** A tenant as a file gives it: YAML reads 829409 as a number. */
const tenantRule = 'must be the id of a tenant';
const tenantId = z.union([z.string().refine((id) => id !== '' && hasAtMost(id, 256), tenantRule), z.int().transform(String)], tenantRule);
/** Items of a list, tokens of all at most. */
const [mostTenants, mostRoles, mostTokens] = [10_000, 100, 100_000];
/** Measured before its items are looked at: for each of a million wrong ones is an issue. */
const listOf = <S extends z.ZodType>(item: S, rule: string, most: number) =>
  z
    .custom<unknown>((value) => !Array.isArray(value) || value.length <= most, `must be a list of at most ${most}`)
    .pipe(z.array(item, rule));
const entry = z.strictObject(
  {
    tenants: listOf(tenantId, 'must be a list of tenant ids', mostTenants),
    roles: listOf(z.string('must be the name of a role'), 'must be a list of roles, such as [admin] or [observer]', mostRoles),
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
 * Only digests of the tokens are kept, so looking one up takes the same time, also for one that begins like a real one.
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

/** Mistakes named of an entry. */
const mostProblems = 5;
function problemsIn(issues: readonly z.core.$ZodIssue[]): string {
  const told = issues.slice(0, mostProblems).map(({ path, message }) => [...path, message].join(' '));
  return issues.length > mostProblems ? `${told.join('; ')}; and ${issues.length - mostProblems} more` : told.join('; ');
}

function parseTokens(list: unknown): ReadonlyMap<string, Principal> {
  if (typeof list !== 'object' || list === null || Array.isArray(list)) {
    throw new LutraError('validation-failed', 'must be a mapping of tokens to { tenants: [...], roles: [...] }');
  }
  const { length } = Object.keys(list);
  if (length > mostTokens) throw new LutraError('validation-failed', `must have at most ${mostTokens} tokens, not ${length}`);
  const principals = new Map<string, Principal>();
  for (const [index, [token, given]] of Object.entries(list).entries()) {
    const refuse = (why: string): never => {
      throw new LutraError('validation-failed', `entry ${index + 1}: ${why}`);
    };
    if (!isToken(token)) refuse('a token must be 1 to 8192 visible ASCII characters');
    const parsed = entry.safeParse(given);
    if (!parsed.success) return refuse(problemsIn(parsed.error.issues));
    const { tenants, roles } = parsed.data;
    const role = roleOf(roles);
    const operates = isOperator(roles);
    if (role === 'none' && !operates)
      refuse('roles must hold one of autoscale:admin, admin, autoscale:observer, observer, autoscale:operator, operator');
    if (tenants.length === 0 && !operates) refuse('tenants must name at least one tenant');
    principals.set(digestOf(token), {
      tenants: new Map(tenants.map((tenant) => [tenant, role])),
      isOperator: operates,
      expiresAt: undefined,
    });
  }
  return principals;
}

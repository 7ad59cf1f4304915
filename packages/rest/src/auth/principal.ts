import type { EpochMs } from '@lutra/core';

/** What somebody may do on a tenant: everything, or read what holds no secret. */
export type Role = 'admin' | 'observer';

/** Whom a token belongs to. */
export interface Principal {
  /** The tenants of the user, with the role on each; `none`: the user belongs to the tenant, but may not use Autoscale. */
  readonly tenants: ReadonlyMap<string, Role | 'none'>;
  /** It runs this service: it may stop all hosts. Absent: it does not. A tenant's administrator is no operator. */
  readonly isOperator?: boolean;
  /** Its name, for activity; absent where nobody says: then the tenant stands for it. */
  readonly user?: string | undefined;
  /** When the token ends; undefined = never. */
  readonly expiresAt: EpochMs | undefined;
}

/** Finds out whom tokens belong to. */
export interface Authenticator {
  /** undefined when nobody has this token. Rejects with LutraError `unavailable` when that cannot be found out. Idempotent. */
  authenticate(token: string): Promise<Principal | undefined>;
  /** Value of the `WWW-Authenticate` header that goes with a 401. */
  readonly challenge: string;
}

/** Names of roles, by what they let their user do: on the tenant that they are for, or, of operators, on all hosts. */
export interface RoleNames {
  readonly admin: readonly string[];
  readonly observer: readonly string[];
  readonly operator: readonly string[];
}

/**
 * The names of the API's documents ("Role-based access control"). `identity:user-admin` is the account's owner. Roles on other products,
 * such as `nova:admin`, count for nothing. Customers give each other `admin`, so it makes nobody an operator; `identity:admin` is for who runs the cloud.
 */
export const defaultRoles: RoleNames = {
  admin: ['autoscale:admin', 'admin', 'identity:user-admin'],
  observer: ['autoscale:observer', 'observer'],
  operator: ['autoscale:operator', 'operator', 'identity:admin'],
};

/** The Autoscale role that a set of role names amounts to; the broader wins. */
export function roleOf(names: Iterable<string>, { admin, observer }: RoleNames = defaultRoles): Role | 'none' {
  let role: Role | 'none' = 'none';
  for (const name of names) {
    if (admin.includes(name)) return 'admin';
    if (observer.includes(name)) role = 'observer';
  }
  return role;
}

/** Whether a set of role names makes an operator. */
export const isOperator = (names: Iterable<string>, { operator }: RoleNames = defaultRoles): boolean => {
  for (const name of names) if (operator.includes(name)) return true;
  return false;
};

/** A token that can be one: visible ASCII, of bounded length, and no path segment that a URL would swallow. */
export const isToken = (token: string): boolean => /^[\x21-\x7e]{1,8192}$/.test(token) && token !== '.' && token !== '..';

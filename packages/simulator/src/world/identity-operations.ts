import type { JsonValue, TenantId } from '@lutra/core';
import type { Identity } from '../identity/identity.ts';
import { roles } from '../identity/roles.ts';
import type { Credentials, UserRecord } from '../identity/token.ts';
import type { IdentityCalls } from './identity-calls.ts';
import type { Operations } from './operation.ts';
import { type Refusal, refusals } from './refusal.ts';

/** A token that never validates, for tests of callers that cache (spec/simulator.md, section D). */
const neverValid = 'never-cache-this-and-fail-to-auth';

const userIn = (credentials: Credentials): string => (credentials.kind === 'token' ? credentials.token : credentials.user);

/** Why a caller may not ask; nobody is asked who he is when tokens are not checked. */
function whyNotAllowed(identity: Identity, by: string | undefined, mayAsk: (user: UserRecord, by: string) => boolean): Refusal | undefined {
  if (!identity.checks) return undefined;
  const user = by === undefined ? undefined : identity.whoShows({ kind: 'token', token: by });
  if (by === undefined || user === undefined) return refusals.noValidToken('identity');
  return mayAsk(user, by) ? undefined : refusals.notAuthorised('identity');
}
const isService = (user: UserRecord): boolean => user.roles.includes(roles.service);

/** Everybody may ask about his own token, and a service about any. */
function whyNotAboutToken(identity: Identity, by: string | undefined, token: string): Refusal | undefined {
  if (token === neverValid) return refusals.noValidToken('identity');
  const refusal = whyNotAllowed(identity, by, (asker) => by === token || isService(asker));
  return refusal ?? (identity.token(token) === undefined ? refusals.noSuchToken() : undefined);
}
function whyNotAboutUser(identity: Identity, by: string | undefined, user: string): Refusal | undefined {
  const refusal = whyNotAllowed(identity, by, (asker) => isService(asker) || asker === identity.user(user));
  return refusal ?? (identity.user(user) === undefined ? refusals.noSuchUser(user) : undefined);
}
function valid<T>(found: T | undefined): T {
  if (found === undefined) throw new Error('What was found valid is not there.');
  return found;
}
const accessTo = (identity: Identity, token: string) => identity.accessOf(valid(identity.token(token)));

const wrongCredentials = ({ closedBecause }: Identity): Refusal => refusals.wrongCredentials(closedBecause);
const ownerName = (tenant: TenantId): string => `owner-of-${tenant}`;

/** What the identity service does. Secrets are not told to traces. */
export const identityOperations: Operations<keyof IdentityCalls> = {
  'token.create': {
    key: ({ credentials }) => userIn(credentials),
    validate: ({ identity }, { credentials, tenantId }) => {
      const known = identity.whoShows(credentials);
      if (known !== undefined) return tenantId === undefined || tenantId === known.tenantId ? undefined : refusals.wrongTenant();
      const unknown = credentials.kind !== 'token' && identity.user(credentials.user) === undefined;
      if (!unknown) return wrongCredentials(identity);
      return identity.mayCreate(credentials.user, credentials.secret, tenantId ?? '') ? undefined : wrongCredentials(identity);
    },
    commit: ({ identity }, { credentials, tenantId }) => {
      const user = identity.whoShows(credentials) ?? createUser(identity, credentials, tenantId);
      return identity.accessOf(identity.issue(user, credentials.kind));
    },
    tellParams: ({ credentials, tenantId }) => ({ by: credentials.kind, ...(tenantId === undefined ? {} : { tenant: tenantId }) }),
    tellValue: tellUser,
  },
  'token.get': {
    key: ({ token }) => token,
    validate: ({ identity }, { by, token, belongsTo }) => {
      const refusal = whyNotAboutToken(identity, by, token);
      if (refusal !== undefined || belongsTo === undefined) return refusal;
      return identity.token(token)?.tenantId === belongsTo ? undefined : refusals.noSuchToken();
    },
    commit: ({ identity }, { token }) => accessTo(identity, token),
    tellValue: tellUser,
  },
  'token.delete': {
    key: ({ token }) => token,
    validate: ({ identity }, { by, token }) => whyNotAboutToken(identity, by, token),
    commit: ({ identity }, { token }) => {
      identity.revoke(token);
      return null;
    },
  },
  'token.list_endpoints': {
    key: ({ token }) => token,
    validate: ({ identity }, { by, token }) => whyNotAboutToken(identity, by, token),
    commit: ({ identity }, { token }) => accessTo(identity, token).catalog,
  },
  'token.impersonate': {
    key: ({ user }) => user,
    validate: ({ identity }, { by, user }) => {
      const refusal = whyNotAllowed(identity, by, isService);
      if (refusal !== undefined) return refusal;
      return identity.user(user) !== undefined || identity.mayCreate(user) ? undefined : refusals.noSuchUser(user);
    },
    commit: ({ identity }, { user, lifetime }) => {
      const record = identity.user(user) ?? identity.create(user, identity.tenantForNew(user));
      return identity.accessOf(identity.issue(record, 'impersonation', lifetime));
    },
    tellValue: tellUser,
  },
  'user.list': {
    key: ({ name }) => name ?? '',
    validate: ({ identity }, { by, name }) =>
      name === undefined ? whyNotAllowed(identity, by, () => true) : whyNotAboutUser(identity, by, name),
    commit: ({ identity }, { by, name }) => {
      const asker = by === undefined ? undefined : identity.whoShows({ kind: 'token', token: by });
      const seesAll = asker === undefined || isService(asker);
      if (name !== undefined) return [valid(identity.user(name))];
      return identity.users().filter((user) => seesAll || user.tenantId === asker.tenantId);
    },
  },
  'user.get': {
    key: ({ user }) => user,
    validate: ({ identity }, { by, user }) => whyNotAboutUser(identity, by, user),
    commit: ({ identity }, { user }) => valid(identity.user(user)),
  },
  'user.get_credentials': {
    key: ({ user }) => user,
    validate: ({ identity }, { by, user }) => whyNotAboutUser(identity, by, user),
    commit: ({ identity }, { user }) => valid(identity.user(user)),
  },
  'user.get_of_tenant': {
    key: ({ tenant }) => tenant,
    validate: ({ identity }, { tenant, credentials }) => {
      const asker = credentials && identity.whoShows(credentials);
      if (identity.checks && (asker === undefined || !isService(asker))) return wrongCredentials(identity);
      return identity.ownerOf(tenant) !== undefined || identity.mayCreate(ownerName(tenant)) ? undefined : refusals.noSuchUser(tenant);
    },
    commit: ({ identity }, { tenant }) => identity.ownerOf(tenant) ?? identity.create(ownerName(tenant), tenant),
    tellValue: ({ name }) => ({ user: name }),
  },
  'tenant.list': {
    key: () => '',
    validate: ({ identity }, { by }) => whyNotAllowed(identity, by, () => true),
    commit: ({ identity }, { by }) => {
      const asker = by === undefined ? undefined : identity.whoShows({ kind: 'token', token: by });
      return asker === undefined ? [...new Set(identity.users().map(({ tenantId }) => tenantId))] : [asker.tenantId];
    },
  },
};

function createUser(identity: Identity, credentials: Credentials, tenantId: TenantId | undefined): UserRecord {
  if (credentials.kind === 'token') throw new Error('Only somebody with a name can be made a user.');
  const { kind, user, secret } = credentials;
  return identity.create(user, tenantId ?? identity.tenantForNew(user), kind === 'password' ? { password: secret } : { apiKey: secret });
}

function tellUser({ user, token }: { readonly user: UserRecord; readonly token: { readonly tenantId: TenantId } }): JsonValue {
  return { user: user.name, tenant: token.tenantId };
}

import { cutTo, type EpochMs } from '@lutra/core';
import { z } from 'zod';
import { parseIdentityInstant } from './identity-instant.ts';
import type { IdentityAnswer } from './keystone-http.ts';
import { isOperator, isToken, type Principal, type RoleNames, roleOf } from './principal.ts';

/** Who the service is to identity. */
export interface KeystoneCredentials {
  readonly username: string;
  /** One of password and apiKey; an API key only with v2.0 (RAX-KSKEY). */
  readonly password?: string | undefined;
  readonly apiKey?: string | undefined;
  /** Name of the tenant (v3: project) that the service's token is to be for, where identity wants one. */
  readonly tenant?: string | undefined;
  /** Domain of user and project (v3); default `Default`. */
  readonly domain?: string | undefined;
}

/** The service's own token. */
export interface OwnToken {
  readonly id: string;
  readonly expiresAt: EpochMs;
}

/** What differs between the versions of the Identity API. */
export interface KeystoneVersion {
  readonly loginPath: string;
  loginBody(credentials: KeystoneCredentials): object;
  /** undefined when the login was refused. */
  readLogin(answer: IdentityAnswer): OwnToken | undefined;
  validation(token: string): { readonly path: string; readonly headers: Record<string, string> };
  /** undefined when the body is no such document, or one beyond all measure. */
  readPrincipal(body: unknown, roles: RoleNames): Principal | undefined;
}

const instant = z.string().transform((text, context): EpochMs => {
  const parsed = parseIdentityInstant(text);
  if (parsed !== undefined) return parsed;
  context.addIssue('must be an instant');
  return z.NEVER;
});
const id = z.union([z.string().min(1).max(256), z.int().transform(String)]);
/** Roles of a user on all tenants; a list is measured before its items are looked at, for each of a million wrong ones is an issue. */
const mostRoles = 1_000;
const roleList = <S extends z.ZodType>(role: S) =>
  z
    .custom<readonly unknown[]>((value) => Array.isArray(value) && value.length <= mostRoles)
    .pipe(z.array(role))
    .default([]);

/** The name of a user. A token without one is as good as any. */
const userName = z
  .string()
  .min(1)
  .transform((name) => cutTo(name, 256))
  .optional()
  .catch(undefined);

const v2Access = z.object({
  access: z.object({
    token: z.object({ id: z.string(), expires: instant, tenant: z.object({ id }).optional() }),
    user: z.object({ name: userName, roles: roleList(z.object({ name: z.string(), tenantId: id.optional() })) }).default({ roles: [] }),
  }),
});
const v3Token = z.object({
  token: z.object({
    expires_at: instant,
    project: z.object({ id }).optional(),
    user: z.object({ name: userName }).optional().catch(undefined),
    roles: roleList(z.object({ name: z.string() })),
  }),
});

/** Keystone v2.0 with Rackspace's extensions: a role may name the tenant that it is for. */
export const v2: KeystoneVersion = {
  loginPath: '/tokens',
  loginBody: ({ username, password, apiKey, tenant }) => ({
    auth: {
      ...(apiKey === undefined ? { passwordCredentials: { username, password } } : { 'RAX-KSKEY:apiKeyCredentials': { username, apiKey } }),
      ...(tenant === undefined ? {} : { tenantName: tenant }),
    },
  }),
  readLogin: ({ status, body }) => {
    const parsed = v2Access.safeParse(body);
    if ((status !== 200 && status !== 203) || !parsed.success) return undefined;
    const { token } = parsed.data.access;
    return isToken(token.id) ? { id: token.id, expiresAt: token.expires } : undefined;
  },
  validation: (token) => ({ path: `/tokens/${encodeURIComponent(token)}`, headers: {} }),
  readPrincipal: (body, names) => {
    const parsed = v2Access.safeParse(body);
    if (!parsed.success) return undefined;
    const { token, user } = parsed.data.access;
    const roles = Map.groupBy(user.roles, ({ tenantId }) => tenantId ?? token.tenant?.id);
    if (token.tenant !== undefined && !roles.has(token.tenant.id)) roles.set(token.tenant.id, []);
    const tenants = new Map<string, ReturnType<typeof roleOf>>();
    for (const [tenantId, named] of roles)
      if (tenantId !== undefined)
        tenants.set(
          tenantId,
          roleOf(
            named.map(({ name }) => name),
            names,
          ),
        );
    const everywhere = user.roles.filter(({ tenantId }) => tenantId === undefined).map(({ name }) => name); // not what is given for one tenant
    return { tenants, isOperator: isOperator(everywhere, names), user: user.name, expiresAt: token.expires };
  },
};

/** Keystone v3: a token is for one project, and so are its roles. */
export const v3: KeystoneVersion = {
  loginPath: '/auth/tokens',
  loginBody: ({ username, password, tenant, domain = 'Default' }) => ({
    auth: {
      identity: { methods: ['password'], password: { user: { name: username, domain: { name: domain }, password } } },
      ...(tenant === undefined ? {} : { scope: { project: { name: tenant, domain: { name: domain } } } }),
    },
  }),
  readLogin: ({ status, headers, body }) => {
    const parsed = v3Token.safeParse(body);
    const token = headers.get('X-Subject-Token');
    if ((status !== 200 && status !== 201) || !parsed.success || token === null || !isToken(token)) return undefined;
    return { id: token, expiresAt: parsed.data.token.expires_at };
  },
  validation: (token) => ({ path: '/auth/tokens', headers: { 'X-Subject-Token': token } }),
  readPrincipal: (body, names) => {
    const parsed = v3Token.safeParse(body);
    if (!parsed.success) return undefined;
    const { project, roles, user, expires_at } = parsed.data.token;
    const named = roles.map(({ name }) => name);
    const role = roleOf(named, names); // `admin` of a plain OpenStack rules its cloud; here, only its token's project
    const tenants = new Map(project === undefined ? [] : [[project.id, role]]);
    return { tenants, isOperator: isOperator(named, names), user: user?.name, expiresAt: expires_at };
  },
};

/** Who there is, as data: tenants, users, passwords, API keys and roles, from a scenario, a YAML file, or the documented default. */
import type { TenantId } from '@lutra/core';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { inWords } from '../complaints.ts';
import { productLevels, roles } from './roles.ts';
import { serviceNames } from './token.ts';

const id = z.union([z.string().min(1), z.int()]).transform(String);
const user = z.strictObject({
  name: z.string().min(1),
  password: z.string().min(1),
  /** Absent: none, so that he cannot log in with one. */
  apiKey: z.string().min(1).optional(),
  tenant: id,
  roles: z.array(z.string().min(1)).default([]),
});
const tenant = z.strictObject({
  /** What the tenant's catalog has; absent: everything. */
  services: z.array(z.enum(serviceNames)).optional(),
});

/** The whole of an identity file. */
export const identitySchema = z
  .strictObject({
    /** Whether a user nobody knows is made when he logs in: the owner of the tenant that he names, or of one of his own. */
    autoCreate: z.boolean().default(true),
    tenants: z.record(z.string(), tenant).default({}),
    users: z.array(user).default([]),
  })
  .superRefine(({ users }, context) => {
    const seen = new Set<string>();
    for (const [index, { name }] of users.entries()) {
      if (seen.has(name))
        context.addIssue({ code: 'custom', path: ['users', index, 'name'], message: `there are two users called ${name}` });
      seen.add(name);
    }
  });
/** Who there is: users with their passwords, API keys, tenants and roles. */
export type IdentityData = z.output<typeof identitySchema>;

/** Reads an identity file. Throws an Error that names every key that is wrong. */
export function parseIdentity(text: string): IdentityData {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw error instanceof YAMLParseError ? new Error(`is not valid YAML: ${error.message.trimEnd()}`, { cause: error }) : error;
  }
  const result = identitySchema.safeParse(raw ?? {}, { error: inWords });
  if (result.success) return result.data;
  throw new Error(result.error.issues.map(({ path, message }) => `${path.join('.') || 'identity'}: ${message}`).join('\n'));
}

/** The two tenants that there are unless data says otherwise. */
export const documentedTenants = { first: '829409' as TenantId, second: '829410' as TenantId };
/** The password of every user of the default; an API key is the name of its user and `-key`. */
export const defaultPassword = 'password';

const defaultUser = (name: string, tenantId: string, names: readonly string[]): IdentityData['users'][number] => ({
  name,
  password: defaultPassword,
  apiKey: `${name}-key`,
  tenant: tenantId,
  roles: [...names],
});
const withLevel = (product: string, level: string): readonly string[] => (level === 'none' ? [] : [`${product}:${level}`]);

/**
 * The documented default: the owner of 829409; a user of 829410 with product roles, but none of Autoscale and no `autoscale` in his
 * catalog; a service user who may impersonate; and on 829409 one user for every combination of roles, whose name says which.
 */
export function defaultIdentity(): IdentityData {
  const combinations = ['admin', 'observer', 'none'].flatMap((autoscale) =>
    productLevels.flatMap((nova) =>
      productLevels.map((lbaas) =>
        defaultUser(`autoscale-${autoscale}.nova-${nova}.lbaas-${lbaas}`, documentedTenants.first, [
          ...withLevel('autoscale', autoscale),
          ...withLevel('nova', nova),
          ...withLevel('lbaas', lbaas),
        ]),
      ),
    ),
  );
  return {
    autoCreate: true,
    tenants: { [documentedTenants.second]: { services: serviceNames.filter((name) => name !== 'autoscale') } },
    users: [
      defaultUser('owner', documentedTenants.first, [roles.owner]),
      defaultUser('neighbour', documentedTenants.second, ['nova:admin', 'lbaas:admin']),
      defaultUser('service', 'service', [roles.service]),
      ...combinations,
    ],
  };
}

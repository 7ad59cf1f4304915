import type { JsonObject } from '@lutra/core';
import type { Access, AuthMethod, CatalogEntry, UserRecord } from '../identity/token.ts';
import { isoOf } from '../world/iso-time.ts';
import type { HttpRequest } from './request.ts';

type Urls = Pick<HttpRequest, 'origin' | 'autoscaleUrl'>;

/** Where a service is: ends in the tenant id, unless it is somebody else's. */
export const publicUrlOf = ({ at, path }: CatalogEntry, { origin, autoscaleUrl }: Urls): string =>
  `${{ cloud: origin, autoscale: autoscaleUrl, elsewhere: '' }[at]}${path}`;

/** Entries as services: each of our own is one, those of others are one where name and type are the same. */
function servicesIn(catalog: readonly CatalogEntry[]): readonly (readonly [CatalogEntry, ...CatalogEntry[]])[] {
  const services: [CatalogEntry, ...CatalogEntry[]][] = [];
  for (const entry of catalog) {
    const same = ([first]: readonly [CatalogEntry, ...CatalogEntry[]]): boolean => first.name === entry.name && first.type === entry.type;
    const known = entry.at === 'elsewhere' ? services.find(same) : undefined;
    if (known === undefined) services.push([entry]);
    else known.push(entry);
  }
  return services;
}

/** Role ids are the names: what clients compare are names. */
const rolesOf = ({ roles }: UserRecord): readonly JsonObject[] => roles.map((name) => ({ id: name, name, description: name }));

const authenticatedBy: Readonly<Record<AuthMethod, string>> = {
  password: 'PASSWORD',
  apiKey: 'APIKEY',
  token: 'TOKEN',
  impersonation: 'IMPERSONATION',
};

/** What Keystone v2.0 answers to whoever logs in or validates a token. */
export function accessJson({ token, user, catalog }: Access, region: string, urls: Urls): JsonObject {
  const { id, tenantId, issuedAt, expiresAt, method } = token;
  return {
    access: {
      token: {
        id,
        issued_at: isoOf(issuedAt),
        expires: isoOf(expiresAt),
        tenant: { id: tenantId, name: tenantId, enabled: true },
        'RAX-AUTH:authenticatedBy': [authenticatedBy[method]],
      },
      user: { ...userJson(user, region), username: user.name, roles: rolesOf(user), roles_links: [] },
      serviceCatalog: servicesIn(catalog).map((entries) => ({
        name: entries[0].name,
        type: entries[0].type,
        endpoints: entries.map((entry) => endpointOf(entry, urls)),
        endpoints_links: [],
      })),
    },
  };
}

const endpointOf = (entry: CatalogEntry, urls: Urls): JsonObject => {
  const url = publicUrlOf(entry, urls);
  return { region: entry.region, tenantId: entry.tenantId, publicURL: url, internalURL: entry.internalUrl ?? url };
};

/** `GET tokens/{t}/endpoints`. */
export const endpointsJson = (entries: readonly CatalogEntry[], urls: Urls): JsonObject => ({
  endpoints: entries.map((entry, index) => ({
    id: index + 1,
    name: entry.name,
    type: entry.type,
    ...endpointOf(entry, urls),
  })),
  endpoints_links: [],
});

export const userJson = ({ id, name, tenantId }: UserRecord, region: string): JsonObject => ({
  id,
  name,
  enabled: true,
  'RAX-AUTH:defaultRegion': region,
  'RAX-AUTH:domainId': tenantId,
});

const domain = { id: 'default', name: 'Default' };

/** What Keystone v3 answers, without the token, which travels in a header. */
export function tokenJson({ token, user, catalog }: Access, urls: Urls): JsonObject {
  const { tenantId, issuedAt, expiresAt, method } = token;
  return {
    token: {
      methods: [method === 'token' ? 'token' : 'password'],
      user: { id: user.id, name: user.name, domain, password_expires_at: null },
      project: { id: tenantId, name: tenantId, domain },
      is_domain: false,
      roles: rolesOf(user).map(({ id = '', name = '' }) => ({ id, name })),
      catalog: servicesIn(catalog).map((entries) => ({
        id: entries[0].name,
        name: entries[0].name,
        type: entries[0].type,
        endpoints: entries.flatMap((entry) =>
          (['public', 'internal'] as const).map((face) => ({
            id: `${entry.name}-${entry.region}-${face}`,
            interface: face,
            region: entry.region,
            region_id: entry.region,
            url: (face === 'internal' ? entry.internalUrl : undefined) ?? publicUrlOf(entry, urls),
          })),
        ),
      })),
      issued_at: isoOf(issuedAt),
      expires_at: isoOf(expiresAt),
      audit_ids: [token.id.slice(0, 22)],
    },
  };
}

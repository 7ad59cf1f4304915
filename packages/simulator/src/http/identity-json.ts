import type { JsonObject } from '@lutra/core';
import type { Access, AuthMethod, CatalogEntry, UserRecord } from '../identity/token.ts';
import { isoOf } from '../world/iso-time.ts';
import type { HttpRequest } from './request.ts';

type Urls = Pick<HttpRequest, 'origin' | 'autoscaleUrl'>;

/** Where a service is: ends in the tenant id. */
export const publicUrlOf = ({ at, path }: CatalogEntry, { origin, autoscaleUrl }: Urls): string =>
  `${at === 'cloud' ? origin : autoscaleUrl}${path}`;

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
      serviceCatalog: catalog.map((entry) => ({
        name: entry.name,
        type: entry.type,
        endpoints: [endpointOf(entry, tenantId, urls)],
        endpoints_links: [],
      })),
    },
  };
}

const endpointOf = (entry: CatalogEntry, tenantId: string, urls: Urls): JsonObject => {
  const url = publicUrlOf(entry, urls);
  return { region: entry.region, tenantId, publicURL: url, internalURL: url };
};

/** `GET tokens/{t}/endpoints`. */
export const endpointsJson = (entries: readonly CatalogEntry[], urls: Urls): JsonObject => ({
  endpoints: entries.map((entry, index) => ({
    id: index + 1,
    name: entry.name,
    type: entry.type,
    ...endpointOf(entry, entry.path.slice(entry.path.lastIndexOf('/') + 1), urls),
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
      catalog: catalog.map((entry) => ({
        id: entry.name,
        name: entry.name,
        type: entry.type,
        endpoints: (['public', 'internal'] as const).map((face) => ({
          id: `${entry.name}-${face}`,
          interface: face,
          region: entry.region,
          region_id: entry.region,
          url: publicUrlOf(entry, urls),
        })),
      })),
      issued_at: isoOf(issuedAt),
      expires_at: isoOf(expiresAt),
      audit_ids: [token.id.slice(0, 22)],
    },
  };
}

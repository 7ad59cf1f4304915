import type { EpochMs, TenantId } from '@lutra/core';

/** How somebody showed who he is. */
export type AuthMethod = 'password' | 'apiKey' | 'token' | 'impersonation';

/** A token as it truly is. */
export interface TokenRecord {
  readonly id: string;
  /** Name of its user. */
  readonly user: string;
  readonly tenantId: TenantId;
  readonly method: AuthMethod;
  readonly issuedAt: EpochMs;
  /** Until then only identity knows it: the services have not heard of it yet. */
  readonly knownFrom: EpochMs;
  readonly expiresAt: EpochMs;
}

/** A user. */
export interface UserRecord {
  /** What v3 calls him by; a number, as in the real one. */
  readonly id: string;
  readonly name: string;
  readonly password: string;
  readonly apiKey: string | undefined;
  readonly tenantId: TenantId;
  readonly roles: readonly string[];
}

/** What a caller shows to be let in. */
export type Credentials =
  | { readonly kind: 'password'; readonly user: string; readonly secret: string }
  | { readonly kind: 'apiKey'; readonly user: string; readonly secret: string }
  | { readonly kind: 'token'; readonly token: string };

/** The services that a tenant's catalog can have, by the names that they have in it. */
export const serviceNames = [
  'cloudServersOpenStack',
  'cloudLoadBalancers',
  'rackconnect',
  'autoscale',
  'cloudImages',
  'cloudFeeds',
  'cloudServersBehavior',
  'cloudLoadBalancerControl',
] as const;
/** A service of the catalog. */
export type ServiceName = (typeof serviceNames)[number];

/** One service in a tenant's catalog, in one region. */
export interface CatalogEntry {
  /** One of `serviceNames`, or as somebody registered it. */
  readonly name: string;
  readonly type: string;
  readonly region: string;
  readonly tenantId: TenantId;
  /** `cloud`: the URL is the path below the simulated cloud's own address; `autoscale`: below the REST host's; `elsewhere`: the path is all of it. */
  readonly at: 'cloud' | 'autoscale' | 'elsewhere';
  /** Of this cloud's own services: ends in the tenant id, without a slash. */
  readonly path: string;
  /** Where it is another than the public one. */
  readonly internalUrl?: string;
}

/** What somebody gets who shows who he is. */
export interface Access {
  readonly token: TokenRecord;
  readonly user: UserRecord;
  readonly catalog: readonly CatalogEntry[];
}

import type { DurationMs, TenantId } from '@lutra/core';
import type { Access, CatalogEntry, Credentials, UserRecord } from '../identity/token.ts';

/** With the token of whoever asks, where the call is not for everybody; undefined = he showed none. */
interface ByToken {
  readonly by: string | undefined;
}
interface OfToken extends ByToken {
  readonly token: string;
}

/** The calls of the identity service (spec/providers.md, section 1). */
export interface IdentityCalls {
  /** Logs in. `tenantId`: the tenant that he names. */
  'token.create': { params: { readonly credentials: Credentials; readonly tenantId: TenantId | undefined }; value: Access };
  /** Validates. `belongsTo`: the tenant that it must be for. */
  'token.get': { params: OfToken & { readonly belongsTo?: string | undefined }; value: Access };
  'token.delete': { params: OfToken; value: null };
  'token.list_endpoints': { params: OfToken; value: readonly CatalogEntry[] };
  'token.impersonate': { params: ByToken & { readonly user: string; readonly lifetime: DurationMs }; value: Access };
  'user.list': { params: ByToken & { readonly name: string | undefined }; value: readonly UserRecord[] };
  'user.get': { params: ByToken & { readonly user: string }; value: UserRecord };
  'user.get_credentials': { params: ByToken & { readonly user: string }; value: UserRecord };
  /** Whose account a tenant is: asked with name and password of a service user. */
  'user.get_of_tenant': { params: { readonly tenant: TenantId; readonly credentials: Credentials | undefined }; value: UserRecord };
  'tenant.list': { params: ByToken; value: readonly TenantId[] };
}

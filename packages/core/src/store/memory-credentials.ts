import { parseExactly } from '../model/exact-json.ts';
import type { TenantId } from '../model/identifiers.ts';
import type { JsonObject } from '../model/json.ts';
import type { Secrets } from '../ports/store.ts';

/** What tenants' clouds are called with, in memory, sealed. */
export class MemoryCredentials {
  readonly #secrets: Secrets;
  readonly #sealed = new Map<TenantId, string>();

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** undefined removes them. */
  set(tenantId: TenantId, credentials: JsonObject | undefined): void {
    if (credentials === undefined) this.#sealed.delete(tenantId);
    else this.#sealed.set(tenantId, this.#secrets.seal(JSON.stringify(credentials)));
  }

  /** undefined when there are none. Throws `secrets-unreadable` when they were sealed with another key. */
  of(tenantId: TenantId): JsonObject | undefined {
    const sealed = this.#sealed.get(tenantId);
    return sealed === undefined ? undefined : (parseExactly(this.#secrets.open(sealed)) as JsonObject);
  }
}

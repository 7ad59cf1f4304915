import type { TenantId } from '../model/identifiers.ts';
import type { Unread } from '../model/unread.ts';
import type { Log } from '../ports.ts';

/**
 * Says in the log when a part of a tenant's cloud can no longer be read, and when it can again. Groups that do not need it go on, and have
 * nothing to say of it.
 */
export class UnreadWatch {
  readonly #tenantId: TenantId;
  readonly #log: Log;
  /** At most one for each load balancer of the tenant, the list of them, and the pools. */
  readonly #unread = new Set<string>();

  constructor(tenantId: TenantId, log: Log) {
    this.#tenantId = tenantId;
    this.#log = log;
  }

  /** What a reading of a source came to; undefined: it was read. */
  noted(source: string, unread: Unread | undefined): void {
    const about = { tenantId: this.#tenantId, source };
    if (unread === undefined) {
      if (this.#unread.delete(source)) this.#log.info(about, 'a part of the cloud can be read again');
    } else if (!this.#unread.has(source)) {
      this.#unread.add(source);
      this.#log.warn(
        { ...about, reason: unread.reason },
        'a part of the cloud cannot be read; what is there is left as it is until it can',
      );
    }
  }
}

import type { KeptKey, KeyUse, Made } from '../model/caller-key.ts';
import type { TenantId } from '../model/identifiers.ts';
import { type EpochMs, later } from '../model/time.ts';

interface Entry extends KeptKey {
  readonly until: EpochMs;
}

/** Callers' keys, in memory. Those of a tenant are bounded in number; a tenant whose last key is over is forgotten. */
export class MemoryKeys {
  /** Tenants by their last new key, each with its keys by age. */
  readonly #tenants = new Map<TenantId, { readonly keys: Map<string, Entry>; until: EpochMs }>();

  /** Keys that are remembered, those that are over too. */
  get size(): number {
    return [...this.#tenants.values()].reduce((sum, { keys }) => sum + keys.size, 0);
  }

  find(use: Pick<KeyUse, 'tenantId' | 'scope' | 'key'>, now: EpochMs): KeptKey | undefined {
    const entry = this.#tenants.get(use.tenantId)?.keys.get(nameOf(use));
    return entry !== undefined && now < entry.until ? { fingerprint: entry.fingerprint, made: entry.made } : undefined;
  }

  keep(use: KeyUse, made: Made, now: EpochMs): void {
    const keys = this.#tenants.get(use.tenantId)?.keys ?? new Map<string, Entry>();
    const until = later(now, use.keptFor);
    keys.delete(nameOf(use)); // one that was over: it is the youngest now
    keys.set(nameOf(use), { fingerprint: use.fingerprint, made, until });
    for (const [name, entry] of keys) {
      if (keys.size <= use.most && entry.until > now) break;
      keys.delete(name);
    }
    this.#tenants.delete(use.tenantId);
    this.#forget(now);
    if (keys.size > 0) this.#tenants.set(use.tenantId, { keys, until });
  }

  #forget(now: EpochMs): void {
    for (const [tenantId, { until }] of this.#tenants) {
      if (until > now) return;
      this.#tenants.delete(tenantId);
    }
  }
}

/** A key has no spaces, so no two uses have the same name. */
const nameOf = ({ scope, key }: Pick<KeyUse, 'scope' | 'key'>): string => `${key} ${scope}`;

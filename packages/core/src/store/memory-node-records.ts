import type { TableChange } from '../model/group-change.ts';
import { byId, type TenantId } from '../model/identifiers.ts';
import { type NodeRecord, nodeRecordKey } from '../model/node-record.ts';

/** The nodes that tenants' groups added, in memory. A tenant has at most `most`: beyond that its eldest records go. */
export class MemoryNodeRecords {
  readonly #most: number;
  /** By tenant, then by `nodeRecordKey`. A tenant without records is not here. */
  readonly #tenants = new Map<TenantId, Map<string, NodeRecord>>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Tenants that have records. */
  get size(): number {
    return this.#tenants.size;
  }

  change(tenantId: TenantId, { put = [], deleted = [] }: TableChange<string, NodeRecord>): void {
    const records = this.#tenants.get(tenantId) ?? new Map<string, NodeRecord>();
    for (const key of deleted) records.delete(key);
    for (const record of put) records.set(nodeRecordKey(record), record);
    const excess = records.size - this.#most;
    if (excess > 0) for (const [key] of [...records].sort(eldestFirst).slice(0, excess)) records.delete(key);
    if (records.size === 0) this.#tenants.delete(tenantId);
    else this.#tenants.set(tenantId, records);
  }

  /** By ascending `nodeRecordKey`. */
  of(tenantId: TenantId): readonly NodeRecord[] {
    return [...(this.#tenants.get(tenantId) ?? [])].sort(([a], [b]) => byId(a, b)).map(([, record]) => record);
  }
}

type Keyed = readonly [string, NodeRecord];
const eldestFirst = ([a, { at }]: Keyed, [b, other]: Keyed): number => at - other.at || byId(a, b);

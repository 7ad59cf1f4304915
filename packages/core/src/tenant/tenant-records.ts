import type { TableChange } from '../model/group-change.ts';
import { byId, type GroupId, type TenantId } from '../model/identifiers.ts';
import { type NodeRecord, type NodeRecords, nodeRecordKey } from '../model/node-record.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { phaseOf } from '../model/wake-ups.ts';
import type { Store } from '../ports.ts';

/** What they are read from. */
type RecordStore = Pick<Store, 'nodeRecords' | 'groupIdsOf' | 'readGroup'>;

/**
 * The nodes that a tenant's groups added, as they are stored. Only the tenant's owner writes them, so they are read once, and follow what it
 * commits. After a commit of which nobody knows whether it was done they are read again (design, "A group").
 */
export class TenantRecords {
  readonly #store: RecordStore;
  readonly #tenantId: TenantId;
  /** By group, then by key; undefined = they are to be read. */
  #byGroup: Map<GroupId, Map<string, NodeRecord>> | undefined;
  /** Rises with every commit: what was read before one is not what is stored. */
  #commits = 0;

  constructor(store: RecordStore, tenantId: TenantId) {
    this.#store = store;
    this.#tenantId = tenantId;
  }

  /** Those of a group. Rejects with the LutraError of a store that cannot be read. */
  async of(groupId: GroupId): Promise<NodeRecords> {
    return Object.fromEntries((await this.#read()).get(groupId) ?? []);
  }

  /**
   * Those that a group looks after: its own, and when it looks at everything those of groups that are paused or gone, which look after
   * nothing; one group of the tenant does that. Rejects as `of` does.
   */
  async lookedAfterBy({ groupId }: Pick<ScalingGroup, 'groupId'>, looksAtAll: boolean): Promise<NodeRecords> {
    const ours = await this.of(groupId);
    const others = looksAtAll ? [...(await this.#read()).keys()].filter((id) => id !== groupId).sort(byId) : [];
    if (others.length === 0) return ours;
    const ids = await this.#store.groupIdsOf(this.#tenantId);
    for (const id of ids) {
      if (id === groupId) break;
      if (await this.#isAwake(id)) return ours; // that one does
    }
    const left: NodeRecords[] = [];
    for (const id of others) if (!(await this.#isAwake(id))) left.push(await this.of(id));
    return Object.assign({}, ...left, ours) as NodeRecords;
  }

  async #isAwake(groupId: GroupId): Promise<boolean> {
    const group = await this.#store.readGroup({ tenantId: this.#tenantId, groupId });
    return group !== undefined && phaseOf(group) !== 'paused';
  }

  /** This was committed. */
  changed({ put = [], deleted = [] }: TableChange<string, NodeRecord>): void {
    this.#commits += 1;
    const byGroup = this.#byGroup;
    if (byGroup === undefined) return;
    for (const key of deleted) for (const records of byGroup.values()) records.delete(key);
    for (const record of put) add(byGroup, record);
    for (const [groupId, records] of byGroup) if (records.size === 0) byGroup.delete(groupId);
  }

  /** Nobody knows what was committed. */
  forget(): void {
    this.#commits += 1;
    this.#byGroup = undefined;
  }

  async #read(): Promise<Map<GroupId, Map<string, NodeRecord>>> {
    while (this.#byGroup === undefined) {
      const commits = this.#commits;
      const byGroup = new Map<GroupId, Map<string, NodeRecord>>();
      for (const record of await this.#store.nodeRecords(this.#tenantId)) add(byGroup, record);
      if (commits === this.#commits) this.#byGroup ??= byGroup;
    }
    return this.#byGroup;
  }
}

function add(byGroup: Map<GroupId, Map<string, NodeRecord>>, record: NodeRecord): void {
  const records = byGroup.get(record.groupId);
  if (records === undefined) byGroup.set(record.groupId, new Map([[nodeRecordKey(record), record]]));
  else records.set(nodeRecordKey(record), record);
}

import type { TableChange } from '../model/group-change.ts';
import { byId, type GroupId, type TenantId } from '../model/identifiers.ts';
import { type NodeRecord, type NodeRecords, nodeRecordKey, placeKey } from '../model/node-record.ts';
import { type EpochMs, later } from '../model/time.ts';
import { phaseOf } from '../model/wake-ups.ts';
import type { Options } from '../options.ts';
import type { RecordsAt } from '../pass/leftovers.ts';
import type { Clock, Store } from '../ports.ts';

/** What they are read from. */
type RecordStore = Pick<Store, 'nodeRecords' | 'readGroup'>;
type CareOptions = Pick<Options, 'watchAtRest'>;

/**
 * The nodes that a tenant's groups added, as they are stored. Only the tenant's owner writes them, so they are read once, and follow what it
 * commits. After a commit of which nobody knows whether it was done they are read again (design, "A group").
 */
export class TenantRecords {
  readonly #store: RecordStore;
  readonly #clock: Clock;
  readonly #options: CareOptions;
  readonly #tenantId: TenantId;
  /** undefined = they are to be read. */
  #known: KnownRecords | undefined;
  #reading: Promise<KnownRecords> | undefined;
  /** Rises with every commit: what was read before one is not what is stored. */
  #commits = 0;
  /** From then on a pass may look after what nobody else looks after. */
  #careAt: EpochMs | undefined;

  constructor(store: RecordStore, clock: Clock, options: CareOptions, tenantId: TenantId) {
    this.#store = store;
    this.#clock = clock;
    this.#options = options;
    this.#tenantId = tenantId;
  }

  /** Those of a group. Rejects with the LutraError of a store that cannot be read. */
  async of(groupId: GroupId): Promise<NodeRecords> {
    return (await this.#read()).of(groupId);
  }

  /** Those of all groups by their places. Rejects as `of` does. */
  async byPlace(): Promise<RecordsAt> {
    const known = await this.#read();
    return (place) => known.at(place);
  }

  /**
   * Those that a pass of this group looks after: its own, and if it `mayCare` those of groups that are paused or gone, which look after
   * nothing. One pass in `watchAtRest` does that, of any group. Rejects as `of` does.
   */
  async lookedAfterBy(groupId: GroupId, mayCare: boolean): Promise<NodeRecords> {
    const known = await this.#read();
    const ours = known.of(groupId);
    const others = mayCare && this.#takeTurn() ? known.groupIds().filter((id) => id !== groupId) : [];
    const left: NodeRecords[] = [];
    for (const id of others) if (!(await this.#isAwake(id))) left.push(await this.of(id));
    return left.length === 0 ? ours : (Object.assign({}, ...left, ours) as NodeRecords);
  }

  #takeTurn(): boolean {
    const now = this.#clock.now();
    if (this.#careAt !== undefined && now < this.#careAt) return false;
    this.#careAt = later(now, this.#options.watchAtRest);
    return true;
  }

  async #isAwake(groupId: GroupId): Promise<boolean> {
    const group = await this.#store.readGroup({ tenantId: this.#tenantId, groupId });
    return group !== undefined && phaseOf(group) !== 'paused';
  }

  /** This was committed. */
  changed({ put = [], deleted = [] }: TableChange<string, NodeRecord>): void {
    this.#commits += 1;
    for (const key of deleted) this.#known?.delete(key);
    for (const record of put) this.#known?.put(record);
  }

  /** Nobody knows what was committed. */
  forget(): void {
    this.#commits += 1;
    this.#known = undefined;
  }

  /** Reads once for all who ask meanwhile; again when something was committed while it read. */
  async #read(): Promise<KnownRecords> {
    while (this.#known === undefined) {
      const commits = this.#commits;
      this.#reading ??= this.#readAll();
      const read = await this.#reading;
      if (commits === this.#commits) this.#known ??= read;
    }
    return this.#known;
  }

  async #readAll(): Promise<KnownRecords> {
    try {
      const known = new KnownRecords();
      for (const record of await this.#store.nodeRecords(this.#tenantId)) known.put(record);
      return known;
    } finally {
      this.#reading = undefined;
    }
  }
}

/** Records by key, by group and by place. */
class KnownRecords {
  readonly #byKey = new Map<string, NodeRecord>();
  readonly #byGroup = new Map<GroupId, Map<string, NodeRecord>>();
  readonly #byPlace = new Map<string, Map<string, NodeRecord>>();

  of(groupId: GroupId): NodeRecords {
    return Object.fromEntries(this.#byGroup.get(groupId) ?? []);
  }
  at(place: NodeRecord): readonly NodeRecord[] {
    return [...(this.#byPlace.get(placeKey(place))?.values() ?? [])];
  }
  /** Those that have any, ascending. */
  groupIds(): GroupId[] {
    return [...this.#byGroup.keys()].sort(byId);
  }

  put(record: NodeRecord): void {
    const key = nodeRecordKey(record);
    this.delete(key);
    this.#byKey.set(key, record);
    add(this.#byGroup, record.groupId, key, record);
    add(this.#byPlace, placeKey(record), key, record);
  }

  delete(key: string): void {
    const record = this.#byKey.get(key);
    if (record === undefined) return;
    this.#byKey.delete(key);
    remove(this.#byGroup, record.groupId, key);
    remove(this.#byPlace, placeKey(record), key);
  }
}

function add<K>(index: Map<K, Map<string, NodeRecord>>, at: K, key: string, record: NodeRecord): void {
  const there = index.get(at);
  if (there === undefined) index.set(at, new Map([[key, record]]));
  else there.set(key, record);
}

function remove<K>(index: Map<K, Map<string, NodeRecord>>, at: K, key: string): void {
  const there = index.get(at);
  there?.delete(key);
  if (there?.size === 0) index.delete(at);
}

import {
  type CapabilityHash,
  type Clock,
  type Decision,
  type DueGroup,
  type EpochMs,
  type GroupId,
  type GroupRef,
  type KeptKey,
  type KeyUse,
  LutraError,
  type ScalingGroup,
  type Store,
  type TenantId,
} from '@lutra/core';
import {
  type HostIncarnation,
  isNoChange,
  type Ownership,
  refuse,
  type Secrets,
  type StoreBounds,
  type SwitchNote,
} from '@lutra/core/stores';
import { Subject } from 'rxjs';
import { ActivityTables } from './activity.ts';
import { type Database, mayPass } from './database.ts';
import { GroupCommit, type GroupCommitOptions } from './group-commit.ts';
import { GroupTables, type StoredGroup } from './groups.ts';
import { OwnershipTables } from './ownership.ts';
import { type StoreStatus, sizeOf } from './status.ts';
import { SwitchTable } from './switches.ts';
import { TenantTables } from './tenants.ts';

export interface SqliteStoreOptions extends GroupCommitOptions {
  readonly secrets: Secrets;
  readonly bounds: StoreBounds;
  /** Ends what was opened for the store, the database too. */
  readonly end: () => Promise<void>;
}

/** The store in one SQLite file. Writes are durable when their promises resolve; reads see what is committed. */
export class SqliteStore implements Store {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #secrets: Secrets;
  readonly #end: () => Promise<void>;
  readonly #commits: GroupCommit;
  readonly #groups: GroupTables;
  readonly #tenants: TenantTables;
  readonly #activity: ActivityTables;
  readonly #ownership: OwnershipTables;
  readonly #switches: SwitchTable;
  readonly #woken = new Subject<GroupRef>();
  readonly woken$ = this.#woken.asObservable();
  #closing: Promise<void> | undefined;

  constructor(database: Database, { clock, secrets, bounds, end, ...commits }: SqliteStoreOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#secrets = secrets;
    this.#end = end;
    this.#commits = new GroupCommit(database, { clock, ...commits });
    this.#groups = new GroupTables(database, secrets);
    this.#tenants = new TenantTables(database, secrets, bounds);
    this.#activity = new ActivityTables(database, bounds);
    this.#ownership = new OwnershipTables(database);
    this.#switches = new SwitchTable(database);
  }

  /** How the file is, right now. */
  status(): StoreStatus {
    const { file } = this.#database;
    return { file, bytes: sizeOf(file), logBytes: sizeOf(`${file}-wal`), ...this.#commits.status };
  }

  async createGroup(
    group: ScalingGroup,
    limit: number,
    { activity = [], once }: NonNullable<Parameters<Store['createGroup']>[2]> = {},
  ): Promise<KeptKey | undefined> {
    const { tenantId } = group;
    const kept = await this.#write((now) => {
      const before = once && this.#tenants.findKey(once, now);
      if (before !== undefined) return before;
      if (this.#groups.visible(tenantId) >= limit) throw refuse.groupsOverLimit(tenantId, limit);
      const isSuspended = this.#tenants.isSuspended(tenantId);
      this.#groups.insert(isSuspended ? { ...group, spec: { ...group.spec, suspended: true } } : group, now);
      this.#tenants.countGroup(tenantId, 1, now);
      this.#activity.record(group, activity, now);
      if (once !== undefined) this.#tenants.keepKey(once, once.made, now);
      return undefined;
    });
    if (kept === undefined) this.#woken.next({ tenantId, groupId: group.groupId });
    return kept;
  }

  async transact<T>(
    ref: GroupRef,
    decide: (group: ScalingGroup, kept?: KeptKey) => Decision<T>,
    ownership?: Ownership,
    once?: KeyUse,
  ): Promise<T> {
    const { answer, isWoken } = await this.#write((now) => {
      const stored = this.#groups.read(ref);
      if (stored === undefined) throw refuse.noSuchGroup(ref);
      if (ownership !== undefined && !this.#ownership.isOwned(ownership)) {
        throw new LutraError('ownership-lost', `Tenant ${ref.tenantId} is run by another host now`);
      }
      const { change, answer, made } = decide(stored.group, once && this.#tenants.findKey(once, now));
      if (once !== undefined && made !== undefined) this.#tenants.keepKey(once, made, now);
      return { answer, isWoken: this.#apply(stored, change, now) };
    });
    if (isWoken) this.#woken.next({ tenantId: ref.tenantId, groupId: ref.groupId });
    return answer;
  }

  /** Writes what changes; whether the group may have become due by it. What is kept beside the group makes it no more due. */
  #apply(stored: StoredGroup, change: Decision<unknown>['change'], now: EpochMs): boolean {
    const { tenantId, groupId } = stored.group;
    const { activity = [], records, creates, removed, ...ofGroup } = change;
    const isChanged = removed === undefined && !isNoChange(ofGroup);
    if (isChanged) this.#groups.change(stored, ofGroup, now);
    if (removed !== undefined) {
      this.#groups.remove(stored.number);
      this.#switches.removed({ tenantId, groupId });
      this.#tenants.countGroup(tenantId, -1, now);
      this.#tenants.addTombstone(tenantId, { groupId, tokens: removed.tokens, at: now });
    }
    if (records !== undefined) this.#tenants.changeNodeRecords(tenantId, records);
    if (creates !== undefined) this.#tenants.addCreates(tenantId, creates, now);
    this.#activity.record({ tenantId, groupId }, activity, now);
    return isChanged;
  }

  findKey(use: Pick<KeyUse, 'tenantId' | 'scope' | 'key'>): Promise<KeptKey | undefined> {
    // not a plain read: what is found is answered as done, so it must be on the disk
    return this.#write((now) => this.#tenants.findKey(use, now));
  }
  readGroup(ref: GroupRef): Promise<ScalingGroup | undefined> {
    return this.#read(() => this.#groups.read(ref)?.group);
  }
  readState(ref: GroupRef): ReturnType<Store['readState']> {
    return this.#read(() => this.#groups.readState(ref));
  }
  listStates(...[tenantId, page]: Parameters<Store['listStates']>): ReturnType<Store['listStates']> {
    return this.#read(() => this.#groups.listStates(tenantId, page));
  }
  groupIdsOf(tenantId: TenantId): Promise<readonly GroupId[]> {
    return this.#read(() => this.#groups.idsOf(tenantId));
  }

  findCapability(hash: CapabilityHash): ReturnType<Store['findCapability']> {
    return this.#read(() => {
      const found = this.#groups.webhooksWith(this.#secrets.digest(hash)).find(({ webhook }) => webhook.hash === hash);
      return found && { ref: found.ref, policyId: found.webhook.policyId, webhookId: found.webhook.id };
    });
  }

  mayConverge(ref: GroupRef, ownership: Ownership): Promise<boolean> {
    return this.#read(() => this.#ownership.isOwned(ownership) && this.#tenants.mayConverge(ref));
  }

  due(owner: HostIncarnation, now: EpochMs, limit: number, marker?: DueGroup): Promise<readonly DueGroup[]> {
    return this.#read(() => {
      const rows = this.#database.all(
        `SELECT groups.tenant_id, group_id, due_at FROM groups JOIN tenants ON tenants.tenant_id = groups.tenant_id
         WHERE due_at <= ? AND (due_at, group_id) > (?, ?) AND owner_host = ? AND owner_incarnation = ?
         ORDER BY due_at, group_id LIMIT ?`,
        ...[now, marker?.dueAt ?? Number.MIN_SAFE_INTEGER, marker?.groupId ?? '', owner.host, owner.incarnation, limit],
      );
      return rows.map((row) => ({
        tenantId: String(row.tenant_id) as TenantId,
        groupId: String(row.group_id) as GroupId,
        dueAt: Number(row.due_at) as EpochMs,
      }));
    });
  }

  tenants(): Promise<readonly TenantId[]> {
    return this.#read(() => this.#tenants.withGroups());
  }
  setTenantSuspended(tenantId: TenantId, suspended: boolean): Promise<void> {
    return this.#write(() => this.#tenants.setSuspended(tenantId, suspended));
  }
  nodeRecords(tenantId: TenantId): ReturnType<Store['nodeRecords']> {
    return this.#read(() => this.#tenants.nodeRecords(tenantId));
  }
  tombstones(tenantId: TenantId): ReturnType<Store['tombstones']> {
    return this.#read((now) => this.#tenants.tombstones(tenantId, now));
  }
  createsWithin(...[tenantId, within]: Parameters<Store['createsWithin']>): ReturnType<Store['createsWithin']> {
    return this.#read((now) => this.#tenants.createsWithin(tenantId, within, now));
  }
  readActivity(...[tenantId, page]: Parameters<Store['readActivity']>): ReturnType<Store['readActivity']> {
    return this.#read((now) => this.#activity.read(tenantId, page, now));
  }
  setCredentials(...[tenantId, credentials]: Parameters<Store['setCredentials']>): Promise<void> {
    return this.#write(() => this.#tenants.setCredentials(tenantId, credentials));
  }
  credentials(tenantId: TenantId): ReturnType<Store['credentials']> {
    return this.#read(() => this.#tenants.credentials(tenantId));
  }

  switches(): ReturnType<Store['switches']> {
    return this.#read(() => this.#switches.all());
  }
  setStopAll(note: SwitchNote | null): Promise<void> {
    return this.#write((now) => this.#switches.setStopAll(note, now));
  }
  setObserveOnly(...[tenantId, groupId, note]: Parameters<Store['setObserveOnly']>): Promise<void> {
    return this.#write((now) => this.#switches.setObserveOnly(tenantId, groupId, note, now));
  }

  join(...[member, lease]: Parameters<Store['join']>): ReturnType<Store['join']> {
    return this.#write((now) => this.#ownership.join(member, lease, now));
  }
  renew(...[member, lease, { state, isCloudHealthy }]: Parameters<Store['renew']>): ReturnType<Store['renew']> {
    return this.#write((now) => this.#ownership.renew(member, lease, state, isCloudHealthy, now));
  }
  leave(member: HostIncarnation): Promise<void> {
    return this.#write((now) => this.#ownership.leave(member, now));
  }
  members(): ReturnType<Store['members']> {
    return this.#write((now) => this.#ownership.members(now));
  }
  ownedBy(owner: HostIncarnation): ReturnType<Store['ownedBy']> {
    return this.#write((now) => this.#ownership.ownedBy(owner, now));
  }
  unowned(limit: number): ReturnType<Store['unowned']> {
    return this.#write((now) => this.#ownership.unowned(limit, now));
  }
  unownedTenant(tenantId: TenantId): ReturnType<Store['unownedTenant']> {
    return this.#write((now) => this.#ownership.unownedTenant(tenantId, now));
  }
  claim(...[owner, tenantId, epoch]: Parameters<Store['claim']>): ReturnType<Store['claim']> {
    return this.#write((now) => this.#ownership.claim(owner, tenantId, epoch, now));
  }
  release(ownership: Ownership): Promise<void> {
    return this.#write((now) => this.#ownership.release(ownership, now));
  }
  barAll(): Promise<void> {
    return this.#write((now) => this.#ownership.barAll(now));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#commits.idle();
    this.#woken.complete();
    await this.#end();
  }

  /** Runs `work` in a transaction; resolves when what it wrote is durable. */
  async #write<T>(work: (now: EpochMs) => T): Promise<T> {
    this.#refuseWhenClosed();
    return this.#commits
      .write(() => work(this.#clock.now()))
      .catch((error: unknown) => {
        throw withoutPlace(this.#database.file, error);
      });
  }

  async #read<T>(work: (now: EpochMs) => T): Promise<T> {
    this.#refuseWhenClosed();
    try {
      return work(this.#clock.now());
    } catch (error) {
      throw withoutPlace(this.#database.file, error);
    }
  }

  #refuseWhenClosed(): void {
    if (this.#closing !== undefined) throw new LutraError('unavailable', 'The store is closed.', { effect: 'refused' });
  }
}

/**
 * The error without the place of the file, for callers of the API are told of it, and with that the host goes on by itself where it does. The
 * one with the place is the cause, for the log.
 */
function withoutPlace(file: string, error: unknown): unknown {
  if (!(error instanceof LutraError) || !error.message.includes(file)) return error;
  const { code, effect, details } = error;
  const goesOn = mayPass(error) ? ' It goes on by itself when that is over.' : '';
  return new LutraError(code, `${error.message.replaceAll(` ${file}`, '')}${goesOn}`, { cause: error, effect, details });
}

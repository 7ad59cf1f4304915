import { type DurationMs, epochMs, type JsonObject, metadataKeys, readServerMetadata, type ServerId, type TenantId } from '@lutra/core';
import { Addresses, isServicenetAddress, publicAddressOf } from './addresses.ts';
import { flavors } from './catalogue.ts';
import { drawDuration } from './pace.ts';
import { Graveyard, longestLag, published, type View } from './published.ts';
import { demandOf, type Quota, quotaResources, type Usage } from './quota.ts';
import { ServerBook } from './server-book.ts';
import { serverJson } from './server-json.ts';
import { type DeletionFate, goodDeletion, goodFate, type ServerFate, type ServerLook, type ServerRecord } from './server-record.ts';
import type { Surroundings } from './surroundings.ts';
import type { Actor } from './world-event.ts';

/**
 * One tenant's servers and what becomes of them: BUILD, then ACTIVE or ERROR; from any state `task_state` deleting, then gone.
 * Nova keeps a server's status while it deletes it. Addresses come with the end of the build.
 */
export class Compute {
  readonly #tenantId: TenantId;
  readonly #around: Surroundings;
  readonly #book = new ServerBook();
  readonly #graveyard = new Graveyard();
  readonly #addresses = new Addresses();
  readonly #byAddress = new Map<string, ServerRecord>();
  readonly #used: Usage = { cores: 0, instances: 0, ram: 0 };
  #made = 0;
  /** What the account may take. */
  quota: Quota = {};

  constructor(tenantId: TenantId, around: Surroundings) {
    this.#tenantId = tenantId;
    this.#around = around;
  }

  get servers(): Pick<ServerBook, 'size' | 'find' | 'all'> {
    return this.#book;
  }

  /** What the account takes now. */
  get used(): Readonly<Usage> {
    return this.#used;
  }

  /** The server as Nova shows it. */
  show(look: ServerLook): JsonObject {
    return serverJson(look, this.#around.computeUrl, this.#tenantId);
  }

  /** A page of a listing, newest first. */
  list(view: View, limit: number, marker: ServerId | undefined): readonly ServerLook[] {
    const after = marker === undefined ? undefined : this.#book.find(marker);
    return published(this.#book, this.#graveyard, view, this.#around.clock.now(), limit, after);
  }

  /** Whether something answers at an address: an ACTIVE server, or a machine that is none of the cloud's. */
  answersAt(address: string): boolean {
    const server = this.#byAddress.get(address);
    return server === undefined ? !isServicenetAddress(address) : server.status === 'ACTIVE' && !server.deleting;
  }

  /** Accepts a server; it is built from now on. */
  create(request: JsonObject, fate: ServerFate, by: Actor): ServerRecord {
    this.#made += 1;
    const serial = this.#made;
    const { clock, random, pace } = this.#around;
    const metadata = (request.metadata ?? {}) as Record<string, string>;
    const record: ServerRecord = {
      serial,
      id: random.fork(`server/${this.#tenantId}/${serial}`).uuid() as ServerId,
      name: String(request.name),
      request,
      flavor: flavors.get(String(request.flavorRef)) ?? { ram: 0, cores: 0 },
      createdAt: clock.now(),
      updatedAt: clock.now(),
      status: 'BUILD',
      deleting: false,
      deletingShown: false,
      metadata,
      groupId: readServerMetadata(metadata).groupId,
      address: '',
      publicAddress: '',
      progress: fate.progress ?? 0,
      next: undefined,
      past: [],
      json: undefined,
    };
    this.#book.add(record);
    this.#count(record, 1);
    this.#tellState(record, by);
    const buildTime = fate.buildTime ?? drawDuration(pace.build, random, 'build', this.#tenantId, serial);
    if (fate.builtAs !== 'never') this.#then(record, buildTime, () => this.#finishBuild(record, fate));
    this.#alterMetadata(record, fate);
    return record;
  }

  /** Starts deleting; a delete that goes on already goes on. */
  delete(record: ServerRecord, by: Actor, fate: DeletionFate = goodDeletion): void {
    if (record.deleting || fate.ignored) return;
    if (fate.restartsBuild === true && record.status === 'BUILD') {
      this.#restartBuild(record);
      return;
    }
    this.#change(record, () => {
      record.deleting = true;
      record.deletingShown = fate.shown;
    });
    this.#tellState(record, by);
    const { random, pace } = this.#around;
    const takes = fate.takes ?? drawDuration(pace.delete, random, 'delete', this.#tenantId, record.serial);
    this.#then(record, takes, () => this.vanish(record, 'cloud'));
  }

  /** The server is broken from now on. */
  fail(record: ServerRecord, by: Actor, as: ServerFate['failsAs'] = 'ERROR'): void {
    if (record.deleting) return;
    record.next?.unsubscribe();
    this.setStatus(record, as, by);
  }

  /** The server is in this status, whatever it was in; unless it is being deleted or gone. */
  setStatus(record: ServerRecord, status: string, by: Actor): void {
    if (record.deleting || this.#book.find(record.id) !== record) return;
    this.#change(record, () => {
      record.status = status;
    });
    this.#tellState(record, by);
  }

  /** Another name, or another flavor: the tenant edits a server of his. */
  edit(record: ServerRecord, { name = record.name, flavor }: { readonly name?: string; readonly flavor?: string }, by: Actor): void {
    this.#count(record, -1);
    this.#change(record, () => {
      record.name = name;
      record.flavor = flavors.get(flavor ?? '') ?? record.flavor;
    });
    this.#count(record, 1);
    this.#tellState(record, by);
  }

  /** The server is gone at once; its address is free. */
  vanish(record: ServerRecord, by: Actor): void {
    record.next?.unsubscribe();
    if (this.#book.find(record.id) !== record) return;
    this.#book.remove(record);
    this.#graveyard.bury(record, this.#around.clock.now());
    this.#count(record, -1);
    if (record.address !== '') {
      this.#addresses.giveBack(record.address);
      if (this.#byAddress.get(record.address) === record) this.#byAddress.delete(record.address);
    }
    this.#tellState(record, by, 'gone');
  }

  /** Replaces the metadata; the server is whose it then says. */
  setMetadata(record: ServerRecord, metadata: Readonly<Record<string, string>>, by: Actor): void {
    const keys = Object.keys({ ...record.metadata, ...metadata }).filter((key) => record.metadata[key] !== metadata[key]);
    if (keys.length === 0) return;
    this.#change(record, () => {
      record.metadata = metadata;
      record.groupId = readServerMetadata(metadata).groupId;
    });
    const { tell, clock } = this.#around;
    const { id: serverId, groupId } = record;
    tell({ kind: 'server-metadata-changed', at: clock.now(), tenantId: this.#tenantId, serverId, groupId, by, keys });
  }

  #finishBuild(record: ServerRecord, fate: ServerFate): void {
    const { builtAs, failsAfter, failsAs, addressLate, passes } = fate;
    this.#change(record, () => {
      record.status = builtAs;
      if (builtAs === 'ACTIVE' && addressLate === undefined) this.#connect(record, fate);
    });
    this.#tellState(record, 'cloud');
    if (builtAs !== 'ACTIVE') return;
    if (failsAfter !== undefined) this.#then(record, failsAfter, () => this.fail(record, 'cloud', failsAs));
    if (addressLate !== undefined) this.#later(record, addressLate, () => this.#connectLate(record, fate));
    if (passes === undefined) return;
    this.#later(record, passes.after, () => {
      this.setStatus(record, passes.status, 'cloud');
      if (passes.span !== undefined) this.#later(record, passes.span, () => this.setStatus(record, 'ACTIVE', 'cloud'));
    });
  }

  /** Puts a server on its networks. */
  #connect(record: ServerRecord, { without, reusesAddress }: ServerFate): void {
    const address = reusesAddress === true ? this.#addresses.takeLatest() : this.#addresses.take();
    if (without?.public !== true) record.publicAddress = publicAddressOf(address);
    if (without?.servicenet === true) {
      this.#addresses.giveBack(address);
      return;
    }
    record.address = address;
    this.#byAddress.set(address, record);
  }

  #connectLate(record: ServerRecord, fate: ServerFate): void {
    if (record.deleting) return;
    this.#change(record, () => this.#connect(record, fate));
    this.#tellState(record, 'cloud');
  }

  #restartBuild(record: ServerRecord): void {
    const { random, pace, clock } = this.#around;
    const takes = drawDuration(pace.build, random, 'build again', this.#tenantId, record.serial, clock.now());
    this.#then(record, takes, () => this.#finishBuild(record, goodFate));
  }

  /** Somebody edits its metadata some time after its create was accepted. */
  #alterMetadata(record: ServerRecord, { losesMetadata, getsMetadata }: ServerFate): void {
    if (losesMetadata !== undefined) {
      const { prefixes, after } = losesMetadata;
      this.#later(record, after, () => this.setMetadata(record, withoutPrefixes(record.metadata, prefixes), 'outsider'));
    }
    if (getsMetadata !== undefined) {
      const { items, after } = getsMetadata;
      this.#later(record, after, () => this.setMetadata(record, { ...record.metadata, ...items }, 'outsider'));
    }
  }

  /** Something happens to a server, unless it is gone by then. */
  #later(record: ServerRecord, delay: DurationMs, happen: () => void): void {
    this.#around.clock.after(delay).subscribe(() => {
      if (this.#book.find(record.id) === record) happen();
    });
  }

  /** One thing is to happen to a server next; it replaces what was to happen before. */
  #then(record: ServerRecord, delay: DurationMs, happen: () => void): void {
    record.next?.unsubscribe();
    record.next = this.#around.clock.after(delay).subscribe(happen);
  }

  /** Changes how a server looks, and remembers how it looked, for listings that lag. */
  #change(record: ServerRecord, change: () => void): void {
    const now = this.#around.clock.now();
    const { id, name, request, createdAt, updatedAt, status, deletingShown, metadata, address, publicAddress, progress, json } = record;
    const look = { id, name, request, createdAt, updatedAt, status, deletingShown, metadata, address, publicAddress, progress, json };
    const oldest = epochMs(now - longestLag);
    record.past = [...record.past.filter(({ until }) => until >= oldest), { until: now, look }];
    change();
    record.updatedAt = now;
    record.json = undefined;
  }

  #count(record: ServerRecord, times: 1 | -1): void {
    const demand = demandOf(record.flavor);
    for (const resource of quotaResources) this.#used[resource] += times * demand[resource];
  }

  #tellState(record: ServerRecord, by: Actor, state: string = record.deleting ? 'deleting' : record.status): void {
    const { tell, clock } = this.#around;
    const { id: serverId, groupId, address } = record;
    tell({ kind: 'server-changed', at: clock.now(), tenantId: this.#tenantId, serverId, groupId, state, address, by });
  }
}

/** Whether our draining mark is on the server. */
export const isMarked = (record: ServerRecord): boolean => record.metadata[metadataKeys.state] === metadataKeys.draining;

/** The metadata without the items whose keys start with one of the prefixes. */
export const withoutPrefixes = (metadata: Readonly<Record<string, string>>, prefixes: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).filter(([key]) => !prefixes.some((prefix) => key.startsWith(prefix))));

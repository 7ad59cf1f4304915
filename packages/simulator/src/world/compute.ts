import {
  between,
  type DurationMs,
  type EpochMs,
  epochMs,
  type JsonObject,
  type JsonValue,
  later,
  metadataKeys,
  readServerMetadata,
  type ServerId,
  seconds,
  type TenantId,
} from '@lutra/core';
import { Addresses, type AddressesSnapshot, isServicenetAddress } from './addresses.ts';
import type { Belongings } from './belongings.ts';
import { type Flavor, flavors, serviceNetwork } from './catalogue.ts';
import { drawDuration, paces } from './pace.ts';
import { Graveyard, longestLag, published, type View } from './published.ts';
import { demandOf, type Quota, quotaResources, type Usage } from './quota.ts';
import { lastSegment } from './reference.ts';
import { ServerBook } from './server-book.ts';
import { serverJson } from './server-json.ts';
import {
  type DeletionFate,
  type Due,
  goodDeletion,
  goodFate,
  type Happening,
  type ServerFate,
  type ServerLook,
  type ServerRecord,
} from './server-record.ts';
import type { Surroundings } from './surroundings.ts';
import type { Actor } from './world-event.ts';

/**
 * One tenant's servers and what becomes of them: BUILD, then ACTIVE or ERROR; from any state `task_state` deleting, then gone.
 * Nova keeps a server's status while it deletes it. Addresses come with the end of the build.
 */
export class Compute {
  readonly #tenantId: TenantId;
  readonly #belongings: Belongings;
  readonly #around: Surroundings;
  readonly #book = new ServerBook();
  readonly #graveyard = new Graveyard();
  #shown: readonly JsonObject[] | undefined;
  readonly #addresses = new Addresses();
  readonly #byAddress = new Map<string, ServerRecord>();
  readonly #used: Usage = { cores: 0, instances: 0, ram: 0 };
  readonly #departed: { readonly goneAt: EpochMs; readonly look: ServerLook }[] = [];
  #made = 0;
  /** What the account may take. */
  quota: Quota;

  constructor(tenantId: TenantId, around: Surroundings, belongings: Belongings) {
    this.#tenantId = tenantId;
    this.#belongings = belongings;
    this.#around = around;
    this.quota = around.quota;
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

  /** All servers as Nova shows them, newest first: the very same array until one of them changes. */
  showAll(): readonly JsonObject[] {
    this.#shown ??= this.#book.newestFirst(Number.POSITIVE_INFINITY).map((record) => this.show(record));
    return this.#shown;
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
      flavor: flavors.get(lastSegment(String(request.flavorRef)) ?? '') ?? noFlavor,
      createdAt: clock.now(),
      updatedAt: clock.now(),
      status: 'BUILD',
      deleting: false,
      deletingShown: false,
      metadata,
      groupId: readServerMetadata(metadata).groupId,
      address: '',
      isolated: {},
      unpublic: false,
      publicBase: '',
      progress: fate.progress ?? 0,
      also: [],
      acted: 0,
      resizedFrom: undefined,
      due: undefined,
      next: undefined,
      losing: undefined,
      past: [],
      json: undefined,
    };
    this.#book.add(record);
    this.#shown = undefined;
    this.#count(record, 1);
    this.#tellState(record, by);
    const buildTime = fate.buildTime ?? drawDuration(pace.build, random, 'build', this.#tenantId, serial);
    if (fate.builtAs !== 'never') this.#then(record, buildTime, { kind: 'built', fate });
    if (fate.losesMetadata !== undefined) {
      const { prefixes, after } = fate.losesMetadata;
      record.losing = { prefixes, at: later(clock.now(), after) };
      this.#armLosing(record);
    }
    const { getsMetadata } = fate;
    if (getsMetadata !== undefined) this.#also(record, getsMetadata.after, { kind: 'gets-metadata', items: getsMetadata.items });
    return record;
  }

  /** Starts deleting; a delete that goes on already goes on. */
  delete(record: ServerRecord, by: Actor, fate: DeletionFate = goodDeletion): void {
    if (record.deleting || fate.ignored) return;
    if (fate.restartsBuild === true && record.status === 'BUILD') {
      const { random, pace, clock } = this.#around;
      const again = drawDuration(pace.build, random, 'build again', this.#tenantId, record.serial, clock.now());
      this.#then(record, again, { kind: 'built', fate: goodFate });
      return;
    }
    this.#change(record, () => {
      record.deleting = true;
      record.deletingShown = fate.shown;
    });
    this.#tellState(record, by);
    const { random, pace } = this.#around;
    const takes = fate.takes ?? drawDuration(pace.delete, random, 'delete', this.#tenantId, record.serial);
    this.#then(record, takes, { kind: 'gone' });
  }

  /** The server is broken from now on. */
  fail(record: ServerRecord, by: Actor, as: ServerFate['failsAs'] = 'ERROR'): void {
    if (record.deleting) return;
    this.#forget(record);
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

  /** The server is gone at once; its address is free. */
  vanish(record: ServerRecord, by: Actor): void {
    this.#forget(record);
    if (this.#book.find(record.id) !== record) return;
    this.#book.remove(record);
    this.#shown = undefined;
    this.#graveyard.bury(record, this.#around.clock.now());
    this.#depart(record);
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

  /** The server is in a status, and after a while (as the pace says) in another. */
  become(record: ServerRecord, status: string, then?: string): void {
    this.#forget(record);
    this.#change(record, () => {
      record.status = status;
    });
    this.#tellState(record, 'caller');
    if (then === undefined) return;
    record.acted += 1;
    const { random, pace } = this.#around;
    const takes = drawDuration(pace.transition ?? paces.demo.transition, random, 'act', this.#tenantId, record.serial, record.acted);
    this.#then(record, takes, { kind: 'becomes', status: then });
  }

  /** Somebody sets a server's status behind its back. */
  force(record: ServerRecord, status: string): void {
    this.#forget(record);
    this.#change(record, () => {
      record.status = status;
    });
    this.#tellState(record, 'outsider');
  }

  rename(record: ServerRecord, name: string): void {
    this.#change(record, () => {
      record.name = name;
    });
  }

  /** The tenant edits a server of his: another name, or another flavor at once. */
  edit(record: ServerRecord, { name, flavor }: { readonly name?: string; readonly flavor?: string }, by: Actor): void {
    if (name !== undefined) this.rename(record, name);
    if (flavor !== undefined) this.#setFlavor(record, flavor);
    this.#tellState(record, by);
  }

  /** Becomes VERIFY_RESIZE, with the new flavor; confirmed or reverted later. */
  resize(record: ServerRecord, flavorId: string): void {
    record.resizedFrom = String(record.request.flavorRef);
    this.#setFlavor(record, flavorId);
    this.become(record, 'RESIZE', 'VERIFY_RESIZE');
  }
  confirmResize(record: ServerRecord): void {
    record.resizedFrom = undefined;
    this.become(record, 'ACTIVE');
  }
  revertResize(record: ServerRecord): void {
    this.#setFlavor(record, record.resizedFrom ?? String(record.request.flavorRef));
    record.resizedFrom = undefined;
    this.become(record, 'REVERT_RESIZE', 'ACTIVE');
  }
  rebuild(record: ServerRecord, imageId: string, name: string | undefined, metadata: JsonValue | undefined): void {
    record.request = { ...record.request, imageRef: imageId };
    if (name !== undefined) record.name = name;
    if (metadata !== undefined) this.setMetadata(record, metadata as Record<string, string>, 'caller');
    this.become(record, 'REBUILD', 'ACTIVE');
  }

  /** Servers that are gone for at most 30 days, newest first; no more than the last `mostDeparted`. */
  departed(): readonly { readonly goneAt: EpochMs; readonly look: ServerLook }[] {
    const now = this.#around.clock.now();
    return this.#departed.filter(({ goneAt }) => between(goneAt, now) <= departedFor).reverse();
  }

  snapshot(): ComputeSnapshot {
    const servers = this.#book.all().map(({ next: _, json: __, past: ___, ...record }) => record);
    const departed = this.#departed.map(({ goneAt, look: { json: _, ...look } }) => ({ goneAt, look }));
    return { made: this.#made, servers, departed, addresses: this.#addresses.snapshot(), quota: this.quota };
  }

  /** Becomes what it was when the snapshot was made; what was to happen, happens when it was to. */
  restore({ made, servers, departed, addresses, quota }: ComputeSnapshot): void {
    for (const record of [...this.#book.all()]) {
      this.#forget(record);
      this.#book.remove(record);
      this.#count(record, -1);
    }
    this.#shown = undefined;
    this.#byAddress.clear();
    this.#departed.splice(0);
    for (const { goneAt, look } of departed) this.#departed.push({ goneAt, look: { ...look, json: undefined } });
    this.#made = made;
    this.quota = quota;
    this.#addresses.restore(addresses);
    for (const saved of servers) {
      const record: ServerRecord = { ...saved, next: undefined, json: undefined, past: [] };
      this.#book.add(record);
      this.#count(record, 1);
      if (record.address !== '') this.#byAddress.set(record.address, record);
      this.#arm(record);
      for (const due of record.also) this.#armAlso(record, due);
      this.#armLosing(record);
    }
  }

  #finishBuild(record: ServerRecord, fate: ServerFate): void {
    const { builtAs, failsAfter, failsAs, addressLate, passes } = fate;
    if (builtAs === 'never') return;
    const { service, isolated } = this.#networksOf(record);
    this.#change(record, () => {
      record.status = builtAs;
      if (builtAs !== 'ACTIVE') return;
      record.isolated = Object.fromEntries(isolated.map((label) => [label, this.#isolatedAddress(record)]));
      record.unpublic = addressLate !== undefined;
      if (service && addressLate === undefined) this.#connect(record, fate);
    });
    this.#tellState(record, 'cloud');
    if (builtAs !== 'ACTIVE') return;
    if (failsAfter !== undefined) this.#then(record, failsAfter, { kind: 'fails', as: failsAs });
    if (addressLate !== undefined) this.#also(record, addressLate, { kind: 'connected', fate });
    if (passes !== undefined) this.#also(record, passes.after, { kind: 'becomes', status: passes.status, comesBackAfter: passes.span });
  }

  /** Puts a server on ServiceNet, and on the public network beside it. */
  #connect(record: ServerRecord, { without, reusesAddress }: ServerFate): void {
    const address = reusesAddress === true ? this.#addresses.takeLatest() : this.#addresses.take();
    record.unpublic = without?.public === true;
    if (without?.servicenet === true) {
      record.publicBase = address;
      this.#addresses.giveBack(address);
      return;
    }
    record.address = address;
    this.#byAddress.set(address, record);
  }

  /** What a server is attached to: the two networks of everybody unless it names others. */
  #networksOf({ request: { networks } }: ServerRecord): { readonly service: boolean; readonly isolated: readonly string[] } {
    const ids = networkIdsIn(networks);
    if (ids.length === 0) return { service: true, isolated: [] };
    const own = ids.map((id) => this.#belongings.network(id)).filter((network) => network !== undefined && network.cidr !== null);
    return { service: ids.includes(serviceNetwork), isolated: own.map((network) => network?.label ?? '') };
  }
  #isolatedAddress({ serial }: ServerRecord): string {
    return `192.168.${Math.floor(serial / 250) % 256}.${(serial % 250) + 2}`;
  }

  #setFlavor(record: ServerRecord, id: string): void {
    this.#count(record, -1);
    record.flavor = flavors.get(lastSegment(id) ?? '') ?? noFlavor;
    record.request = { ...record.request, flavorRef: id };
    this.#count(record, 1);
  }

  #depart(record: ServerRecord): void {
    const { id, name, request, createdAt, metadata } = record;
    const goneAt = this.#around.clock.now();
    const last = {
      status: 'DELETED',
      deletingShown: false,
      address: '',
      isolated: {},
      unpublic: true,
      publicBase: '',
      progress: 0,
      json: undefined,
      updatedAt: goneAt,
    };
    this.#departed.push({ goneAt, look: { id, name, request, createdAt, metadata, ...last } });
    if (this.#departed.length > 2 * mostDeparted) this.#departed.splice(0, mostDeparted);
  }

  #armLosing(record: ServerRecord): void {
    if (record.losing === undefined) return;
    const { at, prefixes } = record.losing;
    this.#around.clock.after(between(this.#around.clock.now(), at)).subscribe(() => {
      if (this.#book.find(record.id) !== record) return;
      record.losing = undefined;
      this.setMetadata(record, withoutPrefixes(record.metadata, prefixes), 'outsider');
    });
  }

  /** One thing is to happen to a server next; it replaces what was to happen before. */
  #then(record: ServerRecord, delay: DurationMs, what: Happening): void {
    this.#forget(record);
    record.due = { at: later(this.#around.clock.now(), delay), what };
    this.#arm(record);
  }
  #forget(record: ServerRecord): void {
    record.next?.unsubscribe();
    record.next = undefined;
    record.due = undefined;
  }
  #arm(record: ServerRecord): void {
    const { due } = record;
    if (due === undefined) return;
    record.next = this.#around.clock.after(between(this.#around.clock.now(), due.at)).subscribe(() => this.#happen(record, due));
  }
  /** Something happens to a server besides, unless it is gone by then. */
  #also(record: ServerRecord, delay: DurationMs, what: Happening): void {
    const due: Due = { at: later(this.#around.clock.now(), delay), what };
    record.also = [...record.also, due];
    this.#armAlso(record, due);
  }
  #armAlso(record: ServerRecord, due: Due): void {
    this.#around.clock.after(between(this.#around.clock.now(), due.at)).subscribe(() => {
      if (this.#book.find(record.id) !== record) return;
      record.also = record.also.filter((other) => other !== due);
      if (!record.deleting) this.#happenBesides(record, due.what);
    });
  }
  #happenBesides(record: ServerRecord, what: Happening): void {
    if (what.kind === 'gets-metadata') this.setMetadata(record, { ...record.metadata, ...what.items }, 'outsider');
    else if (what.kind === 'connected') {
      this.#change(record, () => this.#connect(record, what.fate));
      this.#tellState(record, 'cloud');
    } else if (what.kind === 'becomes') {
      this.setStatus(record, what.status, 'cloud');
      if (what.comesBackAfter !== undefined) this.#also(record, what.comesBackAfter, { kind: 'becomes', status: 'ACTIVE' });
    }
  }

  #happen(record: ServerRecord, { what }: Due): void {
    record.due = undefined;
    if (what.kind === 'built') this.#finishBuild(record, what.fate);
    else if (what.kind === 'fails') this.fail(record, 'cloud', what.as);
    else if (what.kind === 'gone') this.vanish(record, 'cloud');
    else if (what.kind === 'becomes') {
      this.#change(record, () => {
        record.status = what.status;
      });
      this.#tellState(record, 'cloud');
    }
  }

  /** Changes how a server looks, and remembers how it looked, for listings that lag. */
  #change(record: ServerRecord, change: () => void): void {
    const now = this.#around.clock.now();
    const { id, name, request, createdAt, updatedAt, status, deletingShown, metadata, address, isolated, unpublic, publicBase, progress } =
      record;
    const look: ServerLook = {
      id,
      name,
      request,
      createdAt,
      updatedAt,
      status,
      deletingShown,
      metadata,
      address,
      isolated,
      unpublic,
      publicBase,
      progress,
      json: undefined, // made again should a listing ever lag so far: looks of the past are kept by the thousand
    };
    const oldest = epochMs(now - longestLag);
    record.past = [...record.past.filter(({ until }) => until >= oldest), { until: now, look }];
    change();
    record.updatedAt = now;
    record.json = undefined;
    this.#shown = undefined;
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

const noFlavor: Flavor = { name: '', ram: 0, cores: 0, disk: 0 };
/** How long, and how many of, those that are gone are told to who asks for changes since. */
const departedFor = seconds(30 * 86_400);
const mostDeparted = 200;

/** Everything that time and callers changed, as JSON; what listings that lag would show of the past is not kept. */
export interface ComputeSnapshot {
  readonly made: number;
  readonly servers: readonly Omit<ServerRecord, 'next' | 'json' | 'past'>[];
  readonly departed: readonly { readonly goneAt: EpochMs; readonly look: Omit<ServerLook, 'json'> }[];
  readonly addresses: AddressesSnapshot;
  readonly quota: Quota;
}

/** Ids of the networks that a create names. */
export const networkIdsIn = (networks: JsonValue | undefined): readonly string[] =>
  Array.isArray(networks)
    ? networks.map((entry: JsonValue) => String((entry as JsonObject | null)?.uuid ?? '')).filter((id) => id !== '')
    : [];

/** Whether our draining mark is on the server. */
export const isMarked = (record: ServerRecord): boolean => record.metadata[metadataKeys.state] === metadataKeys.draining;

/** The metadata without the items whose keys start with one of the prefixes. */
export const withoutPrefixes = (metadata: Readonly<Record<string, string>>, prefixes: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).filter(([key]) => !prefixes.some((prefix) => key.startsWith(prefix))));

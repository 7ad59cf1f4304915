import { type DurationMs, type JsonObject, type JsonValue, readServerMetadata, type ServerId, type TenantId } from '@lutra/core';
import { type AddressesSnapshot, isServicenetAddress } from './addresses.ts';
import type { Belongings } from './belongings.ts';
import { Departed, type DepartedSnapshot, type Departure } from './departed.ts';
import { drawDuration, paces } from './pace.ts';
import { rememberLook } from './past-looks.ts';
import { Graveyard, published, type View } from './published.ts';
import { demandOf, type Quota, quotaResources, type Usage } from './quota.ts';
import { ServerAddresses } from './server-addresses.ts';
import { ServerBook } from './server-book.ts';
import { linksOf, serverJson } from './server-json.ts';
import { withoutPrefixes } from './server-metadata.ts';
import { attachmentsOf } from './server-networks.ts';
import {
  type DeletionFate,
  flavorOf,
  goodDeletion,
  goodFate,
  type Happening,
  lookOf,
  newServer,
  type ServerFate,
  type ServerLook,
  type ServerRecord,
} from './server-record.ts';
import { ServerTimers } from './server-timers.ts';
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
  readonly #addresses = new ServerAddresses();
  readonly #used: Usage = { cores: 0, instances: 0, ram: 0 };
  readonly #departed = new Departed();
  readonly #timers: ServerTimers;
  #made = 0;
  /** What the account may take. */
  quota: Quota;

  constructor(tenantId: TenantId, around: Surroundings, belongings: Belongings) {
    this.#tenantId = tenantId;
    this.#belongings = belongings;
    this.#around = around;
    this.quota = around.quota;
    this.#timers = new ServerTimers(around.clock, {
      isThere: (record) => this.#book.find(record.id) === record,
      happens: (record, what) => this.#happen(record, what),
      happensBesides: (record, what) => this.#happenBesides(record, what),
      loses: (record, prefixes) => this.setMetadata(record, withoutPrefixes(record.metadata, prefixes), 'outsider'),
    });
  }

  get servers(): Pick<ServerBook, 'size' | 'find' | 'all'> {
    return this.#book;
  }

  /** What the account takes now. */
  get used(): Readonly<Usage> {
    return this.#used;
  }

  /** The server as Nova shows it now. */
  show(record: ServerRecord): JsonObject {
    return this.jsonOf(lookOf(record));
  }

  /** A look at one of its servers as Nova shows it. */
  jsonOf(look: ServerLook): JsonObject {
    return serverJson(look, this.#around.computeUrl, this.#tenantId);
  }

  /** A page of a listing, newest first. */
  list(view: View, limit: number, marker: ServerId | undefined): readonly ServerLook[] {
    const after = marker === undefined ? undefined : this.#book.find(marker);
    return published(this.#book, this.#graveyard, view, this.#around.clock.now(), limit, after);
  }

  /** Whether something answers at an address: an ACTIVE server, or a machine that is none of the cloud's. */
  answersAt(address: string): boolean {
    const server = this.#addresses.holderOf(address);
    return server === undefined ? !isServicenetAddress(address) : server.status === 'ACTIVE' && !server.deleting;
  }

  /** Accepts a server; it is built from now on. */
  create(request: JsonObject, fate: ServerFate, by: Actor): ServerRecord {
    this.#made += 1;
    const serial = this.#made;
    const { clock, random, pace } = this.#around;
    const id = random.fork(`server/${this.#tenantId}/${serial}`).uuid() as ServerId;
    const record = newServer(serial, id, request, this.#linksOf(id), clock.now(), fate.progress ?? 0);
    this.#book.add(record);
    this.#count(record, 1);
    this.#tellState(record, by);
    const buildTime = fate.buildTime ?? drawDuration(pace.build, random, 'build', this.#tenantId, serial);
    if (fate.builtAs !== 'never') this.#timers.next(record, buildTime, { kind: 'built', fate });
    const { losesMetadata, getsMetadata } = fate;
    if (losesMetadata !== undefined) this.#timers.loses(record, losesMetadata.after, losesMetadata.prefixes);
    if (getsMetadata !== undefined) this.#timers.also(record, getsMetadata.after, { kind: 'gets-metadata', items: getsMetadata.items });
    return record;
  }

  /** Starts deleting; a delete that goes on already goes on. */
  delete(record: ServerRecord, by: Actor, fate: DeletionFate = goodDeletion): void {
    if (record.deleting || fate.ignored) return;
    if (fate.restartsBuild === true && record.status === 'BUILD') {
      const { random, pace, clock } = this.#around;
      const again = drawDuration(pace.build, random, 'build again', this.#tenantId, record.serial, clock.now());
      this.#timers.next(record, again, { kind: 'built', fate: goodFate });
      return;
    }
    this.#change(record, () => {
      record.deleting = true;
      record.deletingShown = fate.shown;
    });
    this.#tellState(record, by);
    const { random, pace } = this.#around;
    const takes = fate.takes ?? drawDuration(pace.delete, random, 'delete', this.#tenantId, record.serial);
    this.#timers.next(record, takes, lastOf(record, fate));
  }

  /** The server is broken from now on. */
  fail(record: ServerRecord, by: Actor, as: ServerFate['failsAs'] = 'ERROR'): void {
    if (record.deleting) return;
    this.#timers.forget(record);
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
    this.#timers.forget(record);
    if (this.#book.find(record.id) !== record) return;
    this.#book.remove(record);
    this.#graveyard.bury(record, this.#around.clock.now());
    this.#departed.add(record, this.#around.clock.now());
    this.#count(record, -1);
    this.#addresses.release(record);
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

  /** Servers that are gone for at most 30 days, newest first. */
  departed(): readonly Departure[] {
    return this.#departed.newestFirst(this.#around.clock.now());
  }

  /** The server is in a status, and after a while (as the pace says) in another. */
  become(record: ServerRecord, status: string, then?: string): void {
    this.#timers.forget(record);
    this.#change(record, () => {
      record.status = status;
    });
    this.#tellState(record, 'caller');
    if (then === undefined) return;
    record.acted += 1;
    const { random, pace } = this.#around;
    const takes = drawDuration(pace.transition ?? paces.demo.transition, random, 'act', this.#tenantId, record.serial, record.acted);
    this.#timers.next(record, takes, { kind: 'becomes', status: then });
  }

  /** Somebody sets a server's status behind its back. */
  force(record: ServerRecord, status: string): void {
    this.#timers.forget(record);
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

  /** Gets another ServiceNet address, where it has one. */
  readdress(record: ServerRecord, by: Actor): void {
    if (record.address === '') return;
    this.#change(record, () => this.#addresses.move(record));
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
    this.#change(record, () => {
      record.request = { ...record.request, imageRef: imageId };
      if (name !== undefined) record.name = name;
    });
    if (metadata !== undefined && metadata !== null) this.setMetadata(record, metadata as Record<string, string>, 'caller');
    this.become(record, 'REBUILD', 'ACTIVE');
  }

  snapshot(): ComputeSnapshot {
    const servers = this.#book.all().map(({ next: _, past: __, links: ___, ...record }) => record);
    return { made: this.#made, servers, departed: this.#departed.snapshot(), addresses: this.#addresses.snapshot(), quota: this.quota };
  }

  /** Becomes what it was when the snapshot was made; what was to happen, happens when it was to. */
  restore({ made, servers, departed, addresses, quota }: ComputeSnapshot): void {
    for (const record of this.#book.all()) {
      this.#timers.forget(record);
      this.#book.remove(record);
      this.#count(record, -1);
    }
    this.#departed.restore(departed, (id) => this.#linksOf(id));
    this.#made = made;
    this.quota = quota;
    this.#addresses.restore(addresses);
    for (const saved of servers) {
      const record: ServerRecord = { ...saved, links: this.#linksOf(saved.id), next: undefined, past: [] };
      this.#book.add(record);
      this.#count(record, 1);
      this.#addresses.hold(record);
      this.#timers.arm(record);
    }
  }

  #linksOf(id: ServerId): ServerRecord['links'] {
    return linksOf(this.#around.computeUrl, this.#tenantId, id);
  }

  #finishBuild(record: ServerRecord, fate: ServerFate): void {
    const { builtAs, failsAfter, failsAs, addressLate, passes } = fate;
    if (builtAs === 'never') return;
    const { service, isolated } = attachmentsOf(record, this.#belongings);
    this.#change(record, () => {
      record.status = builtAs;
      if (builtAs !== 'ACTIVE') return;
      record.isolated = isolated;
      record.unpublic = addressLate !== undefined;
      if (service && addressLate === undefined) this.#addresses.connect(record, fate);
    });
    this.#tellState(record, 'cloud');
    if (builtAs !== 'ACTIVE') return;
    if (failsAfter !== undefined) this.#timers.next(record, failsAfter, { kind: 'fails', as: failsAs });
    if (addressLate !== undefined) this.#timers.also(record, addressLate, { kind: 'connected', fate });
    if (passes !== undefined)
      this.#timers.also(record, passes.after, { kind: 'becomes', status: passes.status, comesBackAfter: passes.span });
  }

  /** Its delete goes on, though it does not show. */
  #showLast(record: ServerRecord, { status, lasts, deleted }: Extract<Happening, { kind: 'last-shows' }>): void {
    this.#change(record, () => {
      record.status = status;
      record.deletingShown = false;
      record.unpublic = true;
    });
    this.#timers.next(record, lasts, status === 'ACTIVE' ? shownDeleted(deleted) : { kind: 'gone' });
  }

  #setFlavor(record: ServerRecord, id: string): void {
    this.#count(record, -1);
    this.#change(record, () => {
      record.flavor = flavorOf(id);
      record.request = { ...record.request, flavorRef: id };
    });
    this.#count(record, 1);
  }

  #happenBesides(record: ServerRecord, what: Happening): void {
    if (what.kind === 'gets-metadata') this.setMetadata(record, { ...record.metadata, ...what.items }, 'outsider');
    else if (what.kind === 'connected') {
      this.#change(record, () => this.#addresses.connect(record, what.fate));
      this.#tellState(record, 'cloud');
    } else if (what.kind === 'becomes') {
      this.setStatus(record, what.status, 'cloud');
      if (what.comesBackAfter !== undefined) this.#timers.also(record, what.comesBackAfter, { kind: 'becomes', status: 'ACTIVE' });
    }
  }

  #happen(record: ServerRecord, what: Happening): void {
    if (what.kind === 'built') this.#finishBuild(record, what.fate);
    else if (what.kind === 'fails') this.fail(record, 'cloud', what.as);
    else if (what.kind === 'gone') this.vanish(record, 'cloud');
    else if (what.kind === 'last-shows') this.#showLast(record, what);
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
    rememberLook(record, now);
    change();
    record.updatedAt = now;
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

/** What comes when a delete is over. */
function lastOf({ status }: ServerRecord, { lastShows }: DeletionFate): Happening {
  if (lastShows === undefined) return { kind: 'gone' };
  const { active, deleted } = lastShows;
  return status === 'BUILD' ? { kind: 'last-shows', status: 'ACTIVE', lasts: active, deleted } : shownDeleted(deleted);
}
const shownDeleted = (deleted: DurationMs): Happening => ({ kind: 'last-shows', status: 'DELETED', lasts: deleted, deleted });

/** Everything that time and callers changed, as JSON; what listings that lag would show of the past is not kept. */
export interface ComputeSnapshot {
  readonly made: number;
  readonly servers: readonly Omit<ServerRecord, 'next' | 'past' | 'links'>[];
  readonly departed: DepartedSnapshot;
  readonly addresses: AddressesSnapshot;
  readonly quota: Quota;
}

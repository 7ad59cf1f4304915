import { type DurationMs, type JsonObject, metadataKeys, readServerMetadata, type ServerId, type TenantId } from '@lutra/core';
import { Addresses } from './addresses.ts';
import { drawDuration } from './pace.ts';
import { ServerBook } from './server-book.ts';
import { serverJson } from './server-json.ts';
import type { ServerFate, ServerRecord } from './server-record.ts';
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
  readonly #addresses = new Addresses();
  #made = 0;

  constructor(tenantId: TenantId, around: Surroundings) {
    this.#tenantId = tenantId;
    this.#around = around;
  }

  get servers(): Pick<ServerBook, 'size' | 'find' | 'all' | 'newestFirst'> {
    return this.#book;
  }

  /** The server as Nova shows it now. */
  show(record: ServerRecord): JsonObject {
    return serverJson(record, this.#around.computeUrl, this.#tenantId);
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
      createdAt: clock.now(),
      updatedAt: clock.now(),
      status: 'BUILD',
      deleting: false,
      metadata,
      groupId: readServerMetadata(metadata).groupId,
      address: '',
      next: undefined,
      json: undefined,
    };
    this.#book.add(record);
    this.#tellState(record, by);
    this.#then(record, drawDuration(pace.build, random, 'build', this.#tenantId, serial), () => this.#finishBuild(record, fate));
    return record;
  }

  /** Starts deleting; a delete that goes on already goes on. */
  delete(record: ServerRecord, by: Actor): void {
    if (record.deleting) return;
    record.deleting = true;
    this.#changed(record);
    this.#tellState(record, by);
    const { random, pace } = this.#around;
    this.#then(record, drawDuration(pace.delete, random, 'delete', this.#tenantId, record.serial), () => this.vanish(record, 'cloud'));
  }

  /** The server is broken from now on: ERROR. */
  fail(record: ServerRecord, by: Actor): void {
    if (record.deleting) return;
    record.next?.unsubscribe();
    record.status = 'ERROR';
    this.#changed(record);
    this.#tellState(record, by);
  }

  /** The server is gone at once; its address is free. */
  vanish(record: ServerRecord, by: Actor): void {
    record.next?.unsubscribe();
    this.#book.remove(record);
    if (record.address !== '') this.#addresses.giveBack(record.address);
    this.#tellState(record, by, 'gone');
  }

  /** Replaces the metadata; the server is whose it then says. */
  setMetadata(record: ServerRecord, metadata: Readonly<Record<string, string>>, by: Actor): void {
    const keys = Object.keys({ ...record.metadata, ...metadata }).filter((key) => record.metadata[key] !== metadata[key]);
    if (keys.length === 0) return;
    record.metadata = metadata;
    record.groupId = readServerMetadata(metadata).groupId;
    this.#changed(record);
    const { tell, clock } = this.#around;
    const { id: serverId, groupId } = record;
    tell({ kind: 'server-metadata-changed', at: clock.now(), tenantId: this.#tenantId, serverId, groupId, by, keys });
  }

  #finishBuild(record: ServerRecord, fate: ServerFate): void {
    record.status = fate.builtAs;
    if (fate.builtAs === 'ACTIVE') record.address = this.#addresses.take();
    this.#changed(record);
    this.#tellState(record, 'cloud');
    if (fate.builtAs === 'ACTIVE' && fate.failsAfter !== undefined) this.#then(record, fate.failsAfter, () => this.fail(record, 'cloud'));
  }

  /** One thing is to happen to a server next; it replaces what was to happen before. */
  #then(record: ServerRecord, delay: DurationMs, happen: () => void): void {
    record.next?.unsubscribe();
    record.next = this.#around.clock.after(delay).subscribe(happen);
  }

  #changed(record: ServerRecord): void {
    record.updatedAt = this.#around.clock.now();
    record.json = undefined;
  }

  #tellState(record: ServerRecord, by: Actor, state: string = record.deleting ? 'deleting' : record.status): void {
    const { tell, clock } = this.#around;
    const { id: serverId, groupId, address } = record;
    tell({ kind: 'server-changed', at: clock.now(), tenantId: this.#tenantId, serverId, groupId, state, address, by });
  }
}

/** Whether our draining mark is on the server. */
export const isMarked = (record: ServerRecord): boolean => record.metadata[metadataKeys.state] === metadataKeys.draining;

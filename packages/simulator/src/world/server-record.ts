import {
  type DurationMs,
  type EpochMs,
  type GroupId,
  type JsonObject,
  type JsonValue,
  readServerMetadata,
  type ServerId,
} from '@lutra/core';
import type { Subscription } from 'rxjs';
import { type Flavor, flavors } from './catalogue.ts';
import { lastSegment } from './reference.ts';

/** What shall become of a new server. */
export interface ServerFate {
  /** The state its build ends in; `never`: it stays in BUILD. */
  readonly builtAs: 'ACTIVE' | 'ERROR' | 'never';
  /** How long its build takes; undefined = as the pace of the cloud says. */
  readonly buildTime?: DurationMs | undefined;
  /** How long after becoming ACTIVE it breaks; undefined = never of its own accord. */
  readonly failsAfter?: DurationMs | undefined;
  /** The state in which it breaks. */
  readonly failsAs: string;
  /** What its build shows of its progress, in per cent. */
  readonly progress?: number | undefined;
  /** So long after becoming ACTIVE it goes to another status, for so long, and comes back; without `span` it stays there. */
  readonly passes?: { readonly status: string; readonly after: DurationMs; readonly span: DurationMs | undefined } | undefined;
  /** Its addresses come so much later than ACTIVE. */
  readonly addressLate?: DurationMs | undefined;
  /** Networks that it is never put on. */
  readonly without?: { readonly servicenet: boolean; readonly public: boolean } | undefined;
  /** It gets the address that was given back last. */
  readonly reusesAddress?: boolean | undefined;
  /** Metadata items whose keys start with one of `prefixes` go `after` its create was accepted. */
  readonly losesMetadata?: { readonly prefixes: readonly string[]; readonly after: DurationMs } | undefined;
  /** These items are set `after` its create was accepted. */
  readonly getsMetadata?: { readonly items: Readonly<Record<string, string>>; readonly after: DurationMs } | undefined;
}
/** Builds, and stays. */
export const goodFate: ServerFate = { builtAs: 'ACTIVE', failsAs: 'ERROR' };

/** What comes of asking for a server to be deleted. */
export interface DeletionFate {
  /** Accepted, and nothing is done. */
  readonly ignored: boolean;
  /** How long it takes; undefined = as the pace of the cloud says. */
  readonly takes?: DurationMs | undefined;
  /** Whether Nova shows `task_state` deleting meanwhile; otherwise the server looks as before until it is gone. */
  readonly shown: boolean;
  /** A server in BUILD is not deleted: its build begins anew. */
  readonly restartsBuild?: boolean | undefined;
  /** What it shows when the delete is over: one that was in BUILD is ACTIVE for so long, and each is DELETED by id for so long; then it is gone. */
  readonly lastShows?: { readonly active: DurationMs; readonly deleted: DurationMs } | undefined;
}
/** Begun at once, and shown. */
export const goodDeletion: DeletionFate = { ignored: false, shown: true };

/** What Nova shows of a server at one time. */
export interface ServerLook {
  readonly id: ServerId;
  readonly name: string;
  /** As it was asked for: image, flavor, key and whatever else. */
  readonly request: JsonObject;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  /** Nova `status`. */
  readonly status: string;
  /** Nova shows that a delete goes on (`OS-EXT-STS:task_state`). */
  readonly deletingShown: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  /** ServiceNet address; empty until the build is done, and where it is not on ServiceNet. */
  readonly address: string;
  /** Its addresses on networks of the tenant's own, by the label of the network. */
  readonly isolated: Readonly<Record<string, string>>;
  /** It has no public address, whatever it asked for. */
  readonly unpublic: boolean;
  /** What its public address follows from where it is not on ServiceNet; empty: from an address of its own networks. */
  readonly publicBase: string;
  /** Of its build, in per cent. */
  readonly progress: number;
  /** Nova's links to it. */
  readonly links: readonly JsonValue[];
}
/** How a server looked until an instant. */
export interface PastLook {
  readonly until: EpochMs;
  readonly look: ServerLook;
}

/** What is to happen to a server of its own accord. */
export type Happening =
  | { readonly kind: 'built'; readonly fate: ServerFate }
  | { readonly kind: 'fails'; readonly as: ServerFate['failsAs'] }
  | { readonly kind: 'becomes'; readonly status: string; readonly comesBackAfter?: DurationMs | undefined }
  | { readonly kind: 'connected'; readonly fate: ServerFate }
  | { readonly kind: 'gets-metadata'; readonly items: Readonly<Record<string, string>> }
  /** A delete is over, and it shows this status once more; after `lasts` the rest follows. */
  | { readonly kind: 'last-shows'; readonly status: 'ACTIVE' | 'DELETED'; readonly lasts: DurationMs; readonly deleted: DurationMs }
  | { readonly kind: 'gone' };
/** And when. */
export interface Due {
  readonly at: EpochMs;
  readonly what: Happening;
}

/** A server as it truly is. Only `Compute` changes one. */
export interface ServerRecord extends ServerLook {
  /** Counts the servers of the tenant, in the order of making. */
  readonly serial: number;
  flavor: Flavor;
  name: string;
  request: JsonObject;
  /** Actions that were ever begun on it. */
  acted: number;
  /** Its flavor before a resize that is not confirmed. */
  resizedFrom: string | undefined;
  updatedAt: EpochMs;
  status: string;
  /** A delete goes on. */
  deleting: boolean;
  deletingShown: boolean;
  metadata: Readonly<Record<string, string>>;
  /** From the metadata. */
  groupId: GroupId | undefined;
  address: string;
  unpublic: boolean;
  publicBase: string;
  isolated: Readonly<Record<string, string>>;
  /** The next thing to happen to it, and the timer that waits for it. */
  due: Due | undefined;
  next: Subscription | undefined;
  /** What is to happen to it besides, each unless it is gone by then. */
  also: readonly Due[];
  /** Metadata that it is to lose, and when. */
  losing: { readonly at: EpochMs; readonly prefixes: readonly string[] } | undefined;
  /** How it looked before, oldest first, for listings that lag; at its last change, no further back than `longestLag`. */
  past: readonly PastLook[];
}

/** How a server looks now, as an object that never changes: answers on their way tell how it was. */
export function lookOf(record: ServerRecord): ServerLook {
  const { id, name, request, createdAt, updatedAt, status, deletingShown, metadata, address, isolated, unpublic, publicBase, progress } =
    record;
  const { links } = record;
  return {
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
    links,
  };
}

/** A server that was asked for a moment ago: in BUILD, without addresses. */
export function newServer(
  serial: number,
  id: ServerId,
  request: JsonObject,
  links: readonly JsonValue[],
  now: EpochMs,
  progress: number,
): ServerRecord {
  const metadata = (request.metadata ?? {}) as Record<string, string>;
  return {
    serial,
    id,
    name: String(request.name),
    request,
    flavor: flavorOf(String(request.flavorRef)),
    createdAt: now,
    updatedAt: now,
    status: 'BUILD',
    deleting: false,
    deletingShown: false,
    metadata,
    groupId: readServerMetadata(metadata).groupId,
    address: '',
    isolated: {},
    unpublic: false,
    publicBase: '',
    progress,
    links,
    also: [],
    acted: 0,
    resizedFrom: undefined,
    due: undefined,
    next: undefined,
    losing: undefined,
    past: [],
  };
}
/** The flavor that a server asks for, by id or URL; one that takes nothing where there is none. */
export const flavorOf = (reference: string): Flavor => flavors.get(lastSegment(reference) ?? '') ?? noFlavor;
const noFlavor: Flavor = { name: '', ram: 0, cores: 0, disk: 0 };

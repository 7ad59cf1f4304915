import type { DurationMs, EpochMs, GroupId, JsonObject, ServerId } from '@lutra/core';
import type { Subscription } from 'rxjs';

/** What shall become of a new server. */
export interface ServerFate {
  /** The state its build ends in. */
  readonly builtAs: 'ACTIVE' | 'ERROR';
  /** How long after becoming ACTIVE it goes to ERROR; undefined = never of its own accord. */
  readonly failsAfter?: DurationMs | undefined;
}
/** Builds, and stays. */
export const goodFate: ServerFate = { builtAs: 'ACTIVE' };

/** A server as it truly is. Only `Compute` changes one. */
export interface ServerRecord {
  /** Counts the servers of the tenant, in the order of making. */
  readonly serial: number;
  readonly id: ServerId;
  readonly name: string;
  /** As it was asked for: image, flavor, key and whatever else. */
  readonly request: JsonObject;
  readonly createdAt: EpochMs;
  updatedAt: EpochMs;
  /** Nova `status`. */
  status: string;
  /** A delete goes on (`OS-EXT-STS:task_state`). */
  deleting: boolean;
  metadata: Readonly<Record<string, string>>;
  /** From the metadata. */
  groupId: GroupId | undefined;
  /** ServiceNet address; empty until the build is done. */
  address: string;
  /** The next thing to happen to it. */
  next: Subscription | undefined;
  /** Its Nova JSON, once somebody asked for it; dropped at every change. */
  json: JsonObject | undefined;
}

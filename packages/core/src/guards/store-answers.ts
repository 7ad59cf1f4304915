/** What a store may answer. Groups are written by us alone and read as they were; only their outline is looked at. */
import type { ActivityEntry } from '../model/activity.ts';
import type { NodeRecord, Tombstone } from '../model/node-record.ts';
import type { Heartbeat, HostIncarnation, Ownership, UnownedTenant } from '../model/ownership.ts';
import type { GroupRef, ScalingGroup } from '../model/scaling-group.ts';
import type { SetSwitch, Switches } from '../model/switches.ts';
import type { ActivityPage, DueGroup, GroupStateRow } from '../ports.ts';

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

export const isListOf =
  <T>(isOne: (value: unknown) => value is T) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(isOne);

/** Never throws. */
export function isRef(value: unknown): value is GroupRef {
  try {
    return isObject(value) && isText(value.tenantId) && isText(value.groupId);
  } catch {
    return false;
  }
}

export const isTruth = (value: unknown): value is boolean => typeof value === 'boolean';

/** What one of these is, or undefined: there is none. */
export const orNone =
  (isOne: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || isOne(value);

/** What the state call shows of a group, in outline. */
export const isStateRow = (value: unknown): value is GroupStateRow =>
  isRef(value) && (['spec', 'progress', 'servers'] as const).every((part) => isObject((value as GroupStateRow)[part]));

export const isNodeRecord = (value: unknown): value is NodeRecord =>
  isObject(value) &&
  isText(value.groupId) &&
  isText(value.serverId) &&
  isText(value.loadBalancerId) &&
  isText(value.address) &&
  Number.isFinite(value.port);

export const isTombstone = (value: unknown): value is Tombstone =>
  isObject(value) && isText(value.groupId) && Array.isArray(value.tokens) && Number.isFinite(value.at);

export const isCreates = (value: unknown): boolean =>
  isObject(value) && Number.isFinite(value.count) && (value.since === null || Number.isFinite(value.since));

const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';

const isSetSwitch = (value: unknown): value is SetSwitch =>
  isObject(value) && Number.isFinite(value.since) && isTextOrNull(value.by) && isTextOrNull(value.reason);

/** A switch that stops all hosts, or null: none does. */
const isStop = (value: unknown): boolean => value === null || isSetSwitch(value);

const isObserved =
  (isNamed: (value: unknown) => boolean) =>
  (value: unknown): value is SetSwitch =>
    isNamed(value) && isSetSwitch(value);
const isTenantNamed = (value: unknown): boolean => isObject(value) && isText(value.tenantId);

export const isSwitches = (value: unknown): value is Switches =>
  isObject(value) &&
  isStop(value.stopAll) &&
  isListOf(isObserved(isTenantNamed))(value.observedTenants) &&
  isListOf(isObserved(isRef))(value.observedGroups);

const parts = ['spec', 'progress', 'policies', 'webhooks', 'schedules', 'servers'] as const;

export const isGroup = (value: unknown): value is ScalingGroup =>
  isRef(value) && parts.every((part) => isObject((value as ScalingGroup)[part]));

/** What is kept under a caller's key, or undefined: nothing. */
export const isKeptKeyOrNone = (value: unknown): boolean =>
  value === undefined || (isObject(value) && typeof value.fingerprint === 'string' && isObject(value.made));

export const isHost = (value: unknown): value is HostIncarnation => isObject(value) && isText(value.host) && isText(value.incarnation);

export const isOwnership = (value: unknown): value is Ownership =>
  isObject(value) && isText(value.tenantId) && isHost(value.owner) && Number.isFinite(value.epoch);

export const isUnowned = (value: unknown): value is UnownedTenant =>
  isObject(value) && isText(value.tenantId) && Number.isFinite(value.epoch) && Number.isFinite(value.since);

const counts = ['storeNow', 'owned', 'highestEpoch', 'tenants', 'unowned', 'liveHosts'] as const;

export const isHeartbeat = (value: unknown): value is Heartbeat =>
  isObject(value) &&
  counts.every((count) => Number.isFinite(value[count])) &&
  isStop(value.stopAll) &&
  (value.healthyElsewhereAt === null || Number.isFinite(value.healthyElsewhereAt));

const isDue = (value: unknown): value is DueGroup => isRef(value) && Number.isFinite((value as DueGroup).dueAt);

const isEntry = (value: unknown): value is ActivityEntry =>
  isRef(value) && Number.isFinite((value as ActivityEntry).sequence) && isObject((value as ActivityEntry).content);

/** A page of activity: in its order, and beyond where it was to begin, for otherwise the pages would never end. */
export function isActivityPage(entries: unknown, page: ActivityPage): boolean {
  if (!Array.isArray(entries) || !entries.every(isEntry)) return false;
  let last = 'after' in page ? page.after : (page.before ?? Number.POSITIVE_INFINITY);
  return entries.every(({ sequence }) => {
    const isBeyond = 'after' in page ? sequence > last : sequence < last;
    last = sequence;
    return isBeyond;
  });
}

/** A page of due groups; it ends after `marker`, for otherwise the pages would never end. */
export function isDuePage(page: unknown, marker: DueGroup | undefined): boolean {
  if (!Array.isArray(page) || !page.every(isDue)) return false;
  const last = page.at(-1);
  if (marker === undefined || last === undefined) return true;
  return last.dueAt > marker.dueAt || (last.dueAt === marker.dueAt && last.groupId > marker.groupId);
}

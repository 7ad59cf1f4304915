/** What a store may answer. Groups are written by us alone and read as they were; only their outline is looked at. */
import type { ActivityEntry } from '../model/activity.ts';
import type { GroupRef, ScalingGroup } from '../model/scaling-group.ts';
import type { ActivityPage, DueGroup, Lease } from '../ports.ts';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

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

const parts = ['spec', 'progress', 'policies', 'webhooks', 'schedules', 'servers'] as const;

export const isGroup = (value: unknown): value is ScalingGroup =>
  isRef(value) && parts.every((part) => isObject((value as ScalingGroup)[part]));

/** What is kept under a caller's key, or undefined: nothing. */
export const isKeptKeyOrNone = (value: unknown): boolean =>
  value === undefined || (isObject(value) && typeof value.fingerprint === 'string' && isObject(value.made));

export const isLease = (value: unknown): value is Lease =>
  isObject(value) && isText(value.tenantId) && typeof value.owner === 'string' && Number.isFinite(value.epoch);

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

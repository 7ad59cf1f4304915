/** Lists whose items are the same objects as long as they do not change: what became of one, without a look at what stayed. */

/** Items that are there no longer, and items that were not there before. One that changed is both. */
export interface ListChanges<T> {
  readonly dropped: readonly T[];
  readonly fresh: readonly T[];
}

/**
 * Whether two items are one object. To know what `===` means for them V8 looks into both, which of a long list that nobody has looked at for
 * a while are as many fetches from main memory; `Object.is` looks at none that is itself.
 */
export const isSameItem: <T>(one: T, other: T) => boolean = Object.is;

/** Whether two lists have the same objects in the same order. */
export const areSameItems = <T>(one: readonly T[], other: readonly T[]): boolean =>
  one.length === other.length && one.every((item, place) => isSameItem(item, other[place]));

/** More changes than this, and to start from nothing is as good. */
const mostChanges = 32;

const none: ListChanges<never> = { dropped: [], fresh: [] };

/** How `now` differs from `before`; undefined when in too much, or in the order or number of what stayed. */
export function changesBetween<T>(before: readonly T[], now: readonly T[]): ListChanges<T> | undefined {
  if (before === now) return none;
  const dropped: T[] = [];
  const fresh: T[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < now.length) {
    const old = before[i];
    const item = now[j];
    if (isSameItem(old, item)) {
      i += 1;
      j += 1;
      continue;
    }
    if (dropped.length + fresh.length >= mostChanges) return undefined;
    const isGone = old !== undefined && (item === undefined || isSameItem(before[i + 1], item));
    const isNew = item !== undefined && (old === undefined || isSameItem(now[j + 1], old));
    if (isGone || !isNew) {
      if (old !== undefined) dropped.push(old);
      i += 1;
    }
    if (isNew || !isGone) {
      if (item !== undefined) fresh.push(item);
      j += 1;
    }
  }
  const moved = dropped.some((item) => now.includes(item)) || fresh.some((item) => before.includes(item));
  return moved ? undefined : { dropped, fresh };
}

/** Whether a list without doubles has none after these changes either. */
export function staysDistinct<T>(before: readonly T[], { dropped, fresh }: ListChanges<T>, keyOf: (item: T) => unknown): boolean {
  const left = new Set(dropped.map(keyOf));
  const come = new Set<unknown>();
  for (const item of fresh) {
    const key = keyOf(item);
    if (left.delete(key)) continue;
    if (come.has(key) || before.some((other) => keyOf(other) === key)) return false;
    come.add(key);
  }
  return true;
}

/** The list with the changes made to it: an item that changed, by its key, stays in its place; what is new comes first, each key once. */
export function withChanges<T>(list: readonly T[], { dropped, fresh }: ListChanges<T>, keyOf: (item: T) => unknown): readonly T[] {
  const left = new Map<unknown, T>();
  for (const item of fresh) if (!left.has(keyOf(item))) left.set(keyOf(item), item);
  const kept: T[] = [];
  for (const item of list) {
    if (!dropped.some((gone) => isSameItem(gone, item))) {
      kept.push(item);
      continue;
    }
    const key = keyOf(item);
    const changed = left.get(key);
    if (changed === undefined) continue;
    kept.push(changed);
    left.delete(key);
  }
  return left.size === 0 ? kept : [...left.values(), ...kept];
}

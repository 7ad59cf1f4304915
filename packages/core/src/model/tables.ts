/**
 * Records by an id. They have no prototype, which engines keep as hash tables: of an object literal with ids for keys they make a class
 * of its own, which takes seven times as long, and every group has other ids.
 */
import { isSameItem } from './list-changes.ts';

/** The values by their keys; of doubles the last one counts. */
export function tableOf<K extends string, V>(values: readonly V[], keyOf: (value: V) => K): Readonly<Record<K, V>> {
  const table: Record<K, V> = Object.create(null);
  for (const value of values) table[keyOf(value)] = value;
  return table;
}

/** The table as it was when nothing in it changed, so that stores and later steps see that there is nothing to write. */
export function sameTable<T extends Readonly<Record<string, unknown>>>(before: T, after: T): T {
  if (before === after) return before;
  const keys = Object.keys(after);
  return keys.length === Object.keys(before).length && keys.every((key) => isSameItem(before[key], after[key])) ? before : after;
}

/** The table with some values set: the very same one when none is. */
export function withValues<K extends string, V>(
  table: Readonly<Record<K, V>>,
  values: readonly V[],
  keyOf: (value: V) => K,
): Readonly<Record<K, V>> {
  if (values.length === 0) return table;
  const changed: Record<K, V> = Object.assign(Object.create(null), table);
  for (const value of values) changed[keyOf(value)] = value;
  return changed;
}

/**
 * Records by an id. They have no prototype, which engines keep as hash tables: of an object literal with ids for keys they make a class
 * of its own, which takes seven times as long, and every group has other ids.
 */

/** The values by their keys; of doubles the last one counts. */
export function tableOf<K extends string, V>(values: readonly V[], keyOf: (value: V) => K): Readonly<Record<K, V>> {
  const table: Record<K, V> = Object.create(null);
  for (const value of values) table[keyOf(value)] = value;
  return table;
}

/** The values by their keys; the very table `before` when it holds just these. */
export function tableLike<K extends string, V>(
  before: Readonly<Record<K, V>>,
  values: readonly V[],
  keyOf: (value: V) => K,
): Readonly<Record<K, V>> {
  const isSame = Object.keys(before).length === values.length && values.every((value) => before[keyOf(value)] === value);
  return isSame && new Set(values).size === values.length ? before : tableOf(values, keyOf);
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

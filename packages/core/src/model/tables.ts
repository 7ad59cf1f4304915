/** Records by an id. */

/** The values by their keys; of doubles the last one counts. */
export const tableOf = <K extends string, V>(values: readonly V[], keyOf: (value: V) => K): Readonly<Record<K, V>> =>
  Object.fromEntries(values.map((value) => [keyOf(value), value])) as Record<K, V>;

/** The table with some values set. */
export const withValues = <K extends string, V>(
  table: Readonly<Record<K, V>>,
  values: readonly V[],
  keyOf: (value: V) => K,
): Readonly<Record<K, V>> => ({ ...table, ...tableOf(values, keyOf) });

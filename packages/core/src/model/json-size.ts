/** Sizes of what is known; definitions never change, and a store in memory gives the same objects again. */
const known = new WeakMap<object, number>();
const encoder = new TextEncoder();

/** Bytes that a value takes as JSON in UTF-8; a number that was kept as its text counts as it was written. `value` must never change. */
export function jsonSizeOf(value: object): number {
  const before = known.get(value);
  if (before !== undefined) return before;
  const size = encoder.encode(JSON.stringify(value)).length;
  known.set(value, size);
  return size;
}

/** The entry of a record under a key that came from outside: never something that every object has, such as `__proto__`. */
export const own = <V>(record: Readonly<Record<string, V>>, key: string): V | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

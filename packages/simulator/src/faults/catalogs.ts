import type { Access, CatalogEntry } from '../identity/token.ts';

/** Another catalog in an answer that has one: that to a login, or that of endpoints. */
export function withCatalog(value: unknown, change: (catalog: readonly CatalogEntry[]) => readonly CatalogEntry[]): unknown {
  if (Array.isArray(value)) return change(value as readonly CatalogEntry[]);
  const access = value as Access;
  return { ...access, catalog: change(access.catalog) };
}

import { z } from 'zod';
import { withCatalog } from './catalogs.ts';
import { defineFault } from './fault.ts';

/** The catalog is in another order. */
export const catalogReordered = defineFault({
  name: 'catalog.reordered',
  group: 'identity',
  phase: 'after_commit',
  ops: ['token.create', 'token.impersonate', 'token.list_endpoints'],
  params: z.strictObject({}),
  does: 'The services are in the catalog in another order.',
  imitates: 'a catalog without an order',
  reaction: 'finds services by name and region, not by place',
  apply: () => ({ alter: (value) => withCatalog(value, (catalog) => catalog.toReversed()) }),
});

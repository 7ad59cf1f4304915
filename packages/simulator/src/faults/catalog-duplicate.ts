import { z } from 'zod';
import { withCatalog } from './catalogs.ts';
import { defineFault } from './fault.ts';

/** The catalog has services twice. */
export const catalogDuplicate = defineFault({
  name: 'catalog.duplicate',
  group: 'identity',
  phase: 'after_commit',
  ops: ['token.create', 'token.impersonate', 'token.list_endpoints'],
  params: z.strictObject({}),
  does: 'Every service is in the catalog twice.',
  imitates: 'endpoints that were folded wrongly',
  reaction: 'takes the first that fits',
  apply: () => ({ alter: (value) => withCatalog(value, (catalog) => [...catalog, ...catalog]) }),
});

import { z } from 'zod';
import { serviceNames } from '../identity/token.ts';
import { withCatalog } from './catalogs.ts';
import { defineFault } from './fault.ts';

/** A service is missing from the catalog. */
export const catalogMissing = defineFault({
  name: 'catalog.missing',
  group: 'identity',
  phase: 'after_commit',
  ops: ['token.create', 'token.impersonate', 'token.list_endpoints'],
  params: z.strictObject({
    service: z.enum(serviceNames).default('cloudServersOpenStack').describe('by its name in catalogs'),
    region: z.string().optional().describe('only in this region'),
  }),
  does: 'The catalog does not have this service.',
  imitates: 'suspended and closed accounts; RackConnect that was never bought',
  reaction: 'ERROR with a sentence for servers and load balancers; no pools where RackConnect is missing',
  apply: ({ params: { service, region } }) => ({
    alter: (value) =>
      withCatalog(value, (catalog) =>
        catalog.filter((entry) => entry.name !== service || (region !== undefined && entry.region !== region)),
      ),
  }),
});

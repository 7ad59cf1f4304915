import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { defineFault } from './fault.ts';

/** A build ends in ERROR. */
export const buildError = defineFault({
  name: 'build.error',
  group: 'lifecycle',
  phase: 'before_commit',
  ops: ['server.create'],
  params: z.strictObject({
    after: durationSchema.optional().describe('from the create being accepted; absent: when the build would be done'),
  }),
  does: 'The build of the server ends in ERROR; it never gets an address.',
  imitates: 'a failing scheduler or hypervisor (CATC-009)',
  reaction:
    'deletes and replaces it, no server too many; ever later where one after the other fails, and ERROR with its fault after five, until one stays',
  apply: ({ params: { after: buildTime } }) => ({ fate: { builtAs: 'ERROR', ...(buildTime === undefined ? {} : { buildTime }) } }),
});

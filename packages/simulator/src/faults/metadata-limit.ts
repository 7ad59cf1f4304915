import { z } from 'zod';
import { metadataItems } from '../world/catalogue.ts';
import { defineFault } from './fault.ts';

/** A server takes only so many metadata items. */
export const metadataLimit = defineFault({
  name: 'metadata.limit',
  group: 'limits',
  phase: 'before_validate',
  ops: ['server.create', 'server.set_metadata'],
  params: z.strictObject({ items: z.int().min(0).max(metadataItems).default(0).describe('of one server, at most') }),
  does: 'What would exceed it is refused with 403 "Maximum number of metadata items exceeds ...".',
  imitates: 'a server full of items of its owner: the mark of draining cannot be written',
  reaction: 'drains without the mark, or waits; never ERROR for it',
  apply: ({ params: { items } }) => ({ limits: { metadataItems: items } }),
});

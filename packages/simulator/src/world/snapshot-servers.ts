/** What a snapshot holds of the servers of a tenant. */
import { z } from 'zod';
import type { AddressesSnapshot } from './addresses.ts';
import type { Flavor } from './catalogue.ts';
import type { ComputeSnapshot } from './compute.ts';
import type { Quota } from './quota.ts';
import type { Due, ServerFate, ServerLook } from './server-record.ts';
import { anyInstant, anyObject, count, instant, shapeOf, span, text, texts } from './snapshot-parts.ts';

const fate = shapeOf<ServerFate>()({
  builtAs: z.enum(['ACTIVE', 'ERROR', 'never']),
  buildTime: span.optional(),
  failsAfter: span.optional(),
  failsAs: text,
  progress: z.number().optional(),
  passes: z.object({ status: text, after: span, span: span.optional() }).optional(),
  addressLate: span.optional(),
  without: z.object({ servicenet: z.boolean(), public: z.boolean() }).optional(),
  reusesAddress: z.boolean().optional(),
  losesMetadata: z.object({ prefixes: z.array(text), after: span }).optional(),
  getsMetadata: z.object({ items: texts, after: span }).optional(),
});
const due = shapeOf<Due>()({
  at: anyInstant,
  what: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('built'), fate }),
    z.object({ kind: z.literal('fails'), as: text }),
    z.object({ kind: z.literal('becomes'), status: text, comesBackAfter: span.optional() }),
    z.object({ kind: z.literal('connected'), fate }),
    z.object({ kind: z.literal('gets-metadata'), items: texts }),
    z.object({ kind: z.literal('last-shows'), status: z.enum(['ACTIVE', 'DELETED']), lasts: span, deleted: span }),
    z.object({ kind: z.literal('gone') }),
  ]),
});

const look = {
  id: text,
  name: text,
  request: anyObject,
  createdAt: instant,
  updatedAt: instant,
  status: text,
  deletingShown: z.boolean(),
  metadata: texts,
  address: text,
  isolated: texts,
  unpublic: z.boolean(),
  publicBase: text,
  progress: z.number(),
};
const server = shapeOf<ComputeSnapshot['servers'][number]>()({
  ...look,
  serial: count,
  flavor: shapeOf<Flavor>()({ name: text, ram: z.number(), cores: z.number(), disk: z.number() }),
  acted: count,
  resizedFrom: text.optional(),
  deleting: z.boolean(),
  groupId: text.optional(),
  due: due.optional(),
  also: z.array(due),
  losing: z.object({ at: anyInstant, prefixes: z.array(text) }).optional(),
});
const limit = z.number().min(0).optional();

export const computeShape = shapeOf<ComputeSnapshot>()({
  made: count,
  servers: z.array(server),
  departed: z.array(z.object({ goneAt: instant, look: shapeOf<Omit<ServerLook, 'links'>>()(look) })),
  addresses: shapeOf<AddressesSnapshot>()({ taken: count, free: z.array(text) }),
  quota: shapeOf<Quota>()({ cores: limit, instances: limit, ram: limit }),
});

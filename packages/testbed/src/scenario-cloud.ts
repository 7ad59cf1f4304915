import { identitySchema, type PaceName, paces } from '@lutra/simulator';
import { durationSchema, nodesPerLoadBalancer } from '@lutra/simulator/truth';
import { z } from 'zod';

/** An id, or a name that is one: text, or a whole number. */
export const idSchema = z.union([z.string().min(1), z.int()]).transform(String);
export const portSchema = z.int().min(1).max(65_535);

/** What an account may take; null = as much as it likes. */
const resource = z.int().min(0).nullable();
export const quotaSchema = z.strictObject({ instances: resource.optional(), cores: resource.optional(), ram: resource.optional() });

const loadBalancer = z.preprocess(
  (value) => (typeof value === 'object' ? value : { id: value }),
  z.strictObject({
    id: idSchema,
    healthMonitor: z.boolean().default(false),
    nodeLimit: z.int().min(0).default(nodesPerLoadBalancer),
    /** Nodes tell their connections: so many each, the last gone so long after draining began. Absent: they do not tell. */
    connections: z.strictObject({ each: z.int().min(0), gone: durationSchema }).optional(),
    /** `withheld`: nodes do not say since when they have been DRAINING, as in the real API. */
    drainStart: z.enum(['told', 'withheld']).default('told'),
    /** Nodes of the tenant's own: nobody's servers. */
    nodes: z.array(z.strictObject({ address: z.ipv4(), port: portSchema })).default([]),
  }),
);
const tenant = z.strictObject({
  loadBalancers: z.array(loadBalancer).default([]),
  /** Names of servers of the tenant's own. */
  servers: z.array(z.string().min(1)).default([]),
  /** RackConnect v3 pools. */
  pools: z.array(z.string().min(1)).default([]),
  quota: quotaSchema.default({}),
});

/** The cloud of a scenario: how fast it is, and what its tenants have of their own. */
export const cloudSchema = z.strictObject({
  pace: z.enum(Object.keys(paces) as [PaceName, ...PaceName[]]).default('realistic'),
  /** Whether the cloud tells of itself that a server changed; the real one does not, and what happens is found by looking. */
  hints: z.boolean().default(true),
  tenants: z.record(z.string(), tenant.prefault({})).default({}),
  /** Who there is; absent: the documented default. */
  identity: identitySchema.optional(),
});

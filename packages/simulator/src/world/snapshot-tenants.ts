/** What a snapshot holds of a tenant besides its servers. */
import { z } from 'zod';
import type { BelongingsSnapshot } from './belongings.ts';
import type { FeedEntry, LoadBalancerAbout, LoadBalancerSettings, NodeRecord } from './load-balancer-record.ts';
import type { LoadBalancersSnapshot, SavedLoadBalancer } from './load-balancers-snapshot.ts';
import type { ImageRecord, Keypair, NetworkRecord } from './nova-calls.ts';
import type { PublishedEvent } from './pool-calls.ts';
import type { PoolsSnapshot } from './pools.ts';
import { anyInstant, anyObject, count, instant, shapeOf, span, text, texts } from './snapshot-parts.ts';
import { computeShape } from './snapshot-servers.ts';
import type { TenantSnapshot } from './tenant.ts';

const node = shapeOf<NodeRecord>()({
  id: text,
  loadBalancerId: text,
  address: text,
  port: z.number(),
  weight: z.number(),
  condition: text,
  status: text,
  type: text,
  drainingSince: instant.optional(),
  served: z.boolean(),
  fate: z.object({ online: z.union([span, z.literal('never')]).optional(), flaps: span.optional() }),
});
const about = shapeOf<LoadBalancerAbout>()({
  name: text,
  protocol: text,
  port: z.number(),
  algorithm: text,
  virtualIps: z.array(z.object({ id: z.number(), address: text, type: text })),
  createdAt: instant,
  metadata: texts,
});
const settings = shapeOf<LoadBalancerSettings>()({
  healthMonitor: z.boolean(),
  nodeLimit: z.number(),
  connections: z.object({ each: z.number(), gone: span }).optional(),
  tellsDrainStart: z.boolean(),
});
const loadBalancer = shapeOf<SavedLoadBalancer>()({
  id: text,
  about,
  updatedAt: instant,
  monitor: anyObject.optional(),
  feed: z.array(shapeOf<FeedEntry>()({ at: instant, nodeId: text.optional(), summary: text })),
  settings,
  nodes: z.array(node),
  lockedUntil: anyInstant,
  forced: z.object({ status: text, since: instant, until: anyInstant }).optional(),
  deletion: z.object({ asked: instant, done: instant }).optional(),
  probes: z.array(z.tuple([text, anyInstant])),
  added: count,
  writes: count,
});

type SavedPool = PoolsSnapshot['pools'][number];
const pool = shapeOf<SavedPool>()({
  id: text,
  name: text,
  virtualIp: text,
  networkId: text.optional(),
  status: text,
  nodes: z.array(
    shapeOf<SavedPool['nodes'][number]>()({
      id: text,
      serverId: text,
      createdAt: instant,
      readyAt: instant,
      leftAt: instant.optional(),
      goneAt: anyInstant.optional(),
    }),
  ),
  added: count,
});

const image = shapeOf<ImageRecord>()({
  id: text,
  name: text,
  status: text,
  minDisk: z.number(),
  minRam: z.number(),
  createdAt: instant,
  server: text.optional(),
});
const belongings = shapeOf<BelongingsSnapshot>()({
  keypairs: z.array(shapeOf<Keypair>()({ name: text, publicKey: text, fingerprint: text })),
  networks: z.array(shapeOf<NetworkRecord>()({ id: text, label: text, cidr: text.nullable() })),
  images: z.array(image),
  made: count,
});
const published = shapeOf<PublishedEvent>()({ id: text, at: instant, entry: z.object({ content: anyObject }) });

export const tenantShape = shapeOf<TenantSnapshot>()({
  id: text,
  compute: computeShape,
  loadBalancers: shapeOf<LoadBalancersSnapshot>()({ made: count, records: z.array(loadBalancer) }),
  pools: shapeOf<PoolsSnapshot>()({ furnished: z.boolean(), pools: z.array(pool) }),
  belongings,
  feeds: z.array(z.tuple([text, z.array(published)])),
});

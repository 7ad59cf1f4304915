/** A whole snapshot, and its shape. */
import type { EpochMs } from '@lutra/core';
import { z } from 'zod';
import { inWords } from '../complaints.ts';
import { faultRuleSchema } from '../faults/fault-rule.ts';
import type { FaultRulesSnapshot } from '../faults/fault-rules.ts';
import type { EndpointTemplate, ExternalService, ExternalSnapshot } from '../identity/external-services.ts';
import type { IdentitySnapshot } from '../identity/identity.ts';
import { type BehavioursSnapshot, behaviourEvents } from './behaviours.ts';
import type { CarriedSnapshot } from './call-carrier.ts';
import type { Pace } from './pace.ts';
import { anyInstant, anyObject, count, counted, instant, shapeOf, span, text } from './snapshot-parts.ts';
import { tenantShape } from './snapshot-tenants.ts';
import type { TenantSnapshot } from './tenant.ts';

/** A world at one time. */
export interface WorldSnapshot extends CarriedSnapshot {
  readonly version: number;
  readonly now: EpochMs;
  readonly tenants: readonly TenantSnapshot[];
  readonly identity: IdentitySnapshot;
  readonly pace: Pace;
  readonly faults: FaultRulesSnapshot;
  readonly behaviours: BehavioursSnapshot;
}

const distribution = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('fixed'), duration: span }),
  z.object({ kind: z.literal('uniform'), least: span, most: span }),
  z.object({ kind: z.literal('lognormal'), median: span, sigma: z.number().min(0).max(10), least: span, most: span }),
]);
const pace = shapeOf<Pace>()({
  latency: distribution,
  build: distribution,
  delete: distribution,
  lock: distribution,
  probe: distribution.optional(),
  transition: distribution.optional(),
  pool: distribution.optional(),
  tokenLag: distribution.optional(),
  feedLag: distribution.optional(),
});

const external = shapeOf<ExternalSnapshot>()({
  made: count,
  services: z.array(shapeOf<ExternalService>()({ id: text, name: text, type: text, description: text })),
  templates: z.array(
    shapeOf<EndpointTemplate>()({
      id: text,
      serviceId: text,
      region: text,
      publicURL: text,
      internalURL: text,
      adminURL: text,
      global: z.boolean(),
      enabled: z.boolean(),
    }),
  ),
  endpoints: z.array(z.tuple([text, z.array(text)])),
});
const identity = shapeOf<IdentitySnapshot>()({
  checks: z.boolean(),
  autoCreate: z.boolean(),
  services: z.array(z.tuple([text, z.array(text)])),
  users: z.array(
    shapeOf<IdentitySnapshot['users'][number]>()({
      id: text,
      name: text,
      password: text,
      apiKey: text.optional(),
      tenantId: text,
      roles: z.array(text),
    }),
  ),
  tokens: z.array(
    shapeOf<IdentitySnapshot['tokens'][number]>()({
      id: text,
      user: text,
      tenantId: text,
      method: text,
      issuedAt: instant,
      knownFrom: anyInstant,
      expiresAt: instant,
    }),
  ),
  issued: counted,
  external,
});

const faults = shapeOf<FaultRulesSnapshot>()({
  start: anyInstant,
  rules: z.array(
    z.object({
      rule: faultRuleSchema,
      counts: z.array(z.tuple([text, z.object({ matched: count, met: count, hits: count })])),
      memories: z.array(counted),
    }),
  ),
});
const behaviours = shapeOf<BehavioursSnapshot>()({
  made: counted,
  registered: z.array(
    shapeOf<BehavioursSnapshot['registered'][number]>()({
      id: text,
      event: z.enum(behaviourEvents),
      tenantId: text.optional(),
      criteria: z.array(z.tuple([text, z.unknown()])),
      sequence: z.array(z.object({ name: text, parameters: anyObject })).min(1),
      used: count,
    }),
  ),
});

/** Of snapshots; another one cannot be read. */
export const snapshotVersion = 2;
const snapshotShape = shapeOf<WorldSnapshot>()({
  version: z.number(),
  now: instant,
  tenants: z.array(tenantShape),
  identity,
  calls: count,
  counts: counted,
  pace,
  faults,
  behaviours,
});

/**
 * Throws an Error that says that the version is another one, or names the first key with a wrong value. A world that went on from such a snapshot would fail at later calls, and
 * would write the snapshot into its file.
 */
export function checkSnapshot(snapshot: Pick<WorldSnapshot, 'version'>): void {
  if (snapshot.version !== snapshotVersion)
    throw new Error(`This is no snapshot of a simulated cloud that this version can read (${snapshot.version}).`);
  const result = snapshotShape.safeParse(snapshot, { error: inWords });
  if (result.success) return;
  const [first] = result.error.issues;
  throw new Error(`${first?.path.join('.')}: ${first?.message}`);
}

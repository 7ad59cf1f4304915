/** What answers look like, for the API's description. The types of what is really shown are in `representations.ts`. */
import { z } from 'zod';
import { describedAsSent } from '../schemas/fields.ts';
import { groupConfiguration } from '../schemas/group.ts';
import { launchConfiguration } from '../schemas/launch-configuration.ts';

const sentAs = (schema: z.ZodType) => z.unknown().meta(describedAsSent(schema));

const link = z.strictObject({ href: z.string(), rel: z.string() });
const links = z.array(link);
const metadata = z.record(z.string(), z.string());

const state = z.strictObject({
  name: z.string(),
  paused: z.boolean(),
  status: z.enum(['ACTIVE', 'ERROR']),
  errors: z
    .array(z.strictObject({ message: z.string() }))
    .optional()
    .meta({ description: 'Only while the status is ERROR.' }),
  active: z.array(z.strictObject({ id: z.string(), links: z.array(z.unknown()) })).meta({ description: 'Servers in service.' }),
  activeCapacity: z.int().min(0),
  pendingCapacity: z.int().min(0).meta({ description: 'Desired, but not yet active.' }),
  desiredCapacity: z.int().min(0),
});

const webhook = z.strictObject({
  id: z.string(),
  name: z.string(),
  metadata,
  links: links.meta({ description: 'self, and capability: the URL that executes the policy without a token.' }),
});

const policyFields = {
  id: z.string(),
  links,
  name: z.string(),
  type: z.enum(['webhook', 'schedule']),
  cooldown: z.number(),
  change: z.number().optional(),
  changePercent: z.number().optional(),
  desiredCapacity: z.number().optional(),
  args: z.strictObject({ at: z.string().optional(), cron: z.string().optional() }).optional(),
};
const policy = z.strictObject(policyFields);
const policyInManifest = z.strictObject({
  ...policyFields,
  webhooks: z.array(webhook).optional().meta({ description: 'Only when the query asks for webhooks.' }),
  webhooks_links: links.optional(),
});

const groupInList = z.strictObject({ id: z.string(), links, state });
const group = z.strictObject({
  id: z.string(),
  links,
  groupConfiguration: sentAs(groupConfiguration),
  launchConfiguration: sentAs(launchConfiguration),
  scalingPolicies: z.array(policyInManifest),
  scalingPolicies_links: links,
  state,
});

const limit = z.strictObject({
  verb: z.literal('ALL'),
  unit: z.enum(['SECOND', 'MINUTE', 'HOUR', 'DAY']),
  value: z.int(),
  remaining: z.int(),
  'next-available': z.string(),
});
const rate = z.strictObject({ uri: z.string(), regex: z.string(), limit: z.array(limit) });

const check = z.strictObject({ healthy: z.boolean(), details: z.record(z.string(), z.unknown()) });

const said = {
  since: z.string().nullable().meta({ format: 'date-time', description: 'Null while it is not set.' }),
  by: z.string().nullable().meta({ description: 'The user; null when its token names nobody, or while it is not set.' }),
  reason: z.string().nullable(),
};
const observedTenant = z.strictObject({ tenantId: z.string(), ...said });

/** By the names that the description gives them. */
export const answers = {
  Error: z.strictObject({
    error: z.strictObject({
      type: z.string().meta({ description: 'What went wrong; one of the types listed with the status.' }),
      code: z.int().meta({ description: 'The status.' }),
      message: z.string().meta({ description: 'For people.' }),
      details: z.string(),
    }),
  }),
  GroupList: z.strictObject({ groups: z.array(groupInList), groups_links: links }),
  Group: z.strictObject({ group }),
  GroupState: z.strictObject({ group: state }),
  GroupConfigurationShown: z.strictObject({ groupConfiguration: sentAs(groupConfiguration) }),
  LaunchConfigurationShown: z.strictObject({ launchConfiguration: sentAs(launchConfiguration) }),
  PolicyList: z.strictObject({ policies: z.array(policy), policies_links: links }),
  PoliciesMade: z.strictObject({ policies: z.array(policy) }),
  Policy: z.strictObject({ policy }),
  WebhookList: z.strictObject({ webhooks: z.array(webhook), webhooks_links: links }),
  WebhooksMade: z.strictObject({ webhooks: z.array(webhook) }),
  Webhook: z.strictObject({ webhook }),
  Nothing: z.strictObject({}),
  Limits: z.strictObject({
    limits: z.strictObject({
      rate: z.array(rate).meta({ description: 'The rates that are enforced; empty when there are none.' }),
      absolute: z.strictObject({
        maxGroups: z.int(),
        maxPoliciesPerGroup: z.int(),
        maxWebhooksPerPolicy: z.int(),
        maxBytesPerGroup: z.int().meta({ description: 'Bytes of JSON: configurations, policies and webhooks of a group together.' }),
        maxWebhookMetadataBytesPerPolicy: z
          .int()
          .meta({ description: 'Bytes of JSON: the metadata of all webhooks of a policy together.' }),
      }),
    }),
  }),
  Stop: z.strictObject({ stop: z.strictObject({ stopped: z.boolean(), ...said }) }),
  ObserveOnlyList: z.strictObject({
    tenants: z.array(observedTenant),
    groups: z.array(observedTenant.extend({ groupId: z.string() })),
  }),
  ObserveOnly: z.strictObject({ observeOnly: z.boolean(), ...said }),
  Health: z.object({
    healthy: z.boolean(),
    store: check.optional(),
    engine: check.optional(),
    writes: z
      .strictObject({
        stopped: z
          .boolean()
          .nullable()
          .meta({ description: 'Whether operators have stopped all hosts; null when the store did not tell.' }),
        since: z.string().nullable(),
        observeOnly: z.boolean().meta({ description: 'Whether this host is only to observe.' }),
      })
      .optional(),
    stopping: z.boolean().optional(),
  }),
} as const;

export type AnswerName = keyof typeof answers;

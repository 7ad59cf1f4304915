import { milliseconds } from '@lutra/core';
import { faultRuleSchema } from '@lutra/simulator';
import { deaths, durationSchema, serviceNames } from '@lutra/simulator/truth';
import { z } from 'zod';
import { idSchema as id, portSchema, quotaSchema } from './scenario-cloud.ts';
import { errorTextsSchema, statusSchema } from './scenario-expectations.ts';

const at = durationSchema;
const group = z.string().min(1);
/** How many of those there are: a number, or a part of them (rounded, at least one). */
const howMany = { count: z.int().min(1).optional(), fraction: z.number().gt(0).max(1).optional() };
const onlyOne = ({ count, fraction }: { readonly count?: number | undefined; readonly fraction?: number | undefined }): boolean =>
  (count === undefined) !== (fraction === undefined);
const atMostOne = ({ count, fraction }: { readonly count?: number | undefined; readonly fraction?: number | undefined }): boolean =>
  count === undefined || fraction === undefined;
const sayHowMany = { error: 'say how many by either count or fraction' };
/** A name for the servers that are chosen, for expectations. */
const as = z.string().min(1).optional();
const onLoadBalancer = { at, tenant: id, loadBalancer: id };

const death = z.enum(deaths);

/** One thing that happens in a scenario: by somebody behind the autoscaler's back, as a command to it, or a look at how things are. */
export const timelineEntrySchema = z.discriminatedUnion('do', [
  /** Servers die: of one group, or of all groups. `how` is taken in turn. */
  z
    .strictObject({
      at,
      do: z.literal('kill-servers'),
      group: group.optional(),
      ...howMany,
      how: z.union([death.transform((how) => [how]), z.array(death).min(1)]).default(['error']),
    })
    .refine(onlyOne, sayHowMany)
    .describe('servers go to ERROR or SHUTOFF, are deleted, or vanish; `how` is taken in turn'),
  /** Somebody removes the metadata by which servers are the group's. */
  z
    .strictObject({ at, do: z.literal('disown-servers'), group, ...howMany, as })
    .refine(onlyOne, sayHowMany)
    .describe("somebody removes the metadata by which servers are a group's"),
  /** Nothing happens; the servers (all that the group has) get a name. */
  z
    .strictObject({ at, do: z.literal('watch-servers'), group: group.optional(), ...howMany, as: z.string().min(1) })
    .refine(atMostOne, sayHowMany),
  /** Somebody removes nodes of a group's servers from a load balancer. */
  z
    .strictObject({ ...onLoadBalancer, do: z.literal('remove-nodes'), ...howMany })
    .refine(onlyOne, sayHowMany)
    .describe("somebody removes nodes of groups' servers from a load balancer"),
  /** DELETED, after having been PENDING_DELETE for so long. */
  z
    .strictObject({ ...onLoadBalancer, do: z.literal('delete-load-balancer'), pendingFor: durationSchema.default(milliseconds(0)) })
    .describe('the load balancer is PENDING_DELETE for so long, then DELETED'),
  /** The load balancer is in this status for so long, and takes no writes. */
  z
    .strictObject({
      ...onLoadBalancer,
      do: z.literal('break-load-balancer'),
      status: z.enum(['ERROR', 'SUSPENDED', 'BUILD', 'PENDING_UPDATE']).default('ERROR'),
      for: durationSchema,
    })
    .describe('the load balancer is in this status for so long, and takes no writes'),
  z
    .strictObject({ ...onLoadBalancer, do: z.literal('set-health-monitor'), on: z.boolean() })
    .describe('the user turns the health monitor on or off'),
  z
    .strictObject({ ...onLoadBalancer, do: z.literal('set-node-limit'), nodes: z.int().min(0) })
    .describe('the provider changes how many nodes the load balancer takes'),
  z
    .strictObject({ at, do: z.literal('set-quota'), tenant: id, ...quotaSchema.shape })
    .describe('the provider changes what the account may take; null: as much as it likes'),
  z
    .strictObject({ at, do: z.literal('move-nodes'), tenant: id, loadBalancer: id, to: id, ...howMany })
    .refine(onlyOne, sayHowMany)
    .describe("somebody moves nodes of groups' servers to another load balancer"),
  z
    .strictObject({
      at,
      do: z.literal('edit-nodes'),
      tenant: id,
      loadBalancer: id,
      ...howMany,
      condition: z.enum(['ENABLED', 'DISABLED', 'DRAINING']).optional(),
      weight: z.int().min(1).max(100).optional(),
      type: z.enum(['PRIMARY', 'SECONDARY']).optional(),
    })
    .refine(onlyOne, sayHowMany)
    .describe("somebody edits nodes of groups' servers by hand"),
  z
    .strictObject({
      at,
      do: z.literal('set-server-status'),
      group: group.optional(),
      ...howMany,
      status: z
        .string()
        .min(1)
        .refine((status) => status !== 'ACTIVE', { error: 'must be another one than ACTIVE: a server is ACTIVE once it is built' }),
      for: durationSchema.optional(),
    })
    .refine(onlyOne, sayHowMany)
    .describe('servers go to a Nova status, known or not; with `for` they come back to the status that they had'),
  z
    .strictObject({ at, do: z.literal('rename-servers'), group: group.optional(), ...howMany, name: z.string().min(1) })
    .refine(onlyOne, sayHowMany)
    .describe('somebody gives servers another name'),
  z
    .strictObject({ at, do: z.literal('resize-servers'), group: group.optional(), ...howMany, flavor: z.string().min(1) })
    .refine(onlyOne, sayHowMany)
    .describe('somebody gives servers another flavor'),
  z
    .strictObject({ at, do: z.literal('readdress-servers'), group: group.optional(), ...howMany })
    .refine(onlyOne, sayHowMany)
    .describe('servers come back with another ServiceNet address: their ports were made again'),
  z
    .strictObject({
      at,
      do: z.literal('create-foreign-server'),
      tenant: id,
      name: z.string().min(1),
      sameAddress: z.boolean().default(false),
      nodes: z.array(z.strictObject({ loadBalancer: id, port: portSchema })).default([]),
    })
    .describe(
      "the tenant makes a server of his own; with `sameAddress` it gets the address that was given back last, such as a dead server's; once it is up, he puts it on load balancers as `nodes` says",
    ),
  z
    .strictObject({ at, do: z.literal('region-outage'), services: z.array(z.enum(serviceNames)).min(1).optional(), for: durationSchema })
    .describe('nobody can connect to these services, or to any, for so long'),
  z
    .strictObject({
      at,
      do: z.literal('skew-clock'),
      services: z
        .array(z.enum(['nova', 'clb']))
        .min(1)
        .default(['nova', 'clb']),
      seconds: z.number().min(-3600).max(3600),
    })
    .describe('from now on the clocks of these services are so far ahead; negative: behind'),
  z
    .strictObject({ at, do: z.literal('suspend-tenant'), tenant: id })
    .describe("the tenant's account is suspended: its services are out of reach"),
  z.strictObject({ at, do: z.literal('resume-tenant'), tenant: id }).describe('the account is as it was before'),
  z
    .strictObject({ at, do: z.literal('restart-provider') })
    .describe('the cloud restarts: calls in flight break off, done or not; locks stay'),
  z
    .strictObject({ at, do: z.literal('add-faults'), faults: z.array(faultRuleSchema).min(1) })
    .describe('fault rules are added, as a control call would'),
  z.strictObject({ at, do: z.literal('remove-faults'), ids: z.array(z.string()).min(1) }).describe('fault rules are removed'),
  z.strictObject({ at, do: z.literal('execute-policy'), group, policy: z.string().min(1) }),
  /** Executes a policy made for the purpose. */
  z.strictObject({ at, do: z.literal('set-desired'), group, desired: z.int().min(0) }),
  z.strictObject({ at, do: z.literal('pause'), group }),
  z.strictObject({ at, do: z.literal('resume'), group }),
  z.strictObject({ at, do: z.literal('converge'), group }),
  /** The tenant takes servers out of the group by command. */
  z.strictObject({
    at,
    do: z.literal('remove-servers'),
    group,
    count: z.int().min(1),
    replace: z.boolean().default(true),
    purge: z.boolean().default(true),
    as,
  }),
  z.strictObject({ at, do: z.literal('delete-group'), group, force: z.boolean().default(true) }),
  /** How things are at this moment: what is given must hold. */
  z.strictObject({
    at,
    do: z.literal('expect'),
    group,
    /** As the group's state says. */
    status: statusSchema.optional(),
    errors: errorTextsSchema.optional(),
    desired: z.int().min(0).optional(),
    active: z.int().min(0).optional(),
    /** In truth: the group's servers that are not being deleted, and whether it is converged. */
    servers: z.int().min(0).optional(),
    converged: z.boolean().optional(),
  }),
]);

/** One thing that happens, with its defaults filled in. */
export type TimelineEntry = z.output<typeof timelineEntrySchema>;

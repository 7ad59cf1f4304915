import { milliseconds } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { idSchema as id, quotaSchema } from './scenario-cloud.ts';
import { errorTextsSchema, statusSchema } from './scenario-expectations.ts';
import { deaths } from './world/outside.ts';

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
    .refine(onlyOne, sayHowMany),
  /** Somebody removes the metadata by which servers are the group's. */
  z.strictObject({ at, do: z.literal('disown-servers'), group, ...howMany, as }).refine(onlyOne, sayHowMany),
  /** Nothing happens; the servers (all that the group has) get a name. */
  z
    .strictObject({ at, do: z.literal('watch-servers'), group: group.optional(), ...howMany, as: z.string().min(1) })
    .refine(atMostOne, sayHowMany),
  /** Somebody removes nodes of a group's servers from a load balancer. */
  z.strictObject({ ...onLoadBalancer, do: z.literal('remove-nodes'), ...howMany }).refine(onlyOne, sayHowMany),
  /** DELETED, after having been PENDING_DELETE for so long. */
  z.strictObject({ ...onLoadBalancer, do: z.literal('delete-load-balancer'), pendingFor: durationSchema.default(milliseconds(0)) }),
  /** The load balancer is in this status for so long, and takes no writes. */
  z.strictObject({
    ...onLoadBalancer,
    do: z.literal('break-load-balancer'),
    status: z.enum(['ERROR', 'SUSPENDED', 'BUILD', 'PENDING_UPDATE']).default('ERROR'),
    for: durationSchema,
  }),
  z.strictObject({ ...onLoadBalancer, do: z.literal('set-health-monitor'), on: z.boolean() }),
  z.strictObject({ ...onLoadBalancer, do: z.literal('set-node-limit'), nodes: z.int().min(0) }),
  z.strictObject({ at, do: z.literal('set-quota'), tenant: id, ...quotaSchema.shape }),
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

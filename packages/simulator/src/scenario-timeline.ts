import { z } from 'zod';
import { durationSchema } from './duration.ts';

const at = durationSchema;
const id = z.union([z.string().min(1), z.int()]).transform(String);
const group = z.string().min(1);
/** How many of those there are: a number, or a part of them (rounded, at least one). */
const howMany = { count: z.int().min(1).optional(), fraction: z.number().gt(0).max(1).optional() };
const onlyOne = ({ count, fraction }: { readonly count?: number | undefined; readonly fraction?: number | undefined }): boolean =>
  (count === undefined) !== (fraction === undefined);
const sayHowMany = { error: 'say how many by either count or fraction' };

const deaths = z.enum(['error', 'vanish']);

/** One thing that happens in a scenario: by somebody behind the autoscaler's back, or as a command to it. */
export const timelineEntrySchema = z.discriminatedUnion('do', [
  /** Servers die: of one group, or of all groups. `how` is taken in turn. */
  z
    .strictObject({
      at,
      do: z.literal('kill-servers'),
      group: group.optional(),
      ...howMany,
      how: z.union([deaths.transform((how) => [how]), z.array(deaths).min(1)]).default(['error']),
    })
    .refine(onlyOne, sayHowMany),
  /** Somebody removes the metadata by which servers are the group's. */
  z.strictObject({ at, do: z.literal('disown-servers'), group, ...howMany }).refine(onlyOne, sayHowMany),
  /** Somebody removes nodes of a group's servers from a load balancer. */
  z.strictObject({ at, do: z.literal('remove-nodes'), tenant: id, loadBalancer: id, ...howMany }).refine(onlyOne, sayHowMany),
  z.strictObject({ at, do: z.literal('delete-load-balancer'), tenant: id, loadBalancer: id }),
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
  }),
  z.strictObject({ at, do: z.literal('delete-group'), group, force: z.boolean().default(true) }),
]);

/** One thing that happens, with its defaults filled in. */
export type TimelineEntry = z.output<typeof timelineEntrySchema>;

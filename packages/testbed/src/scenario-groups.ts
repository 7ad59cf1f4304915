import { checkCron, type JsonObject, parseInstant } from '@lutra/core';
import { parseDuration } from '@lutra/simulator';
import { durationSchema } from '@lutra/simulator/truth';
import { z } from 'zod';
import { idSchema, portSchema } from './scenario-cloud.ts';

const capacity = z.int().min(0).max(1000);
const count = (values: readonly unknown[]): number => values.filter((value) => value !== undefined).length;

const at = z.string().refine((text) => parseInstant(text) !== undefined || parseDuration(text) !== undefined, {
  error: 'expected a time from the start such as 10m, or an instant such as 2026-01-01T00:10:00Z',
});
const cron = z.string().superRefine((text, context) => {
  const problem = checkCron(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});
const policy = z
  .strictObject({
    name: z.string().min(1),
    change: z.number().optional(),
    changePercent: z.number().optional(),
    desiredCapacity: capacity.optional(),
    /** Seconds. */
    cooldown: z.number().min(0).default(0),
    at: at.optional(),
    cron: cron.optional(),
  })
  .refine(({ change, changePercent, desiredCapacity }) => count([change, changePercent, desiredCapacity]) === 1, {
    error: 'a policy has exactly one of change, changePercent and desiredCapacity',
  })
  .refine((given) => count([given.at, given.cron]) <= 1, { error: 'a policy is scheduled by at or by cron, not by both' });

const launch = z.strictObject({
  name: z.string().optional(),
  image: z.string().default('7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8'),
  flavor: z.string().default('performance1-1'),
  /** `id` may be a list: copies of the group take them in turn. */
  loadBalancers: z.array(z.strictObject({ id: z.union([idSchema, z.array(idSchema).min(1)]), port: portSchema })).default([]),
  /** RackConnect v3 pools. */
  pools: z.array(z.string().min(1)).default([]),
  drainingTimeout: durationSchema.optional(),
});

const written = z
  .strictObject({
    name: z.string().min(1),
    tenant: idSchema,
    desired: capacity,
    min: capacity.default(0),
    max: capacity.default(1000),
    cooldown: z.number().min(0).default(0),
    /** Of the group's configuration; `lutra:healing` in it sets brake and budget. */
    metadata: z.record(z.string(), z.json()).default({}),
    launch: launch.prefault({}),
    policies: z.array(policy).default([]),
    /** As many groups like this: `name-1`, `name-2`, ...; where a group is named, `name` means all of them. */
    copies: z.int().min(1).max(1000).optional(),
  })
  .refine(({ desired, min, max }) => min <= desired && desired <= max, { path: ['desired'], error: 'desired must lie within min and max' });
type Written = z.output<typeof written>;

/** One group of a scenario. */
export interface ScenarioGroup extends Omit<Written, 'launch' | 'copies' | 'metadata'> {
  /** What a scenario may call it besides its name: all copies of a group together. */
  readonly family: string;
  readonly metadata: JsonObject;
  readonly launch: Omit<Written['launch'], 'loadBalancers'> & {
    readonly loadBalancers: readonly { readonly id: string; readonly port: number }[];
  };
}

/** The groups of a scenario, copies written out. */
export const groupsSchema = z
  .array(written)
  .min(1)
  .superRefine((groups, context) => {
    const names = new Set<string>();
    groups.forEach((group, index) => {
      for (const name of new Set([group.name, ...namesOf(group)])) {
        if (names.has(name)) context.addIssue({ code: 'custom', path: [index, 'name'], message: `there are two groups called ${name}` });
        names.add(name);
      }
    });
  })
  .transform((groups): readonly ScenarioGroup[] => groups.flatMap(copiesOf));

const namesOf = ({ name, copies }: Written): readonly string[] =>
  copies === undefined ? [name] : Array.from({ length: copies }, (_, index) => `${name}-${index + 1}`);

function copiesOf(group: Written): readonly ScenarioGroup[] {
  const { copies: _, ...rest } = group;
  return namesOf(group).map((name, index) => {
    const loadBalancers = group.launch.loadBalancers.map(({ id, port }) => ({
      id: typeof id === 'string' ? id : (id[index % id.length] ?? ''),
      port,
    }));
    return { ...rest, name, family: group.name, metadata: rest.metadata as JsonObject, launch: { ...group.launch, loadBalancers } };
  });
}

import { defaultOptions, type Options } from '@lutra/core';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { faultRuleSchema } from './faults/fault-rule.ts';
import { timelineEntrySchema } from './scenario-timeline.ts';
import { type PaceName, paces } from './world/pace.ts';

const id = z.union([z.string().min(1), z.int()]).transform(String);
const capacity = z.int().min(0).max(1000);
const port = z.int().min(1).max(65_535);

const loadBalancer = z.union([
  id.transform((value) => ({ id: value, healthMonitor: false, nodes: [] })),
  z.strictObject({
    id,
    healthMonitor: z.boolean().default(false),
    /** Nodes of the tenant's own: nobody's servers. */
    nodes: z.array(z.strictObject({ address: z.ipv4(), port })).default([]),
  }),
]);
const tenant = z.strictObject({
  loadBalancers: z.array(loadBalancer).default([]),
  /** Names of servers of the tenant's own. */
  servers: z.array(z.string().min(1)).default([]),
  /** RackConnect v3 pools. */
  pools: z.array(z.string().min(1)).default([]),
});
const cloud = z.strictObject({
  pace: z.enum(Object.keys(paces) as [PaceName, ...PaceName[]]).default('realistic'),
  tenants: z.record(z.string(), tenant.prefault({})).default({}),
});

const policy = z
  .strictObject({
    name: z.string().min(1),
    change: z.number().optional(),
    changePercent: z.number().optional(),
    desiredCapacity: capacity.optional(),
    /** Seconds. */
    cooldown: z.number().min(0).default(0),
    at: z.string().optional(),
    cron: z.string().optional(),
  })
  .refine(({ change, changePercent, desiredCapacity }) => count([change, changePercent, desiredCapacity]) === 1, {
    error: 'a policy has exactly one of change, changePercent and desiredCapacity',
  })
  .refine(({ at, cron }) => count([at, cron]) <= 1, { error: 'a policy is scheduled by at or by cron, not by both' });

const launch = z.strictObject({
  name: z.string().optional(),
  image: z.string().default('7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8'),
  flavor: z.string().default('performance1-1'),
  loadBalancers: z.array(z.strictObject({ id, port })).default([]),
  drainingTimeout: durationSchema.optional(),
});
const group = z
  .strictObject({
    name: z.string().min(1),
    tenant: id,
    desired: capacity,
    min: capacity.default(0),
    max: capacity.default(1000),
    cooldown: z.number().min(0).default(0),
    launch: launch.prefault({}),
    policies: z.array(policy).default([]),
  })
  .refine(({ desired, min, max }) => min <= desired && desired <= max, { path: ['desired'], error: 'desired must lie within min and max' });

/** Options of the engine that a scenario may set: those that are a duration or a number. */
const engine = z.record(z.string(), z.union([z.string(), z.number()])).transform((given, context): Partial<Options> => {
  const options: Record<string, number> = {};
  for (const [name, value] of Object.entries(given)) {
    const fallback: unknown = (defaultOptions as unknown as Record<string, unknown>)[name];
    const parsed = typeof value === 'number' ? value : durationSchema.safeParse(value).data;
    if (typeof fallback !== 'number') context.addIssue({ code: 'custom', path: [name], message: 'no such option of the engine' });
    else if (parsed === undefined)
      context.addIssue({ code: 'custom', path: [name], message: 'expected a duration such as 90s, or the plain number' });
    else options[name] = parsed;
  }
  return options;
});

const expectations = z.strictObject({
  /** From this time on until the end every group is converged, in truth. */
  convergedBy: durationSchema.optional(),
  /** Servers that a group may have above what was desired. */
  maxOvershoot: z.int().min(0).default(0),
  /** Status at the end, by group; ACTIVE unless said otherwise. */
  status: z.record(z.string(), z.enum(['ACTIVE', 'ERROR'])).default({}),
});

/** A scenario file, once its YAML is read. `sim-scenarios/README.md` describes it in words. */
export const scenarioSchema = z
  .strictObject({
    name: z.string().min(1),
    description: z.string().default(''),
    /** Seed of a run that was not given another. */
    seed: z.union([z.string(), z.number()]).transform(String).default('1'),
    duration: durationSchema,
    cloud: cloud.prefault({}),
    engine: engine.default({}),
    groups: z.array(group).min(1),
    timeline: z.array(timelineEntrySchema).default([]),
    faults: z.array(faultRuleSchema).default([]),
    expect: expectations.prefault({}),
  })
  .superRefine(({ groups, timeline, faults, duration, expect }, context) => {
    const complain = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const names = new Set<string>();
    groups.forEach(({ name }, index) => {
      if (names.has(name)) complain(['groups', index, 'name'], `there are two groups called ${name}`);
      names.add(name);
    });
    const rules = new Set<string>();
    faults.forEach((rule, index) => {
      if (rules.has(rule.id)) complain(['faults', index, 'id'], `there are two faults called ${rule.id}`);
      rules.add(rule.id);
    });
    timeline.forEach((entry, index) => {
      if (entry.at > duration) complain(['timeline', index, 'at'], 'is after the end of the scenario');
      if ('group' in entry && entry.group !== undefined && !names.has(entry.group))
        complain(['timeline', index, 'group'], `no group is called ${entry.group}`);
      if (entry.do !== 'execute-policy') return;
      const owner = groups.find(({ name }) => name === entry.group);
      if (!owner?.policies.some(({ name }) => name === entry.policy))
        complain(['timeline', index, 'policy'], `group ${entry.group} has no policy called ${entry.policy}`);
    });
    for (const name of Object.keys(expect.status)) if (!names.has(name)) complain(['expect', 'status', name], `no group is called ${name}`);
    if (expect.convergedBy !== undefined && expect.convergedBy > duration)
      complain(['expect', 'convergedBy'], 'is after the end of the scenario');
  });

/** What is simulated: a cloud, groups in it, what happens to them, and what must come of it. */
export type Scenario = z.output<typeof scenarioSchema>;
export type ScenarioGroup = Scenario['groups'][number];

/** A scenario file that says something we cannot do. Every problem names its key. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(`This scenario cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, options);
    this.problems = problems;
  }
}

/** Reads a scenario from YAML (or JSON). Throws a ScenarioError that lists every problem with its key. */
export function parseScenario(text: string): Scenario {
  let raw: unknown;
  try {
    raw = parseYaml(text);
  } catch (error) {
    throw new ScenarioError([error instanceof Error ? error.message : String(error)], { cause: error });
  }
  const result = scenarioSchema.safeParse(raw);
  if (result.success) return result.data;
  throw new ScenarioError(result.error.issues.map(({ path, message }) => `${keyOf(path)}: ${message}`));
}

/** `groups[0].launch.loadBalancers[1].port` */
const keyOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (key, part) => (typeof part === 'number' ? `${key}[${part}]` : key === '' ? String(part) : `${key}.${String(part)}`),
    '',
  ) || '(the file)';

const count = (values: readonly unknown[]): number => values.filter((value) => value !== undefined).length;

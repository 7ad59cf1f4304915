import { defaultOptions, type Options } from '@lutra/core';
import { faultRuleSchema } from '@lutra/simulator';
import { durationSchema, inWords } from '@lutra/simulator/truth';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { checkersSchema } from './scenario-checkers.ts';
import { cloudSchema } from './scenario-cloud.ts';
import { contradictionsIn } from './scenario-contradictions.ts';
import { expectationsSchema } from './scenario-expectations.ts';
import { groupsSchema } from './scenario-groups.ts';
import { timelineEntrySchema } from './scenario-timeline.ts';

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

/** A scenario file, once its YAML is read. `sim-scenarios/README.md` describes it in words. */
export const scenarioSchema = z
  .strictObject({
    name: z.string().min(1),
    description: z.string().default(''),
    /** Seed of a run that was not given another. */
    seed: z.union([z.string(), z.number()]).transform(String).default('1'),
    duration: durationSchema,
    cloud: cloudSchema.prefault({}),
    engine: engine.default({}),
    groups: groupsSchema,
    timeline: z.array(timelineEntrySchema).default([]),
    faults: z.array(faultRuleSchema).default([]),
    expect: expectationsSchema.prefault({}),
    checkers: checkersSchema,
  })
  .superRefine((scenario, context) => {
    for (const { path, message } of contradictionsIn(scenario)) context.addIssue({ code: 'custom', path: [...path], message });
  });

/** What is simulated: a cloud, groups in it, what happens to them, and what must come of it. */
export type Scenario = z.output<typeof scenarioSchema>;

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
  const result = scenarioSchema.safeParse(raw, { error: inWords });
  if (result.success) return result.data;
  throw new ScenarioError(result.error.issues.map(({ path, message }) => `${keyOf(path)}: ${message}`));
}

/** `groups[0].launch.loadBalancers[1].port` */
const keyOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (key, part) => (typeof part === 'number' ? `${key}[${part}]` : key === '' ? String(part) : `${key}.${String(part)}`),
    '',
  ) || '(the file)';

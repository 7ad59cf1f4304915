import { type Adjustment, checkCron, type EpochMs, LutraError, type PolicyDefinition, parseInstant, type ScheduleArgs } from '@lutra/core';
import { z } from 'zod';
import { complete, describedAsSent, exactInteger, exactNumber, name, strict } from './fields.ts';

/** Every minute of a day listed one by one is shorter than this. */
const longestCron = 1_000;

/** An instant with forty digits of a second is shorter than this. */
const longestAt = 64;

const atRule = `must be an ISO 8601 date and time with seconds, in UTC, such as "2030-01-31T23:30:00Z", of at most ${longestAt} characters`;
const at = z
  .string(atRule)
  .refine((text) => text.length <= longestAt && parseInstant(text) !== undefined, atRule)
  .meta({
    maxLength: longestAt,
    format: 'date-time',
    pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$',
    description: 'UTC, with seconds, later than now.',
  });

const cronRule = `must be a cron expression of five fields and at most ${longestCron} characters`;
const cron = z
  .string(cronRule)
  .superRefine((text, context) => {
    if (text.length > longestCron) return context.addIssue({ code: 'custom', message: cronRule });
    const problem = checkCron(text);
    if (problem !== undefined) context.addIssue(complete(`is not valid: ${problem}`));
  })
  .meta({ maxLength: longestCron, description: 'Five fields: minute, hour, day of month, month, day of week. UTC.' });

const kinds = ['change', 'changePercent', 'desiredCapacity'] as const;

const fields = strict({
  name,
  type: z.enum(['webhook', 'schedule'], 'must be "webhook" or "schedule"'),
  cooldown: exactNumber('must be a number from 0 to 86400 (seconds)', (value) => value >= 0 && value <= 86_400, {
    minimum: 0,
    maximum: 86_400,
  }),
  change: exactInteger('must be an integer other than 0 (servers)', (value) => value !== 0, { not: { const: 0 } }).optional(),
  changePercent: exactNumber('must be a number other than 0 (per cent)', (value) => value !== 0, { not: { const: 0 } }).optional(),
  desiredCapacity: exactInteger('must be an integer of at least 0 (servers)', (value) => value >= 0, { minimum: 0 }).optional(),
  args: strict({ at: at.optional(), cron: cron.optional() }).meta({ minProperties: 1, maxProperties: 1 }).optional(),
});
type SentPolicy = z.output<typeof fields>;

/** A policy as POST groups, POST policies and PUT policy take it (spec/rest.md, section 9.1). */
export const policy = fields
  .superRefine((sent, context) => {
    const refuse = (message: string, path: string[] = []): void => context.addIssue(complete(message, path));
    const given = kinds.filter((kind) => sent[kind] !== undefined);
    if (given.length !== 1) {
      refuse(`must have exactly one of ${kinds.join(', ')}, not ${given.length === 0 ? 'none' : given.join(' and ')}`);
    }
    const { type, args } = sent;
    if (type === 'webhook') {
      if (args !== undefined) refuse('must not be there: a policy of type "webhook" has no args', ['args']);
    } else if (args === undefined) refuse('is missing: a policy of type "schedule" needs {"at": ...} or {"cron": ...}', ['args']);
    else if ((args.at === undefined) === (args.cron === undefined)) refuse('must have exactly one of at and cron', ['args']);
  })
  .transform((sent): PolicyDefinition => {
    const { name, cooldown } = sent;
    const common = { name, cooldown, ...adjustmentOf(sent) };
    return sent.type === 'webhook' ? { ...common, type: 'webhook' } : { ...common, type: 'schedule', args: argsOf(sent) };
  })
  .meta({
    ...describedAsSent(fields),
    oneOf: kinds.map((kind) => ({ required: [kind] })),
    if: { properties: { type: { const: 'schedule' } } },
    // biome-ignore lint/suspicious/noThenProperty: a key of JSON Schema
    then: { required: ['args'] },
    else: { not: { required: ['args'] } },
    description: 'args, with either at or cron, belong to the type schedule and to no other.',
  });

/** Only called for what the rules above let pass: exactly one of the three is there. */
function adjustmentOf({ change, changePercent, desiredCapacity = 0 }: SentPolicy): Adjustment {
  if (change !== undefined) return { change };
  return changePercent !== undefined ? { changePercent } : { desiredCapacity };
}

function argsOf({ args: { at, cron = '' } = {} }: SentPolicy): ScheduleArgs {
  return at !== undefined ? { at } : { cron };
}

const arrayRule = 'must be an array of 1 to 100 policies';
/** Body of POST policies. */
export const newPolicies = z.array(policy, arrayRule).min(1, arrayRule).max(100, arrayRule);

/** The policies, if none is to run in the past: a rule between the body and the clock. */
export function futurePolicies(policies: readonly PolicyDefinition[], now: EpochMs): readonly PolicyDefinition[] {
  for (const definition of policies) {
    if (definition.type !== 'schedule' || !('at' in definition.args)) continue;
    const instant = parseInstant(definition.args.at);
    if (instant === undefined || instant <= now) {
      throw new LutraError(
        'validation-failed',
        `The "at" of policy ${JSON.stringify(definition.name)} must be later than now, not ${JSON.stringify(definition.args.at)}.`,
      );
    }
  }
  return policies;
}

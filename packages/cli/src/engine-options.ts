import { type DurationMs, defaultOptions, type Options, optionPresets } from '@lutra/core';
import { parseDuration } from '@lutra/simulator';
import { z } from 'zod';
import { bytes, span as duration, setting } from './setting.ts';

/** A duration above zero. */
export const positiveDuration = setting<DurationMs>('must be a duration above zero, such as 250ms, 90s, 10m or 1h30m', (value) => {
  const parsed = typeof value === 'string' ? parseDuration(value) : undefined;
  return parsed === 0 ? undefined : parsed;
});
const count = setting('must be an integer of at least 1', (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 ? value : undefined,
);
const quota = setting('must be an integer of at least 0', (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined,
);
const fraction = setting('must be a number from 0 to 1', (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined,
);
const fractionOrNone = setting('must be a number from 0 to 1, or null for none', (value) =>
  value === null || (typeof value === 'number' && value >= 0 && value <= 1) ? value : undefined,
);
const countOrNone = setting('must be an integer of at least 1, or null for none', (value) =>
  value === null || (typeof value === 'number' && Number.isInteger(value) && value >= 1) ? value : undefined,
);
const flag = setting('must be true or false', (value) => (typeof value === 'boolean' ? value : undefined));

/** Every option of the engine, as a configuration file gives it. The compiler sees that none is missing. */
const fields = {
  limits: z
    .strictObject(
      {
        groups: quota,
        policiesPerGroup: quota,
        webhooksPerPolicy: quota,
        bytesPerGroup: bytes,
        webhookMetadataBytesPerPolicy: bytes,
      },
      { error: 'must be a mapping' },
    )
    .partial()
    .transform((given) => ({ ...defaultOptions.limits, ...given }) as Options['limits']),
  loadBalancerMembership: setting('must be exclusive or additive', (value) =>
    value === 'exclusive' || value === 'additive' ? value : undefined,
  ),
  observeOnly: flag,
  verifyLoadBalancers: flag,
  lenientValidation: flag,
  scheduledPoliciesObeyCooldowns: flag,
  idempotencyKeptFor: positiveDuration,
  idempotencyKeys: count,
  maxClockSkew: duration,
  buildTimeout: positiveDuration,
  offlineTimeout: positiveDuration,
  watchAtRest: positiveDuration,
  watchCeiling: positiveDuration,
  watchFloor: positiveDuration,
  recheckJitter: fraction,
  backoffFirst: positiveDuration,
  backoffMost: positiveDuration,
  retryAfterMost: positiveDuration,
  refusedTries: count,
  observationMaxAge: duration,
  largeListing: count,
  largeListingSpacing: duration,
  passDeadline: positiveDuration,
  observeDeadline: positiveDuration,
  callDeadline: positiveDuration,
  storeDeadline: positiveDuration,
  mayConvergeMaxAge: positiveDuration,
  consultDeadline: positiveDuration,
  callsInFlight: count,
  passesInFlight: count,
  passesInFlightPerTenant: count,
  createsPerPass: count,
  otherStepsPerPass: count,
  deletesInFlight: count,
  createVisibility: positiveDuration,
  steadyAfter: positiveDuration,
  unknownStatusGrace: positiveDuration,
  createsPerHour: countOrNone,
  deleteAgainFirst: positiveDuration,
  deleteAgainMost: positiveDuration,
  waitingTimeout: positiveDuration,
  waitingFallback: positiveDuration,
  healing: z
    .strictObject({ maxUnhealthyFraction: fractionOrNone, maxConcurrentReplacements: countOrNone }, { error: 'must be a mapping' })
    .partial()
    .transform((given) => ({ ...defaultOptions.healing, ...given }) as Options['healing']),
  bulkAdd: count,
  bulkRemove: count,
  lockPoll: positiveDuration,
  lockPatience: duration,
  confirmationsPerPass: count,
  selfHealInterval: positiveDuration,
  hintQuiet: duration,
  healSpacing: duration,
  sweepInterval: positiveDuration,
  heartbeatInterval: positiveDuration,
  heartbeatDeadline: positiveDuration,
  hostLease: positiveDuration,
  hostClockSkew: positiveDuration,
  unownedGrace: duration,
  heldAtLeast: duration,
  ailingAfter: positiveDuration,
  ailingSpacing: duration,
  errorsPerGroup: count,
  errorLength: count,
  refusedExecutionInterval: duration,
  passivateAfter: positiveDuration,
  stopGrace: duration,
} satisfies { readonly [K in keyof Options]: z.ZodType<Options[K], unknown> };

const presetNames = Object.keys(optionPresets) as (keyof typeof optionPresets)[];

/** `options` of a configuration file: those given, those of its `preset` if it names one, the defaults for the others. */
export const engineOptionsSchema = z
  .strictObject(
    { ...fields, preset: z.enum(presetNames, { error: `must be one of ${presetNames.join(', ')}` }) },
    { error: 'must be a mapping' },
  )
  .partial()
  .transform(
    ({ preset, ...given }): Options => ({ ...defaultOptions, ...(preset === undefined ? {} : optionPresets[preset]), ...given }) as Options,
  );

/** Options as a configuration file gives them: durations as text. What `engineOptionsSchema` makes of them is the same again. */
export function writeEngineOptions(options: Options): Record<string, unknown> {
  const isDuration = (name: string): boolean => {
    const field: unknown = fields[name as keyof typeof fields];
    return field === duration || field === positiveDuration;
  };
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, isDuration(name) ? durationText(Number(value)) : value]));
}

/** `24h`, `90s`, `250ms`: what a duration is read from, in the largest unit of which it is a whole number. */
export function durationText(span: number): string {
  const [unit, size] = units.find(([, length]) => span > 0 && span % length === 0) ?? (span === 0 ? ['s', 1] : ['ms', 1]);
  return `${span / size}${unit}`;
}
const units = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

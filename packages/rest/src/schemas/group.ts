import { type GroupConfiguration, hasAtMost, LutraError } from '@lutra/core';
import { z } from 'zod';
import { complete, integerFrom, jsonObject, name, strict, withinBytes } from './fields.ts';
import { launchConfiguration } from './launch-configuration.ts';
import { policy } from './policy.ts';

/** Bytes that a group's metadata may take as JSON (decision 7). */
const mostMetadataBytes = 64 * 1024;

/** Any JSON object, to any depth; only its size and the length of its keys are bounded. */
const metadata = withinBytes(
  jsonObject()
    .superRefine((value, context) => {
      for (const key of Object.keys(value)) {
        if (!hasAtMost(key, 256)) context.addIssue(complete('must have keys of at most 256 characters'));
      }
    })
    .meta({ type: 'object', propertyNames: { maxLength: 256 } }),
  mostMetadataBytes,
  'Any JSON object',
);

const fields = {
  name,
  cooldown: integerFrom(0, 86_400, ' (seconds)'),
  minEntities: integerFrom(0, 1_000, ' (servers)'),
  // null passes here, for `boundedConfiguration` to refuse it as no bound; the description has none of it.
  maxEntities: integerFrom(0, 1_000, ' (servers)').nullable().meta({ type: 'integer' }),
  metadata,
};

/** Body of PUT config: everything is required (spec/rest.md, section 7.1). */
export const groupConfiguration = strict(fields).meta({ required: Object.keys(fields) });

const policiesRule = 'must be an array of at most 100 policies';
/** Body of POST groups. */
export const newGroup = strict({
  groupConfiguration: strict({
    ...fields,
    maxEntities: fields.maxEntities.default(1_000),
    metadata: metadata.default({}),
  }),
  launchConfiguration,
  scalingPolicies: z.array(policy, policiesRule).max(100, policiesRule).default([]),
});

/** The configuration with its bounds in order: a rule between two fields, with an error type of its own. */
export function boundedConfiguration(sent: z.output<typeof groupConfiguration>): GroupConfiguration {
  const { maxEntities } = sent;
  if (maxEntities === null || sent.minEntities > maxEntities) {
    throw new LutraError('invalid-min-entities', 'minEntities must be less than or equal to maxEntities');
  }
  return { ...sent, maxEntities };
}

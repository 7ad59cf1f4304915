/**
 * Bounds of what is stored of a group, in bytes of JSON (spec/rest.md, decision 53). Quotas that only count let a tenant fill the memory
 * with a few large bodies, and make a group that no answer can hold.
 */
import { type LutraError, refuse } from '../errors.ts';
import { jsonSizeOf } from '../model/json-size.ts';
import type { Webhook } from '../model/policy.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import type { Options } from '../options.ts';
import type { Command } from './commands.ts';

/** What tenants fill a group with: its configurations, policies and webhooks, as they are stored. */
export function groupSizeOf({ spec, policies, webhooks }: ScalingGroup): number {
  let size = jsonSizeOf(spec.configuration) + jsonSizeOf(spec.launchConfiguration);
  for (const policy of Object.values(policies)) size += jsonSizeOf(policy);
  for (const webhook of Object.values(webhooks)) size += jsonSizeOf(webhook);
  return size;
}

/** The metadata of all webhooks of a policy. */
export function webhookMetadataSizeOf(webhooks: ScalingGroup['webhooks'], policyId: Webhook['policyId']): number {
  let size = 0;
  for (const webhook of Object.values(webhooks)) if (webhook.policyId === policyId) size += jsonSizeOf(webhook.definition.metadata);
  return size;
}

/** The commands after which a group may be larger than before. */
const growing: ReadonlySet<Command['kind']> = new Set([
  'update-configuration',
  'update-launch-configuration',
  'create-policies',
  'update-policy',
  'create-webhooks',
  'update-webhook',
]);

/** Why a command may not make `after` of `before`; undefined when it may. What is over a limit already may shrink: limits can be lowered. */
export function sizeRefusal(
  before: ScalingGroup,
  after: ScalingGroup,
  command: Command,
  limits: Options['limits'],
): LutraError | undefined {
  if (after === before || !growing.has(command.kind)) return undefined;
  if ('policyId' in command && before.webhooks !== after.webhooks) {
    const { policyId } = command;
    const limit = limits.webhookMetadataBytesPerPolicy;
    const size = webhookMetadataSizeOf(after.webhooks, policyId);
    if (size > limit && size > webhookMetadataSizeOf(before.webhooks, policyId)) {
      return refuse.webhookMetadataOverSize(after, policyId, size, limit);
    }
  }
  const size = groupSizeOf(after);
  if (size <= limits.bytesPerGroup || size <= groupSizeOf(before)) return undefined;
  return refuse.groupOverSize(after, size, limits.bytesPerGroup);
}

/** What commands make, from their arguments and the ids and secrets made for them: so a command that is repeated answers the same again. */
import type { Made } from '../model/caller-key.ts';
import type { CapabilityHash, GroupId, PolicyId, TenantId, WebhookId } from '../model/identifiers.ts';
import type { LaunchConfiguration } from '../model/launch-configuration.ts';
import type { Policy, PolicyDefinition, Webhook, WebhookDefinition } from '../model/policy.ts';
import type { GroupConfiguration, ScalingGroup } from '../model/scaling-group.ts';
import { newGroup, newPolicy } from './creating.ts';
import { type GroupManifest, manifestOf } from './views.ts';

interface Asked {
  readonly tenantId: TenantId;
  readonly groupConfiguration: GroupConfiguration;
  readonly launchConfiguration: LaunchConfiguration;
  readonly scalingPolicies: readonly PolicyDefinition[];
}

/** A group as it is when it has just been made, its policies in the order in which they were asked for. The first id is its own. */
export function groupMade(
  { tenantId, groupConfiguration, launchConfiguration, scalingPolicies }: Asked,
  { ids, at }: Made,
): { readonly group: ScalingGroup; readonly manifest: GroupManifest } {
  const policies = policiesMade(scalingPolicies, ids.slice(1));
  const group = newGroup({ tenantId, groupId: ids[0] as GroupId }, groupConfiguration, launchConfiguration, policies, at);
  return { group, manifest: { ...manifestOf(group), policies } };
}

/** In the order in which they were asked for. */
export const policiesMade = (definitions: readonly PolicyDefinition[], ids: Made['ids']): readonly Policy[] =>
  definitions.map((definition, index) => newPolicy(ids[index] as PolicyId, definition));

/** In the order in which they were asked for. */
export const webhooksMade = (
  policyId: PolicyId,
  definitions: readonly WebhookDefinition[],
  { ids, secrets }: Pick<Made, 'ids' | 'secrets'>,
): readonly Webhook[] =>
  definitions.map((definition, index) => ({ id: ids[index] as WebhookId, policyId, definition, hash: secrets[index] as CapabilityHash }));

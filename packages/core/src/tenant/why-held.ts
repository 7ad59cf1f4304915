import { formatInstant } from '../model/instant.ts';
import type { GroupRef } from '../model/scaling-group.ts';
import type { Options } from '../options.ts';
import type { SwitchStore } from '../ports/store.ts';

/**
 * Why nothing may be written for a group, in a sentence for its tenant: so without who set a switch and why, which is for operators. Asked once
 * it is known that nothing may. Rejects as the store does.
 */
export async function whyHeld(ref: GroupRef, { observeOnly }: Pick<Options, 'observeOnly'>, store: SwitchStore): Promise<string> {
  if (observeOnly) return 'nothing is written to the cloud: this host is only to observe';
  const { stopAll, observedTenants, observedGroups } = await store.switches();
  if (stopAll !== null) return `nothing is written to the cloud: an operator has stopped everything since ${formatInstant(stopAll.since)}`;
  const tenant = observedTenants.find(({ tenantId }) => tenantId === ref.tenantId);
  if (tenant !== undefined) return `nothing is written to the cloud: the tenant is only observed since ${formatInstant(tenant.since)}`;
  const group = observedGroups.find(({ tenantId, groupId }) => tenantId === ref.tenantId && groupId === ref.groupId);
  if (group !== undefined) return `nothing is written to the cloud: the group is only observed since ${formatInstant(group.since)}`;
  return 'nothing is written to the cloud for now: the group was paused meanwhile, or just before an operator let it go on';
}

import { groupConfiguration, newGroup } from '../schemas/group.ts';
import { launchConfiguration } from '../schemas/launch-configuration.ts';
import { newPolicies, policy } from '../schemas/policy.ts';
import { observeOnly, stop } from '../schemas/switch.ts';
import { newWebhooks, webhook } from '../schemas/webhook.ts';

/** The bodies of requests, by the names that the description gives them. */
export const bodies = {
  NewGroup: newGroup,
  GroupConfiguration: groupConfiguration,
  LaunchConfiguration: launchConfiguration,
  NewPolicies: newPolicies,
  Policy: policy,
  NewWebhooks: newWebhooks,
  Webhook: webhook,
  Stop: stop,
  ObserveOnly: observeOnly,
} as const;

export type BodyName = keyof typeof bodies;

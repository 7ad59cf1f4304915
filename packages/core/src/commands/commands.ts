import type { CapabilityHash, PolicyId, ServerId, WebhookId } from '../model/identifiers.ts';
import type { LaunchConfiguration } from '../model/launch-configuration.ts';
import type { PolicyDefinition, WebhookDefinition } from '../model/policy.ts';
import type { GroupConfiguration } from '../model/scaling-group.ts';
import type { ServerState } from '../model/server.ts';
import type { EpochMs } from '../model/time.ts';

/** What may be asked of a group that exists. Ids and secrets are made before, so that deciding stays pure. */
export type Command =
  | { readonly kind: 'update-configuration'; readonly configuration: GroupConfiguration }
  | { readonly kind: 'update-launch-configuration'; readonly launch: LaunchConfiguration }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  /** The tenant's account was suspended, or is no longer. */
  | { readonly kind: 'set-suspended'; readonly suspended: boolean }
  | { readonly kind: 'converge' }
  | { readonly kind: 'delete-group'; readonly force: boolean }
  /** The server is one of the group's, in this state: the cloud was asked. */
  | {
      readonly kind: 'remove-server';
      readonly serverId: ServerId;
      readonly state: ServerState;
      readonly replace: boolean;
      readonly purge: boolean;
    }
  | { readonly kind: 'create-policies'; readonly policies: readonly { readonly id: PolicyId; readonly definition: PolicyDefinition }[] }
  | { readonly kind: 'update-policy'; readonly policyId: PolicyId; readonly definition: PolicyDefinition }
  | { readonly kind: 'delete-policy'; readonly policyId: PolicyId }
  | { readonly kind: 'execute-policy'; readonly policyId: PolicyId }
  /** Void unless this very occurrence is still the policy's next. */
  | { readonly kind: 'run-schedule'; readonly policyId: PolicyId; readonly policyVersion: number; readonly occurrence: EpochMs }
  | { readonly kind: 'create-webhooks'; readonly policyId: PolicyId; readonly webhooks: readonly NewWebhook[] }
  | { readonly kind: 'update-webhook'; readonly policyId: PolicyId; readonly webhookId: WebhookId; readonly definition: WebhookDefinition }
  | { readonly kind: 'delete-webhook'; readonly policyId: PolicyId; readonly webhookId: WebhookId };

export interface NewWebhook {
  readonly id: WebhookId;
  readonly definition: WebhookDefinition;
  readonly hash: CapabilityHash;
}

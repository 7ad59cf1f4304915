/** What the API shows of groups, policies and webhooks (spec/rest.md, sections 4 to 11). */
import type {
  GroupManifest,
  GroupRef,
  GroupState,
  GroupSummary,
  Policy,
  PolicyDefinition,
  PolicyRef,
  TenantId,
  Webhook,
  WebhookDefinition,
} from '@lutra/core';
import { type Link, type Links, nextPage } from './links.ts';
import { pageMaximum } from './queries.ts';

/** The state call's object. `errors` is there only while the status is ERROR. */
export interface StateBody extends Omit<GroupState, 'errors'> {
  readonly errors?: readonly { readonly message: string }[];
}
export interface GroupInList {
  readonly id: string;
  readonly links: readonly Link[];
  readonly state: StateBody;
}
export interface WebhookBody extends WebhookDefinition {
  readonly id: string;
  readonly links: readonly Link[];
}
export type PolicyBody = PolicyDefinition & {
  readonly id: string;
  readonly links: readonly Link[];
  readonly webhooks?: readonly WebhookBody[];
  readonly webhooks_links?: readonly Link[];
};
export interface GroupBody extends GroupInList {
  readonly groupConfiguration: GroupManifest['configuration'];
  readonly launchConfiguration: GroupManifest['launchConfiguration'];
  readonly scalingPolicies: readonly PolicyBody[];
  readonly scalingPolicies_links: readonly Link[];
}

const self = (href: string): Link => ({ href, rel: 'self' });

export function stateBody({ errors, ...state }: GroupState): StateBody {
  return state.status === 'ERROR' ? { ...state, errors: errors.map((message) => ({ message })) } : state;
}

export const groupInList = (links: Links, tenantId: TenantId, { id, state }: GroupSummary): GroupInList => ({
  id,
  links: [self(links.group({ tenantId, groupId: id }))],
  state: stateBody(state),
});

export const webhookBody = (links: Links, ref: PolicyRef, { id, definition, hash }: Webhook): WebhookBody => ({
  ...definition,
  id,
  links: [self(links.webhook({ ...ref, webhookId: id })), { href: links.capability(hash), rel: 'capability' }],
});

export const policyBody = (links: Links, ref: GroupRef, { id, definition }: Policy): PolicyBody => ({
  ...definition,
  id,
  links: [self(links.policy({ ...ref, policyId: id }))],
});

/** A group in full; all its policies, and with `webhooks` all of their webhooks. */
export function groupBody(links: Links, tenantId: TenantId, group: GroupManifest, webhooks: boolean): GroupBody {
  const ref: GroupRef = { tenantId, groupId: group.id };
  const ofPolicy = webhooks ? Map.groupBy(group.webhooks, ({ policyId }) => policyId) : undefined;
  return {
    ...groupInList(links, tenantId, group),
    groupConfiguration: group.configuration,
    launchConfiguration: group.launchConfiguration,
    scalingPolicies: group.policies.map((policy) => {
      const body = policyBody(links, ref, policy);
      return ofPolicy === undefined
        ? body
        : { ...body, ...webhooksIn(links, { ...ref, policyId: policy.id }, ofPolicy.get(policy.id) ?? []) };
    }),
    scalingPolicies_links: wholeCollection(links.policies(ref), 'policies', group.policies),
  };
}

const webhooksIn = (links: Links, ref: PolicyRef, webhooks: readonly Webhook[]): Pick<PolicyBody, 'webhooks' | 'webhooks_links'> => ({
  webhooks: webhooks.map((webhook) => webhookBody(links, ref, webhook)),
  webhooks_links: wholeCollection(links.webhooks(ref), 'webhooks', webhooks),
});

/** Links beside a collection that is shown in full: to the collection, and to its second page when one page could not hold it. */
function wholeCollection(href: string, rel: string, items: readonly { readonly id: string }[]): readonly Link[] {
  return [{ href, rel }, ...nextPage(href, { limit: pageMaximum }, items.slice(0, pageMaximum))];
}

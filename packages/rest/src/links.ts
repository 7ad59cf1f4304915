import type { CapabilityHash, GroupRef, PageRequest, PolicyRef, TenantId, WebhookRef } from '@lutra/core';

/** A link of an answer. */
export interface Link {
  readonly href: string;
  readonly rel: string;
}

/** Absolute URLs of everything the API shows. All end with a slash. */
export interface Links {
  groups(tenantId: TenantId): string;
  group(ref: GroupRef): string;
  policies(ref: GroupRef): string;
  policy(ref: PolicyRef): string;
  webhooks(ref: PolicyRef): string;
  webhook(ref: WebhookRef): string;
  /** The URL that executes a policy without a token; names neither tenant nor group. */
  capability(hash: CapabilityHash): string;
}

/** Links below `urlRoot` (scheme, name and port), whatever name the request came by. */
export function linksBelow(urlRoot: string): Links {
  const api = `${urlRoot.replace(/\/+$/, '')}/v1.0/`;
  const links: Links = {
    groups: (tenantId) => `${api}${encodeURIComponent(tenantId)}/groups/`,
    group: (ref) => `${links.groups(ref.tenantId)}${encodeURIComponent(ref.groupId)}/`,
    policies: (ref) => `${links.group(ref)}policies/`,
    policy: (ref) => `${links.policies(ref)}${encodeURIComponent(ref.policyId)}/`,
    webhooks: (ref) => `${links.policy(ref)}webhooks/`,
    webhook: (ref) => `${links.webhooks(ref)}${encodeURIComponent(ref.webhookId)}/`,
    capability: (hash) => `${api}execute/1/${hash}/`,
  };
  return links;
}

/** The link to the page after this one: there whenever the page is full, even if nothing follows. */
export function nextPage(collection: string, { limit }: PageRequest, items: readonly { readonly id: string }[]): readonly Link[] {
  const last = items.at(-1);
  if (last === undefined || items.length < limit) return [];
  return [{ href: `${collection}?limit=${limit}&marker=${encodeURIComponent(last.id)}`, rel: 'next' }];
}

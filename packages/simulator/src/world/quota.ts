import type { Flavor } from './catalogue.ts';

/** Of what a tenant's compute account has only so much. */
export const quotaResources = ['cores', 'instances', 'ram'] as const;
export type QuotaResource = (typeof quotaResources)[number];
/** How much; a resource that is absent has no limit. */
export type Quota = { readonly [R in QuotaResource]?: number | undefined };

/** A quota as people write it: null = no limit. */
export const quotaOf = (given: { readonly [R in QuotaResource]?: number | null | undefined }): Quota =>
  Object.fromEntries(Object.entries(given).map(([resource, limit]) => [resource, limit ?? undefined]));

/** What the tenant's servers take; one that is being deleted takes it until it is gone, as in the real one. */
export type Usage = { [R in QuotaResource]: number };

/** What one more server of this flavor takes. */
export const demandOf = ({ ram, cores }: Flavor): Usage => ({ cores, instances: 1, ram });

/** Why one more server is too much, as Nova says it (spec/providers.md, section 3.2); undefined when it is not. */
export function overQuota(quota: Quota, used: Usage, demand: Usage): string | undefined {
  const over = quotaResources.filter((resource) => used[resource] + demand[resource] > (quota[resource] ?? Number.POSITIVE_INFINITY));
  if (over.length === 0) return undefined;
  const list = (of: Quota): string => over.map((resource) => of[resource]).join(', ');
  const names = over.join(', ');
  return `Quota exceeded for ${names}: Requested ${list(demand)}, but already used ${list(used)} of ${list(quota)} ${names}`;
}

/** Quotas and rates, as the configuration says them. */
import type { Options, TenantId } from '@lutra/core';
import { parseRate, type Rate, type Rates } from '@lutra/rest';
import type { Config } from './config.ts';

/** The rates of a host that drives a real cloud (the defaults of the API's documents). */
const usualRates = { tenant: parseRate('1000/MINUTE'), execute: parseRate('10/SECOND') };

export interface Limits {
  /** The quotas of a tenant; the same object for all that have none of their own. */
  quotas(tenantId: TenantId): Options['limits'];
  readonly rates: Rates;
}

/** What limits tenants. Rates are off on a simulated cloud, unless they are set. */
export function limitsFor({ limits, options, cloud }: Config): Limits {
  const { tenants, rate } = limits;
  const everybody = quotasFrom(limits, options.limits);
  const special = new Map(Object.entries(tenants).map(([id, of]) => [id, quotasFrom(of, everybody)]));
  const usual = cloud === 'simulated' ? { tenant: undefined, execute: undefined } : usualRates;
  const tenantRate = chosen(rate.tenant, usual.tenant);
  const specialRates = new Map(Object.entries(tenants).map(([id, of]) => [id, chosen(of.rate.tenant, tenantRate)]));
  return {
    quotas: (id) => special.get(id) ?? everybody,
    rates: { tenant: (id) => (specialRates.has(id) ? specialRates.get(id) : tenantRate), execute: chosen(rate.execute, usual.execute) },
  };
}

const chosen = (rate: Rate | 'off' | undefined, usual: Rate | undefined): Rate | undefined =>
  rate === 'off' ? undefined : (rate ?? usual);

interface GivenQuotas {
  readonly groups?: number | undefined;
  readonly policies?: number | undefined;
  readonly webhooks?: number | undefined;
  readonly groupBytes?: number | undefined;
  readonly webhookBytes?: number | undefined;
}
const quotasFrom = (
  { groups, policies, webhooks, groupBytes, webhookBytes }: GivenQuotas,
  others: Options['limits'],
): Options['limits'] => ({
  groups: groups ?? others.groups,
  policiesPerGroup: policies ?? others.policiesPerGroup,
  webhooksPerPolicy: webhooks ?? others.webhooksPerPolicy,
  bytesPerGroup: groupBytes ?? others.bytesPerGroup,
  webhookMetadataBytesPerPolicy: webhookBytes ?? others.webhookMetadataBytesPerPolicy,
});

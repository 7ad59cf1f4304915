import { defaultOptions, formatInstant, type Options, type TenantId } from '@lutra/core';
import type { Request } from 'express';
import { answer, answerText } from '../answer.ts';
import { tenantOf } from '../path-ids.ts';
import type { RateStanding } from '../rates.ts';
import type { AddResource } from '../resources.ts';

/** What limits a tenant. */
export interface TenantLimits {
  /** Those that differ from the defaults. */
  quotas(tenantId: TenantId): Partial<Options['limits']>;
  standings(req: Request, tenantId: TenantId): readonly RateStanding[];
}

/** The quotas and rates that hold for a tenant, as JSON, or as XML for who asks for it (spec/rest.md, sections 16 and 19). */
export function addLimits(add: AddResource, { quotas, standings }: TenantLimits): void {
  add('/limits', {
    GET: (req, res) => {
      const tenantId = tenantOf(req);
      const body = limitsBody({ ...defaultOptions.limits, ...quotas(tenantId) }, standings(req, tenantId));
      if (/xml/i.test(req.headers.accept ?? '')) answerText(res, 200, 'application/xml', xmlOf(body));
      else answer(res, 200, { limits: body });
    },
  });
}

type LimitsBody = ReturnType<typeof limitsBody>;
const limitsBody = (quotas: Options['limits'], standings: readonly RateStanding[]) => ({
  rate: standings.map(({ uri, regex, rate, remaining, nextAt }) => ({
    uri,
    regex,
    limit: [{ verb: 'ALL', unit: rate.unit, value: rate.value, remaining, 'next-available': formatInstant(nextAt) }],
  })),
  absolute: {
    maxGroups: quotas.groups,
    maxPoliciesPerGroup: quotas.policiesPerGroup,
    maxWebhooksPerPolicy: quotas.webhooksPerPolicy,
    maxBytesPerGroup: quotas.bytesPerGroup,
    maxWebhookMetadataBytesPerPolicy: quotas.webhookMetadataBytesPerPolicy,
  },
});

/** The same in the form that OpenStack's services give limits in XML. No value needs escaping. */
function xmlOf({ rate, absolute }: LimitsBody): string {
  const attributes = (of: object): string =>
    Object.entries(of)
      .map(([name, value]) => ` ${name}="${value}"`)
      .join('');
  const rates = rate.map(
    ({ uri, regex, limit }) => `<rate${attributes({ uri, regex })}>${limit.map((each) => `<limit${attributes(each)}/>`).join('')}</rate>`,
  );
  const quotas = Object.entries(absolute).map(([name, value]) => `<limit${attributes({ name, value })}/>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<limits xmlns="http://docs.openstack.org/common/api/v1.0"><rates>${rates.join('')}</rates><absolute>${quotas.join('')}</absolute></limits>\n`;
}

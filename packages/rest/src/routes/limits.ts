import type { Options } from '@lutra/core';
import { answer, answerText } from '../answer.ts';
import type { AddResource } from '../resources.ts';

/** The quotas of every tenant, as JSON, or as XML for who asks for it (spec/rest.md, section 16). */
export function addLimits(add: AddResource, limits: Options['limits']): void {
  const absolute = {
    maxGroups: limits.groups,
    maxPoliciesPerGroup: limits.policiesPerGroup,
    maxWebhooksPerPolicy: limits.webhooksPerPolicy,
  };
  const entries = Object.entries(absolute).map(([name, value]) => `<limit name="${name}" value="${value}"/>`);
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<limits xmlns="http://docs.openstack.org/common/api/v1.0"><absolute>${entries.join('')}</absolute></limits>\n`;
  add('/limits', {
    GET: (req, res) => {
      if (req.headers.accept?.includes('xml')) answerText(res, 200, 'application/xml', xml);
      else answer(res, 200, { limits: { absolute } });
    },
  });
}

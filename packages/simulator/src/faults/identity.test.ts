import { describe, expect, it } from 'vitest';
import { faulty, outcomeOf, patient, rule } from '../testing/faulty-cloud.ts';
import { serverRequest, tenantId } from '../testing/small-cloud.ts';

describe('faults of identity', () => {
  it('tenant.suspended leaves the tenant without services, with the sentence for it', async () => {
    const small = faulty(rule('tenant.suspended', {}, { tenant: tenantId }));
    expect(await outcomeOf(small, small.cloud.createServer(tenantId, serverRequest(), patient))).toMatchObject({
      kind: 'no-such-service',
      tenantMessage: 'Could not locate service cloudServersOpenStack in the service catalog. Please check if your account is still active.',
    });
    expect(await outcomeOf(small, small.cloud.listLoadBalancers(tenantId, patient))).toMatchObject({
      tenantMessage: expect.stringContaining('cloudLoadBalancers'),
    });
    expect(await outcomeOf(small, small.cloud.listServers('2' as never, patient))).toMatchObject({ servers: [] });
  });
});

/** How many groups, policies and webhooks a tenant may have. */
import { afterEach, describe, expect, it } from 'vitest';
import { newGroup } from './rest-client.ts';
import { api, byOne, make, makeGroup, outcome, start, stop } from './rest-walking.ts';

afterEach(stop);

describe('quotas', () => {
  it('bound the groups of a tenant, deleting ones not counted', async () => {
    await start({ limits: { groups: 2, policiesPerGroup: 1, webhooksPerPolicy: 1 } });
    const group = await makeGroup();
    await makeGroup();
    expect(outcome(await api.send('POST', '/v1.0/T/groups', newGroup))).toEqual([422, 'ScalingGroupOverLimitsError']);
    await makeGroup({}, {}, 'U');
    expect((await api.send('DELETE', group)).status).toBe(204);
    await makeGroup();
    expect((await api.send('GET', '/v1.0/T/groups')).body.groups).toHaveLength(2);
    expect((await api.send('GET', '/v1.0/T/limits')).body.limits.absolute.maxGroups).toBe(2);
  });

  it('refuse the 1001st group where a thousand are allowed', async () => {
    await start({ limits: { groups: 1000, policiesPerGroup: 1, webhooksPerPolicy: 1 } });
    for (let made = 0; made < 1000; made += 50) await Promise.all(Array.from({ length: 50 }, () => makeGroup()));
    const refused = await api.send('POST', '/v1.0/T/groups', newGroup);
    expect([...outcome(refused), refused.body.error.message]).toEqual([
      422,
      'ScalingGroupOverLimitsError',
      'Allowed limit of 1000 scaling groups reached by tenant T',
    ]);
  });

  it('can be other ones for a tenant', async () => {
    const usual = { groups: 5, policiesPerGroup: 5, webhooksPerPolicy: 5 };
    const limitsOf = (tenantId: string) => (tenantId === 'small' ? { groups: 1, policiesPerGroup: 1, webhooksPerPolicy: 1 } : usual);
    await start({ limits: usual }, {}, { limitsOf });
    const group = await makeGroup({}, {}, 'small');
    const [up = ''] = await make(`${group}/policies`, byOne);
    await make(`${up}/webhooks`, { name: 'a' });
    expect(outcome(await api.send('POST', '/v1.0/small/groups', newGroup))).toEqual([422, 'ScalingGroupOverLimitsError']);
    expect(outcome(await api.send('POST', `${group}/policies`, [byOne]))).toEqual([422, 'PoliciesOverLimitError']);
    expect(outcome(await api.send('POST', `${up}/webhooks`, [{ name: 'b' }]))).toEqual([422, 'WebhooksOverLimitError']);
    expect((await api.send('GET', '/v1.0/small/limits')).body.limits.absolute.maxGroups).toBe(1);
    await make(`${await makeGroup()}/policies`, byOne, byOne);
    expect((await api.send('GET', '/v1.0/T/limits')).body.limits.absolute.maxGroups).toBe(5);
  });

  it('are 100 policies of a group and 25 webhooks of a policy: a batch that would cross them makes nothing', async () => {
    await start();
    const group = await makeGroup();
    const night = { name: 'night', type: 'schedule', cooldown: 0, change: 1, args: { cron: '0 2 * * *' } };
    const [first = ''] = await make(`${group}/policies`, ...Array(99).fill(byOne));
    expect(outcome(await api.send('POST', `${group}/policies`, [night, byOne]))).toEqual([422, 'PoliciesOverLimitError']);
    expect((await api.send('GET', `${group}/policies`)).body.policies).toHaveLength(99);
    await make(`${group}/policies`, night);
    for (const one of [byOne, night])
      expect(outcome(await api.send('POST', `${group}/policies`, [one]))).toEqual([422, 'PoliciesOverLimitError']);
    await make(`${first}/webhooks`, ...Array(24).fill({ name: 'a' }));
    expect(outcome(await api.send('POST', `${first}/webhooks`, Array(2).fill({ name: 'a' })))).toEqual([422, 'WebhooksOverLimitError']);
    await make(`${first}/webhooks`, { name: 'a' });
    expect(outcome(await api.send('POST', `${first}/webhooks`, [{ name: 'a' }]))).toEqual([422, 'WebhooksOverLimitError']);
    expect((await api.send('GET', `${first}/webhooks`)).body.webhooks).toHaveLength(25);
  });
});

import { epochMs } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import type { RestAppOptions } from './app.ts';
import { tokenList } from './auth/tokens.ts';
import { clock, errorType, only, serve, stopServing } from './testing/served-app.ts';

afterEach(stopServing);

describe('rateGate', () => {
  const rates: RestAppOptions['rates'] = {
    tenant: (id) => (id === 'free' ? undefined : { value: 3, unit: 'MINUTE' }),
    execute: { value: 2, unit: 'HOUR' },
  };
  const autoscaler = only({ executeCapability: async () => {}, listGroups: async () => [] });
  const frozen = { ...clock, now: () => epochMs(1_700_000_000_000) };

  it('refuses further requests of a tenant with 413 and says when to come again', async () => {
    const send = await serve(autoscaler, { rates, clock: frozen });
    const answers = [];
    for (let i = 0; i < 4; i += 1) answers.push(await send('GET', '/v1.0/T/groups'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 413]);
    expect([answers[3]?.headers.get('retry-after'), await errorType(answers[3] as Response)]).toEqual(['20', 'RateLimitError']);
    for (let i = 0; i < 4; i += 1) expect((await send('GET', '/v1.0/free/groups')).status).toBe(200);
    expect((await send('GET', '/v1.0/U/groups')).status).toBe(200);
  });

  it('counts no request that its guard refused', async () => {
    const send = await serve(autoscaler, { rates, clock: frozen, authenticator: tokenList({ a: { tenants: ['T'], roles: ['admin'] } }) });
    for (let i = 0; i < 5; i += 1) expect((await send('GET', '/v1.0/T/groups')).status).toBe(401);
    expect((await send('GET', '/v1.0/T/groups', undefined, { 'X-Auth-Token': 'a' })).status).toBe(200);
  });

  it('counts capability calls by address and by hash, existing or not, and not for the tenant', async () => {
    const send = await serve(autoscaler, { rates, clock: frozen, trustedProxies: 1 });
    const from = (address: string, hash: string) => send('POST', `/v1.0/execute/1/${hash}`, undefined, { 'X-Forwarded-For': address });
    expect([(await from('10.0.0.1', 'a')).status, (await from('10.0.0.1', 'b')).status]).toEqual([202, 202]);
    const third = await from('10.0.0.1', 'c');
    expect([third.status, third.headers.get('retry-after'), await errorType(third)]).toEqual([413, '1800', 'RateLimitError']);
    expect([(await from('10.0.0.2', 'a')).status, (await from('10.0.0.3', 'a')).status]).toEqual([202, 413]);
    expect((await send('GET', '/v1.0/T/groups')).status).toBe(200);
  });

  it('counts hashes apart that begin alike, and says whole seconds, at least one', async () => {
    const hashes = ['a', 'b'].map((end) => 'f'.repeat(200) + end);
    const execute = { value: 1, unit: 'SECOND' } as const;
    const send = await serve(autoscaler, { rates: { execute }, clock: frozen, trustedProxies: 1 });
    const answers = [];
    for (const [index, hash] of [...hashes, ...hashes].entries()) {
      answers.push(await send('POST', `/v1.0/execute/1/${hash}`, undefined, { 'X-Forwarded-For': `10.0.0.${index}` }));
    }
    expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
      [202, null],
      [202, null],
      [413, '1'],
      [413, '1'],
    ]);
    await stopServing();
    const quick = await serve(autoscaler, { rates: { tenant: () => ({ value: 2, unit: 'SECOND' }) }, clock: frozen });
    for (const retryAfter of [null, null, '1']) expect((await quick('GET', '/v1.0/T/groups')).headers.get('retry-after')).toBe(retryAfter);
  });

  it('believes no address that a client made up', async () => {
    const send = await serve(autoscaler, { rates, clock: frozen });
    const statuses = [];
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
      statuses.push((await send('POST', `/v1.0/execute/1/${address}`, undefined, { 'X-Forwarded-For': address })).status);
    expect(statuses).toEqual([202, 202, 413]);
  });

  it('shows what it enforces, and how it stands', async () => {
    const send = await serve(autoscaler, { rates, clock: frozen });
    await send('POST', '/v1.0/execute/1/a');
    const available = '2023-11-14T22:13:20.000Z';
    expect(((await (await send('GET', '/v1.0/T/limits')).json()) as { limits: object }).limits).toEqual({
      rate: [
        {
          uri: '/v1.0/{tenantId}/*',
          regex: '/v1\\.0/([A-Za-z0-9:]+)/.+',
          limit: [{ verb: 'ALL', unit: 'MINUTE', value: 3, remaining: 2, 'next-available': available }],
        },
        {
          uri: '/v1.0/execute/*',
          regex: '/v1\\.0/execute/(.*)',
          limit: [{ verb: 'ALL', unit: 'HOUR', value: 2, remaining: 1, 'next-available': available }],
        },
      ],
      absolute: {
        maxGroups: 100,
        maxPoliciesPerGroup: 100,
        maxWebhooksPerPolicy: 25,
        maxBytesPerGroup: 4_194_304,
        maxWebhookMetadataBytesPerPolicy: 1_048_576,
      },
    });
    const xml = await (await send('GET', '/v1.0/T/limits', undefined, { Accept: 'application/xml' })).text();
    expect(xml).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<limits xmlns="http://docs.openstack.org/common/api/v1.0"><rates>' +
        `<rate uri="/v1.0/{tenantId}/*" regex="/v1\\.0/([A-Za-z0-9:]+)/.+"><limit verb="ALL" unit="MINUTE" value="3" remaining="1" next-available="${available}"/></rate>` +
        `<rate uri="/v1.0/execute/*" regex="/v1\\.0/execute/(.*)"><limit verb="ALL" unit="HOUR" value="2" remaining="1" next-available="${available}"/></rate>` +
        '</rates><absolute><limit name="maxGroups" value="100"/><limit name="maxPoliciesPerGroup" value="100"/><limit name="maxWebhooksPerPolicy" value="25"/><limit name="maxBytesPerGroup" value="4194304"/><limit name="maxWebhookMetadataBytesPerPolicy" value="1048576"/></absolute></limits>\n',
    );
  });
});

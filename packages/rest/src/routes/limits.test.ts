import { afterEach, describe, expect, it } from 'vitest';
import { only, serve, stopServing } from '../testing/served-app.ts';

afterEach(stopServing);

describe('addLimits', () => {
  it('tells the quotas as JSON, and as XML to who asks for it', async () => {
    const send = await serve(only({}), { limits: { groups: 7, policiesPerGroup: 8, webhooksPerPolicy: 9 } });
    const sizes = { maxBytesPerGroup: 4_194_304, maxWebhookMetadataBytesPerPolicy: 1_048_576 };
    for (const path of ['/v1.0/T/limits', '/v1.0/T/limits/']) {
      const absolute = { maxGroups: 7, maxPoliciesPerGroup: 8, maxWebhooksPerPolicy: 9, ...sizes };
      expect(await (await send('GET', path)).json()).toEqual({ limits: { rate: [], absolute } });
    }
    for (const Accept of ['application/xml', 'text/html, application/xhtml+xml;q=0.9', 'Text/XML']) {
      const xml = await send('GET', '/v1.0/T/limits', undefined, { Accept });
      expect([xml.headers.get('content-type'), await xml.text()]).toEqual([
        'application/xml',
        expect.stringContaining('<limit name="maxGroups" value="7"/>'),
      ]);
    }
  });
});

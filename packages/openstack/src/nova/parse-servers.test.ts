import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AddressRule, addressRuleOf } from './address-rule.ts';
import { isAt, isNamed, parseServers } from './parse-servers.ts';

const rule = addressRuleOf() as AddressRule;
const server = (id: string, more: object = {}) => ({
  id,
  name: `web-${id}`,
  status: 'ACTIVE',
  created: '2016-01-02T03:04:05Z',
  addresses: { private: [{ addr: '10.0.0.1', version: 4 }], public: [{ addr: '203.0.113.9', version: 4 }] },
  metadata: {},
  ...more,
});
const next = (href: unknown) => [
  { rel: 'prev', href: 'https://x/?marker=s0' },
  { rel: 'next', href },
];
const idsIn = (body: unknown, ...more: readonly never[]): unknown => {
  const page = parseServers(body, rule, ...more);
  return 'value' in page ? page.value.servers.map(({ id }) => id) : page;
};

describe('parseServers', () => {
  it('reads every row, and the query alone of the next page', () => {
    const href = 'https://elsewhere/v2/123/servers/detail?limit=100&marker=s1#top';
    const page = parseServers({ servers: [server('s1'), server('s2')], servers_links: next(href) }, rule);
    expect(page).toMatchObject({ value: { servers: [{ id: 's1' }, { id: 's2' }], unread: [], next: 'limit=100&marker=s1' } });
  });
  it('knows the last page by its missing link, also an empty one (openstack N5)', () => {
    for (const links of [undefined, null, [], [{ rel: 'prev', href: 'https://x/?a' }]]) {
      expect(parseServers({ servers: [], servers_links: links }, rule)).toEqual({ value: { servers: [], unread: [], next: undefined } });
    }
  });
  it('lets a row that cannot be read fail itself alone', () => {
    const rows = [server('s1'), server('s2', { created: 'x' }), 7, server('s3', { status: 'NEW' })];
    expect(parseServers({ servers: rows }, rule)).toMatchObject({
      value: {
        servers: [{ id: 's1' }, { id: 's3', state: 'UNRECOGNISED' }],
        unread: [
          { id: 's2', problem: 'servers[1].created is another text, not an instant such as 2016-01-02T03:04:05Z' },
          { id: '', problem: 'servers[2] is a number, not an object' },
        ],
      },
    });
  });
  it('takes servers of a cell that is down for unread (openstack 2, microversion 2.69)', () => {
    const partial = { id: 's1', status: 'UNKNOWN', tenant_id: 't', created: '2016-01-02T03:04:05Z', links: [] };
    expect(parseServers({ servers: [partial] }, rule)).toEqual({
      value: { servers: [], unread: [{ id: 's1', problem: 'servers[0] is known to Nova by its id alone' }], next: undefined },
    });
  });
  it.each([undefined, null, {}, 'x'])('is no page without a list: %j', (servers) => {
    expect(parseServers({ servers }, rule)).toMatchObject({ field: 'servers' });
  });
  it.each([[{}], [next(undefined)], [next('https://x/servers/detail')], [next('https://x/servers/detail?')], [next(7)]])(
    'is no page when its next one cannot be told: %j',
    (links) => {
      expect(parseServers({ servers: [], servers_links: links }, rule)).toMatchObject({ field: expect.stringMatching(/^servers_links/) });
    },
  );
  it('leaves out what was not asked for, where the service does not filter (openstack N9)', () => {
    const body = { servers: [server('s1'), server('s2', { addresses: {} }), server('s3', { name: 'web-s1-other' })] };
    expect(idsIn(body, isNamed('web-s1') as never)).toEqual(['s1']);
    expect(idsIn(body, isAt('203.0.113.9') as never)).toEqual(['s1', 's3']);
  });
  it('never throws, whatever the JSON', () => {
    const anyBody = fc.dictionary(
      fc.constantFrom('servers', 'servers_links'),
      fc.oneof(fc.jsonValue(), fc.array(fc.dictionary(fc.constantFrom('rel', 'href', 'id', 'addresses'), fc.jsonValue()))),
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), anyBody), (json) => {
        const page = parseServers(json, rule, isAt('10.0.0.1'));
        expect('value' in page || page.field.startsWith('servers')).toBe(true);
      }),
    );
  });
});

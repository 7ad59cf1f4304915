import { afterEach, describe, expect, it } from 'vitest';
import { closeServedClouds, type ServedCloud, servedCloud } from '../testing/served-cloud.ts';
import { VirtualClock } from '../virtual-clock.ts';

// biome-ignore lint/suspicious/noExplicitAny: a body is whatever the test says that it must be
type Json = any;

afterEach(closeServedClouds);

const services = '/v2.0/OS-KSADM/services';
const templates = '/v2.0/OS-KSCATALOG/endpointTemplates';
const endpoints = (tenant: string) => `/v2.0/tenants/${tenant}/OS-KSCATALOG/endpoints`;
const service = (more: object = {}) => ({ 'OS-KSADM:service': { name: 'cloudDNS', type: 'rax:dns', ...more } });
const template = (more: object = {}) => ({
  'OS-KSCATALOG:endpointTemplate': { name: 'cloudDNS', publicURL: 'https://dns.example/v1.0/%tenant_id%', ...more },
});
const choice = (id: string) => ({ 'OS-KSCATALOG:endpointTemplate': { id } });

const logIn = async ({ ask }: ServedCloud, username: string): Promise<Json> =>
  (await ask('POST /v2.0/tokens', { auth: { passwordCredentials: { username, password: 'password' } } })).body.access;
const dnsOf = async (cloud: ServedCloud, username: string): Promise<Json> =>
  (await logIn(cloud, username)).serviceCatalog.filter(({ name }: Json) => name === 'cloudDNS');

describe('services of others', () => {
  it('are made, shown, changed and removed', async () => {
    const { ask } = await servedCloud();
    const made = await ask(`POST ${services}`, service({ description: 'names' }));
    expect([made.status, made.body]).toEqual([
      201,
      { 'OS-KSADM:service': { id: '1', name: 'cloudDNS', type: 'rax:dns', description: 'names' } },
    ]);
    expect((await ask(`POST /identity${services}`, service({ id: 'own', name: 'other' }))).body['OS-KSADM:service'].id).toBe('own');
    expect((await ask(`GET ${services}`)).body['OS-KSADM:services'].map(({ name }: Json) => name)).toEqual(['cloudDNS', 'other']);
    expect((await ask(`PUT ${services}/own`, service({ name: 'third' }))).status).toBe(200);
    expect((await ask(`GET ${services}/own`)).body['OS-KSADM:service']).toMatchObject({ id: 'own', name: 'third' });
    expect((await ask(`DELETE ${services}/own`)).status).toBe(204);
    expect((await ask(`GET ${services}/own`)).status).toBe(404);
    expect((await ask(`DELETE ${services}/own`)).status).toBe(404);
  });

  it.each([
    ['a name that is taken', service(), 409],
    ['an id that is taken', service({ id: '1', name: 'other' }), 409],
    ['no type', service({ name: 'other', type: undefined }), 400],
    ['no service', {}, 400],
    ['no JSON', '{', 400],
  ])('are refused with %s', async (_what, body, status) => {
    const { ask } = await servedCloud();
    await ask(`POST ${services}`, service());
    expect((await ask(`POST ${services}`, body)).status).toBe(status);
    expect((await ask(`GET ${services}`)).body['OS-KSADM:services']).toHaveLength(1);
  });
});

describe('endpoint templates', () => {
  it('are made for a service, shown, changed and removed', async () => {
    const { ask } = await servedCloud();
    await ask(`POST ${services}`, service());
    const made = await ask(`POST ${templates}`, template());
    const shown = {
      id: '2',
      serviceId: '1',
      name: 'cloudDNS',
      type: 'rax:dns',
      region: 'ORD',
      publicURL: 'https://dns.example/v1.0/%tenant_id%',
      internalURL: 'https://dns.example/v1.0/%tenant_id%',
      adminURL: 'https://dns.example/v1.0/%tenant_id%',
      global: false,
      enabled: true,
    };
    expect([made.status, made.body]).toEqual([201, { 'OS-KSCATALOG:endpointTemplate': shown }]);
    expect((await ask(`GET ${templates}?serviceId=1`)).body['OS-KSCATALOG:endpointTemplates']).toEqual([shown]);
    expect((await ask(`GET ${templates}?serviceId=9`)).body['OS-KSCATALOG:endpointTemplates']).toEqual([]);
    await ask(`PUT ${templates}/2`, template({ region: 'DFW', internalURL: 'http://inside.example' }));
    expect((await ask(`GET ${templates}/2`)).body['OS-KSCATALOG:endpointTemplate']).toEqual({
      ...shown,
      region: 'DFW',
      internalURL: 'http://inside.example',
    });
    expect((await ask(`DELETE ${templates}/2`)).status).toBe(204);
    expect((await ask(`GET ${templates}/2`)).status).toBe(404);
  });

  it.each([
    ['a service that nobody registered', template({ name: 'none' }), 404],
    ['an id that is taken', template({ id: '2' }), 409],
    ['a URL that is none', template({ publicURL: 'dns' }), 400],
    ['neither name nor serviceId', template({ name: undefined }), 400],
  ])('are refused with %s', async (_what, body, status) => {
    const { ask } = await servedCloud();
    await ask(`POST ${services}`, service());
    await ask(`POST ${templates}`, template());
    expect((await ask(`POST ${templates}`, body)).status).toBe(status);
    expect((await ask(`GET ${templates}`)).body['OS-KSCATALOG:endpointTemplates']).toHaveLength(1);
  });
});

describe('endpoints', () => {
  it('put a service into the catalog of one tenant, until they are removed', async () => {
    const cloud = await servedCloud();
    await cloud.ask(`POST ${services}`, service());
    await cloud.ask(`POST ${templates}`, template({ id: 'dns', internalURL: 'http://inside.example/%tenant_id%' }));
    await cloud.ask(`POST ${templates}`, template({ id: 'dns-dfw', region: 'DFW' }));
    expect(await dnsOf(cloud, 'owner')).toEqual([]);
    const made = await cloud.ask(`POST ${endpoints('829409')}`, choice('dns'));
    expect([made.status, made.body.endpoint]).toMatchObject([201, { id: 'dns', publicURL: 'https://dns.example/v1.0/829409' }]);
    await cloud.ask(`POST ${endpoints('829409')}`, choice('dns-dfw'));
    const inOrd = {
      region: 'ORD',
      tenantId: '829409',
      publicURL: 'https://dns.example/v1.0/829409',
      internalURL: 'http://inside.example/829409',
    };
    const url = 'https://dns.example/v1.0/829409';
    const inDfw = { region: 'DFW', tenantId: '829409', publicURL: url, internalURL: url };
    expect(await dnsOf(cloud, 'owner')).toEqual([{ name: 'cloudDNS', type: 'rax:dns', endpoints: [inOrd, inDfw], endpoints_links: [] }]);
    expect(await dnsOf(cloud, 'neighbour')).toEqual([]);
    const { id: token } = (await logIn(cloud, 'owner')).token;
    const listed = (await cloud.ask(`GET /v2.0/tokens/${token}/endpoints`)).body.endpoints;
    expect(listed.filter(({ name }: Json) => name === 'cloudDNS')).toMatchObject([inOrd, inDfw]);
    expect((await cloud.ask(`DELETE ${endpoints('829409')}/dns`)).status).toBe(204);
    expect((await cloud.ask(`GET ${endpoints('829409')}/dns`)).status).toBe(404);
    expect((await cloud.ask(`GET ${endpoints('829409')}`)).body.endpoints.map(({ id }: Json) => id)).toEqual(['dns-dfw']);
    expect((await cloud.ask(`GET ${endpoints('829409')}/dns-dfw`)).body.endpoint.region).toBe('DFW');
    expect(await dnsOf(cloud, 'owner')).toMatchObject([{ endpoints: [inDfw] }]);
    expect((await cloud.ask(`DELETE ${services}/1`)).status).toBe(204);
    expect(await dnsOf(cloud, 'owner')).toEqual([]);
    expect((await cloud.ask(`POST ${endpoints('829409')}`, choice('dns'))).status).toBe(404);
  });

  it('are not needed for a global template, and do nothing for one that is not enabled', async () => {
    const cloud = await servedCloud();
    await cloud.ask(`POST ${services}`, service());
    await cloud.ask(`POST ${templates}`, template({ id: 'all', global: true }));
    await cloud.ask(`POST ${templates}`, template({ id: 'off', global: true, enabled: false, region: 'DFW' }));
    for (const [user, tenant] of [
      ['owner', '829409'],
      ['neighbour', '829410'],
    ] as const) {
      const publicURL = `https://dns.example/v1.0/${tenant}`;
      expect(await dnsOf(cloud, user)).toMatchObject([{ endpoints: [{ region: 'ORD', tenantId: tenant, publicURL }] }]);
    }
    const password = { user: { name: 'owner', domain: { id: 'default' }, password: 'password' } };
    const { catalog } = (await cloud.ask('POST /v3/auth/tokens', { auth: { identity: { methods: ['password'], password } } })).body.token;
    expect(catalog.at(-1)).toMatchObject({ name: 'cloudDNS', endpoints: [{ url: 'https://dns.example/v1.0/829409' }, {}] });
  });

  it('want a token where tokens are checked', async () => {
    const cloud = await servedCloud({ tokenChecks: true });
    const { id } = (await logIn(cloud, 'neighbour')).token;
    expect((await cloud.ask(`POST ${services}`, service())).status).toBe(401);
    expect((await cloud.ask(`POST ${services}`, service(), { 'X-Auth-Token': id })).status).toBe(201);
    expect((await cloud.ask(`GET ${services}`)).status).toBe(401);
  });

  it('are in the snapshot of the world', async () => {
    const first = await servedCloud();
    await first.ask(`POST ${services}`, service());
    await first.ask(`POST ${templates}`, template());
    await first.ask(`POST ${endpoints('829409')}`, choice('2'));
    const { text } = await first.ask('GET /control/snapshot');
    const clock = new VirtualClock();
    const second = await servedCloud({ clock }, { time: { clock, jump: false } });
    expect((await second.ask('PUT /control/snapshot', text)).status).toBe(204);
    expect(await dnsOf(second, 'owner')).toEqual(await dnsOf(first, 'owner'));
    expect((await second.ask(`POST ${services}`, service({ name: 'next' }))).body['OS-KSADM:service'].id).toBe('3');
  });
});

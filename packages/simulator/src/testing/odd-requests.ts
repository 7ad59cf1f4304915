/** Requests to every route with values that nobody thought of. For tests of this package; not part of its public API. */
import { serverRequest } from './small-cloud.ts';

/** The first server and the pool of this tenant, by the seed. */
export const [server, pool] = ['33e941c7-516d-4ca8-a369-e542c454c3cc', '8964d567-4ded-46a7-861a-7364696158ff'];
/** JSON that nests so deep. */
export const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
/** Values of paths and queries; `there` stands for the id of something that is there. */
export const odd = [
  '',
  '0',
  '-1',
  '1e999',
  '__proto__',
  'constructor',
  'toString',
  '%00',
  '%0a',
  '%0d%0aX:%20y',
  '%ff',
  '%',
  '%2f',
  '..',
  'x'.repeat(3000),
  '%f0%9f%92%a9',
  '829409',
  '237935',
  '[',
  '*',
  'a,b,,',
  '9'.repeat(400),
];
/** Keys that bodies have anywhere. */
export const keys =
  'server servers metadata meta name imageRef flavorRef networks uuid personality contents auth passwordCredentials username password tenantId tenantName token id identity scope project user RAX-AUTH:impersonation expire-in-seconds keypair public_key network label cidr loadBalancer nodes address port condition type weight protocol algorithm virtualIps healthMonitor delay timeout key value entry content event product message title criteria parameters behaviors code duration status amount advance mode checks preset latency instances OS-KSADM:service OS-KSCATALOG:endpointTemplate publicURL region when do fault params op tenant atLeast cloud_server load_balancer_pool reboot resize rebuild createImage rescue changePassword os-stop adminPass'.split(
    ' ',
  );
/** Bodies that are good, by what the path of their route ends in. */
export const good: readonly (readonly [RegExp, object])[] = [
  [
    /POST .*\/servers$/,
    serverRequest('web', {
      networks: [{ uuid: '11111111-1111-1111-1111-111111111111' }],
      personality: [{ path: '/a', contents: 'YQ==' }],
      key_name: 'k',
      'OS-DCF:diskConfig': 'AUTO',
    }),
  ],
  [/PUT .*\/servers\/:server$/, { server: { name: 'other' } }],
  [/\/action$/, { rebuild: { imageRef: '0d589460-f177-4b0f-81c1-8ab8903ac7d8', name: 'a', metadata: { a: 'b' } } }],
  [/\/action$/, { reboot: { type: 'HARD' } }],
  [/\/action$/, { resize: { flavorRef: '3' } }],
  [/\/action$/, { createImage: { name: 'image' } }],
  [/\/metadata$/, { metadata: { a: 'b' } }],
  [/\/metadata\/:key$/, { meta: { '0': 'b' } }],
  [/\/tokens$/, { auth: { passwordCredentials: { username: 'owner', password: 'password' }, tenantId: '829409' } }],
  [
    /\/tokens$/,
    {
      auth: {
        identity: { methods: ['password'], password: { user: { name: 'owner', password: 'password' } } },
        scope: { project: { id: '829409' } },
      },
    },
  ],
  [/impersonation-tokens$/, { 'RAX-AUTH:impersonation': { user: { username: 'owner' }, 'expire-in-seconds': 10 } }],
  [/os-keypairs$/, { keypair: { name: 'key', public_key: 'ssh-rsa x' } }],
  [/os-networks/, { network: { label: 'net', cidr: '10.0.0.0/8' } }],
  [
    /loadbalancers$/,
    {
      loadBalancer: {
        name: 'lb',
        protocol: 'HTTP',
        port: 80,
        algorithm: 'RANDOM',
        virtualIps: [{ type: 'PUBLIC' }],
        nodes: [{ address: '10.0.0.1', port: 80, condition: 'ENABLED' }],
        metadata: [{ key: 'lb_building', value: '1' }],
        healthMonitor: { type: 'CONNECT', delay: 10, timeout: 10, attemptsBeforeDeactivation: 3 },
      },
    },
  ],
  [/PUT .*loadbalancers\/:loadBalancer$/, { loadBalancer: { name: 'lb', algorithm: 'RANDOM', port: 80 } }],
  [
    /loadbalancers\/:loadBalancer\/nodes$/,
    { nodes: [{ address: '10.0.0.2', port: 80, condition: 'ENABLED', type: 'PRIMARY', weight: 1 }] },
  ],
  [/nodes\/:node$/, { node: { condition: 'DRAINING', weight: 2, type: 'PRIMARY' } }],
  [/healthmonitor$/, { healthMonitor: { type: 'CONNECT', delay: 10, timeout: 10, attemptsBeforeDeactivation: 3 } }],
  [/load_balancer_pools\/nodes$/, [{ cloud_server: { id: server }, load_balancer_pool: { id: pool } }]],
  [/load_balancer_pools\/:pool\/nodes$/, { cloud_server: { id: server } }],
  [/\/events$/, { entry: { title: 'a', content: { event: { id: 'e', product: { message: 'm' } } } } }],
  [/OS-KSADM\/services/, { 'OS-KSADM:service': { name: 'dns', type: 'rax:dns' } }],
  [
    /OS-KSCATALOG/,
    { 'OS-KSCATALOG:endpointTemplate': { id: '1', name: 'dns', region: 'ORD', publicURL: 'https://dns.example/%tenant_id%' } },
  ],
  [
    /\/behaviors\/:event$/,
    {
      criteria: [{ server_name: 'w.*' }, { metadata: { a: 'b' } }],
      name: 'sequence',
      parameters: { behaviors: [{ name: 'fail', parameters: { code: 500, message: 'm', type: 't' } }] },
    },
  ],
  [/\/behaviors\/:event$/, { criteria: [{ username: 'o' }], name: 'fail', parameters: { code: 401 } }],
  [/\/attributes$/, { status: { [server]: 'ERROR' } }],
  [/\/attributes$/, { status: 'ACTIVE' }],
  [/\/status$/, { status: 'OFFLINE' }],
  [
    /control\/rules$/,
    {
      id: 'r',
      when: { op: 'server.list', tenant: '829409', match: { server_name: 'a' }, from: '1s', times: 1 },
      do: { fault: 'latency', params: {} },
    },
  ],
  [/control\/pace$/, { preset: 'demo', build: { kind: 'uniform', least: '1s', most: '2s' } }],
  [/control\/assert$/, { op: 'server.list', tenant: '829409', atLeast: 0 }],
  [/quota$/, { instances: 100, cores: null }],
];
/** With one of its values in another's place. */
export function mutated(value: unknown, at: number, by: unknown): unknown {
  let left = at;
  const walk = (one: unknown): unknown => {
    left -= 1;
    if (left === -1) return by;
    if (Array.isArray(one)) return one.map(walk);
    return typeof one === 'object' && one !== null
      ? Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, walk(inner)]))
      : one;
  };
  return walk(value);
}
/** What is there already, where a value says so. */
export const there = (value: string, name: string): string =>
  value === 'there' ? ({ tenant: '829409', server, loadBalancer: '237935', node: '1', pool, event: 'creation' }[name] ?? '1') : value;

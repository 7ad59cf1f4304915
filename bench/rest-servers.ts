/**
 * The process that `rest.bench.ts` measures: the REST host with more and more of its layers, each on a port of its own, and a bare Express
 * application that sends the bytes it is told. Prints its ports and paths as one line of JSON and runs until it is killed.
 */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Cloud,
  createAutoscaler,
  type GroupManifest,
  milliseconds,
  type NewGroup,
  type PolicyDefinition,
  type TenantId,
} from '@lutra/core';
import { nodeClock, nodeRandom } from '@lutra/core/node';
import { createMetrics, createRestApp, type RestAppOptions, tokenList } from '@lutra/rest';
import { createSimulatedCloud } from '@lutra/simulator';
import express from 'express';
import { createLog } from '../packages/cli/src/log.ts';

const [logFile = '/dev/null'] = process.argv.slice(2);
process.on('SIGINT', () => process.exit(0));
const tenants = Array.from({ length: 500 }, (_, index) => `T${index}`);
const clock = nodeClock();
const random = nodeRandom();
const instant = { kind: 'fixed', duration: milliseconds(1) } as const;
const world = createSimulatedCloud({
  clock,
  random,
  quota: {},
  pace: { latency: instant, build: instant, delete: instant, lock: instant },
});
/** Launch configurations are checked at once: what the cloud takes for its answers is not ours. */
const cloud: Cloud = { ...world, getImage: async (_tenant, id) => ({ id, status: 'ACTIVE' }), hasFlavor: async () => true };
const limits = { groups: 1_000_000, policiesPerGroup: 100, webhooksPerPolicy: 25 };
const metrics = createMetrics(clock);
const autoscaler = createAutoscaler({ cloud, clock, random, options: { limits }, metrics: metrics.engine });

const policies: PolicyDefinition[] = [1, -1].map((change) => ({ name: `by ${change}`, type: 'webhook', cooldown: 0, change }));
const groupOf = (tenant: string, scalingPolicies: readonly PolicyDefinition[]): NewGroup => ({
  tenantId: tenant as TenantId,
  groupConfiguration: { name: 'web', cooldown: 0, minEntities: 0, maxEntities: 1000, metadata: {} },
  launchConfiguration: { type: 'launch_server', args: { server: { imageRef: 'i', flavorRef: 'f', name: 'web', metadata: { a: 'b' } } } },
  scalingPolicies,
});
const none: PolicyDefinition = { name: 'none', type: 'webhook', cooldown: 0, desiredCapacity: 0 };
const large = await autoscaler.createGroup(groupOf('large', Array(100).fill(policies[0])));
const busy: GroupManifest = await autoscaler.createGroup(groupOf('busy', policies));
const idle: GroupManifest = await autoscaler.createGroup(groupOf('busy', [none]));
for (let index = 0; index < 100; index += 1) await autoscaler.createGroup(groupOf('many', policies));

async function serve(app: RequestListener): Promise<number> {
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const authenticator = tokenList({ token: { tenants: ['large', 'busy', 'many', ...tenants], roles: ['admin'] } });
const rate = { value: 100_000_000, unit: 'SECOND' } as const;
const layers: readonly (readonly [name: string, added: Partial<RestAppOptions>])[] = [
  ['host', {}],
  ['auth', { authenticator }],
  ['limits', { rates: { tenant: () => rate, execute: rate } }],
  ['metrics', { metrics }],
  ['log', { log: createLog({ logLevel: 'info', logFile }, clock) }],
];
const ports: Record<string, number> = {};
let options: RestAppOptions = { autoscaler, clock, random, urlRoot: 'http://127.0.0.1:8080', limits };
for (const [name, added] of layers) {
  options = { ...options, ...added };
  ports[name] = await serve(createRestApp(options));
}

/** What the bare application sends, by path; PUT there first. */
const contents = new Map<string, Buffer>();
const bare = express();
bare.disable('x-powered-by').disable('etag');
bare.put('/bare/:name', express.raw({ type: () => true, limit: '10mb' }), (req, res) => {
  contents.set(String(req.params.name), req.body as Buffer);
  res.end();
});
const send: express.RequestHandler = (req, res) => {
  const bytes = contents.get(String(req.params.name)) ?? Buffer.alloc(0);
  res.setHeader('Content-Type', 'application/json').setHeader('Content-Length', bytes.length).end(bytes);
};
bare.get('/bare/:name', send);
/** Processor time of this process so far, in microseconds. */
bare.get('/processor-time', (_req, res) => {
  const { user, system } = process.cpuUsage();
  res.json(user + system);
});
bare.post('/bare/:name', express.json({ limit: '10mb' }), send);
ports.bare = await serve(bare);

const path = (tenant: string, { id }: GroupManifest, more = ''): string => `/v1.0/${tenant}/groups/${id}${more}`;
const [up, down] = busy.policies.map(({ id }) => path('busy', busy, `/policies/${id}/execute`));
const unchanged = idle.policies.map(({ id }) => path('busy', idle, `/policies/${id}/execute`));
const { tenantId: _, ...body } = groupOf('x', policies);
console.log(
  JSON.stringify({
    ports,
    cases: [
      { name: 'GET state', method: 'GET', paths: [path('busy', busy, '/state')] },
      { name: 'GET manifest, 100 policies', method: 'GET', paths: [path('large', large)] },
      { name: 'GET 100 groups', method: 'GET', paths: ['/v1.0/many/groups'] },
      { name: 'POST execute, with effect', method: 'POST', paths: [up, down] },
      { name: 'POST execute, without effect', method: 'POST', paths: unchanged },
      { name: 'POST group', method: 'POST', paths: tenants.map((tenant) => `/v1.0/${tenant}/groups`), body: JSON.stringify(body) },
    ],
  }),
);

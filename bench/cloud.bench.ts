import { Agent, createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type LoadBalancerId, later, type ServerId, seconds, seededRandom, type TenantId } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { createCloudServer, faultRuleSchema, outside, type Pace, paces, VirtualClock, World } from '@lutra/simulator';
import { type Finding, medianOf, type Part } from './harness.ts';

/** How many requests are in flight, and for how long each round lasts. */
const connections = 8;
const roundMs = 400;
const rounds = 5;

/** Answers take no time of their own: what is measured is the work. */
const prompt: Pace = { ...paces.demo, latency: { kind: 'none' }, tokenLag: { kind: 'none' } };
const server = {
  name: 'web',
  imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8',
  flavorRef: '2',
  metadata: { 'rax:autoscale:group:id': 'g1' },
};

/** One kind of request. */
interface Load {
  readonly url: string;
  readonly method?: string;
  readonly body?: string;
  readonly token?: string;
}

/** The load generator, in a thread of its own: requests per second of one round. */
async function generate({ url, method = 'GET', body, token }: Load, forMs: number): Promise<{ rate: number; bytes: number; done: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const headers = {
    ...(token === undefined ? {} : { 'X-Auth-Token': token }),
    ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
  };
  let [done, bytes] = [0, 0];
  const once = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest(url, { agent, method, headers }, (response) => {
        let length = 0;
        if ((response.statusCode ?? 500) >= 300) reject(new Error(`${method} ${url} answered ${response.statusCode}`));
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
        });
        response.on('end', () => {
          done += 1;
          bytes = length;
          resolve();
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  const begun = performance.now();
  const worker = async (): Promise<void> => {
    while (performance.now() - begun < forMs) await once();
  };
  await Promise.all(Array.from({ length: connections }, worker));
  agent.destroy();
  return { rate: done / ((performance.now() - begun) / 1000), bytes, done };
}

/** In the thread: generates what it is told to. */
if (!isMainThread && workerData === 'cloud-bench') {
  parentPort?.on('message', ({ load, forMs }: { load: Load; forMs: number }) => {
    void generate(load, forMs).then(
      (came) => parentPort?.postMessage(came),
      (error: unknown) => parentPort?.postMessage({ error: String(error) }),
    );
  });
}

/** What a server does: requests per second that it answered, and that it can answer per second of its thread's processor time. */
interface Served {
  readonly rate: number;
  readonly capacity: number;
  readonly bytes: number;
}

class Generator {
  readonly #worker = new Worker(new URL(import.meta.url), { workerData: 'cloud-bench', execArgv: ['--conditions=lutra-source'] });
  /** The server is in this thread: its processor time tells what it could do, however slow generator and machine are just now. */
  async run(load: Load, forMs = roundMs): Promise<Served> {
    const before = process.threadCpuUsage();
    const { rate, bytes, done } = await this.#ask(load, forMs);
    const { user, system } = process.threadCpuUsage(before);
    return { rate, bytes, capacity: done / ((user + system) / 1e6) };
  }
  #ask(load: Load, forMs: number): Promise<{ readonly rate: number; readonly bytes: number; readonly done: number }> {
    return new Promise((resolve, reject) => {
      this.#worker.once('message', (came) => (came.error === undefined ? resolve(came) : reject(new Error(came.error))));
      this.#worker.postMessage({ load, forMs });
    });
  }
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Requests per second of the cloud and of a bare server that writes the same JSON, their rounds in turn. */
async function beside(generator: Generator, what: string, load: Load, atLeast?: number): Promise<readonly Finding[]> {
  const { bytes } = await generator.run(load);
  const { url, method = 'GET', body, token = '' } = load;
  const answer: unknown = await (
    await fetch(url, { method, headers: { 'X-Auth-Token': token }, ...(body === undefined ? {} : { body }) })
  ).json();
  const bare = createServer((incoming, response) => {
    incoming.resume();
    incoming.on('end', () => {
      const text = JSON.stringify(answer);
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }).end(text);
    });
  });
  await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));
  const bareLoad = { ...load, url: `http://127.0.0.1:${(bare.address() as AddressInfo).port}/` };
  await generator.run(bareLoad);
  const [ours, theirs]: [Served[], Served[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await generator.run(load));
    theirs.push(await generator.run(bareLoad));
  }
  await new Promise((resolve) => bare.close(resolve));
  const of = (served: readonly Served[], figure: 'rate' | 'capacity'): number => medianOf(served.map((one) => one[figure]));
  const ratio = of(ours, 'capacity') / of(theirs, 'capacity');
  return [
    { what, value: of(ours, 'rate'), unit: `/s (${bytes} bytes)` },
    { what: `${what}: per second of processor time`, value: of(ours, 'capacity'), unit: '/s' },
    { what: `${what}: ratio to a bare server`, value: ratio, unit: 'x', ...(atLeast === undefined ? {} : { atLeast }) },
  ];
}

async function overHttp(): Promise<readonly Finding[]> {
  const clock = new VirtualClock();
  const world = new World({ clock, random: seededRandom(1), pace: prompt, quota: {} });
  const cloud = await createCloudServer(world, { clock: nodeClock() });
  const base = `http://127.0.0.1:${cloud.port}`;
  const login = JSON.stringify({ auth: { passwordCredentials: { username: 'owner', password: 'password' } } });
  const loggedIn = (await (await fetch(`${base}/v2.0/tokens`, { method: 'POST', body: login })).json()) as {
    readonly access: { readonly token: { readonly id: string } };
  };
  const token = loggedIn.access.token.id;
  const tenant = world.tenant('829409' as TenantId);
  const upTo = async (count: number): Promise<void> => {
    while (tenant.compute.servers.size < count) await world.call('server.create', tenant.id, { server });
    await clock.runUntil(later(clock.now(), seconds(10)));
  };
  const generator = new Generator();
  const list: Load = { url: `${base}/v2/829409/servers/detail`, token };
  const findings: Finding[] = [];
  await upTo(1);
  findings.push(...(await beside(generator, 'GET servers/detail, 1 server', list, 0.4)));
  await upTo(100);
  findings.push(...(await beside(generator, 'GET servers/detail, 100 servers', list, 0.4)));
  const page: Load = { ...list, url: `${list.url}?limit=100` };
  await upTo(1000);
  findings.push(...(await beside(generator, 'GET servers/detail, 1,000 servers', list, 0.4)));
  const few = (await generator.run(page)).capacity;
  const loadBalancerId = '237935' as LoadBalancerId;
  const found = tenant.loadBalancers.find(loadBalancerId);
  if (found === undefined) throw new Error('There is no load balancer 237935.');
  for (let n = 1; n <= 25; n += 1) {
    outside.addNode(tenant, found, { address: `10.0.0.${n}`, port: 80, weight: 1, condition: 'ENABLED', type: 'PRIMARY' });
  }
  findings.push(...(await beside(generator, 'GET nodes, 25 nodes', { url: `${base}/v1.0/829409/loadbalancers/237935/nodes`, token }, 0.4)));
  findings.push(...(await beside(generator, 'POST tokens', { url: `${base}/v2.0/tokens`, method: 'POST', body: login })));
  await upTo(10_000);
  const [atMany, again] = [await generator.run(page), await generator.run(page)];
  const many = Math.max(atMany.capacity, again.capacity);
  findings.push({ what: 'GET servers/detail?limit=100: at 1,000 servers / at 10,000', value: few / many, unit: 'x', atMost: 1.3 });
  const create: Load = { url: `${base}/v2/829409/servers`, method: 'POST', body: JSON.stringify({ server }), token };
  findings.push(...(await beside(generator, 'POST servers, at 10,000 servers', create)));
  await generator.end();
  await cloud.close();
  return findings;
}

async function memory(): Promise<readonly Finding[]> {
  const used = (): number => {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    const { heapUsed, external } = process.memoryUsage();
    return (heapUsed + external) / 2 ** 20;
  };
  const before = used();
  const clock = new VirtualClock();
  const world = new World({ clock, random: seededRandom(1), pace: prompt, quota: {} });
  const tenantId = '829409' as TenantId;
  const ids: ServerId[] = [];
  for (let n = 0; n < 10_000; n += 1) {
    const answer = await world.call('server.create', tenantId, { server: { ...server, name: `web-${n}` } });
    if (answer.kind === 'done') ids.push(answer.value.id);
  }
  await clock.runUntil(later(clock.now(), seconds(10)));
  await world.call('server.list', tenantId, {});
  const grown = used() - before;
  if (world.tenant(tenantId).compute.servers.size !== ids.length) throw new Error('What is measured is not all there.'); // so that it is kept until then
  return [{ what: `${ids.length} servers, listed once: memory`, value: grown, unit: 'MiB', atMost: 150 }];
}

const rule = (n: number, more: object) => faultRuleSchema.parse({ id: `rule-${n}`, ...more });
/** Nothing of these meets a call: another tenant, another time, another name. */
const idle = (n: number) =>
  rule(
    n,
    [
      { when: { tenant: 'nobody' }, do: { fault: 'http.5xx' } },
      { when: { op: 'server.create' }, do: { fault: 'build.error' } },
      { when: { from: '30d' }, do: { fault: 'latency', params: { by: '1s' } } },
      { when: { op: 'node.list', tenant: 'nobody' }, do: { fault: 'response.lost' } },
    ][n % 4] ?? {},
  );
/** These are met, now and then. */
const busy = (n: number) => rule(n, { when: { op: 'server.get', p: 0.1 }, do: { fault: 'http.5xx', params: { code: 503 } } });

async function operations(what: string, rules: readonly ReturnType<typeof rule>[], atLeast: number): Promise<Finding> {
  const clock = new VirtualClock();
  const world = new World({ clock, random: seededRandom(1), pace: prompt, faults: rules, quota: {} });
  const tenantId = '829409' as TenantId;
  const created = await world.call('server.create', tenantId, { server });
  if (created.kind !== 'done') throw new Error('The server was not created.');
  const serverId = created.value.id;
  const rates: number[] = [];
  for (let round = 0; round < 2 * rounds; round += 1) {
    const begun = process.threadCpuUsage(); // the machine is shared
    for (let n = 0; n < 20_000; n += 1) await world.call('server.get', tenantId, { serverId });
    const { user, system } = process.threadCpuUsage(begun);
    rates.push(20_000 / ((user + system) / 1e6));
  }
  return { what, value: medianOf(rates), unit: 'operations/s', atLeast };
}

/** The simulated cloud: over HTTP beside a bare server, in process with fault rules, and how much 10,000 servers weigh. */
export const clouding: Part = {
  name: 'cloud',
  about: `the simulated cloud: requests per second over HTTP (${connections} connections) beside a bare node:http server, operations in process`,
  run: async () => [
    ...(await memory()), // first: what the others leave behind goes at any time
    ...(await overHttp()),
    await operations('in process, no fault rules', [], 200_000),
    await operations(
      'in process, 100 rules that meet nothing',
      Array.from({ length: 100 }, (_, n) => idle(n)),
      200_000,
    ),
    await operations(
      'in process, 10 rules that meet calls',
      Array.from({ length: 10 }, (_, n) => busy(n)),
      100_000,
    ),
  ],
};

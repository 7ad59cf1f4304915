/** The same seed and the same requests, in two processes: the same bytes, whatever others do meanwhile. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { launcher, lutra, root } from './cli-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'lutra-cloud-'));
afterAll(() => rmSync(folder, { recursive: true }));
let runs = 0;

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGTERM');
});

/** Starts `lutra cloud` and answers where it listens. */
async function start(...flags: readonly string[]): Promise<string> {
  const args = [launcher, 'cloud', '--port', '0', '--time', 'manual', '--public-url', 'http://cloud.example', ...flags];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  let written = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    written += chunk;
    const base = /^ {2}cloud +(http:\S+)/m.exec(written)?.[1];
    if (base !== undefined) return base;
  }
  throw new Error(`lutra cloud ended: ${written}`);
}

interface Ran {
  readonly came: readonly string[];
  readonly trace: { readonly lines: number; readonly hash: string };
}
interface Client {
  /** The body, parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: a body is whatever the test says that it must be
  readonly ask: (call: string, body?: object) => Promise<any>;
  /** Everything that came back, headers too. */
  readonly came: string[];
  /** From now on it asks there. */
  readonly at: (base: string) => void;
}
function client(first: string): Client {
  let base = first;
  const came: string[] = [];
  let token = '';
  const ask: Client['ask'] = async (call, body) => {
    const [method = '', path = ''] = call.split(' ');
    const headers = { 'X-Auth-Token': token, 'Content-Type': 'application/json' };
    const response = await fetch(base + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await response.text();
    came.push(JSON.stringify([call, response.status, [...response.headers], text]));
    const json = text.startsWith('{') ? JSON.parse(text) : undefined;
    token = json?.access?.token.id ?? token;
    return json;
  };
  const at: Client['at'] = (next) => {
    base = next;
  };
  return { ask, came, at };
}
const login = (username: string) => ({ auth: { passwordCredentials: { username, password: 'password' } } });
const server = (name: string) => ({ server: { name, imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: '2' } });

/** Requests of the first tenant; `meanwhile` runs between them, and one clock serves all. */
async function walk({ ask }: Client, tick: () => Promise<void>, meanwhile: () => Promise<void>): Promise<void> {
  await ask('POST /v2.0/tokens', login('owner'));
  const lb = (await ask('POST /v1.0/829409/loadbalancers', { loadBalancer: { name: 'lb', protocol: 'HTTP' } })).loadBalancer.id;
  for (const name of ['a', 'b', 'c']) {
    await meanwhile();
    const { id } = (await ask('POST /v2/829409/servers', server(name))).server;
    await tick();
    await ask(`GET /v2/829409/servers/${id}`);
    await ask(`POST /v1.0/829409/loadbalancers/${lb}/nodes`, { nodes: [{ address: '10.0.0.1', port: 80 }] });
    await ask(`POST /v2/829409/servers/${id}/action`, { reboot: { type: 'HARD' } });
  }
  await tick();
  await meanwhile();
  await ask('GET /v2/829409/servers/detail?limit=2');
  await ask(`GET /v1.0/829409/loadbalancers/${lb}/nodes.atom`);
  await ask('GET /v3/829409/load_balancer_pools');
}

describe('lutra cloud --time manual', () => {
  const run = async (flags: readonly string[], disturbed: boolean): Promise<Ran> => {
    runs += 1;
    const base = await start('--trace', join(folder, `${runs}.ndjson`), ...flags);
    const [first, other, clock] = [client(base), client(base), client(base)];
    await other.ask('POST /v2.0/tokens', login('neighbour'));
    const meanwhile = async (): Promise<void> => {
      for (let n = 0; n < 3; n += 1) await other.ask('POST /v2/829410/servers', server(`other-${n}`));
      await other.ask('GET /v2/829410/servers/detail');
    };
    const tick = async (): Promise<void> => {
      await clock.ask('POST /mimic/v1.1/tick', { amount: 2.5 });
    };
    await walk(first, tick, disturbed ? meanwhile : async () => {});
    return { came: first.came, trace: await clock.ask('GET /control/trace') };
  };

  it('answers the same requests with the same bytes in another process, with or without other traffic', { timeout: 60_000 }, async () => {
    const [alone, again, disturbed, reseeded] = await Promise.all([
      run([], false),
      run([], false),
      run([], true),
      run(['--seed', '2'], false),
    ]);
    expect(alone.came.length).toBeGreaterThan(15);
    expect(again).toEqual(alone);
    expect(alone.trace).toEqual({ lines: expect.any(Number), hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(disturbed.came).toEqual(alone.came);
    expect(disturbed.trace.hash).not.toBe(alone.trace.hash);
    expect(reseeded.came).not.toEqual(alone.came);
  });
});

describe('lutra cloud --world', () => {
  /** Ends what runs, in order. */
  const stop = async (): Promise<void> => {
    for (const child of running.splice(0)) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  };
  const image = '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8';

  it('goes on in another process as if it had never stopped', { timeout: 60_000 }, async () => {
    const half = async ({ ask }: Client): Promise<void> => {
      await ask('POST /v2.0/tokens', login('owner'));
      await ask('POST /control/rules', { id: 'twice', when: { op: 'flavor.list', times: 2 }, do: { fault: 'http.5xx' } });
      await ask('GET /v2/829409/flavors');
      await ask('POST /v2/829409/servers', server('a'));
      await ask('POST /mimic/v1.1/tick', { amount: 1 });
    };
    const rest = async ({ ask }: Client): Promise<void> => {
      await ask('GET /v2/829409/servers/detail');
      await ask('POST /mimic/v1.1/tick', { amount: 10 });
      await ask('GET /v2/829409/servers/detail');
      await ask('GET /v2/829409/flavors');
      await ask('GET /v2/829409/flavors');
      await ask('POST /v2/829409/servers', server('b'));
      await ask(`GET /v2/829409/images/${image}`);
      await ask('GET /v2/829409/limits');
    };
    const whole = client(await start());
    await half(whole);
    await rest(whole);
    await stop();
    const flags = ['--world', join(folder, 'world.json')];
    const parted = client(await start(...flags));
    await half(parted);
    await stop();
    parted.at(await start(...flags));
    await rest(parted);
    expect(parted.came).toEqual(whole.came);
    expect(parted.came.at(-4)).toContain('200');
  });

  it('says what is wrong with a file that holds no world', async () => {
    const file = join(folder, 'none.json');
    writeFileSync(file, '{"version": 1}');
    expect(await lutra(['cloud', '--port', '0', '--world', file])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^cloud: .*none\.json \(--world\) holds no simulated world: .*\n$/),
    });
  });
});

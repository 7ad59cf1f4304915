/**
 * Hostile requests at running hosts, `lutra serve` and `lutra cloud`, while a good client works on each face. Fails when a host ends, when
 * a good request is lost or answered with anything but what it should be, when memory or descriptors do not come back to where they
 * were, or when a host does not stop in time.
 *
 *   npm run hostile -- --requests 10000 --seed 1
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { attacks } from './attacks.ts';
import { type GoodClient, startGoodClient } from './good-client.ts';
import { type Holding, type ProbedHost, startProbed, until } from './probed-host.ts';

/** Hostile requests under way at the same time. */
const concurrency = 48;
/** What a host may hold more at the end than after the first part: caches that are filled, code that is compiled. */
const mostGrowth = { bytes: 16 * 2 ** 20, descriptors: 5 };
/** A host must end within its ten seconds of grace, and a little. */
const mostStopping = 15_000;

/** With fewer a host has not compiled its code when it is first looked at. */
const leastRequests = 200;

const help = `usage: npm run hostile -- [--requests N] [--seed N]

Sends hostile requests to running hosts while good clients work.
  --requests N   how many, from ${leastRequests} (default 1000)
  --seed N       decides which (default 1)`;

/** A face of a host: where to send what. */
interface Face {
  readonly kind: 'api' | 'cloud';
  readonly root: string;
  readonly host: ProbedHost;
}

async function torture(requests: number, seed: number): Promise<number> {
  const quiet = ['--log-level', 'silent'];
  const serve = await startProbed('lutra serve', 'serve', '--port', '0', '--cloud-port', '0', '--store', 'memory', ...quiet);
  const cloud = await startProbed('lutra cloud', 'cloud', '--port', '0', '--no-auth');
  const hosts = [serve, cloud];
  const faces: readonly Face[] = [
    { kind: 'api', root: serve.address('api'), host: serve },
    { kind: 'api', root: serve.address('api'), host: serve }, // half of all: it is what others reach
    { kind: 'cloud', root: serve.address('cloud'), host: serve },
    { kind: 'cloud', root: cloud.address('cloud'), host: cloud },
  ];
  const clients = [...new Set(faces.map(({ root }) => root))].map((root) =>
    startGoodClient(faces.find((face) => face.root === root)?.kind ?? 'api', root),
  );
  // The first part fills caches and has code compiled: what a host holds then is what it must come back to.
  const first = Math.max(leastRequests, Math.floor(requests / 10));
  const problems: string[] = [];
  const before = new Map<ProbedHost, Holding>();
  const counts = new Map<string, number>();
  try {
    await attack(faces, first, seed, counts);
    for (const host of hosts) before.set(host, await settled(host));
    await attack(faces, Math.max(0, requests - first), seed + 1, counts);
    for (const host of hosts) problems.push(...(await grown(host, before.get(host))));
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  for (const client of clients) problems.push(...(await ending(client)));
  for (const host of hosts) problems.push(...(await stopping(host)));
  report(counts, clients, problems);
  return problems.length === 0 ? 0 : 1;
}

/** Sends so many hostile requests, `concurrency` at a time. Rejects when a host has ended. */
async function attack(faces: readonly Face[], requests: number, seed: number, counts: Map<string, number>): Promise<void> {
  const picks = fc.sample(fc.tuple(fc.constantFrom(...faces), fc.nat(), fc.nat()), { numRuns: requests, seed });
  let next = 0;
  let told = performance.now();
  const worker = async (): Promise<void> => {
    for (let pick = picks[next]; pick !== undefined; pick = picks[next]) {
      next += 1;
      const [{ kind, root, host }, which, chance] = pick;
      const ended = host.ended();
      if (ended !== undefined) throw new Error(ended);
      const fitting = attacks.filter(({ faces }) => faces === 'both' || faces === kind);
      const one = weighted(fitting, which);
      counts.set(one.name, (counts.get(one.name) ?? 0) + 1);
      await one.run({ kind, root: new URL(root) }, chance);
      if (performance.now() - told > 10_000) {
        told = performance.now();
        console.log(`${next} of ${requests} hostile requests`);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

function weighted<T extends { readonly weight: number }>(choices: readonly T[], which: number): T {
  let left = which % choices.reduce((sum, { weight }) => sum + weight, 0);
  for (const choice of choices) {
    left -= choice.weight;
    if (left < 0) return choice;
  }
  throw new Error('unreachable: the weights add up to more than what is left');
}

/** What a host holds when its connections of before are gone. */
async function settled(host: ProbedHost): Promise<Holding> {
  let last = await host.holding();
  await until(
    `${host.name} comes to rest`,
    async () => {
      const now = await host.holding();
      const same = now.descriptors >= last.descriptors && now.bytes > last.bytes - 2 ** 20;
      last = now;
      return same;
    },
    120_000,
  );
  return last;
}

/** What is wrong with what a host holds now; waits for connections that are still being ended. */
async function grown(host: ProbedHost, before: Holding | undefined): Promise<readonly string[]> {
  if (before === undefined) return [`${host.name} was never looked at`];
  const excess = ({ bytes, descriptors }: Holding) =>
    bytes - before.bytes > mostGrowth.bytes || descriptors - before.descriptors > mostGrowth.descriptors;
  let now = await host.holding();
  const hasLetGo = async (): Promise<boolean> => {
    now = await host.holding();
    return !excess(now);
  };
  await until(`${host.name} lets go`, hasLetGo, 90_000).catch(() => undefined);
  console.log(`${host.name}: ${mib(before)} and ${before.descriptors} descriptors before, ${mib(now)} and ${now.descriptors} after`);
  return excess(now) ? [`${host.name} holds more than before: ${JSON.stringify({ before, now })}`] : [];
}

const mib = ({ bytes }: Holding): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

async function ending(client: GoodClient): Promise<readonly string[]> {
  await client.stop();
  return [
    ...client.failures.map((failure) => `a good request failed: ${failure}`),
    ...(client.served === 0 ? ['a good client got no answer'] : []),
  ];
}

async function stopping(host: ProbedHost): Promise<readonly string[]> {
  const ended = host.ended();
  if (ended !== undefined) return [ended];
  const took = await host.stop();
  return took > mostStopping ? [`${host.name} took ${Math.round(took)} ms to stop`] : [];
}

function report(counts: ReadonlyMap<string, number>, clients: readonly GoodClient[], problems: readonly string[]): void {
  for (const [name, count] of [...counts].sort(([, a], [, b]) => b - a)) console.log(`${String(count).padStart(8)}  ${name}`);
  const served = clients.reduce((sum, client) => sum + client.served, 0);
  console.log(`${served} good requests answered, the slowest within ${Math.max(...clients.map(({ slowest }) => slowest))} ms`);
  for (const problem of problems.slice(0, 20)) console.error(`failed: ${problem}`);
  if (problems.length > 20) console.error(`failed: and ${problems.length - 20} more`);
  console.log(problems.length === 0 ? 'no host ended, no good request was lost' : `${problems.length} problems`);
}

/** A whole number from a flag. */
function numberOf(flag: string, text: string, least: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < least) {
    throw new TypeError(`${flag} must be a whole number from ${least}, got "${text}"`);
  }
  return number;
}

async function main(): Promise<number> {
  let given: { readonly requests: number; readonly seed: number };
  try {
    const { values } = parseArgs({
      options: { requests: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' }, help: { type: 'boolean' } },
    });
    if (values.help) {
      console.log(help);
      return 0;
    }
    given = { requests: numberOf('--requests', values.requests, leastRequests), seed: numberOf('--seed', values.seed, 0) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // parseArgs throws those, and so do we
    console.error(`hostile: ${error.message}\n\n${help}`);
    return 2;
  }
  return torture(given.requests, given.seed);
}

process.exitCode = await main();

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Finding, medianOf, type Part, pairedMedian } from './harness.ts';
import { type Load, requestsPerSecond } from './rest-load.ts';

interface Servers {
  readonly ports: Readonly<Record<string, number>>;
  readonly cases: readonly (Pick<Load, 'method' | 'paths' | 'body'> & { readonly name: string })[];
}

/** Length of one measurement, ms, and how often it is repeated, in turn with its baseline. */
const [span, rounds] = [500, 9];
/** How long a server is asked before it is measured, ms: until then its code is still being compiled. */
const warmUp = 3000;
const accepted = /20[012]|403/;
/** Later layers come on top of earlier ones; the last has everything. */
const layers = ['host', 'auth', 'limits', 'metrics', 'log'];

/** Requests per second of the REST host beside a bare Express route that sends the same bytes, or parses the same body. */
export const rest: Part = {
  name: 'rest',
  about:
    'requests/s with tokens auth, limits, metrics and a log to a file, beside a bare Express route with the same bytes; the cost of each layer',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lutra-bench-'));
    const child = spawn(
      process.execPath,
      ['--conditions=lutra-source', join(import.meta.dirname, 'rest-servers.ts'), join(folder, 'log')],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    try {
      const [line] = await once(createInterface(child.stdout), 'line');
      return await measureAll(JSON.parse(line));
    } finally {
      child.kill();
      rmSync(folder, { recursive: true });
    }
  },
};

/** What one round of a load came to: requests per second, and microseconds of the servers' processor time a request. */
interface Round {
  readonly rate: number;
  readonly cost: number;
}

async function measureAll({ ports, cases }: Servers): Promise<readonly Finding[]> {
  const portOf = (name: string): number => ports[name] ?? 0;
  const bareUrl = `http://127.0.0.1:${portOf('bare')}`;
  const findings: Finding[] = [];
  for (const [index, { name, ...load }] of cases.entries()) {
    const full = { ...load, port: portOf('log') };
    const { last } = await requestsPerSecond(full, span, accepted);
    const path = `/bare/${index}`;
    await fetch(`${bareUrl}${path}`, { method: 'PUT', body: new Uint8Array(last) });
    const [bare = [], ours = []] = await inTurn([{ ...load, port: portOf('bare'), paths: [path] }, full], bareUrl);
    const ratio = pairedMedian(ours, bare, (mine, theirs) => mine.rate / theirs.rate);
    findings.push(
      { what: name, value: medianOf(ours.map(({ rate }) => rate)), unit: 'requests/s' },
      { what: `${name}, ratio`, value: ratio, unit: 'x bare Express', ...(name === 'GET state' ? { atLeast: 0.5 } : {}) },
      {
        what: `${name}, by processor time`,
        value: pairedMedian(ours, bare, (mine, theirs) => theirs.cost / mine.cost),
        unit: 'x bare Express',
      },
    );
  }
  const [state] = cases;
  if (state === undefined) return findings;
  const costs = await inTurn(
    layers.map((layer) => ({ ...state, port: portOf(layer) })),
    bareUrl,
  );
  for (const [index, layer] of layers.entries()) {
    const [rounds = [], before] = [costs[index], costs[index - 1]];
    // Beside the layer before it in the same round, because the machine is not the same from one moment to the next.
    const value =
      before === undefined
        ? medianOf(rounds.map(({ cost }) => cost))
        : pairedMedian(rounds, before, (mine, theirs) => mine.cost - theirs.cost);
    findings.push({
      what: `GET state: ${index === 0 ? 'host without layers' : `${layer} on top`}`,
      value,
      unit: 'us of processor time/request',
    });
  }
  return findings;
}

/** The rounds of each load, taken in turn. */
async function inTurn(loads: readonly Load[], bareUrl: string): Promise<readonly (readonly Round[])[]> {
  const all = loads.map(() => [] as Round[]);
  for (const load of loads) await requestsPerSecond(load, warmUp, accepted);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, load] of loads.entries()) {
      const before = await processorTime(bareUrl);
      const { rate, answered } = await requestsPerSecond(load, span, accepted);
      all[index]?.push({ rate, cost: ((await processorTime(bareUrl)) - before) / answered });
    }
  }
  return all;
}

/** Processor time of the servers so far, us. */
const processorTime = async (bareUrl: string): Promise<number> => (await (await fetch(`${bareUrl}/processor-time`)).json()) as number;

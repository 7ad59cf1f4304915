import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Finding, medianOf, type Part } from './harness.ts';
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

async function measureAll({ ports, cases }: Servers): Promise<readonly Finding[]> {
  const portOf = (name: string): number => ports[name] ?? 0;
  const findings: Finding[] = [];
  for (const [index, { name, ...load }] of cases.entries()) {
    const full = { ...load, port: portOf('log') };
    const { last } = await requestsPerSecond(full, span, accepted);
    const path = `/bare/${index}`;
    await fetch(`http://127.0.0.1:${portOf('bare')}${path}`, { method: 'PUT', body: new Uint8Array(last) });
    const [bare = [], ours = []] = await inTurn([{ ...load, port: portOf('bare'), paths: [path] }, full]);
    const ratio = medianOf(ours.map((rate, round) => rate / (bare[round] ?? 1)));
    findings.push(
      { what: name, value: medianOf(ours), unit: 'requests/s' },
      { what: `${name}, ratio`, value: ratio, unit: 'x bare Express', ...(name === 'GET state' ? { atLeast: 0.5 } : {}) },
    );
  }
  const [state] = cases;
  if (state !== undefined) {
    const rates = await inTurn(layers.map((layer) => ({ ...state, port: portOf(layer) })));
    for (const [index, layer] of layers.entries()) {
      const before = rates[index - 1];
      // Beside the layer before it in the same round, because the machine is not the same from one moment to the next.
      const cost = medianOf(
        (rates[index] ?? []).map((rate, round) => 1e6 / rate - (before === undefined ? 0 : 1e6 / (before[round] ?? rate))),
      );
      findings.push({ what: `GET state: ${index === 0 ? 'host without layers' : `${layer} on top`}`, value: cost, unit: 'us/request' });
    }
  }
  return findings;
}

/** The requests per second of each load, round by round, their rounds in turn. */
async function inTurn(loads: readonly Load[]): Promise<readonly (readonly number[])[]> {
  const rates = loads.map(() => [] as number[]);
  for (const load of loads) await requestsPerSecond(load, warmUp, accepted);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, load] of loads.entries()) rates[index]?.push((await requestsPerSecond(load, span, accepted)).rate);
  }
  return rates;
}

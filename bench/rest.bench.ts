import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Finding, Part } from './harness.ts';
import { type Load, requestsPerSecond } from './rest-load.ts';

interface Servers {
  readonly ports: Readonly<Record<string, number>>;
  readonly cases: readonly (Pick<Load, 'method' | 'paths' | 'body'> & { readonly name: string })[];
}

/** Length of one measurement, ms, and how often it is repeated, in turn with its baseline. */
const [span, rounds] = [400, 7];
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
    const { last } = await requestsPerSecond(full, span, /20[012]|403/);
    const path = `/bare/${index}`;
    await fetch(`http://127.0.0.1:${portOf('bare')}${path}`, { method: 'PUT', body: new Uint8Array(last) });
    const [bare, ours] = await inTurn([{ ...load, port: portOf('bare'), paths: [path] }, full]);
    findings.push(
      { what: name, value: ours ?? 0, unit: 'requests/s' },
      {
        what: `${name}, ratio`,
        value: (ours ?? 0) / (bare ?? 1),
        unit: 'x bare Express',
        ...(name === 'GET state' ? { atLeast: 0.5 } : {}),
      },
    );
  }
  const [state] = cases;
  if (state !== undefined) {
    const rates = await inTurn(layers.map((layer) => ({ ...state, port: portOf(layer) })));
    for (const [index, layer] of layers.entries()) {
      const [before, after] = [rates[index - 1], rates[index] ?? 1];
      const cost = 1e6 / after - (before === undefined ? 0 : 1e6 / before);
      findings.push({ what: `GET state: ${index === 0 ? 'host without layers' : `${layer} on top`}`, value: cost, unit: 'us/request' });
    }
  }
  return findings;
}

/** The median requests per second of each load, their rounds in turn. */
async function inTurn(loads: readonly Load[]): Promise<readonly number[]> {
  const rates = loads.map(() => [] as number[]);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, load] of loads.entries()) rates[index]?.push((await requestsPerSecond(load, span, /20[012]|403/)).rate);
  }
  return rates.map((of) => of.sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0);
}

/** `lutra cloud`: the simulated cloud alone, over HTTP, for anything that talks to such clouds. */
import { readFileSync } from 'node:fs';
import { type Clock, seededRandom } from '@lutra/core';
import {
  defaultIdentity,
  defaultPassword,
  type FaultRule,
  type IdentityData,
  type Pace,
  paces,
  parseFaultRules,
  parseIdentity,
  Trace,
  VirtualClock,
} from '@lutra/simulator';
import type { Command } from 'commander';
import { CliError, whyNoFile } from './cli-error.ts';
import { settings } from './config.ts';
import { openCloud, urlOf } from './listening.ts';
import { openTrace } from './trace-file.ts';

interface CloudFlags {
  readonly port: string;
  readonly host: string;
  readonly pace: string;
  readonly seed: string;
  readonly region: string;
  readonly time: string;
  readonly auth: boolean;
  readonly identity?: string;
  readonly faults?: string;
  readonly trace?: string;
  readonly publicUrl?: string;
  readonly autoscaleUrl: string;
}
const timeModes = ['real', 'manual', 'jump'] as const;

/** Adds `lutra cloud`. `clock` is that of the machine; `stopped` resolves when it is told to stop. */
export function addCloud(program: Command, version: string, clock: Clock, stopped: () => Promise<unknown>): void {
  program
    .command('cloud')
    .summary('run the simulated cloud alone')
    .description('Runs a simulated OpenStack cloud (Keystone, Nova, Cloud Load Balancers, RackConnect) over HTTP, until Ctrl-C or SIGTERM.')
    .option('--port <number>', 'port; 0 takes any that is free', '8900')
    .option('--host <address>', 'name or address to listen on', '127.0.0.1')
    .option('--pace <name>', `how fast it is: ${Object.keys(paces).join(' or ')}`, 'demo')
    .option('--seed <text>', 'decides what chance decides: ids, addresses, tokens, durations', '1')
    .option('--region <name>', 'its one region, as catalogs name it', 'ORD')
    .option('--identity <file>', 'YAML file with tenants and users (default: those of packages/simulator/README.md)')
    .option('--no-auth', 'ask nobody for a token')
    .option('--faults <file>', 'YAML or JSON file with fault rules')
    .option('--trace <file>', 'write everything that happens, one JSON object a line; /control/trace tells its hash')
    .option(
      '--time <mode>',
      'real; manual: moves only when told to, by /control/time or the tick call; jump: to whatever is to happen next',
      'real',
    )
    .option('--public-url <url>', 'what catalogs and links start with (default: as each client calls it)')
    .option('--autoscale-url <url>', 'where catalogs say that the Autoscale API is, without /v1.0', 'http://127.0.0.1:8080')
    .action(async (flags: CloudFlags) => {
      await runCloud(flags, version, clock, stopped());
    });
}

async function runCloud(flags: CloudFlags, version: string, real: Clock, stopped: Promise<unknown>): Promise<void> {
  const { host, seed, region, auth, autoscaleUrl, publicUrl } = flags;
  const port = checked('--port', settings.port.schema, flags.port);
  const pace = paces[checked('--pace', settings.pace.schema, flags.pace)];
  const mode = timeModes.find((name) => name === flags.time);
  if (mode === undefined) throw new CliError(2, `cloud: --time must be ${timeModes.join(', ')}, got "${flags.time}"`);
  const identity = flags.identity === undefined ? defaultIdentity() : fromFile(flags.identity, '--identity', parseIdentity);
  const faults = flags.faults === undefined ? [] : fromFile(flags.faults, '--faults', parseFaultRules);
  const virtual = mode === 'real' ? undefined : new VirtualClock();
  const clock = virtual ?? real;
  const traceFile = flags.trace === undefined ? undefined : openTrace('cloud', flags.trace);
  const trace = traceFile && new Trace(clock.now(), (line) => traceFile.write(line));
  const { server, world } = await openCloud({
    host,
    port,
    flag: '--port',
    world: worldOf(clock, { seed, pace, identity, faults, region, auth, prompt: virtual !== undefined }),
    server: {
      autoscaleUrl: withoutSlash(autoscaleUrl),
      publicUrl: publicUrl && withoutSlash(publicUrl),
      time: virtual && { clock: virtual, jump: mode === 'jump' },
      trace,
    },
  });
  if (trace !== undefined) world.events$.subscribe((event) => trace.write({ of: 'cloud', event }));
  const url = urlOf(host, server.port);
  console.log(welcome(version, url, flags, identity));
  await stopped;
  await server.close();
  traceFile?.close();
  // Servers that it still builds hold timers, and nobody waits for them any more.
  process.exit(0);
}

/** Where nobody but the caller moves the clock, answers take no time: otherwise none would ever come. */
const worldOf = (
  clock: Clock,
  {
    seed,
    pace,
    identity,
    faults,
    region,
    auth,
    prompt,
  }: {
    readonly seed: string;
    readonly pace: Pace;
    readonly identity: IdentityData;
    readonly faults: readonly FaultRule[];
    readonly region: string;
    readonly auth: boolean;
    readonly prompt: boolean;
  },
) => ({
  clock,
  random: seededRandom(seed),
  pace: prompt ? { ...pace, latency: { kind: 'none' } as const } : pace,
  identity,
  faults,
  region,
  tokenChecks: auth,
});

function checked<T>(
  flag: string,
  schema: { safeParse(value: string): { data?: T | undefined; error?: { issues: readonly { message: string }[] } | undefined } },
  value: string,
): T {
  const { data, error } = schema.safeParse(value);
  if (data === undefined) throw new CliError(2, `cloud: ${flag} ${error?.issues[0]?.message ?? 'is wrong'}, got "${value}"`);
  return data;
}

function fromFile<T>(file: string, flag: string, parse: (text: string) => T): T {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(2, `cloud: cannot read ${file} (${flag}): ${whyNoFile(error)}`, { cause: error });
  }
  try {
    return parse(text);
  } catch (error) {
    throw new CliError(2, `cloud: ${file} (${flag}): ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

function welcome(version: string, url: string, { pace, seed, region, auth, time }: CloudFlags, { users }: IdentityData): string {
  const [user] = users;
  const login = { auth: { passwordCredentials: { username: user?.name ?? 'anybody', password: user?.password ?? defaultPassword } } };
  return `lutra ${version}: a simulated cloud. Everything is in memory: stopping it forgets it.

  cloud  ${url}  (pace ${pace}, seed ${seed}, region ${region}, time ${time}, tokens ${auth ? 'checked' : 'not checked'})

Log in with Keystone v2.0 or v3 at that address:

  curl -sS -X POST ${url}/v2.0/tokens -H 'Content-Type: application/json' -d '${JSON.stringify(login)}'

Ctrl-C stops it.`;
}

/** `lutra cloud`: the simulated cloud alone, over HTTP, for anything that talks to such clouds. */
import { type Clock, seededRandom } from '@lutra/core';
import {
  defaultPassword,
  type FaultRule,
  type IdentityData,
  type Pace,
  paces,
  VirtualClock,
  type World,
  type WorldSnapshot,
} from '@lutra/simulator';
import { Trace } from '@lutra/testbed';
import type { Command } from 'commander';
import { CliError, type ExitCode } from './cli-error.ts';
import { faultRulesIn, identityIn } from './cloud-files.ts';
import { settings } from './config.ts';
import { isLoopback } from './host-settings.ts';
import { openCloud, urlOf } from './listening.ts';
import { outliveReaders } from './output.ts';
import { shownValue, urlThat } from './setting.ts';
import { openTrace } from './trace-file.ts';
import { closedNotice } from './welcome.ts';
import { keepWorld, notWorld, readWorld, type WorldFile } from './world-file.ts';

interface CloudFlags {
  readonly port: string;
  readonly host: string;
  readonly pace: string;
  readonly seed: string;
  readonly region: string;
  readonly time: string;
  readonly auth: boolean;
  readonly insecure?: true;
  readonly identity?: string;
  readonly faults?: string;
  readonly trace?: string;
  readonly world?: string;
  readonly publicUrl?: string;
  readonly autoscaleUrl: string;
  readonly allowedOrigins: string;
}
const anyUrl = urlThat('must be a URL, such as http://127.0.0.1:8080', /^https?:\/\/[^\s?#"\\]+$/);
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
    .option('--insecure', 'allow --no-auth on an address that others can reach')
    .option('--faults <file>', 'YAML or JSON file with fault rules')
    .option(
      '--world <file>',
      'go on from the world in this file, if there is one, and keep it there: within a second of a call, a large one less often, and at the end',
    )
    .option('--trace <file>', 'write everything that happens, one JSON object a line; /control/trace shows its hash')
    .option('--time <mode>', 'real; manual: moves only by /control/time or the tick call; jump: on to the next event', 'real')
    .option('--public-url <url>', 'what catalogs and links start with (default: as each client calls it)')
    .option('--allowed-origins <origins>', 'web pages that may use it where it asks nobody for a token; several with commas', '')
    .option('--autoscale-url <url>', 'where catalogs say that the Autoscale API is, without /v1.0', 'http://127.0.0.1:8080')
    .action(async (flags: CloudFlags) => {
      await runCloud(flags, version, clock, stopped());
    });
}

async function runCloud(flags: CloudFlags, version: string, real: Clock, stopped: Promise<unknown>): Promise<void> {
  outliveReaders();
  const { host, seed, region, auth } = flags;
  const autoscaleUrl = checked('--autoscale-url', anyUrl, flags.autoscaleUrl);
  const publicUrl = flags.publicUrl === undefined ? undefined : checked('--public-url', anyUrl, flags.publicUrl);
  const port = checked('--port', settings.port.schema, flags.port);
  const reachable = !isLoopback(host);
  if (!auth && reachable && !flags.insecure) throw new CliError(2, `cloud: --no-auth ${notOpen(host)}`);
  const pace = paces[checked('--pace', settings.pace.schema, flags.pace)];
  const mode = timeModes.find((name) => name === flags.time);
  if (mode === undefined) throw new CliError(2, `cloud: --time must be ${timeModes.join(', ')}, got "${flags.time}"`);
  const allowedOrigins =
    flags.allowedOrigins === '' ? [] : checked('--allowed-origins', settings.allowedOrigins.schema, flags.allowedOrigins);
  const identity = identityIn(flags.identity, { command: 'cloud', flag: '--identity' });
  const faults = faultRulesIn(flags.faults, { command: 'cloud', flag: '--faults' });
  const kept = flags.world === undefined ? undefined : { command: 'cloud', flag: '--world', file: flags.world };
  const saved = kept && readWorld(kept);
  const virtual = mode === 'real' ? undefined : new VirtualClock(saved?.now);
  const clock = virtual ?? real;
  const traceFile = flags.trace === undefined ? undefined : openTrace('cloud', flags.trace);
  const trace = traceFile && new Trace(clock.now(), (line) => traceFile.write(line));
  const { server, world } = await openCloud({
    host,
    port,
    flags: { host: '--host', port: '--port' },
    reachable,
    world: worldOf(clock, { seed, pace, identity, faults, region, auth, prompt: virtual !== undefined }),
    furnish: (made) => {
      if (kept !== undefined && saved !== undefined) goOn(made, saved, kept, virtual !== undefined);
      if (!made.identity.checks && reachable && !flags.insecure)
        throw new CliError(2, `cloud: ${flags.world} (--world) asks nobody for a token, which ${notOpen(host)}`);
    },
    server: {
      clock: real,
      allowedOrigins,
      autoscaleUrl: withoutSlash(autoscaleUrl),
      publicUrl: publicUrl && withoutSlash(publicUrl),
      time: virtual && { clock: virtual, jump: mode === 'jump' },
      trace,
    },
    failed: (error) => console.error('cloud: it met a fault of its own, and goes on:', error),
  });
  if (trace !== undefined) world.events$.subscribe((event) => trace.write({ of: 'cloud', event }));
  const url = urlOf(host, server.port);
  const stopKeeping = kept && keepWorld(kept, world, real);
  console.log(welcome(version, url, flags, saved !== undefined, world.identity.users()));
  if (reachable) console.log(`\n${closedNotice(world.identity.users())}`);
  await stopped;
  await server.close();
  // Servers that it still builds hold timers, and nobody waits for them any more.
  process.exit(await endEach([() => stopKeeping?.(), () => traceFile?.close()]));
}

/** Ends each file, also after one that cannot be written. Returns the exit code. */
async function endEach(ends: readonly (() => Promise<void> | undefined | void)[]): Promise<ExitCode> {
  let code: ExitCode = 0;
  for (const end of ends) {
    try {
      await end();
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      console.error(error.message);
      code = error.exitCode;
    }
  }
  return code;
}

const notOpen = (host: string): string =>
  `is not allowed where others can reach the cloud (--host ${host}); --insecure allows it all the same`;

/** What flags say of a new world (who there is, its fault rules, its pace, token checks) is as it was in one that is gone on with. */
function goOn(world: World, saved: WorldSnapshot, from: WorldFile, prompt: boolean): void {
  try {
    world.restore(saved);
  } catch (error) {
    throw notWorld(from, error);
  }
  if (prompt) world.pace = promptly(world.pace);
}

/** Where nobody but the caller moves the clock, answers take no time: otherwise none would ever come. */
const promptly = (pace: Pace): Pace => ({ ...pace, latency: { kind: 'none' } });

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
    readonly insecure?: true;
    readonly prompt: boolean;
  },
) => ({
  clock,
  random: seededRandom(seed),
  pace: prompt ? promptly(pace) : pace,
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
  if (data === undefined) throw new CliError(2, `cloud: ${flag} ${error?.issues[0]?.message ?? 'is wrong'}, got ${shownValue(value)}`);
  return data;
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

function welcome(
  version: string,
  url: string,
  { pace, seed, region, auth, time, world }: CloudFlags,
  goesOn: boolean,
  [user]: readonly { readonly name: string; readonly password: string }[],
): string {
  const login = { auth: { passwordCredentials: { username: user?.name ?? 'anybody', password: user?.password ?? defaultPassword } } };
  const how = goesOn ? 'goes on as it was' : `pace ${pace}, seed ${seed}`;
  return `lutra ${version}: a simulated cloud. ${world === undefined ? 'Everything is in memory: stopping it forgets it.' : `Everything is kept in ${world}.`}

  cloud  ${url}  (${how}, region ${region}, time ${time}${goesOn ? '' : `, tokens ${auth ? 'checked' : 'not checked'}`})

Log in with Keystone v2.0 or v3 at that address:

  curl -sS -X POST ${url}/v2.0/tokens -H 'Content-Type: application/json' -d '${JSON.stringify(login)}'

Ctrl-C stops it.`;
}

/**
 * `lutra serve`, the composition root: the only file that makes the real Clock and Random. It puts a simulated cloud, an engine and a
 * REST host together and runs them until it is told to stop.
 */
import { between, type Clock, type EpochMs, epochMs, type Log, type Random, seconds, seededRandom } from '@lutra/core';
import { nodeClock, nodeRandom } from '@lutra/core/node';
import type { ListeningHost } from '@lutra/rest';
import { cloudOver, paces, type World, type WorldSnapshot } from '@lutra/simulator';
import type { Command } from 'commander';
import { authenticatorFor, readTokens, simulatedIdentity } from './authenticating.ts';
import { CliError, type ExitCode } from './cli-error.ts';
import { faultRulesIn, identityIn } from './cloud-files.ts';
import {
  type Config,
  type ConfigSources,
  fallbackOf,
  fileWithSecrets,
  flagOf,
  readConfig,
  settingNames,
  settings,
  variableOf,
  writeConfig,
} from './config.ts';
import { dataFolderOf, deleteData } from './data-folder.ts';
import { runHost } from './host.ts';
import { warnOfReaders } from './input-file.ts';
import { type CloudPortOptions, openApiPort, openCloud, reachableByOthers, urlOf } from './listening.ts';
import { createLog } from './log.ts';
import { LogFile } from './log-file.ts';
import { boundsOf, memoryData, openData } from './opening-data.ts';
import { outliveReaders } from './output.ts';
import { repair } from './repair.ts';
import { closedNotice, welcome } from './welcome.ts';
import { keepWorld, notWorld, readWorld, type WorldFile } from './world-file.ts';

/** Settings, and what only a flag can say. */
type ServeFlags = ConfigSources['flags'] & {
  readonly checkConfig?: true;
  readonly fresh?: true;
  readonly repair?: true;
  readonly yes?: true;
};

/** The clock of the machine. */
export const systemClock = (): Clock => nodeClock();

/** Chance from the machine. */
export const systemRandom = (): Random => nodeRandom();

/** Adds `lutra serve`. */
export function addServe(program: Command, version: string): void {
  const command = program
    .command('serve')
    .summary('run the REST API on a simulated cloud')
    .description('Runs the autoscaler with its REST API on a simulated cloud, until Ctrl-C or SIGTERM.');
  for (const name of settingNames) {
    const { takes, says } = settings[name];
    const fallback = fallbackOf(name);
    command.option(`${flagOf(name)} ${takes}`.trim(), fallback === '' ? says : `${says} (default: ${fallback})`);
  }
  command
    .option('--config <file>', 'YAML file with these settings (port, auth, limits, ...) and the options of the engine')
    .option('--fresh', 'delete the groups and the simulated world in the folder of data first, and say which files')
    .option('--repair', 'say what is wrong with a damaged store and what can be saved of it, and end; nothing is changed')
    .option('--yes', 'with --repair: put what can be saved in the place of the store, and keep the damaged one beside it')
    .option('--check-config', 'print the settings that it would run with, as YAML, and end')
    .addHelpText(
      'after',
      `
Every setting, --config too, can come from the environment: --cloud-port as
${variableOf('cloudPort')}. Flags win over the environment, that over the file.`,
    )
    .action(async ({ checkConfig, fresh, repair: repairs, yes, ...flags }: ServeFlags) => {
      const sources = { flags, environment: process.env };
      const config = readConfig(sources);
      if (config.auth.mode === 'tokens') readTokens(config.auth.tokens ?? '');
      cloudFilesOf(config);
      if (checkConfig && config.logFile !== undefined) LogFile.check(config.logFile);
      if (checkConfig) console.log(writeConfig(config).trimEnd());
      else if (repairs) process.exitCode = repair(config, yes === true, systemClock());
      else await serve(config, version, { secretFile: fileWithSecrets(sources), fresh: fresh === true });
    });
}

/** What the files of the configuration say of the simulated cloud. Throws a CliError that names what is wrong in them. */
const cloudFilesOf = ({ cloudIdentity, cloudFaults }: Config) => ({
  identity: identityIn(cloudIdentity, { command: 'config', flag: 'cloudIdentity' }),
  faults: faultRulesIn(cloudFaults, { command: 'config', flag: 'cloudFaults' }),
});

/** `secretFile`: the file of the configuration, if it holds a secret. `fresh`: whether to delete what is kept first. */
async function serve(
  config: Config,
  version: string,
  { secretFile, fresh }: { readonly secretFile: string | undefined; readonly fresh: boolean },
): Promise<void> {
  const stopped = stopSignal();
  outliveReaders();
  const { host, cloudHost } = config;
  const cloudFiles = cloudFilesOf(config);
  const clock = systemClock();
  const log = createLog(config, clock);
  process.on('SIGHUP', () => log.reopen());
  endLogged(log);
  if (secretFile !== undefined) warnOfReaders(secretFile, 'the file of the configuration', log);
  const random = systemRandom();
  const api = await openApiPort(config, clock, random);
  const { data, cloud, world } = await openAll(config, { clock, random, log, api, fresh, cloudFiles }).catch(async (error: unknown) => {
    await api.close();
    throw error;
  });
  const authenticator = authenticatorFor(config, clock, log, simulatedIdentity(urlOf(cloudHost, cloud.server.port)));
  const running = runHost({ config, clock, random, log, cloud: cloudOver(cloud.world), data, api, authenticator });
  console.log(welcome(version, { api: urlOf(host, api.port), cloud: urlOf(cloudHost, cloud.server.port) }, config, world));
  if (reachableByOthers(config)) console.log(`${closedNotice(cloud.world.identity.users())}\n`);

  const signal = await stopped;
  log.info({ signal }, 'stopping: no new requests; awaiting those in flight, and the calls to the cloud');
  await running.stop();
  await cloud.server.close();
  const code = await endKeeping(world);
  await data.store.close();
  log.info({}, 'stopped');
  // Servers that the simulated cloud still builds hold timers, and nobody waits for them any more.
  process.exit(code);
}

interface Opening {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly api: ListeningHost & { readonly urlRoot: string };
  readonly fresh: boolean;
  readonly cloudFiles: ReturnType<typeof cloudFilesOf>;
}

/** Opens what is kept, and the simulated cloud as it was. The store comes first: who holds it may also write the world beside it. */
async function openAll(config: Config, { clock, random, log, api, fresh, cloudFiles }: Opening) {
  const folder = dataFolderOf(config);
  const holder = `process ${process.pid}, ${urlOf(config.host, api.port)}`;
  if (fresh) startAfresh(folder, holder);
  const bounds = boundsOf(config);
  const data = folder === undefined ? memoryData(clock, random, bounds) : await openData(folder, clock, random, { holder, bounds });
  const file = folder && { command: 'serve', flag: '--data', file: folder.world };
  const worlds: World[] = [];
  let closeCloud = async (): Promise<void> => {};
  try {
    const saved = file && readWorld(file);
    const furnish = (made: World): void => {
      worlds.push(made);
      if (file !== undefined && saved !== undefined) goOn(made, saved, file, config);
    };
    const cloud = await openCloud({ ...cloudOf(config, clock, log, api.urlRoot, cloudFiles), furnish });
    closeCloud = () => cloud.server.close();
    const stopKeeping = file && keepWorld(file, cloud.world, clock, (message) => log.error({}, message));
    const world = folder && stopKeeping && { folder: folder.folder, goesOn: saved !== undefined, stopKeeping };
    return { data, cloud, world };
  } catch (error) {
    // What goes on in a world holds timers, and they would keep the process.
    for (const world of worlds) for (const { id } of world.tenants()) world.forget(id);
    await closeCloud();
    await data.store.close();
    throw error;
  }
}

/** Writes the world once more. Returns the exit code. */
async function endKeeping(world: { readonly stopKeeping: () => Promise<void> } | undefined): Promise<ExitCode> {
  try {
    await world?.stopKeeping();
    return 0;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    console.error(error.message);
    return error.exitCode;
  }
}

function startAfresh(folder: ReturnType<typeof dataFolderOf>, holder: string): void {
  if (folder === undefined) throw new CliError(2, 'serve: --fresh has nothing to delete: with --store memory nothing is kept');
  const deleted = deleteData(folder, holder);
  console.log(
    deleted.length === 0 ? `Nothing to delete in ${folder.folder}.` : `Deleted ${deleted.join(', ')}. The key for secrets stays.`,
  );
}

/**
 * The world goes on as it was, but its pace and whether it asks for tokens are as the settings say. A clock that was set back since makes what
 * was to happen happen later.
 */
function goOn(world: World, saved: WorldSnapshot, file: WorldFile, { pace, cloudAuth }: Config): void {
  try {
    world.restore({ ...saved, now: epochMs(Math.min(world.now(), saved.now)) });
  } catch (error) {
    throw notWorld(file, error);
  }
  world.pace = paces[pace];
  world.identity.checks = cloudAuth === 'on';
}

/** What the simulated cloud is made of, and where it listens. */
const cloudOf = (
  config: Config,
  clock: Clock,
  log: Log,
  autoscaleUrl: string,
  files: ReturnType<typeof cloudFilesOf>,
): CloudPortOptions => ({
  host: config.cloudHost,
  port: config.cloudPort,
  flags: { host: '--cloud-host', port: '--cloud-port' },
  reachable: reachableByOthers(config),
  world: {
    clock,
    random: seededRandom(config.seed),
    pace: paces[config.pace],
    tokenChecks: config.cloudAuth === 'on',
    region: config.cloudRegion,
    ...files,
  },
  server: {
    clock,
    autoscaleUrl,
    allowedOrigins: [...config.allowedOrigins, ...(config.publicUrl === undefined ? [] : [config.publicUrl])],
    ...(config.limits.connectionsPerAddress && { connectionsPerAddress: config.limits.connectionsPerAddress }),
  },
  failed: (error) => log.error({ err: error }, 'the simulated cloud met a fault of its own; it goes on'),
});

/**
 * An error that nobody caught is a mistake of ours, and nothing can be said of what it left behind: it is logged, and the process ends
 * with 1, so that its supervisor starts it again. The store holds what was being done.
 */
function endLogged(log: Log): void {
  process.on('uncaughtException', (error: unknown, origin) => {
    log.error({ err: error, origin }, 'an error that nobody caught: lutra ends; start it again');
    console.error(error);
    process.exit(1);
  });
}

/** A signal to a whole process group comes twice: by itself, and from the launcher, which passes its own on. */
const sameSignal = seconds(1);

/** Resolves with the first signal to stop. A further one, a second or more after it, ends the process at once. */
export function stopSignal(clock: Clock = systemClock()): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked: EpochMs | undefined;
    const take = (signal: NodeJS.Signals): void => {
      const now = clock.now();
      if (asked !== undefined && between(asked, now) >= sameSignal) process.exit(130);
      asked ??= now;
      resolve(signal);
    };
    process.on('SIGINT', take).on('SIGTERM', take);
  });
}

/**
 * `lutra serve`, the composition root: the only file that makes the real Clock and Random. It puts a simulated cloud, an engine and a
 * REST host together and runs them until it is told to stop.
 */
import { type Autoscaler, type Clock, createAutoscaler, createMemoryStore, type Log, seededRandom } from '@lutra/core';
import { nodeClock, nodeRandom } from '@lutra/core/node';
import { createRestApp, type ListeningHost } from '@lutra/rest';
import { type CloudServer, cloudOver, paces } from '@lutra/simulator';
import type { Command } from 'commander';
import { type Config, type ConfigSources, flagOf, readConfig, settingNames, settings, variableOf, writeConfig } from './config.ts';
import { openApiPort, openCloud, urlOf } from './listening.ts';
import { createLog, logEvents } from './log.ts';
import { welcome } from './welcome.ts';

/** The clock of the machine. */
export const systemClock = (): Clock => nodeClock();

/** Adds `lutra serve`. */
export function addServe(program: Command, version: string): void {
  const command = program
    .command('serve')
    .summary('run the REST API on a simulated cloud')
    .description('Runs the autoscaler with its REST API on a simulated cloud, until Ctrl-C or SIGTERM.');
  for (const name of settingNames) {
    const { takes, says, schema } = settings[name];
    const fallback = schema.parse(undefined);
    command.option(`${flagOf(name)} ${takes}`, fallback === undefined ? says : `${says} (default: ${fallback})`);
  }
  command
    .option('--config <file>', 'YAML file with these settings (port, cloudPort, ...) and the options of the engine')
    .option('--check-config', 'print the settings that it would run with, as YAML, and end')
    .addHelpText(
      'after',
      `
Every setting, --config too, can come from the environment: --cloud-port as
${variableOf('cloudPort')}. Flags win over the environment, that over the file.`,
    )
    .action(async ({ checkConfig, ...flags }: ConfigSources['flags'] & { readonly checkConfig?: true }) => {
      const config = readConfig({ flags, environment: process.env });
      if (checkConfig) console.log(writeConfig(config).trimEnd());
      else await serve(config, version);
    });
}

async function serve(config: Config, version: string): Promise<void> {
  const stopped = stopSignal();
  const { host, logLevel, options } = config;
  const log = createLog(logLevel);
  const clock = systemClock();
  const random = nodeRandom();
  const api = await openApiPort(config, clock);
  const cloud = await openCloud({
    host,
    port: config.cloudPort,
    flag: '--cloud-port',
    world: { clock, random: seededRandom(config.seed), pace: paces[config.pace], tokenChecks: config.cloudAuth === 'on' },
    server: { autoscaleUrl: api.urlRoot },
  });
  const store = createMemoryStore(clock);
  const autoscaler = createAutoscaler({ cloud: cloudOver(cloud.world), store, clock, random, log, options });
  logEvents(autoscaler, log);
  api.serve(createRestApp({ autoscaler, clock, random, urlRoot: api.urlRoot, log, limits: options.limits }));
  autoscaler.start();
  console.log(welcome(version, { api: urlOf(host, api.port), cloud: urlOf(host, cloud.server.port) }, config));

  const signal = await stopped;
  log.info({ signal }, 'stopping: no new requests; awaiting those in flight, and the calls to the cloud');
  await stop(api, autoscaler, cloud.server, log);
  // Servers that the simulated cloud still builds hold timers, and nobody waits for them any more.
  process.exit(0);
}

/** Each part is bounded by itself: requests by `listen`, the engine by `stopGrace`. */
async function stop(api: ListeningHost, autoscaler: Autoscaler, cloudServer: CloudServer, log: Log): Promise<void> {
  await api.close();
  await autoscaler.stop();
  await cloudServer.close();
  log.info({}, 'stopped');
}

/** Resolves with the first signal to stop. The second one ends the process at once. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    const take = (signal: NodeJS.Signals): void => {
      if (asked) process.exit(130);
      asked = true;
      resolve(signal);
    };
    process.on('SIGINT', take).on('SIGTERM', take);
  });
}

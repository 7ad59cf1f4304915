/** Opening the ports of `lutra serve` and `lutra cloud`, with words for what can be in the way. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, Random } from '@lutra/core';
import { type ListeningHost, listen, starting } from '@lutra/rest';
import { type CloudServer, type CloudServerOptions, createCloudServer, World, type WorldOptions } from '@lutra/simulator';
import { errorCatchingClock } from '@lutra/testbed';
import { CliError } from './cli-error.ts';
import type { Config } from './config.ts';
import { isLoopback } from './host-settings.ts';

/** `http://127.0.0.1:8080`; a host that stands for every address is reached by the loopback one. */
export function urlOf(host: string, port: number): string {
  const name = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** An open port that waits for the app to serve. */
export interface ApiPort extends ListeningHost {
  /** What links in answers start with. */
  readonly urlRoot: string;
  /** From now on requests are answered by `app`; before, with 503. */
  serve(app: RequestListener): void;
}

/** Opens the port of the API before anything else is made: what is in the way is told first, and the links need to know the port. */
export async function openApiPort(
  { host, port, publicUrl, limits, trustedProxies }: Config,
  clock: Clock,
  random: Random,
): Promise<ApiPort> {
  let app = starting(random);
  // Behind proxies every client has the address of a proxy.
  const connectionsPerAddress = limits.connectionsPerAddress ?? (trustedProxies > 0 ? Number.POSITIVE_INFINITY : undefined);
  const opened = listen((req, res) => app(req, res), {
    clock,
    random,
    port,
    host,
    ...(connectionsPerAddress && { connectionsPerAddress }),
  });
  const listening = await opened.catch((error: unknown) => refusePort(error, host, port, apiFlags));
  return {
    ...listening,
    urlRoot: publicUrl ?? urlOf(host, listening.port),
    serve: (ready) => {
      app = ready;
    },
  };
}

/** Ports tried when any free one is asked for: another process may take one between finding and opening it. */
const mostTries = 3;

/** The flags that set where something listens. */
interface PortFlags {
  readonly host: string;
  readonly port: string;
}
const apiFlags: PortFlags = { host: '--host', port: '--port' };

/** Whether others than this machine can reach what asks the users of the simulated cloud. */
export const reachableByOthers = ({ host, cloudHost, auth }: Pick<Config, 'host' | 'cloudHost' | 'auth'>): boolean =>
  !isLoopback(cloudHost) || (!isLoopback(host) && auth.mode === 'keystone' && auth.keystone.url === undefined);

export interface CloudPortOptions {
  readonly host: string;
  readonly port: number;
  /** The flags that set them. */
  readonly flags: PortFlags;
  /** Whether others can reach this cloud, or an API that its users may use: then it makes no users on the spot. */
  readonly reachable: boolean;
  readonly world: Omit<WorldOptions, 'computeUrl'>;
  /** Told of the world before anybody can call it. */
  readonly furnish?: (world: World) => void;
  readonly server: Omit<CloudServerOptions, 'host' | 'port' | 'failed'>;
  /** Told of faults of the simulator itself; the cloud goes on. */
  readonly failed: (error: unknown) => void;
}

/** A simulated cloud, with an API of its own on a port. */
export async function openCloud({
  host,
  port: wanted,
  flags,
  reachable,
  world: worldOptions,
  furnish,
  server,
  failed,
}: CloudPortOptions): Promise<{ readonly world: World; readonly server: CloudServer }> {
  for (let tries = 1; ; tries += 1) {
    const port = wanted === 0 ? await freePort(host, flags) : wanted; // beforehand, because links to servers name it
    const clock = errorCatchingClock(worldOptions.clock, failed);
    const world = new World({ ...worldOptions, clock, computeUrl: `${server.publicUrl ?? urlOf(host, port)}/v2` });
    furnish?.(world);
    if (reachable) world.identity.closedBecause = 'others than its own machine can reach this cloud';
    try {
      return { world, server: await createCloudServer(world, { ...server, host, port, failed }) };
    } catch (error) {
      if (wanted !== 0 || tries === mostTries) refusePort(error, host, port, flags);
    }
  }
}

/** A port that nobody uses at this moment. */
async function freePort(host: string, flags: PortFlags): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening').catch((error: unknown) => refusePort(error, host, 0, flags));
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Says why a port could not be had, and what to do. */
function refusePort(error: unknown, host: string, port: number, flags: PortFlags): never {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const why =
    code === 'EADDRINUSE'
      ? `Port ${port} on ${host} is in use: stop what uses it, or choose another with ${flags.port} (0 takes any that is free).`
      : code === 'EACCES'
        ? `Port ${port} on ${host} is not for this user: choose one above 1023 with ${flags.port}.`
        : code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN'
          ? `${host} is no address of this machine: choose another with ${flags.host} (127.0.0.1, or 0.0.0.0 for all).`
          : undefined;
  if (why === undefined) throw error;
  throw new CliError(1, why, { cause: error });
}

import { type Clock, seconds } from '@lutra/core';
import { type ListenOptions, listen, type PageRules, pageGuard, type Refusal } from '@lutra/http';
import type { World } from '../world/world.ts';
import { Journal, journalLength } from './journal.ts';
import { type MovableTime, TimeMover } from './moving-time.ts';
import { type Face, serve } from './serving.ts';
import type { TraceSoFar } from './trace-so-far.ts';

/** Where the HTTP face of a simulated cloud listens, and what its catalog names. */
export interface CloudServerOptions extends Pick<PageRules, 'allowedOrigins'>, Pick<ListenOptions, 'connectionsPerAddress'> {
  /** The real clock, by which connections are bounded: that of the world may stand still. */
  readonly clock: Clock;
  /** 0 (the default) takes any that is free. */
  readonly port?: number;
  /** Default: loopback only. */
  readonly host?: string;
  /** Scheme, host and port that catalogs and links start with; default: as each client calls us. */
  readonly publicUrl?: string | undefined;
  /** Scheme, host and port of the REST host, for the catalog's `autoscale`. */
  readonly autoscaleUrl?: string | undefined;
  /** The clock of the world, where callers may move it; absent: it is the real one. */
  readonly time?: MovableTime | undefined;
  /** The log of the world, where one is written: `GET /control/trace` tells its length and hash. */
  readonly trace?: TraceSoFar | undefined;
  /** Entries of the journal of calls that are kept for `GET /control/journal`; 0: none is kept. Default: 10,000. */
  readonly journal?: number;
  /** Told of a fault of the simulator itself. The request that met it is answered with 500, and the cloud goes on. Default: nobody is. */
  readonly failed?: (error: unknown) => void;
}
/** The simulated cloud, listening. */
export interface CloudServer {
  readonly port: number;
  /** Stops listening; answers the requests that are here, and after a second breaks the connections that are still open. */
  close(): Promise<void>;
}

const ignore = (): void => {};
/** An answer that a fault holds back ends with its connection after so long. */
const longestExchange = seconds(900);
/** For answers under way when it closes: those that a fault holds back are not waited for. */
const closingGrace = seconds(1);

/** The wire face of a simulated cloud: the same world, operations and faults as in process, over HTTP. Resolves when it listens. */
export async function createCloudServer(
  world: World,
  {
    clock,
    port = 0,
    host = '127.0.0.1',
    publicUrl,
    autoscaleUrl = 'http://127.0.0.1:8080',
    time,
    trace,
    journal: kept = journalLength,
    failed = ignore,
    allowedOrigins,
    ...bounds
  }: CloudServerOptions,
): Promise<CloudServer> {
  const journal = kept > 0 ? new Journal(kept) : undefined;
  world.failed = failed;
  const face: Face = {
    world,
    publicUrl,
    autoscaleUrl,
    time: time && new TimeMover(time, failed),
    trace,
    journal,
    failed,
    guard: pageGuard({ host, publicUrl, allowedOrigins }),
  };
  const listening = await listen((incoming, response) => void serve(face, incoming, response), {
    clock,
    port,
    host,
    refuse: refusalAnswer,
    timeLimits: { exchange: longestExchange },
    ...bounds,
  });
  const stopFollowing = journal?.follow(world);
  return {
    port: listening.port,
    close: () => {
      stopFollowing?.();
      return listening.close(closingGrace);
    },
  };
}

/** What the listener refuses is worded as Nova does. */
const refusalAnswer = ({ status, message }: Refusal) => ({
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ badRequest: { message, code: status } }),
});

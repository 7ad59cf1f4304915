import type { IncomingMessage } from 'node:http';
import { type Clock, milliseconds } from '@lutra/core';
import { listen, type Refusal } from '@lutra/http';
import type { Trace } from '../trace.ts';
import type { World } from '../world/world.ts';
import { type HttpAnswer, noSuchPath } from './answer.ts';
import { Journal, journalLength } from './journal.ts';
import { type MovableTime, TimeMover } from './moving-time.ts';
import type { HttpRequest } from './request.ts';
import { Router, segmentsOf } from './router.ts';
import { routes } from './routes.ts';
import { send } from './send.ts';

/** Where the HTTP face of a simulated cloud listens, and what its catalog names. */
export interface CloudServerOptions {
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
  readonly trace?: Pick<Trace, 'count' | 'hashSoFar'> | undefined;
  /** Entries of the journal of calls that are kept for `GET /control/journal`; 0: none is kept. Default: 10,000. */
  readonly journal?: number;
}
/** The simulated cloud, listening. */
export interface CloudServer {
  readonly port: number;
  /** Breaks the connections that are open and stops listening. */
  close(): Promise<void>;
}

interface Face {
  readonly world: World;
  readonly publicUrl: string | undefined;
  readonly autoscaleUrl: string;
  readonly time: TimeMover | undefined;
  readonly trace: CloudServerOptions['trace'];
  readonly journal: Journal | undefined;
}

/** Bytes of a request's body, at most: a create with five personality files of a kilobyte is far below. */
const longestBody = 2 ** 20;
/** A snapshot of a world is longer. */
const longestSnapshot = 2 ** 28;
const router = new Router(routes);
const failed: HttpAnswer = { status: 500, body: { computeFault: { message: 'The simulated cloud itself failed.', code: 500 } } };
const tooLong: HttpAnswer = { status: 413, body: { overLimit: { message: 'Request is too large.', code: 413 } } };
const badUrl: HttpAnswer = { status: 400, body: { badRequest: { message: 'Malformed request url', code: 400 } } };

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
  }: CloudServerOptions,
): Promise<CloudServer> {
  const journal = kept > 0 ? new Journal(kept) : undefined;
  const face: Face = { world, publicUrl, autoscaleUrl, time: time && new TimeMover(time), trace, journal };
  const listening = await listen(
    (incoming, response) => {
      void read(incoming)
        .then((text) => (text === undefined ? tooLong : answerTo(face, incoming, text)))
        .catch((): HttpAnswer => failed)
        .then((answer) => {
          send(answer, response, world);
          face.time?.looked();
        });
    },
    { clock, port, host, refuse: refusalAnswer },
  );
  const stopFollowing = journal?.follow(world);
  return {
    port: listening.port,
    close: () => {
      stopFollowing?.();
      return listening.close(milliseconds(0));
    },
  };
}

/** What is no HTTP request is refused as Nova words it. */
const refusalAnswer = ({ status, message }: Refusal) => ({
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ badRequest: { message, code: status } }),
});

/** The body; undefined when it is too long. */
function read(incoming: IncomingMessage): Promise<string | undefined> {
  const { headers } = incoming;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) {
    incoming.resume();
    return Promise.resolve('');
  }
  const most = incoming.url?.startsWith('/control/snapshot') ? longestSnapshot : longestBody;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= most) chunks.push(chunk);
      else resolve(undefined); // the rest is read and dropped
    });
    incoming.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    incoming.once('error', reject);
  });
}

function answerTo(
  { world, publicUrl, autoscaleUrl, time, trace, journal }: Face,
  { method = 'GET', url = '/', headers }: IncomingMessage,
  text: string,
): HttpAnswer | Promise<HttpAnswer> {
  const question = url.indexOf('?');
  const segments = segmentsOf(question < 0 ? url : url.slice(0, question));
  if (segments === undefined) return badUrl;
  const match = router.find(method, segments);
  if (match === undefined) return noSuchPath;
  const header = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : value?.join(', ');
  };
  const request: HttpRequest = {
    world,
    params: match.params,
    query: new URLSearchParams(question < 0 ? '' : url.slice(question + 1)),
    header,
    text,
    origin: publicUrl ?? `http://${headers.host ?? 'localhost'}`,
    autoscaleUrl,
    time,
    trace,
    journal,
    caller: { token: header('x-auth-token'), agent: headers['user-agent'] },
  };
  return match.answer(request);
}

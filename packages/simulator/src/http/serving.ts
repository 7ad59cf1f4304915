/**
 * One request of the wire face, from its first byte to its answer. Whatever is thrown on the way, here or in the world, is a 500 for this
 * request and is told to `failed`; the process goes on.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { nestsDeeperThan } from '@lutra/core';
import type { PageGuard } from '@lutra/http';
import type { World } from '../world/world.ts';
import { type HttpAnswer, noSuchPath } from './answer.ts';
import type { Journal } from './journal.ts';
import type { TimeMover } from './moving-time.ts';
import { readBody } from './reading.ts';
import type { HttpRequest } from './request.ts';
import { type Match, Router } from './router.ts';
import { routes } from './routes.ts';
import { send } from './send.ts';
import { isLocal, mayNotSteer, maySteer } from './steering.ts';
import type { TraceSoFar } from './trace-so-far.ts';

/** What the wire face of one world is made of. */
export interface Face {
  readonly world: World;
  readonly publicUrl: string | undefined;
  readonly autoscaleUrl: string;
  readonly time: TimeMover | undefined;
  readonly trace: TraceSoFar | undefined;
  readonly journal: Journal | undefined;
  readonly failed: (error: unknown) => void;
  readonly guard: PageGuard;
}

/** Bytes of a body, at most: a create with five personality files of a kilobyte is far below. */
const longestBody = 2 ** 20;
/** Levels of a body. What a body brings lies a few levels deeper in a snapshot, and writing that stays far from the end of the stack. */
const mostLevels = 1000;
const router = new Router(routes);
const failure: HttpAnswer = { status: 500, body: { computeFault: { message: 'The simulated cloud itself failed.', code: 500 } } };
const tooLong: HttpAnswer = {
  status: 413,
  headers: { Connection: 'close' },
  body: { overLimit: { message: 'Request is too large.', code: 413 } },
};
const forbidden = (message: string): HttpAnswer => ({
  status: 403,
  headers: { Connection: 'close' },
  body: { forbidden: { message, code: 403 } },
});
const badRequest = (message: string): HttpAnswer => ({ status: 400, body: { badRequest: { message, code: 400 } } });

/** Answers a request. Never rejects. */
export async function serve(face: Face, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  response.on('error', face.failed);
  try {
    await answer(face, incoming, response);
    face.time?.looked();
  } catch (error) {
    face.failed(error);
    response.destroy();
  }
}

/** What cannot be written, a header with a line break in it, is a failure as well; once bytes have gone out, only the end of the connection says so. */
async function answer(face: Face, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    send(await answerTo(face, incoming), response, face.world);
  } catch (error) {
    if (response.destroyed || incoming.errored !== null) return; // the client is gone
    face.failed(error);
    if (response.headersSent) response.destroy();
    else send(failure, response, face.world);
  }
}

async function answerTo(face: Face, incoming: IncomingMessage): Promise<HttpAnswer> {
  const { method = 'GET', url = '/' } = incoming;
  const question = url.indexOf('?');
  const match = router.find(method, question < 0 ? url : url.slice(0, question));
  if (match === 'malformed') return badRequest('Malformed request url');
  // Where nobody is asked for a token, it must be no web page that asks.
  const isAskedForToken = face.world.identity.checks && !(match?.steers === true && isLocal(incoming));
  const why = isAskedForToken ? undefined : face.guard(incoming);
  if (why !== undefined) return forbidden(why);
  if (match?.steers === true && !maySteer(incoming, face.world.identity)) return mayNotSteer;
  const text = await readBody(incoming, match?.longestBody ?? longestBody);
  if (text === undefined) return tooLong;
  if (match === undefined) return noSuchPath;
  if (nestsDeeperThan(text, match.mostLevels ?? mostLevels)) return badRequest(`The request body nests deeper than ${mostLevels} levels.`);
  const answering = match.answer(requestOf(face, match, new URLSearchParams(question < 0 ? '' : url.slice(question + 1)), incoming, text));
  face.time?.looked(); // the answer may take time: nobody else may be there to let it pass
  return answering;
}

function requestOf(
  { world, publicUrl, autoscaleUrl, time, trace, journal }: Face,
  { params }: Match,
  query: URLSearchParams,
  { headers }: IncomingMessage,
  text: string,
): HttpRequest {
  const header = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : value?.join(', ');
  };
  return {
    world,
    params,
    query,
    header,
    text,
    origin: publicUrl ?? `http://${headers.host ?? 'localhost'}`,
    autoscaleUrl,
    time,
    trace,
    journal,
    caller: { token: header('x-auth-token'), agent: headers['user-agent'] },
  };
}

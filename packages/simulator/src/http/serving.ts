/**
 * One request of the wire face, from its first byte to its answer. Whatever is thrown on the way, here or in the world, is a 500 for this
 * request and is told to `failed`; the process goes on.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PageGuard } from '@lutra/http';
import type { World } from '../world/world.ts';
import type { HttpAnswer } from './answer.ts';
import { answerRequest, badRequest, failure, findRoute, longestBody, tooLong } from './answering.ts';
import type { Journal } from './journal.ts';
import type { TimeMover } from './moving-time.ts';
import { readBody } from './reading.ts';
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

const forbidden = (message: string): HttpAnswer => ({
  status: 403,
  headers: { Connection: 'close' },
  body: { forbidden: { message, code: 403 } },
});

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
  const { method = 'GET', url = '/', headers } = incoming;
  const question = url.indexOf('?');
  const match = findRoute(method, question < 0 ? url : url.slice(0, question));
  if (match?.malformed) return badRequest('Malformed request url');
  // Where nobody is asked for a token, it must be no web page that asks.
  const isAskedForToken = face.world.identity.checks && !(match?.steers === true && isLocal(incoming));
  const why = isAskedForToken ? undefined : face.guard(incoming);
  if (why !== undefined) return forbidden(why);
  if (match?.steers === true && !maySteer(incoming, face.world.identity)) return mayNotSteer;
  const text = await readBody(incoming, match?.longestBody ?? longestBody);
  if (text === undefined) return tooLong;
  const query = new URLSearchParams(question < 0 ? '' : url.slice(question + 1));
  const header = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : value?.join(', ');
  };
  const { publicUrl, ...around } = face;
  const origin = publicUrl ?? `http://${headers.host ?? 'localhost'}`;
  const answering = answerRequest({ ...around, origin }, match, { query, header, text });
  face.time?.looked(); // the answer may take time: nobody else may be there to let it pass
  return answering;
}

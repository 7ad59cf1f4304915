/** What becomes of a request that was read in full, however it came. */
import { type EpochMs, epochMs, nestsDeeperThan, type PassRef } from '@lutra/core';
import type { World } from '../world/world.ts';
import { type HttpAnswer, noSuchPath } from './answer.ts';
import type { HttpRequest } from './request.ts';
import { type Match, Router } from './router.ts';
import { routes } from './routes.ts';

/** Levels of a body. What a body brings lies a few levels deeper in a snapshot, and writing that stays far from the end of the stack. */
const mostLevels = 1000;
/** Bytes of a body, at most: a create with five personality files of a kilobyte is far below. */
export const longestBody = 2 ** 20;
const router = new Router(routes);

/** A fault of the simulator itself. */
export const failure: HttpAnswer = { status: 500, body: { computeFault: { message: 'The simulated cloud itself failed.', code: 500 } } };
export const badRequest = (message: string): HttpAnswer => ({ status: 400, body: { badRequest: { message, code: 400 } } });
export const tooLong: HttpAnswer = {
  status: 413,
  headers: { Connection: 'close' },
  body: { overLimit: { message: 'Request is too large.', code: 413 } },
};

/** `path` without its query. Undefined: there is no such route. */
export function findRoute(method: string, path: string): (Match & { readonly malformed?: undefined }) | typeof malformedPath | undefined {
  const match = router.find(method, path);
  return match === 'malformed' ? malformedPath : match;
}
const malformedPath = { malformed: true, steers: undefined, longestBody: undefined } as const;

/** Of a request, what does not depend on its route. */
export interface Asked {
  readonly query: URLSearchParams;
  readonly header: HttpRequest['header'];
  readonly text: string;
  readonly passes?: readonly PassRef[];
}
export type Surroundings = Pick<HttpRequest, 'world' | 'autoscaleUrl' | 'origin' | 'time' | 'trace' | 'journal'>;

/** Answers a request for a route. */
export function answerRequest(around: Surroundings, match: ReturnType<typeof findRoute>, asked: Asked): HttpAnswer | Promise<HttpAnswer> {
  if (match?.malformed) return badRequest('Malformed request url');
  if (asked.text.length > (match?.longestBody ?? longestBody)) return tooLong;
  if (match === undefined) return noSuchPath;
  if (nestsDeeperThan(asked.text, match.mostLevels ?? mostLevels)) {
    return badRequest(`The request body nests deeper than ${mostLevels} levels.`);
  }
  const caller = { token: asked.header('x-auth-token'), agent: asked.header('user-agent') };
  return match.answer({ ...around, ...asked, params: match.params, caller });
}

/** What time an answer says that it is. */
export const dateOf = (answer: Exclude<HttpAnswer, string>, world: Pick<World, 'now'>): EpochMs =>
  epochMs(world.now() + (answer.wire?.ahead ?? 0));

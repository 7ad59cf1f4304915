import { type Log, LutraError } from '@lutra/core';
import type { ErrorRequestHandler, Request } from 'express';
import { answer } from './answer.ts';

/** What is told of a failure of our own: nothing that a stranger could use. */
const internalError = new LutraError('internal', 'An Internal Error was encountered');

/** The body of every error (spec/rest.md, section 3.1). */
export const errorBody = ({ type, http, message, details }: LutraError): object => wireError(type, http, message, details);
export const wireError = (type: string, code: number, message: string, details = ''): object => ({
  error: { type, code, message, details },
});

/** Turns whatever a route threw into an answer in the documented format; failures of our own are logged, under the answer's X-Response-Id. */
export const errorResponses =
  (log: Log): ErrorRequestHandler =>
  (error: unknown, req, res, next) => {
    const told = asLutraError(error);
    if (told.http === 500 || res.headersSent) {
      log.error({ requestId: res.getHeader('X-Response-Id'), method: req.method, path: pathWithoutSecret(req), error }, 'a request failed');
    }
    if (res.headersSent) return next(error);
    answer(res, told.http, errorBody(told));
  };

/** Express rejects a path that is not percent-encoded UTF-8 with a URIError: there is nothing at such a path. */
function asLutraError(error: unknown): LutraError {
  if (error instanceof LutraError) return error;
  return error instanceof URIError ? new LutraError('path-not-found', 'There is nothing at this path.') : internalError;
}

/** The path for the log; a capability hash is a secret, so it is left out. */
export const pathWithoutSecret = ({ originalUrl }: Pick<Request, 'originalUrl'>): string =>
  originalUrl.replace(/\?.*$/s, '').replace(/(\/execute\/[^/]*\/)[^/]+/g, '$1***');

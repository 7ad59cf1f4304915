import { cutTo, LutraError, type PageRequest } from '@lutra/core';
import type { Request } from 'express';

/** Items of a page at most, and when the request does not say. */
export const pageMaximum = 100;

const none = new URLSearchParams();

/** The query of a request. Of a repeated parameter the first value counts; unknown ones are ignored. */
export function queryOf({ url }: Pick<Request, 'url'>): URLSearchParams {
  const at = url.indexOf('?');
  return at < 0 ? none : new URLSearchParams(url.slice(at + 1));
}

/** Which page is asked for: `limit` is clamped to 1..100, any `marker` is taken as it is. */
export function pageOf(req: Pick<Request, 'url'>): PageRequest {
  const query = queryOf(req);
  const limit = query.get('limit');
  if (limit !== null && !/^\s*[+-]?\d+\s*$/.test(limit)) {
    throw new LutraError('invalid-query-argument', 'Invalid query argument for "limit"');
  }
  return {
    limit: limit === null ? pageMaximum : Math.min(Math.max(Number(limit), 1), pageMaximum),
    marker: query.get('marker') ?? undefined,
  };
}

/** As much of a value as a message repeats. */
const shown = (value: string): string => cutTo(value, 60, '...');

/** A parameter that must be true or false, in any letter case, when it is there. */
export function booleanOf(query: URLSearchParams, name: string, whenAbsent: boolean): boolean {
  const value = query.get(name)?.toLowerCase();
  if (value === undefined) return whenAbsent;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new LutraError(
    'invalid-query-argument',
    `Invalid query argument for "${name}": "${shown(value)}" is neither "true" nor "false". Without it, it is "${whenAbsent}".`,
  );
}

/** A parameter that may only be true, in any letter case (decision 16). */
export function trueOrAbsent(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)?.toLowerCase();
  if (value === undefined || value === 'true') return value === 'true';
  throw new LutraError(
    'invalid-query-argument',
    `Invalid query argument for "${name}": "${shown(value)}" is not "true". Without it, it is "false".`,
  );
}

import { between, type Clock, type Log, type Random } from '@lutra/core';
import type { RequestHandler } from 'express';
import { beginAnswer } from './answer-headers.ts';
import type { HostMetrics } from './metrics.ts';

/** Routes that are asked for all the time, and of which the log tells only at debug. */
const quiet = new Set(['/', '/health', '/health/live', '/health/ready', '/metrics', '/docs', '/openapi.json']);

interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: HostMetrics | undefined;
}

/**
 * Begins every answer with the headers that all have (Node adds `Date`), and logs and counts the request when its answer is out: by
 * route, never by path, which may hold a capability hash.
 */
export const requestLog =
  ({ clock, random, log, metrics }: Ports): RequestHandler =>
  (req, res, next) => {
    const begun = clock.now();
    const requestId = beginAnswer(res, random);
    res.once('close', () => {
      const { route = 'none', tenantId, groupId } = res.locals;
      const ms = between(begun, clock.now());
      metrics?.requestEnded(route, req.method, res.statusCode, ms);
      const fields = { requestId, method: req.method, route, tenantId, groupId, status: res.statusCode, ms };
      const told = res.writableFinished ? fields : { ...fields, unfinished: true };
      if (quiet.has(route)) log.debug(told, 'request');
      else log.info(told, 'request');
    });
    next();
  };

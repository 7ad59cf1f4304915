import { between, type Clock, type Log } from '@lutra/core';
import type { RequestHandler } from 'express';
import type { HostMetrics } from './metrics.ts';

/** Routes that are asked for all the time, and of which the log tells only at debug. */
const quiet = new Set(['/', '/health', '/health/live', '/health/ready', '/metrics', '/docs', '/openapi.json']);

/** Logs and counts every request when its answer is out: by route, never by path, which may hold a capability hash. */
export const requestLog =
  (clock: Clock, log: Log, metrics: HostMetrics | undefined): RequestHandler =>
  (req, res, next) => {
    const begun = clock.now();
    res.once('close', () => {
      const { about = { route: 'none' }, tenantId } = res.locals;
      const took = between(begun, clock.now());
      metrics?.requestEnded(about.route, req.method, res.statusCode, took);
      const fields = {
        requestId: res.getHeader('X-Response-Id'),
        method: req.method,
        ...about,
        ...(tenantId === undefined ? {} : { tenantId }),
        status: res.statusCode,
        ms: took,
        ...(res.writableFinished ? {} : { unfinished: true }),
      };
      if (quiet.has(about.route)) log.debug(fields, 'request');
      else log.info(fields, 'request');
    });
    next();
  };

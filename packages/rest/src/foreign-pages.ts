import { LutraError } from '@lutra/core';
import { type PageRules, pageGuard } from '@lutra/http';
import type { RequestHandler } from 'express';

/** Capability URLs are made to be called from anywhere: every caller that knows one may call it, a page of a browser too. */
const capability = /^\/v1\.0\/(?:[^/]+\/)?execute\/(?!groups\/)[^/]+\/[^/]+\/?$/; // not a group of the tenant `execute`

/** Refuses what foreign web pages ask for (decision 54). For an API that asks nobody for a token. */
export function refuseForeignPages(rules: PageRules): RequestHandler {
  const guard = pageGuard(rules);
  return (req, _res, next) => {
    const why = req.method === 'POST' && capability.test(req.path) ? undefined : guard(req);
    if (why !== undefined) throw new LutraError('forbidden', why);
    next();
  };
}

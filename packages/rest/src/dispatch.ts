import { LutraError, type TenantId } from '@lutra/core';
import type { Request, RequestHandler, Response } from 'express';
import { tenantOf } from './path-ids.ts';

/** Lets a request below a tenant pass, or throws. */
export type TenantCheck = (req: Request, res: Response, tenantId: TenantId) => void | Promise<void>;

/** Runs all of `checks`, one after the other, for the tenant in the path. Notes the tenant in `res.locals` for the log. */
export const tenantChecks =
  (checks: readonly TenantCheck[]): RequestHandler<{ tenantId?: string }> =>
  async (req, res, next) => {
    const tenantId = tenantOf(req);
    res.locals.tenantId = tenantId;
    for (const check of checks) await check(req, res, tenantId);
    next();
  };

/** Answers a request that no route took. */
export const nothingHere: RequestHandler = () => {
  throw new LutraError('path-not-found', 'There is nothing at this path.');
};

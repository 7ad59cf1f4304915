import { LutraError, type TenantId } from '@lutra/core';
import type { Request, RequestHandler, Response } from 'express';
import type { ResourceTable } from './resources.ts';

/** Lets a request below a tenant pass, or throws. */
export type TenantCheck = (req: Request, res: Response, tenantId: TenantId) => void | Promise<void>;

/**
 * Hands a request to its resource. Below a tenant the checks come first, whether there is anything at the path or not. What was asked for
 * is noted in `res.locals` for log and metrics: `route`, `tenantId`, `groupId`.
 */
export const dispatch =
  (table: ResourceTable, checks: readonly TenantCheck[]): RequestHandler =>
  async (req, res) => {
    const found = table.find(req.path);
    if (found !== undefined) {
      req.params = found.params;
      res.locals.route = found.resource.path;
      res.locals.groupId = found.params.groupId;
    }
    if (found?.resource.open !== true) {
      const tenantId = found === undefined ? tenantIn(req.path) : (found.params.tenantId as TenantId);
      res.locals.tenantId = tenantId;
      if (tenantId !== undefined) for (const check of checks) await check(req, res, tenantId);
    }
    if (found === undefined) throw new LutraError('path-not-found', 'There is nothing at this path.');
    await found.resource.handle(req, res);
  };

/** The tenant of a path at which nothing is; undefined when it is not even below a tenant. */
function tenantIn(path: string): TenantId | undefined {
  const segment = /^\/v1\.0\/([^/]+)/.exec(path)?.[1];
  return segment === undefined ? undefined : (decodeURIComponent(segment) as TenantId);
}

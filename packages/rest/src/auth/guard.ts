import { LutraError } from '@lutra/core';
import type { Request, RequestHandler, Response } from 'express';
import type { TenantCheck } from '../dispatch.ts';
import type { Handler } from '../resources.ts';
import { type Authenticator, isToken, type Principal } from './principal.ts';

/**
 * Lets a request pass only with a token whose owner may do what it asks: 401, then 403, before anything is looked for or read.
 * Observers may read. Notes the user in `res.locals`.
 */
export const guard =
  (authenticator: Authenticator): TenantCheck =>
  async (req, res, tenantId) => {
    const principal = await principalOf(req, res, authenticator);
    const role = principal.tenants.get(tenantId);
    if (role === undefined) throw new LutraError('forbidden', 'The token is not for this tenant.');
    if (role === 'none') throw new LutraError('forbidden', 'This user has no Autoscale role on this tenant.');
    res.locals.user = principal.user ?? tenantId;
    if (role === 'observer') {
      if (req.method !== 'GET' && req.method !== 'HEAD') throw new LutraError('forbidden', 'An observer may only read.');
      res.locals.observer = true;
    }
  };

/** Lets a request pass only with the token of an operator: 401, then 403. Notes the user in `res.locals`. */
export const operatorGuard =
  (authenticator: Authenticator): RequestHandler =>
  async (req, res, next) => {
    const principal = await principalOf(req, res, authenticator);
    if (principal.isOperator !== true)
      throw new LutraError('forbidden', 'Only operators may do this; the token is of a user without such a role.');
    res.locals.user = principal.user ?? null;
    next();
  };

/** Whom the token of a request belongs to. Rejects as `invalid-credentials` when nobody has it. */
async function principalOf(req: Request, res: Response, authenticator: Authenticator): Promise<Principal> {
  const token = req.headers['x-auth-token'];
  const principal = typeof token === 'string' && isToken(token) ? await authenticator.authenticate(token) : undefined;
  if (principal !== undefined) return principal;
  res.setHeader('WWW-Authenticate', authenticator.challenge);
  const why = token === undefined ? 'is missing' : 'is not valid, or no longer';
  throw new LutraError('invalid-credentials', `The token in the header X-Auth-Token ${why}.`);
}

/** Refuses an observer what shows capability URLs: with such a URL anybody can change a group (decisions 20 and 50). */
export function refuseObserver(res: Response): void {
  if (res.locals.observer === true) throw new LutraError('forbidden', 'An observer may not see capability URLs.');
}

/** A handler whose answer shows capability URLs. */
export const showingCapabilities =
  (handler: Handler): Handler =>
  (req, res) => {
    refuseObserver(res);
    return handler(req, res);
  };

import { between, type Clock, LutraError, type TenantId } from '@lutra/core';
import type { Request, Response } from 'express';
import type { TenantCheck } from './dispatch.ts';
import { type Allowance, type Rate, RateLimiter } from './rate-limits.ts';

/** The rates that are enforced; without one, that rate is off. */
export interface Rates {
  /** Requests of all users of a tenant. */
  readonly tenant?: (tenantId: TenantId) => Rate | undefined;
  /** Capability calls: from one address, and of one hash, whether there is such a webhook or not. */
  readonly execute?: Rate | undefined;
}

/** A rate with how it stands, as `GET limits` tells it. */
export interface RateStanding extends Allowance {
  readonly uri: string;
  readonly regex: string;
  readonly rate: Rate;
}

/** Counts requests and refuses those beyond the rates, with 413 RateLimitError and Retry-After (decision 40). */
export interface RateGate {
  /** Counts every request below a tenant that its guard let pass. */
  readonly tenant: TenantCheck;
  /** Counts a capability call; throws LutraError `rate-limited`. */
  capability(req: Request, res: Response, hash: string): void;
  /** How it stands with a tenant, and with capability calls from the address of the request. */
  standings(req: Request, tenantId: TenantId): readonly RateStanding[];
}

export function rateGate({ tenant: tenantRate, execute }: Rates, clock: Clock): RateGate {
  const tenants = new RateLimiter(clock);
  const addresses = new RateLimiter(clock);
  const hashes = new RateLimiter(clock);
  const refuse = (res: Response, exceeded: Allowance | undefined, what: string, { value, unit }: Rate): void => {
    if (exceeded === undefined) return;
    res.setHeader('Retry-After', Math.max(1, Math.ceil(between(clock.now(), exceeded.nextAt) / 1000)));
    throw new LutraError('rate-limited', `${what} may make ${value} requests per ${unit}; see the header Retry-After.`);
  };
  return {
    tenant: (_req, res, id) => {
      const rate = tenantRate?.(id);
      if (rate !== undefined) refuse(res, tenants.take(id, rate), 'A tenant', rate);
    },
    capability: (req, res, hash) => {
      if (execute === undefined) return;
      refuse(res, addresses.take(addressOf(req), execute), 'One address', execute);
      refuse(res, hashes.take(hash, execute), 'One capability URL', execute);
    },
    standings: (req, id) => {
      const rate = tenantRate?.(id);
      return [
        ...(rate === undefined
          ? []
          : [{ uri: '/v1.0/{tenantId}/*', regex: '/v1\\.0/([A-Za-z0-9:]+)/.+', rate, ...tenants.look(id, rate) }]),
        ...(execute === undefined
          ? []
          : [{ uri: '/v1.0/execute/*', regex: '/v1\\.0/execute/(.*)', rate: execute, ...addresses.look(addressOf(req), execute) }]),
      ];
    },
  };
}

/** Where the request comes from; behind proxies that the host trusts, what the outermost of them saw. */
const addressOf = (req: Request): string => req.ip ?? '';

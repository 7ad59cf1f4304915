import { LutraError, milliseconds, seconds } from '@lutra/core';
import { firstValueFrom, from, map, race, zip } from 'rxjs';
import { answer } from '../answer.ts';
import { askedIn } from '../asking.ts';
import { capabilityOf, policyOf } from '../path-ids.ts';
import type { RateGate } from '../rates.ts';
import { callerOf } from '../repeating.ts';
import type { AddResource, Handler } from '../resources.ts';
import type { RestHost } from '../rest-host.ts';

/** How long a capability call may take before the store counts as out of reach (decision 46). */
const capabilityDeadline = seconds(5);
/** No capability call is answered sooner: what it took to find out, and to do, is hidden behind it (decision 46). */
const capabilityFloor = milliseconds(25);

/** POST .../policies/:policyId/execute accepts the command; convergence happens afterwards (spec/rest.md, section 10). */
export function addExecute(add: AddResource, { autoscaler }: RestHost): void {
  add('/groups/:groupId/policies/:policyId/execute', {
    POST: async (req, res) => {
      await askedIn(res, autoscaler).executePolicy(policyOf(req), await callerOf(req));
      answer(res, 202, {});
    },
  });
}

/**
 * POST /v1.0/execute/:version/:hash needs no token. Whatever the hash is and whatever comes of it, the answer is 202 without a body, so
 * that a stranger learns nothing; only a store that cannot be reached is told, with 503. The version is not looked at
 * (except that `/v1.0/execute/groups/:groupId` is a group of the tenant `execute`).
 */
export function addCapabilities(add: AddResource, { autoscaler, clock, log }: RestHost, gate: RateGate): void {
  const POST: Handler = async (req, res) => {
    const hash = capabilityOf(req);
    gate.capability(req, res, hash);
    const done = askedIn(res, autoscaler)
      .executeCapability(hash)
      .then(
        () => 202,
        (error: unknown) => {
          log.error({ requestId: res.getHeader('X-Response-Id'), error }, 'a capability call failed');
          return error instanceof LutraError && error.code === 'unavailable' ? 503 : 202;
        },
      );
    const answered = race(from(done), clock.after(capabilityDeadline).pipe(map(() => 503)));
    const [status] = await firstValueFrom(zip(answered, clock.after(capabilityFloor)));
    if (status === 503) throw new LutraError('unavailable', 'The execution could not be recorded; please repeat the call.');
    answer(res, 202);
  };
  add('/v1.0/execute/:version/:hash', { POST });
  add('/v1.0/:tenantId/execute/:version/:hash', { POST });
}

import { LutraError } from '../errors.ts';
import type { TenantId } from '../model/identifiers.ts';
import type { Options } from '../options.ts';
import type { Log } from '../ports.ts';

type Limits = Options['limits'];

/**
 * The quotas of tenants: those of all, and what `given` says of one. `given` is somebody else's code: when it throws, or says something that is not a
 * number from 0, nothing is made for the tenant, and the answer is `unavailable`.
 */
export function limitsOfTenants(
  all: Limits,
  given: ((tenantId: TenantId) => Partial<Limits>) | undefined,
  log: Log,
): (tenantId: TenantId) => Limits {
  if (given === undefined) return () => all;
  return (tenantId) => {
    try {
      const limits = { ...all, ...given(tenantId) };
      for (const [name, limit] of Object.entries(limits))
        if (!(typeof limit === 'number' && limit >= 0)) throw new TypeError(`limitsOf: ${name} must be a number from 0`);
      return limits;
    } catch (cause) {
      log.error({ tenantId, err: cause }, 'the limits of a tenant could not be had');
      throw new LutraError('unavailable', 'The limits of this tenant are not known just now; try again later.', { cause });
    }
  };
}

import { CloudError } from '../errors.ts';
import type { TenantCloud } from '../guards/tenant-cloud.ts';
import { sendPermitted, type WritePermit } from '../guards/write-permit.ts';

/** A cloud made by hand whose writes need their permit, as those of `bindCloud` do, and ask `mayStart` at once. */
export const asking = (cloud: object): TenantCloud =>
  new Proxy(cloud as TenantCloud, {
    get: (target, name) => {
      const call: unknown = Reflect.get(target, name);
      if (typeof call !== 'function') return call;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        const permit = args.at(-1);
        if (!isPermit(permit)) return call(...args);
        return sendPermitted(permit, async (mayStart) => {
          if (!mayStart()) throw new CloudError('not-started', 'told no');
          return call(...args);
        });
      };
    },
  });

const isPermit = (value: unknown): value is WritePermit => typeof value === 'object' && value !== null && 'renew' in value;

/** A permit that is as good as its renewal says. */
export const permitThat = (renew: () => Promise<boolean>): WritePermit => ({ renew, check: () => 'good' });
/** A permit that is always good. */
export const always: WritePermit = permitThat(async () => true);

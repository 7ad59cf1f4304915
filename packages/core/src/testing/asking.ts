import { NotPermitted, type Permit, type TenantCloud } from '../guards/tenant-cloud.ts';

/** A cloud made by hand whose calls ask their permit first, as those of `bindCloud` do. */
export const asking = (cloud: object): TenantCloud =>
  new Proxy(cloud as TenantCloud, {
    get: (target, name) => {
      const call: unknown = Reflect.get(target, name);
      if (typeof call !== 'function') return call;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        const permit = args.at(-1);
        if (typeof permit === 'function' && !(await (permit as Permit)())) throw new NotPermitted();
        return call(...args);
      };
    },
  });

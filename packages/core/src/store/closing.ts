import { LutraError } from '../errors.ts';
import type { Store } from '../ports.ts';

/** The store, with every call refused once it was closed. What is under way by then is answered. `end` is called once. */
export function closing(store: Omit<Store, 'close'>, end: () => void): Store {
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (!isClosed) end();
    isClosed = true;
  };
  const refused = async (): Promise<never> => {
    throw new LutraError('unavailable', 'The store is closed: this host is stopping. Ask another host, or later.', { effect: 'refused' });
  };
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'close') return close;
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return isClosed ? refused : member.bind(target);
    },
  }) as Store;
}

import { map, type Observable } from 'rxjs';
import { parseExactly } from '../model/exact-json.ts';
import type { Store } from '../ports.ts';

/**
 * A store that keeps what the inner one keeps, but as a store on a disk would: whatever is handed in or out is copied at every call, as
 * JSON, and what is handed out is frozen. So code that depends on getting the same object twice, on a value that JSON does not have, or on
 * writing into what it read behaves otherwise here, or fails.
 */
export const copyingStore = (inner: Store): Store => handingOver(inner, copied);

/** The inner store, with answers that come as late as those of the copying one: a run on it goes the same way, event for event. */
export const passingStore = (inner: Store): Store => handingOver(inner, (value) => value);

type HandOver = (value: unknown) => unknown;
type Decide = (...seen: readonly unknown[]) => { readonly answer: unknown };

/** The store, with all that goes in or out of it handed over. */
const handingOver = (inner: Store, handOver: HandOver): Store =>
  new Proxy(inner, {
    get: (_, name) => {
      const member: unknown = Reflect.get(inner, name);
      if (name === 'woken$') return (member as Observable<unknown>).pipe(map(handOver));
      if (typeof member !== 'function') return member;
      const call = member as (...given: readonly unknown[]) => Promise<unknown>;
      return async (...given: readonly unknown[]) => {
        const asked = given.map((value) => (typeof value === 'function' ? deciding(value as Decide, handOver) : handOver(value)));
        const answer = await call.apply(inner, asked);
        return name === 'transact' ? answer : handOver(answer); // the answer of decide is the caller's own, and never stored
      };
    },
  });

/** A decision that is handed over: what it sees, and all of it but its answer. */
const deciding =
  (decide: Decide, handOver: HandOver): Decide =>
  (...seen) => {
    const { answer, ...stored } = decide(...seen.map(handOver));
    return { ...(handOver(stored) as object), answer };
  };

/** A frozen copy, as JSON has it. Numbers that JavaScript writes with an exponent come back as their text. */
function copied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return frozen(parseExactly(JSON.stringify(value)));
}

function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

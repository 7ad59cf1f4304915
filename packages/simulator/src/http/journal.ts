import type { TenantId } from '@lutra/core';
import { sizeOf } from '../world/json-values.ts';
import type { World } from '../world/world.ts';
import type { WorldEvent } from '../world/world-event.ts';

/** What a call was, which faults it met, and what it came to: one entry each, as traces have them. */
type CallEvent = Extract<WorldEvent, { readonly kind: 'called' | 'faulted' | 'answered' }>;
/** How a call ended; see `WorldEvent`. */
export const answerKinds = ['done', 'refused', 'lost', 'never'] as const;
type AnswerKind = (typeof answerKinds)[number];

/** Entries that a journal keeps unless told otherwise. */
export const journalLength = 10_000;

/** Characters of an entry; what is longer tells less. */
const longestEntry = 4096;
function shortened(event: CallEvent): CallEvent {
  const size = sizeOf(event);
  return size <= longestEntry || event.kind === 'faulted' ? event : { ...event, told: `left out: ${size} characters` };
}

/** An entry, numbered from 1 in the order in which things happened. */
export type JournalEntry = CallEvent & { readonly line: number };

/**
 * The last calls that a world got and what it answered, and exact counts of all of them since the journal was opened. What is older
 * than `capacity` entries is forgotten; counts are not. Bounded by `capacity`, and by tenants times calls.
 */
export class Journal {
  readonly #capacity: number;
  readonly #kept: CallEvent[] = [];
  /** By tenant, then by `called server.create` or `refused server.create`. */
  readonly #counts = new Map<TenantId, Map<string, number>>();
  /** Of calls in flight: what they are. */
  readonly #inFlight = new Map<number, string>();
  #written = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Writes down every call from now on. Returns how to stop. */
  follow({ events$ }: Pick<World, 'events$'>): () => void {
    const following = events$.subscribe((event) => {
      if (event.kind === 'called' || event.kind === 'faulted' || event.kind === 'answered') this.#write(event);
    });
    return () => following.unsubscribe();
  }

  /** Entries so far, forgotten ones included. */
  get written(): number {
    return this.#written;
  }

  /** Entries after that line, oldest first. A first line that is not the next one says that those between have been forgotten. */
  since(line: number, most: number): readonly JournalEntry[] {
    const oldest = Math.max(0, this.#written - this.#capacity);
    const first = Math.max(line, oldest);
    const entries: JournalEntry[] = [];
    for (let index = first; index < this.#written && entries.length < most; index += 1) {
      const event = this.#kept[index % this.#capacity];
      if (event !== undefined) entries.push({ line: index + 1, ...event });
    }
    return entries;
  }

  /** How many such calls there were; without a tenant, of all of them; without an answer, however they ended, those in flight too. */
  count(op: string, tenantId?: TenantId, answer?: AnswerKind): number {
    const name = `${answer ?? 'called'} ${op}`;
    if (tenantId !== undefined) return this.#counts.get(tenantId)?.get(name) ?? 0;
    let sum = 0;
    for (const counts of this.#counts.values()) sum += counts.get(name) ?? 0;
    return sum;
  }

  /** The tenant's counts begin anew; its entries stay. */
  countAnew(tenantId: TenantId): void {
    this.#counts.delete(tenantId);
  }

  #write(event: CallEvent): void {
    this.#kept[this.#written % this.#capacity] = shortened(event);
    this.#written += 1;
    if (event.kind === 'called') {
      this.#inFlight.set(event.call, event.op);
      this.#add(event.tenantId, `called ${event.op}`);
    } else if (event.kind === 'answered') {
      const op = this.#inFlight.get(event.call);
      this.#inFlight.delete(event.call);
      if (op !== undefined) this.#add(event.tenantId, `${event.answer} ${op}`);
    }
  }
  #add(tenantId: TenantId, name: string): void {
    const counts = this.#counts.get(tenantId) ?? new Map<string, number>();
    counts.set(name, (counts.get(name) ?? 0) + 1);
    this.#counts.set(tenantId, counts);
  }
}

import { byId, type GroupId } from '../model/identifiers.ts';
import type { GroupRef } from '../model/scaling-group.ts';
import type { EpochMs } from '../model/time.ts';
import type { DueGroup } from '../ports.ts';

/**
 * Groups by the instant at which they are due: a binary heap in (dueAt, group id) order. Changing a wake-up leaves its old entry
 * behind; such entries are dropped when they come up, and the heap is rebuilt before they outnumber the others.
 */
export class WakeUpQueue {
  readonly #current = new Map<GroupId, DueGroup>();
  #heap: DueGroup[] = [];

  /** Sets when a group is due; undefined = never. */
  set({ tenantId, groupId }: GroupRef, dueAt: EpochMs | undefined): void {
    const before = this.#current.get(groupId);
    if (before?.dueAt === dueAt) return;
    if (dueAt === undefined) {
      this.#current.delete(groupId);
      return;
    }
    const entry = { tenantId, groupId, dueAt };
    this.#current.set(groupId, entry);
    if (this.#heap.length > 2 * this.#current.size + 64) this.#heap = [...this.#current.values()].sort(earlierFirst);
    else this.#push(entry);
  }

  /** At most `limit` groups that are due and `isWanted`, earliest first, from after `marker`. They stay queued until `set` says otherwise. */
  due(now: EpochMs, limit: number, marker?: DueGroup, isWanted: (group: DueGroup) => boolean = () => true): readonly DueGroup[] {
    const passed: DueGroup[] = [];
    const found: DueGroup[] = [];
    for (let top = this.#heap[0]; top !== undefined && top.dueAt <= now && found.length < limit; top = this.#heap[0]) {
      this.#pop();
      if (this.#current.get(top.groupId) !== top) continue;
      if ((marker !== undefined && earlierFirst(top, marker) <= 0) || !isWanted(top)) passed.push(top);
      else found.push(top);
    }
    for (const entry of passed) this.#push(entry);
    for (const entry of found) this.#push(entry);
    return found;
  }

  #push(entry: DueGroup): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || earlierFirst(above, entry) <= 0) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      if (a === undefined) break;
      const least = b !== undefined && earlierFirst(b, a) < 0 ? b : a;
      if (earlierFirst(last, least) <= 0) break;
      heap[at] = least;
      at = least === a ? left : left + 1;
    }
    heap[at] = last;
  }
}

const earlierFirst = (a: DueGroup, b: DueGroup): number => a.dueAt - b.dueAt || byId(a.groupId, b.groupId);

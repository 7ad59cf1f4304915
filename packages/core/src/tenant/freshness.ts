import type { GroupId } from '../model/identifiers.ts';

/** Numbers the readings of a tenant: one with a sequence greater than the mark begins after now. */
interface Marker {
  readonly mark: number;
}

/**
 * Which readings of the cloud still serve each group of a tenant: those that began after it wrote, or after a hint that something may have
 * happened to it. It is kept for groups that have an actor; of those that had one, all is known to have been written before the last left.
 */
export class Freshness {
  readonly #marker: Marker;
  /** Per group, the mark after which a reading must have begun. */
  readonly #outdated = new Map<GroupId, number>();
  /** Groups that were asked to look at all load balancers, not only at those that they are configured for; with the mark after which. */
  readonly #whole = new Map<GroupId, number>();
  /** The mark when the last actor was dropped. */
  #leftAt = 0;

  constructor(marker: Marker) {
    this.#marker = marker;
  }

  /** The mark after which a reading must have begun to serve the group. */
  after(groupId: GroupId): number {
    return this.#outdated.get(groupId) ?? this.#marker.mark;
  }

  /** An actor was made: what was read after `mark` will do, unless an actor was dropped since, for that may have written. */
  entered(groupId: GroupId, mark: number): void {
    if (!this.#outdated.has(groupId)) this.#outdated.set(groupId, Math.max(mark, this.#leftAt));
  }

  /** The actor was dropped. */
  left(groupId: GroupId): void {
    this.#leftAt = this.#marker.mark;
    this.#outdated.delete(groupId);
    this.#whole.delete(groupId);
  }

  /** Something may have happened to the group: what was read after `mark` will do. `whole`: anywhere, so all is to be looked at. */
  hinted(groupId: GroupId, mark: number, whole: boolean): void {
    if (whole) raise(this.#whole, groupId, mark);
    raise(this.#outdated, groupId, mark);
  }

  /** The group wrote to the cloud just now. */
  wrote(groupId: GroupId): void {
    this.#outdated.set(groupId, this.#marker.mark);
  }

  /** Whether the group has still to look at everything. */
  asksForWhole(groupId: GroupId): boolean {
    return this.#whole.has(groupId);
  }

  /** A pass has served the group with reads of everything that began after `mark`. What was asked for later is still asked for. */
  lookedWhole(groupId: GroupId, mark: number): void {
    if ((this.#whole.get(groupId) ?? Number.POSITIVE_INFINITY) <= mark) this.#whole.delete(groupId);
  }
}

/** Hints may come late: none takes a mark back. */
function raise(marks: Map<GroupId, number>, groupId: GroupId, mark: number): void {
  marks.set(groupId, Math.max(mark, marks.get(groupId) ?? mark));
}

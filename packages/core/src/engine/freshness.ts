import type { GroupId } from '../model/identifiers.ts';

/** Counts the readings of a tenant: one with a sequence greater than the mark began after now. */
interface Marks {
  readonly mark: number;
}

/**
 * Which readings of the cloud still serve each group of a tenant: those that began after it wrote, or after something was said to have
 * happened to it. Known of groups that have an actor; of the others only that whatever their actors wrote was before the last one left.
 */
export class Freshness {
  readonly #marks: Marks;
  /** Per group, the mark after which a reading must have begun. */
  readonly #outdated = new Map<GroupId, number>();
  /** Groups whose next pass looks at all load balancers, not only at those that it is configured for; with the mark when that was asked for. */
  readonly #whole = new Map<GroupId, number>();
  #leftAt = 0;

  constructor(marks: Marks) {
    this.#marks = marks;
  }

  /** The mark after which a reading must have begun to serve the group. */
  after(groupId: GroupId): number {
    return this.#outdated.get(groupId) ?? this.#marks.mark;
  }

  /** An actor was made. What an earlier one wrote is forgotten: it is in whatever was read after that was dropped; nor will anything before `mark` do. */
  entered(groupId: GroupId, mark: number): void {
    if (!this.#outdated.has(groupId)) this.#outdated.set(groupId, Math.max(mark, this.#leftAt));
  }

  /** The actor was dropped. */
  left(groupId: GroupId): void {
    this.#leftAt = this.#marks.mark;
    this.#outdated.delete(groupId);
    this.#whole.delete(groupId);
  }

  /** Something may have happened to the group: what was read after `mark` will do. `whole`: anywhere. */
  hinted(groupId: GroupId, mark: number, whole: boolean): void {
    if (whole) this.#whole.set(groupId, mark);
    this.#outdated.set(groupId, Math.max(mark, this.#outdated.get(groupId) ?? mark));
  }

  /** The group wrote to the cloud just now. */
  wrote(groupId: GroupId): void {
    this.#outdated.set(groupId, this.#marks.mark);
  }

  /** The mark of the latest wish for a look at everything; undefined when there is none. */
  wholeAfter(groupId: GroupId): number | undefined {
    return this.#whole.get(groupId);
  }

  /** Everything was looked at, as was asked for at `mark`; whoever has asked since then asks still. */
  lookedWhole(groupId: GroupId, mark: number | undefined): void {
    if (this.#whole.get(groupId) === mark) this.#whole.delete(groupId);
  }
}

import type { GroupId, GroupManifest, GroupRef } from '@lutra/core';
import type { WatchedGroup } from './group-truths.ts';
import type { ScenarioGroup } from './scenario-groups.ts';

/** The groups of a run: those of its scenario that exist by now. */
export class RunGroups {
  readonly #written: readonly ScenarioGroup[];
  readonly #byId = new Map<GroupId, WatchedGroup>();
  readonly #byName = new Map<string, WatchedGroup>();

  constructor(written: readonly ScenarioGroup[]) {
    this.#written = written;
  }

  get byId(): ReadonlyMap<GroupId, WatchedGroup> {
    return this.#byId;
  }

  /** A group of the scenario has been created. */
  add({ name, tenant }: ScenarioGroup, { id, state }: GroupManifest): WatchedGroup {
    const ref: GroupRef = { tenantId: tenant as GroupRef['tenantId'], groupId: id };
    const { desiredCapacity: desired, status, errors, paused } = state;
    const group: WatchedGroup = { name, ref, desired, status, errors, paused, deleted: false };
    this.#byId.set(id, group);
    this.#byName.set(name, group);
    return group;
  }

  /** In the scenario's order; they are created all at once. */
  inOrder(): readonly WatchedGroup[] {
    return this.#written.flatMap(({ name }) => this.#byName.get(name) ?? []);
  }

  /** Those that a name means: one, or all copies of a group. */
  called(name: string): readonly WatchedGroup[] {
    return this.#meant(name).flatMap((one) => this.#byName.get(one.name) ?? []);
  }

  /** Names of those that it means, and that are not created yet. */
  notYet(name: string): readonly string[] {
    return this.#meant(name)
      .map((one) => one.name)
      .filter((one) => !this.#byName.has(one));
  }

  #meant(called: string): readonly ScenarioGroup[] {
    return this.#written.filter(({ name, family }) => name === called || family === called);
  }
}

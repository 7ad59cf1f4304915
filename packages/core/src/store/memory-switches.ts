import { refuse } from '../errors.ts';
import { byId, type GroupId, type TenantId } from '../model/identifiers.ts';
import type { GroupRef } from '../model/scaling-group.ts';
import { mostObserved, type SetSwitch, type Switches, type SwitchNote, setSwitch } from '../model/switches.ts';
import type { EpochMs } from '../model/time.ts';

/** What operators set to hold the engine back, in memory. That of a group goes with the group. */
export class MemorySwitches {
  #stopAll: SetSwitch | null = null;
  readonly #tenants = new Map<TenantId, SetSwitch>();
  readonly #groups = new Map<TenantId, Map<GroupId, SetSwitch>>();

  /** What stops all hosts; null = nothing. */
  get stopAll(): SetSwitch | null {
    return this.#stopAll;
  }

  /** null lifts it. */
  setStopAll(note: SwitchNote | null, now: EpochMs): void {
    this.#stopAll = note && setSwitch(this.#stopAll ?? undefined, note, now);
  }

  /** Of a whole tenant when `groupId` is undefined; null lifts it. Throws when that would be more than `mostObserved`. */
  setObserveOnly(tenantId: TenantId, groupId: GroupId | undefined, note: SwitchNote | null, now: EpochMs): void {
    if (note === null) {
      if (groupId === undefined) this.#tenants.delete(tenantId);
      else this.removed({ tenantId, groupId });
      return;
    }
    const groups = this.#groups.get(tenantId) ?? new Map<GroupId, SetSwitch>();
    const before = groupId === undefined ? this.#tenants.get(tenantId) : groups.get(groupId);
    if (before === undefined && this.#count() >= mostObserved) throw refuse.observedOverLimit(mostObserved);
    const after = setSwitch(before, note, now);
    if (groupId === undefined) this.#tenants.set(tenantId, after);
    else this.#groups.set(tenantId, groups.set(groupId, after));
  }

  /** To be told when a group has gone. */
  removed({ tenantId, groupId }: GroupRef): void {
    const groups = this.#groups.get(tenantId);
    groups?.delete(groupId);
    if (groups?.size === 0) this.#groups.delete(tenantId);
  }

  /** Whether the switches let a write for this group start. */
  mayWrite({ tenantId, groupId }: GroupRef): boolean {
    return this.#stopAll === null && !this.#tenants.has(tenantId) && !this.#groups.get(tenantId)?.has(groupId);
  }

  all(): Switches {
    return {
      stopAll: this.#stopAll,
      observedTenants: [...this.#tenants].sort(([a], [b]) => byId(a, b)).map(([tenantId, set]) => ({ tenantId, ...set })),
      observedGroups: [...this.#groups]
        .sort(([a], [b]) => byId(a, b))
        .flatMap(([tenantId, groups]) =>
          [...groups].sort(([a], [b]) => byId(a, b)).map(([groupId, set]) => ({ tenantId, groupId, ...set })),
        ),
    };
  }

  #count(): number {
    let count = this.#tenants.size;
    for (const { size } of this.#groups.values()) count += size;
    return count;
  }
}

import { byId, type GroupId, type TenantId } from '../model/identifiers.ts';
import type { GroupRef } from '../model/scaling-group.ts';
import type { Switches } from '../ports/store.ts';

/** What operators set to hold the engine back, in memory. It grows with what they set; that of a group goes with the group. */
export class MemorySwitches {
  #stopAll = false;
  readonly #tenants = new Set<TenantId>();
  readonly #groups = new Map<TenantId, Set<GroupId>>();

  setStopAll(stop: boolean): void {
    this.#stopAll = stop;
  }

  /** Of a whole tenant when `groupId` is undefined. */
  setObserveOnly(tenantId: TenantId, groupId: GroupId | undefined, only: boolean): void {
    if (groupId === undefined) {
      if (only) this.#tenants.add(tenantId);
      else this.#tenants.delete(tenantId);
    } else if (only) this.#groups.set(tenantId, (this.#groups.get(tenantId) ?? new Set()).add(groupId));
    else this.removed({ tenantId, groupId });
  }

  /** To be told when a group has gone. */
  removed({ tenantId, groupId }: GroupRef): void {
    const groups = this.#groups.get(tenantId);
    groups?.delete(groupId);
    if (groups?.size === 0) this.#groups.delete(tenantId);
  }

  /** Whether the switches let a write for this group start. */
  mayWrite({ tenantId, groupId }: GroupRef): boolean {
    return !this.#stopAll && !this.#tenants.has(tenantId) && !this.#groups.get(tenantId)?.has(groupId);
  }

  /** Tenants ascending; groups by tenant, then by id. */
  all(): Switches {
    return {
      stopAll: this.#stopAll,
      observedTenants: [...this.#tenants].sort(byId),
      observedGroups: [...this.#groups]
        .sort(([a], [b]) => byId(a, b))
        .flatMap(([tenantId, groups]) => [...groups].sort(byId).map((groupId) => ({ tenantId, groupId }))),
    };
  }
}

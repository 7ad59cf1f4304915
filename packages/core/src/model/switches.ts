/** How operators hold writes to the cloud back (design, 6.9): everything stops, or a tenant or a group is only observed. */
import type { TenantId } from './identifiers.ts';
import type { GroupRef } from './scaling-group.ts';
import type { EpochMs } from './time.ts';

/** What is said with a switch. */
export interface SwitchNote {
  /** Who sets it; null = a caller that is not named. */
  readonly by: string | null;
  /** For other operators; null = none was given. */
  readonly reason: string | null;
}

/** A switch that is set. */
export interface SetSwitch extends SwitchNote {
  /** In the store's time. */
  readonly since: EpochMs;
}

/** Every switch that is set. */
export interface Switches {
  /** No write to the cloud starts, on any host; null = writes may start. */
  readonly stopAll: SetSwitch | null;
  /** Tenants that are only observed, ascending. */
  readonly observedTenants: readonly (SetSwitch & { readonly tenantId: TenantId })[];
  /** Groups that are only observed, by tenant, then by id. */
  readonly observedGroups: readonly (SetSwitch & GroupRef)[];
}

/** Tenants and groups that are only observed, at most. */
export const mostObserved = 10_000;

/** Characters of a reason, and of a name. */
export const longestReason = 500;

/**
 * A switch after it was set at `now`. One that was set before keeps its instant. Whoever gives a reason replaces who set it before and why;
 * without a reason nothing changes, so that a second operator in a hurry does not wipe out what the first one said.
 */
export function setSwitch(before: SetSwitch | undefined, note: SwitchNote, now: EpochMs): SetSwitch {
  if (before === undefined) return { since: now, by: note.by, reason: note.reason };
  return note.reason === null ? before : { since: before.since, by: note.by, reason: note.reason };
}

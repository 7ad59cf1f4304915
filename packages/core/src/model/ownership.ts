/** Who runs a tenant's groups, where several hosts share one store (design, section 7). */
import type { TenantId } from './identifiers.ts';
import type { SetSwitch } from './switches.ts';
import type { EpochMs } from './time.ts';

/** One life of a host. A host that loses its membership goes on under a new incarnation. */
export interface HostIncarnation {
  /** The same over restarts, and different for every host. */
  readonly host: string;
  /** Never used again. */
  readonly incarnation: string;
}

/** The right to run a tenant's groups, and to write their progress. */
export interface Ownership {
  readonly tenantId: TenantId;
  readonly owner: HostIncarnation;
  /** Raised by every claim. Commits under an older epoch are refused. */
  readonly epoch: number;
}

/**
 * `joining`: it has not renewed its life yet, so it may never have heard that it has one. It counts for no share. `leaving`: the host stops. `ailing`: its cloud fails while another host's is healthy. `skewed`: its clock differs from the store's.
 * Only a `live` host counts for shares, and only a `live` or `joining` one claims tenants.
 */
export type MemberState = 'joining' | 'live' | 'leaving' | 'ailing' | 'skewed';

/** A host that shares the store. */
export interface Member extends HostIncarnation {
  /** Until when it lives without another heartbeat, in the store's time. */
  readonly until: EpochMs;
  readonly state: MemberState;
  /** When its cloud last answered well, in the store's time; null = not since it joined. */
  readonly cloudHealthyAt: EpochMs | null;
}

/** What a heartbeat tells a host. */
export interface Heartbeat {
  /** The store's time when it answered. */
  readonly storeNow: EpochMs;
  /** Tenants that the host owns. */
  readonly owned: number;
  /** The highest epoch among them; 0 when there are none. When it is not what the host holds, the host reads its list. */
  readonly highestEpoch: number;
  /** Tenants that have groups. */
  readonly tenants: number;
  /** Those of them that no living host owns. */
  readonly unowned: number;
  /** Hosts that count for shares: the living ones whose state is `live`. */
  readonly liveHosts: number;
  /** When the cloud of another live host last answered well, in the store's time; null = no other host says so. */
  readonly healthyElsewhereAt: EpochMs | null;
  /** What an operator stopped all hosts with; null = nothing. Only to be told: whether a write may start is asked of the store. */
  readonly stopAll: SetSwitch | null;
}

/** A tenant that no living host owns. */
export interface UnownedTenant {
  readonly tenantId: TenantId;
  /** What a claim of it must name. */
  readonly epoch: number;
  /** Since when it has had no living owner, in the store's time. */
  readonly since: EpochMs;
}

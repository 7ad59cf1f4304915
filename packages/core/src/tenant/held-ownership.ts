import type { Ownership } from '../model/ownership.ts';
import type { EpochMs } from '../model/time.ts';

/** A tenant that this host owns, as the tenant's engine sees it. */
export interface HeldOwnership {
  /** What progress is committed under. */
  readonly ownership: Ownership;
  /** Whether a write to the cloud may start now: the tenant is still held, and the last heartbeat of the host is good. */
  isGood(): boolean;
  /** What time it was in the store when it answered the last heartbeat: it is later by now. */
  heardAt(): EpochMs;
}

import type { Server, ServerState } from '../model/server.ts';
import type { DurationMs, EpochMs } from '../model/time.ts';
import type { DesiredGroup, Observation } from './desired.ts';

/** What shall become of a server (spec/planner.md, section 2). The first four count towards capacity. */
export type Destiny =
  | 'available'
  | 'avoided'
  | 'waiting'
  | 'building'
  /** Leaves: its nodes are drained, then it is deleted. */
  | 'draining'
  /** Deleted at once, nodes removed. */
  | 'doomed'
  /** BUILD for too long: like doomed. */
  | 'overdue'
  /** Its deletion was accepted: only its nodes are still ours to remove. */
  | 'gone'
  /** Leaves the group unharmed: the tenant keeps it. */
  | 'released'
  | 'ignored';

const byState: Readonly<Record<ServerState, Destiny>> = {
  ACTIVE: 'available',
  BUILD: 'building',
  HARD_REBOOT: 'waiting',
  MIGRATING: 'waiting',
  PASSWORD: 'waiting',
  REBOOT: 'waiting',
  REBUILD: 'waiting',
  RESIZE: 'waiting',
  REVERT_RESIZE: 'waiting',
  PAUSED: 'avoided',
  RESCUE: 'avoided',
  VERIFY_RESIZE: 'avoided',
  SUSPENDED: 'avoided',
  ERROR: 'doomed',
  SHUTOFF: 'doomed',
  DELETED: 'gone',
  UNKNOWN: 'ignored',
  UNRECOGNISED: 'ignored',
};

/**
 * The destiny of one server. The draining mark is honoured in ACTIVE and BUILD only; a removal that the tenant asked for
 * in every state (D12); a server that we asked to delete never counts again, whatever the cloud
 * shows; one in a status that we do not know counts for a while (D19).
 */
export function destinyOf(server: Server, now: EpochMs, buildTimeout: DurationMs, desired: DesiredGroup, observed: Observation): Destiny {
  const natural = byState[server.state];
  if (natural === 'gone') return 'gone';
  if (desired.deletions.has(server.id)) return 'doomed';
  const purge = desired.removals.get(server.id);
  if (purge === false) return 'released';
  if (purge === true && natural !== 'doomed') return 'draining';
  if (server.marked && (natural === 'available' || natural === 'building')) return 'draining';
  if (natural === 'ignored' && (desired.deleting === true || observed.pondered?.has(server.id) === true)) return 'avoided';
  const begun = observed.buildingAgain?.get(server.id) ?? server.createdAt;
  return natural === 'building' && now - begun >= buildTimeout ? 'overdue' : natural;
}

import type { Capacity } from './activity.ts';
import type { ScalingGroup } from './scaling-group.ts';

/** The servers of a group as the state call counts them. A group that is being deleted desires none. */
export function capacityOf({ spec, servers }: Pick<ScalingGroup, 'spec' | 'servers'>): Capacity {
  const desired = spec.deleting ? 0 : spec.desired;
  const active = Object.values(servers).filter((server) => server.active).length;
  return { desired, active, pending: Math.max(0, desired - active) };
}

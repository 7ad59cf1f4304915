import { between, type EpochMs, type TenantId } from '@lutra/core';
import type { WorldEvent } from '@lutra/simulator';
import type { CheckerKind } from './checker.ts';

/** Refusals that pass by themselves, or that a client cannot take for a no. The limiter answers 413, as does the limit of nodes. */
const passing = [/^0 /, /^5\d\d /, /^401 /, /^408 /, /^409 .*(?:unprocessable|already|not a member)/, /^413 OverLimit/, /^429 /];

/**
 * A group is in ERROR only with a reason: since the engine last could find nothing, and no longer ago than it waits for anything, its tenant's
 * cloud has refused something for good, a load balancer or a node was out of order, or servers broke. Failing services, lost and slow
 * answers and listings that lie are no reason.
 */
export const errorsExplained: CheckerKind = {
  name: 'errors-explained',
  make: ({ groups, patience, world, violate }) => {
    const lastReason = new Map<TenantId, EpochMs>();
    return {
      saw: ({ of, event }) => {
        if (of === 'cloud' && isReason(event)) lastReason.set(event.tenantId, event.at);
        if (of !== 'engine' || event.kind !== 'status-changed' || event.status !== 'ERROR') return;
        const at = lastReason.get(event.tenantId);
        if (at !== undefined && between(at, event.at) <= patience) return;
        if (isOutOfOrder(world.tenant(event.tenantId))) return;
        const group = groups.get(event.groupId);
        violate(`is in ERROR (${event.errors.join('; ')}) though the cloud refused nothing for good`, group);
      },
    };
  },
};

function isReason(event: WorldEvent): boolean {
  switch (event.kind) {
    case 'answered':
      return event.answer === 'refused' && !passing.some((pattern) => pattern.test(String(event.told)));
    case 'load-balancer-changed':
    case 'load-balancer-deleted':
      return true;
    case 'server-changed':
      return event.state !== 'BUILD' && event.state !== 'ACTIVE' && event.by !== 'caller';
    case 'node-changed':
      return event.status === 'OFFLINE';
    default:
      return false;
  }
}

/** Something of the tenant is not as it should be, since whenever. */
const isOutOfOrder = ({ loadBalancers, compute }: ReturnType<Parameters<CheckerKind['make']>[0]['world']['tenant']>): boolean =>
  loadBalancers.all().some((record) => {
    const status = loadBalancers.statusOf(record);
    return (status !== 'ACTIVE' && status !== 'PENDING_UPDATE') || [...record.nodes.values()].some((node) => node.status === 'OFFLINE');
  }) ||
  compute.servers
    .all()
    .some(
      ({ status, deleting, address }) => deleting || (status !== 'ACTIVE' && status !== 'BUILD') || (status === 'ACTIVE' && address === ''),
    );

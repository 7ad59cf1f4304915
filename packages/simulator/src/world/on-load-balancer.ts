import type { JsonObject, LoadBalancerId, NodeId, NodeRequest } from '@lutra/core';
import { longestName } from './catalogue.ts';
import type { LoadBalancerSummary } from './clb-calls.ts';
import type { LoadBalancerRecord, LoadBalancerStatus } from './load-balancer-record.ts';
import { type Refusal, refusals } from './refusal.ts';
import type { Tenant } from './tenant.ts';

/** Ids are counted from 1. */
export const isZero = (id: LoadBalancerId | NodeId): boolean => /^0+$/.test(id);

/** A refusal unless the load balancer can be read; then what `more` says. */
export function reading(tenant: Tenant, id: LoadBalancerId, more: (found: LoadBalancerRecord) => Refusal | undefined = () => undefined) {
  if (isZero(id)) return refusals.badId();
  const found = tenant.loadBalancers.find(id);
  if (found === undefined) return refusals.noSuchLoadBalancer(id);
  return tenant.loadBalancers.statusOf(found) === 'DELETED' ? refusals.loadBalancerDeleted(id) : more(found);
}
/**
 * A refusal unless the load balancer takes writes; then what `more` says. A bulk removal is told of every passing status in the same
 * words (`immutable`), a write to a single node in words that name the status (spec/providers.md, section 4.0). A node that is not there is
 * told even while the load balancer is locked.
 */
export function writing(
  tenant: Tenant,
  id: LoadBalancerId,
  immutable: (status: LoadBalancerStatus) => Refusal,
  more: (found: LoadBalancerRecord) => Refusal | undefined,
  node?: NodeId,
) {
  if (isZero(id) || (node !== undefined && isZero(node))) return refusals.badId();
  const found = tenant.loadBalancers.find(id);
  if (found === undefined) return refusals.noSuchLoadBalancer(id);
  const status = tenant.loadBalancers.statusOf(found);
  if (status === 'DELETED') return refusals.deletedIsImmutable(id);
  if (node !== undefined && status !== 'PENDING_DELETE' && !found.nodes.has(node)) return refusals.noSuchNode(id, node);
  return status === 'ACTIVE' ? more(found) : immutable(status);
}
export function foundValid(tenant: Tenant, id: LoadBalancerId): LoadBalancerRecord {
  const found = tenant.loadBalancers.find(id);
  if (found === undefined) throw new Error(`Load balancer ${id} was found valid and is not there.`);
  return found;
}
export const ofLoadBalancer = (_tenant: Tenant, { loadBalancerId }: { readonly loadBalancerId: LoadBalancerId }) => ({ loadBalancerId });

export const summaryOf = (tenant: Tenant, record: LoadBalancerRecord): LoadBalancerSummary => ({
  id: record.id,
  status: tenant.loadBalancers.statusOf(record),
  nodeCount: record.nodes.size,
  about: record.about,
  updatedAt: record.updatedAt,
});

const plainMonitor: JsonObject = { type: 'CONNECT', delay: 10, timeout: 10, attemptsBeforeDeactivation: 3 };
/** Empty while there is none. */
export const monitorOf = ({ settings, monitor }: LoadBalancerRecord): JsonObject =>
  settings.healthMonitor ? (monitor ?? plainMonitor) : {};

export function whyMalformed(nodes: readonly NodeRequest[]): Refusal | undefined {
  if (nodes.length === 0) return refusals.badNode('Must provide at least one node.');
  const good = nodes.every(
    ({ address, port }) => address !== '' && address.length <= longestName && Number.isInteger(port) && port >= 1 && port <= 65_535,
  );
  return good ? undefined : refusals.badNode('Node address or port is invalid.');
}

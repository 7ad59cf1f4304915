import type { LoadBalancerId, NodeId, NodeRequest } from '@lutra/core';
import { idsPerRemoval } from './catalogue.ts';
import type { LoadBalancerRecord, LoadBalancerStatus, NodeRecord } from './load-balancer-record.ts';
import { placeKey } from './load-balancers.ts';
import type { Operations } from './operation.ts';
import { type Refusal, refusals } from './refusal.ts';
import type { Tenant } from './tenant.ts';

type ClbCall = 'load_balancer.list' | 'load_balancer.get' | 'health_monitor.get' | 'node.list' | 'node.add' | 'node.change' | 'node.remove';

/** A refusal unless the load balancer can be read; then what `more` says. */
function reading(tenant: Tenant, id: LoadBalancerId, more: (found: LoadBalancerRecord) => Refusal | undefined = () => undefined) {
  const found = tenant.loadBalancers.find(id);
  if (found === undefined) return refusals.noSuchLoadBalancer(id);
  return tenant.loadBalancers.statusOf(found) === 'DELETED' ? refusals.loadBalancerDeleted(id) : more(found);
}
/**
 * A refusal unless the load balancer takes writes; then what `more` says. A bulk removal is told of every passing status in the same
 * words (`immutable`), a write to a single node in words that name the status (spec/providers.md, section 4.0).
 */
function writing(
  tenant: Tenant,
  id: LoadBalancerId,
  immutable: (status: LoadBalancerStatus) => Refusal,
  more: (found: LoadBalancerRecord) => Refusal | undefined,
) {
  const found = tenant.loadBalancers.find(id);
  if (found === undefined) return refusals.noSuchLoadBalancer(id);
  const status = tenant.loadBalancers.statusOf(found);
  if (status === 'DELETED') return refusals.deletedIsImmutable(id);
  return status === 'ACTIVE' ? more(found) : immutable(status);
}
function foundValid(tenant: Tenant, id: LoadBalancerId): LoadBalancerRecord {
  const found = tenant.loadBalancers.find(id);
  if (found === undefined) throw new Error(`Load balancer ${id} was found valid and is not there.`);
  return found;
}
const ofLoadBalancer = (_tenant: Tenant, { loadBalancerId }: { readonly loadBalancerId: LoadBalancerId }) => ({ loadBalancerId });
const nodesIn = (record: LoadBalancerRecord, ids: readonly NodeId[]): readonly NodeRecord[] =>
  [...new Set(ids)].map((id) => record.nodes.get(id)).filter((node) => node !== undefined);

/** What Cloud Load Balancers does (spec/providers.md, section 4). Additions and removals are all or nothing. */
export const clbOperations: Operations<ClbCall> = {
  'load_balancer.list': {
    key: () => '',
    validate: () => undefined,
    commit: ({ loadBalancers }) =>
      loadBalancers.all().map((record) => ({ id: record.id, status: loadBalancers.statusOf(record), nodeCount: record.nodes.size })),
    tellValue: (list) => Object.fromEntries(list.map(({ id, status }) => [id, status])),
  },
  'load_balancer.get': {
    key: ({ loadBalancerId }) => loadBalancerId,
    subject: ofLoadBalancer,
    validate: (tenant, { loadBalancerId }) => reading(tenant, loadBalancerId),
    commit: (tenant, { loadBalancerId }) => {
      const record = foundValid(tenant, loadBalancerId);
      return { id: record.id, status: tenant.loadBalancers.statusOf(record), nodeCount: record.nodes.size };
    },
    tellValue: ({ status }) => ({ status }),
  },
  'health_monitor.get': {
    key: ({ loadBalancerId }) => loadBalancerId,
    subject: ofLoadBalancer,
    validate: (tenant, { loadBalancerId }) => reading(tenant, loadBalancerId),
    commit: (tenant, { loadBalancerId }) => ({ on: foundValid(tenant, loadBalancerId).settings.healthMonitor }),
    tellValue: ({ on }) => ({ on }),
  },
  'node.list': {
    key: ({ loadBalancerId }) => loadBalancerId,
    subject: ofLoadBalancer,
    validate: (tenant, { loadBalancerId }) => reading(tenant, loadBalancerId),
    commit: (tenant, { loadBalancerId }) => {
      const record = foundValid(tenant, loadBalancerId);
      return [...record.nodes.values()].map((node) => tenant.loadBalancers.show(record, node));
    },
    tellValue: (nodes) => ({ nodes: nodes.length }),
  },
  'node.add': {
    key: ({ loadBalancerId }) => loadBalancerId,
    subject: ofLoadBalancer,
    validate: (tenant, { loadBalancerId, nodes }, limits) =>
      whyMalformed(nodes) ??
      writing(
        tenant,
        loadBalancerId,
        (status) => refusals.immutable(loadBalancerId, status),
        (found) => {
          const places = nodes.map(placeKey);
          if (new Set(places).size < places.length || places.some((place) => found.places.has(place))) return refusals.duplicateNodes();
          const most = Math.min(found.settings.nodeLimit, limits.nodes ?? Number.POSITIVE_INFINITY);
          return found.nodes.size + nodes.length > most ? refusals.nodeLimit(loadBalancerId, most) : undefined;
        },
      ),
    commit: (tenant, { loadBalancerId, nodes }, { effects }) => {
      const record = foundValid(tenant, loadBalancerId);
      const added = tenant.loadBalancers.addNodes(record, nodes, 'caller', effects.nodeFate);
      return added.map((node) => tenant.loadBalancers.show(record, node));
    },
    tellParams: ({ nodes }) => nodes.map((node) => `${placeKey(node)} ${node.condition}`),
    tellValue: (nodes) => nodes.map(({ id }) => id),
  },
  'node.change': {
    key: ({ loadBalancerId, nodeId }) => `${loadBalancerId}/${nodeId}`,
    subject: (_tenant, { loadBalancerId, nodeId }) => ({ loadBalancerId, nodeIds: [nodeId] }),
    validate: (tenant, { loadBalancerId, nodeId, change: { weight } }) =>
      Number.isInteger(weight) && weight >= 1 && weight <= 100
        ? writing(
            tenant,
            loadBalancerId,
            (status) => refusals.immutable(loadBalancerId, status),
            (found) => (found.nodes.has(nodeId) ? undefined : refusals.noSuchNode(loadBalancerId, nodeId)),
          )
        : refusals.badNode('Node weight is invalid. Range is 1-100. Please specify a valid weight.'),
    commit: (tenant, { loadBalancerId, nodeId, change }) => {
      const record = foundValid(tenant, loadBalancerId);
      for (const node of nodesIn(record, [nodeId])) tenant.loadBalancers.changeNode(record, node, change, 'caller');
      return null;
    },
    tellParams: ({ change }) => ({ ...change }),
  },
  'node.remove': {
    key: ({ loadBalancerId }) => loadBalancerId,
    subject: (_tenant, { loadBalancerId, nodeIds }) => ({ loadBalancerId, nodeIds }),
    validate: (tenant, { loadBalancerId, nodeIds }, limits) => {
      if (nodeIds.length === 0) return refusals.badNode("Must supply one or more id's to process this request.");
      return writing(
        tenant,
        loadBalancerId,
        () => refusals.notActive(),
        (found) => {
          const unknown = nodeIds.filter((id) => !found.nodes.has(id));
          if (unknown.length > 0) return refusals.unknownNodes(unknown);
          const most = Math.min(idsPerRemoval, limits.idsPerRemoval ?? idsPerRemoval);
          return nodeIds.length > most ? refusals.tooManyNodeIds(most) : undefined;
        },
      );
    },
    commit: (tenant, { loadBalancerId, nodeIds }) => {
      const record = foundValid(tenant, loadBalancerId);
      tenant.loadBalancers.removeNodes(record, nodesIn(record, nodeIds), 'caller');
      return null;
    },
    tellParams: ({ nodeIds }) => nodeIds,
  },
};

function whyMalformed(nodes: readonly NodeRequest[]): Refusal | undefined {
  if (nodes.length === 0) return refusals.badNode('Must provide at least one node.');
  const good = nodes.every(({ address, port }) => address !== '' && Number.isInteger(port) && port >= 1 && port <= 65_535);
  return good ? undefined : refusals.badNode('Node address or port is invalid.');
}

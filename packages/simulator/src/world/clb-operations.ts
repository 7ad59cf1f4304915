import type { NodeId } from '@lutra/core';
import { idsPerRemoval } from './catalogue.ts';
import type { ClbCalls } from './clb-calls.ts';
import { clbMoreOperations } from './clb-more-operations.ts';
import { type LoadBalancerRecord, type NodeRecord, placeKey, placesOf } from './load-balancer-record.ts';
import { foundValid, monitorOf, ofLoadBalancer, reading, summaryOf, whyMalformed, writing } from './on-load-balancer.ts';
import type { Operations } from './operation.ts';
import { refusals } from './refusal.ts';

export type ClbCall =
  | keyof ClbCalls
  | 'load_balancer.list'
  | 'load_balancer.get'
  | 'health_monitor.get'
  | 'node.list'
  | 'node.add'
  | 'node.change'
  | 'node.remove';

const nodesIn = (record: LoadBalancerRecord, ids: readonly NodeId[]): readonly NodeRecord[] =>
  [...new Set(ids)].map((id) => record.nodes.get(id)).filter((node) => node !== undefined);

/** What Cloud Load Balancers does (spec/providers.md, section 4). Additions and removals are all or nothing. */
export const clbOperations: Operations<ClbCall> = {
  ...clbMoreOperations,
  'load_balancer.list': {
    key: () => '',
    validate: () => undefined,
    commit: (tenant) => tenant.loadBalancers.all().map((record) => summaryOf(tenant, record)),
    tellValue: (list) => Object.fromEntries(list.map(({ id, status }) => [id, status])),
  },
  'load_balancer.get': {
    key: ({ loadBalancerId }) => loadBalancerId,
    subject: ofLoadBalancer,
    // One that is deleted is still shown, for as long as it is known; nothing below it is.
    validate: (tenant, { loadBalancerId }) => {
      const refusal = reading(tenant, loadBalancerId);
      return refusal?.status === 410 ? undefined : refusal;
    },
    commit: (tenant, { loadBalancerId }) => {
      const record = foundValid(tenant, loadBalancerId);
      const nodes = [...record.nodes.values()].map((node) => tenant.loadBalancers.show(record, node));
      return { ...summaryOf(tenant, record), nodes, monitor: monitorOf(record) };
    },
    tellValue: ({ status }) => ({ status }),
  },
  'health_monitor.get': {
    key: ({ loadBalancerId }) => loadBalancerId,
    subject: ofLoadBalancer,
    validate: (tenant, { loadBalancerId }) => reading(tenant, loadBalancerId),
    commit: (tenant, { loadBalancerId }) => {
      const record = foundValid(tenant, loadBalancerId);
      return { on: record.settings.healthMonitor, monitor: monitorOf(record) };
    },
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
          const taken = placesOf(found);
          if (new Set(places).size < places.length || places.some((place) => taken.has(place))) return refusals.duplicateNodes();
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
      weight === undefined || (Number.isInteger(weight) && weight >= 1 && weight <= 100)
        ? writing(
            tenant,
            loadBalancerId,
            (status) => refusals.immutable(loadBalancerId, status),
            () => undefined,
            nodeId,
          )
        : refusals.badNode('Node weight is invalid. Range is 1-100. Please specify a valid weight.'),
    commit: (tenant, { loadBalancerId, nodeId, change }) => {
      const record = foundValid(tenant, loadBalancerId);
      for (const node of nodesIn(record, [nodeId])) tenant.loadBalancers.changeNode(record, node, { ...node, ...change }, 'caller');
      return null;
    },
    tellParams: ({ change }) => ({ ...change }),
  },
  'node.remove': {
    key: ({ loadBalancerId }) => loadBalancerId,
    subject: (_tenant, { loadBalancerId, nodeIds }) => ({ loadBalancerId, nodeIds }),
    validate: (tenant, { loadBalancerId, nodeIds, single = false }, limits) => {
      const [only] = nodeIds;
      if (single && only !== undefined) {
        return writing(
          tenant,
          loadBalancerId,
          (status) => refusals.immutable(loadBalancerId, status),
          () => undefined,
          only,
        );
      }
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

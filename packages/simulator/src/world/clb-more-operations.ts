import { hasAtMost, type JsonObject, type LoadBalancerId } from '@lutra/core';
import { idsPerRemoval, loadBalancersPerAccount, nodesPerLoadBalancer } from './catalogue.ts';
import type { ClbCalls, LoadBalancerRequest } from './clb-calls.ts';
import { sizeOf, wordsOf } from './json-values.ts';
import { hookSeconds, placeKey } from './load-balancer-record.ts';
import { foundValid, isZero, monitorOf, ofLoadBalancer, reading, summaryOf, whyMalformed, writing } from './on-load-balancer.ts';
import type { Operations } from './operation.ts';
import { drawDuration } from './pace.ts';
import { type Refusal, refusals } from './refusal.ts';
import type { Tenant } from './tenant.ts';

/** What else Cloud Load Balancers does: the load balancers themselves, monitors, single nodes, feeds. */
export const clbMoreOperations: Operations<keyof ClbCalls> = {
  'load_balancer.create': {
    key: ({ request }) => request.name,
    validate: (tenant, { request }) => whyNotCreated(tenant, request),
    commit: (tenant, { request }) => {
      const { nodes, monitor, virtualIpType, ...about } = request;
      const record = tenant.loadBalancers.create(about, virtualIpType);
      if (monitor !== undefined) {
        record.monitor = monitor;
        tenant.loadBalancers.set(record, { healthMonitor: true }, 'caller');
      }
      const added = nodes.length === 0 ? [] : tenant.loadBalancers.addNodes(record, nodes, 'cloud'); // what BUILD does locks nothing
      const shown = added.map((node) => tenant.loadBalancers.show(record, node));
      return { ...summaryOf(tenant, record), nodes: shown, monitor: monitorOf(record) };
    },
    tellValue: ({ id }) => ({ id }),
  },
  'load_balancer.update': {
    key: ({ loadBalancerId }) => loadBalancerId,
    subject: ofLoadBalancer,
    validate: (tenant, { loadBalancerId, change }) => {
      if (Object.keys(change).length === 0) return refusals.invalid(['At least one attribute of the load balancer must be given.']);
      const wrong = whyInvalid(change);
      if (wrong !== undefined) return wrong;
      return writing(
        tenant,
        loadBalancerId,
        (status) => refusals.immutable(loadBalancerId, status),
        () => undefined,
      );
    },
    commit: (tenant, { loadBalancerId, change }) => {
      tenant.loadBalancers.update(foundValid(tenant, loadBalancerId), change);
      return null;
    },
    tellParams: ({ change }) => ({ ...change }),
  },
  'load_balancer.delete': {
    key: ({ ids }) => ids.join(','),
    subject: (_tenant, { ids: [loadBalancerId] }) => (loadBalancerId === undefined ? {} : { loadBalancerId }),
    validate: (tenant, { ids, bulk }) => {
      if (ids.length === 0) return refusals.badNode("Must supply one or more id's to process this request.");
      if (ids.length > idsPerRemoval) return refusals.badNode(`Must not delete more than ${idsPerRemoval} load balancers at once.`);
      return whyNotDeleted(tenant, ids, bulk);
    },
    commit: (tenant, { ids }, { random }) => {
      for (const id of ids) {
        const record = foundValid(tenant, id);
        const asked = hookSeconds(record.about.metadata, 'lb_pending_delete', 0);
        const takes = asked ?? drawDuration(tenant.pace.lock, random, 'lock', tenant.id, id, 'delete');
        tenant.loadBalancers.delete(record, 'caller', takes);
      }
      return null;
    },
  },
  'load_balancer.get_feed': {
    key: ({ loadBalancerId, about }) => `${loadBalancerId}/${about}`,
    subject: ofLoadBalancer,
    validate: (tenant, { loadBalancerId, about }) =>
      reading(tenant, loadBalancerId, ({ nodes }) =>
        about === 'all' || about === 'nodes' || nodes.has(about) ? undefined : refusals.noSuchNode(loadBalancerId, about),
      ),
    commit: (tenant, { loadBalancerId, about }) => {
      const entries = tenant.loadBalancers.feedOf(foundValid(tenant, loadBalancerId));
      if (about === 'all') return entries;
      return entries.filter(({ nodeId }) => (about === 'nodes' ? nodeId !== undefined : nodeId === about));
    },
    tellValue: (entries) => ({ entries: entries.length }),
  },
  'load_balancer.get_limits': {
    key: () => '',
    validate: () => undefined,
    commit: () => ({ loadBalancers: loadBalancersPerAccount, nodes: nodesPerLoadBalancer }),
  },
  'node.get': {
    key: ({ loadBalancerId, nodeId }) => `${loadBalancerId}/${nodeId}`,
    subject: ofLoadBalancer,
    validate: (tenant, { loadBalancerId, nodeId }) =>
      isZero(nodeId)
        ? refusals.badId()
        : reading(tenant, loadBalancerId, ({ nodes }) => (nodes.has(nodeId) ? undefined : refusals.noSuchNode(loadBalancerId, nodeId))),
    commit: (tenant, { loadBalancerId, nodeId }) => {
      const record = foundValid(tenant, loadBalancerId);
      const node = record.nodes.get(nodeId);
      if (node === undefined) throw new Error(`Node ${nodeId} was found valid and is not there.`);
      return tenant.loadBalancers.show(record, node);
    },
  },
  'health_monitor.set': {
    key: ({ loadBalancerId }) => loadBalancerId,
    subject: ofLoadBalancer,
    validate: (tenant, { loadBalancerId, monitor }) =>
      whyBadMonitor(monitor) ??
      writing(
        tenant,
        loadBalancerId,
        (status) => refusals.immutable(loadBalancerId, status),
        () => undefined,
      ),
    commit: (tenant, { loadBalancerId, monitor }) => {
      tenant.loadBalancers.monitor(foundValid(tenant, loadBalancerId), monitor);
      return null;
    },
  },
  'health_monitor.delete': {
    key: ({ loadBalancerId }) => loadBalancerId,
    subject: ofLoadBalancer,
    validate: (tenant, { loadBalancerId }) =>
      writing(
        tenant,
        loadBalancerId,
        (status) => refusals.immutable(loadBalancerId, status),
        () => undefined,
      ),
    commit: (tenant, { loadBalancerId }) => {
      tenant.loadBalancers.monitor(foundValid(tenant, loadBalancerId), undefined);
      return null;
    },
  },
};

/** What is wrong with what a load balancer is to be, as far as it is given. */
function whyInvalid({ name, protocol, port, algorithm }: Partial<LoadBalancerRequest>): Refusal | undefined {
  const messages = [
    ...(name !== undefined && (name.trim() === '' || !hasAtMost(name, 128)) ? ['Load balancer name is invalid: 1 to 128 characters.'] : []),
    ...(protocol === undefined || protocols.has(protocol) ? [] : [`Protocol is invalid: one of ${[...protocols.keys()].join(', ')}.`]),
    ...(port === undefined || (Number.isInteger(port) && port >= 1 && port <= 65_535) ? [] : ['Port is invalid: 1 to 65535.']),
    ...(algorithm === undefined || (algorithms as readonly string[]).includes(algorithm)
      ? []
      : [`Algorithm is invalid: one of ${algorithms.join(', ')}.`]),
  ];
  return messages.length === 0 ? undefined : refusals.invalid(messages);
}
/** Items of a load balancer's metadata, characters of a key and of a value. */
const mostItems = 25;
const longestItem = 256;
function whyBadItems({ metadata, virtualIpType }: LoadBalancerRequest): Refusal | undefined {
  const items = Object.entries(metadata);
  const long = items.some(([key, value]) => key.length > longestItem || value.length > longestItem);
  const messages = [
    ...(items.length > mostItems || long ? [`Metadata is invalid: at most ${mostItems} items of at most ${longestItem} characters.`] : []),
    ...(['PUBLIC', 'SERVICENET'].includes(virtualIpType) ? [] : ['Virtual IP type is invalid: PUBLIC or SERVICENET.']),
  ];
  return messages.length === 0 ? undefined : refusals.invalid(messages);
}
function whyNotCreated(tenant: Tenant, request: LoadBalancerRequest): Refusal | undefined {
  const { nodes, monitor } = request;
  const wrong = whyInvalid(request) ?? whyBadItems(request);
  if (wrong !== undefined) return wrong;
  const refusal = (nodes.length === 0 ? undefined : whyMalformed(nodes)) ?? (monitor === undefined ? undefined : whyBadMonitor(monitor));
  if (refusal !== undefined) return refusal;
  const places = new Set(nodes.map(placeKey));
  if (places.size < nodes.length) return refusals.duplicateNodes();
  if (nodes.length > nodesPerLoadBalancer) return refusals.nodeLimit('' as LoadBalancerId, nodesPerLoadBalancer);
  return tenant.loadBalancers.all().length >= loadBalancersPerAccount ? refusals.loadBalancerLimit(loadBalancersPerAccount) : undefined;
}

/** Those that are deleted, or about to be, cannot be again (spec/simulator.md, section C). */
function whyNotDeleted(tenant: Tenant, ids: readonly LoadBalancerId[], bulk: boolean): Refusal | undefined {
  const status = (id: LoadBalancerId) => {
    const record = tenant.loadBalancers.find(id);
    return record === undefined ? undefined : tenant.loadBalancers.statusOf(record);
  };
  if (ids.some(isZero)) return refusals.badId();
  const missing = ids.filter((id) => status(id) === undefined);
  const [one] = missing;
  if (!bulk && one !== undefined) return refusals.noSuchLoadBalancer(one);
  const gone = ids.filter((id) => status(id) === undefined || status(id) === 'DELETED');
  if (gone.length > 0) return refusals.badNode(`Must provide valid load balancers: ${gone.join(',')} could not be found.`);
  const immutable = ids.filter((id) => !['ACTIVE', 'ERROR', 'PENDING_UPDATE'].includes(status(id) ?? ''));
  if (immutable.length === 0) return undefined;
  return refusals.badNode(`Must provide valid load balancers: ${immutable.join(',')} are immutable and could not be processed.`);
}

/** Characters of a monitor, which is shown as it was given. */
const longestMonitor = 1024;
function whyBadMonitor(monitor: JsonObject): Refusal | undefined {
  const { type, delay = 10, timeout = 10, attemptsBeforeDeactivation: attempts = 3 } = monitor;
  const inRange = (value: unknown, least: number, most: number) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
  const messages = [
    ...(sizeOf(monitor) <= longestMonitor ? [] : [`Health monitor is invalid: more than ${longestMonitor} characters.`]),
    ...(['CONNECT', 'HTTP', 'HTTPS'].includes(wordsOf(type)) ? [] : ['Health monitor type is invalid: CONNECT, HTTP or HTTPS.']),
    ...(inRange(delay, 1, 3600) ? [] : ['Health monitor delay is invalid: 1 to 3600.']),
    ...(inRange(timeout, 1, 300) ? [] : ['Health monitor timeout is invalid: 1 to 300.']),
    ...(inRange(attempts, 1, 10) ? [] : ['Health monitor attemptsBeforeDeactivation is invalid: 1 to 10.']),
  ];
  return messages.length === 0 ? undefined : refusals.invalid(messages);
}

/** Protocols and their ports. */
export const protocols: ReadonlyMap<string, number> = new Map([
  ['HTTP', 80],
  ['HTTPS', 443],
  ['TCP', 0],
  ['TCP_CLIENT_FIRST', 0],
  ['TCP_STREAM', 0],
  ['UDP', 0],
  ['UDP_STREAM', 0],
  ['FTP', 21],
  ['IMAPv4', 143],
  ['IMAPS', 993],
  ['LDAP', 389],
  ['LDAPS', 636],
  ['MYSQL', 3306],
  ['POP3', 110],
  ['POP3S', 995],
  ['SMTP', 25],
  ['SFTP', 22],
  ['DNS_TCP', 53],
  ['DNS_UDP', 53],
]);
/** How a load balancer chooses. */
export const algorithms = ['LEAST_CONNECTIONS', 'RANDOM', 'ROUND_ROBIN', 'WEIGHTED_LEAST_CONNECTIONS', 'WEIGHTED_ROUND_ROBIN'] as const;

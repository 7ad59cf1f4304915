/** Cloud Load Balancers (spec/providers.md, section 4), under /v1.0/{tenant} and /v2/{tenant}. */

import type { JsonObject, JsonValue, LoadBalancerId, Node, NodeChange, NodeId, NodeRequest } from '@lutra/core';
import type { LoadBalancerDetail, LoadBalancerSummary } from '../world/clb-calls.ts';
import { algorithms, protocols } from '../world/clb-more-operations.ts';
import { isoOf } from '../world/iso-time.ts';
import { numberOf, objectOf, textOf } from '../world/json-values.ts';
import { isWeighted } from '../world/load-balancer-record.ts';
import { type Refusal, refusals } from '../world/refusal.ts';
import { type HttpAnswer, refused } from './answer.ts';
import { clbFeedRoutes } from './clb-feeds.ts';
import { ask, type HttpRequest, jsonIn, param, type Route, refuse, tenantOf } from './request.ts';

const nodeJson = ({ id, address, port, condition, status, type, weight, connections }: Node, weighted: boolean): JsonObject => ({
  id: Number(id),
  address,
  port,
  condition,
  status,
  type,
  ...(weighted ? { weight } : {}),
  ...(connections === undefined ? {} : { connections }),
});

const summaryJson = ({ id, status, nodeCount, about, updatedAt }: LoadBalancerSummary): JsonObject => ({
  id: Number(id),
  name: about.name,
  status,
  protocol: about.protocol,
  port: about.port,
  algorithm: about.algorithm,
  nodeCount,
  virtualIps: about.virtualIps.map((ip) => ({ ...ip, ipVersion: 'IPV4' })),
  created: { time: isoOf(about.createdAt) },
  updated: { time: isoOf(updatedAt) },
});
/** Without `nodes` where there are none. */
function detailJson({ nodes, monitor, ...summary }: LoadBalancerDetail): JsonObject {
  const { nodeCount: _, ...rest } = summaryJson(summary);
  return {
    ...rest,
    timeout: 30,
    halfClosed: false,
    connectionLogging: { enabled: false },
    contentCaching: { enabled: false },
    httpsRedirect: false,
    sourceAddresses: { ipv4Public: '203.0.113.1', ipv4Servicenet: '10.183.0.1', ipv6Public: '2001:db8::1/64' },
    cluster: { name: 'simulated' },
    ...(Object.keys(monitor).length === 0 ? {} : { healthMonitor: monitor }),
    ...(nodes.length === 0 ? {} : { nodes: nodes.map((node) => nodeJson(node, isWeighted(summary.about))) }),
  };
}

const loadBalancerIn = ({ params }: HttpRequest): { readonly loadBalancerId: LoadBalancerId } => ({
  loadBalancerId: param(params, 'loadBalancer') as LoadBalancerId,
});
const nodeIn = ({ params }: HttpRequest): { readonly nodeId: NodeId } => ({ nodeId: param(params, 'node') as NodeId });
/** Nodes of the load balancer that the path names, as it shows them. */
const shownIn = (request: HttpRequest): ((node: Node) => JsonObject) => {
  const record = request.world.tenant(tenantOf(request)).loadBalancers.find(loadBalancerIn(request).loadBalancerId);
  return (node) => nodeJson(node, record !== undefined && isWeighted(record.about));
};
/** What is below a load balancer goes with it. */
const unlessDeleted =
  (request: HttpRequest, done: (found: LoadBalancerDetail) => HttpAnswer) =>
  (found: LoadBalancerDetail): HttpAnswer =>
    found.status === 'DELETED' ? refused(refusals.loadBalancerDeleted(loadBalancerIn(request).loadBalancerId)) : done(found);
/** Clients wrap bodies, or do not. */
const bodyIn = (request: HttpRequest, name: string): JsonObject | undefined => {
  const body = jsonIn(request);
  return objectOf(body?.[name]) ?? body;
};
const notJson = (): Refusal => refusals.badNode('Invalid JSON object.');
const accepted = (): HttpAnswer => ({ status: 202 });

/** A node as clients write one: `id` and `type` may be null, conditions in any case. Undefined: it is none. */
function nodeRequestIn(value: JsonValue | undefined): NodeRequest | undefined {
  const node = objectOf(value);
  const [condition, type] = [textOf(node?.condition)?.toUpperCase() ?? 'ENABLED', textOf(node?.type)?.toUpperCase() ?? 'PRIMARY'];
  const [port, weight] = [numberOf(node?.port), node?.weight === undefined || node.weight === null ? 1 : numberOf(node.weight)];
  const address = textOf(node?.address);
  if (address === undefined || !Number.isInteger(port) || !isCondition(condition) || !isType(type)) return undefined;
  return Number.isInteger(weight) && weight >= 1 && weight <= 100 ? { address, port, weight, condition, type } : undefined;
}
const isCondition = (text: string): text is NodeChange['condition'] => ['ENABLED', 'DISABLED', 'DRAINING'].includes(text);
const isType = (text: string): text is NodeChange['type'] => ['PRIMARY', 'SECONDARY'].includes(text);
const malformedNode = (): Refusal =>
  refusals.invalid(['Node needs address and port; condition is ENABLED, DISABLED or DRAINING, type PRIMARY or SECONDARY, weight 1-100.']);

function addNodes(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
  const given = jsonIn(request)?.nodes;
  if (!Array.isArray(given)) return refuse(request, 'node.add', { ...loadBalancerIn(request), nodes: [] }, notJson());
  const nodes = given.map((node: JsonValue) => nodeRequestIn(node));
  const good = nodes.filter((node) => node !== undefined);
  if (good.length < nodes.length) return refuse(request, 'node.add', { ...loadBalancerIn(request), nodes: good }, malformedNode());
  return ask(request, 'node.add', { ...loadBalancerIn(request), nodes: good }, (added) => ({
    status: 202,
    body: { nodes: added.map(shownIn(request)) },
  }));
}

/** Anything but the address and the port of a node can be changed, each by itself. */
function changeNode(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
  const node = bodyIn(request, 'node');
  const no = (why: Refusal) => refuse(request, 'node.change', { ...loadBalancerIn(request), ...nodeIn(request), change: {} }, why);
  if (node === undefined) return no(notJson());
  if (node.address !== undefined || node.port !== undefined) {
    return no(refusals.invalid(['Node ip, port and id cannot be changed: remove the node and add another.']));
  }
  const [condition, type, weight] = [textOf(node.condition)?.toUpperCase(), textOf(node.type)?.toUpperCase(), node.weight];
  if ((condition !== undefined && !isCondition(condition)) || (type !== undefined && !isType(type))) return no(malformedNode());
  const change: Partial<NodeChange> = {
    ...(condition === undefined ? {} : { condition }),
    ...(type === undefined ? {} : { type }),
    ...(weight === undefined || weight === null ? {} : { weight: numberOf(weight) }),
  };
  if (Object.keys(change).length === 0) return no(malformedNode());
  return ask(request, 'node.change', { ...loadBalancerIn(request), ...nodeIn(request), change }, accepted);
}

function createLoadBalancer(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
  const given = bodyIn(request, 'loadBalancer');
  const body = given ?? {};
  const protocol = textOf(body.protocol) ?? 'HTTP';
  const nodes = (Array.isArray(body.nodes) ? body.nodes : []).map((node: JsonValue) => nodeRequestIn(node));
  const good = nodes.filter((node) => node !== undefined);
  const metadata = (Array.isArray(body.metadata) ? body.metadata : []).map((item: JsonValue) => objectOf(item) ?? {});
  const [virtualIp] = (Array.isArray(body.virtualIps) ? body.virtualIps : []).map((ip: JsonValue) => objectOf(ip) ?? {});
  const wanted = {
    name: textOf(body.name) ?? '',
    protocol,
    port: body.port === undefined || body.port === null ? (protocols.get(protocol) ?? 0) : numberOf(body.port),
    algorithm: textOf(body.algorithm) ?? 'RANDOM',
    nodes: good,
    monitor: objectOf(body.healthMonitor),
    metadata: Object.fromEntries(metadata.map(({ key, value }) => [textOf(key) ?? '', textOf(value) ?? ''])),
    virtualIpType: textOf(virtualIp?.type) ?? 'PUBLIC',
  };
  if (given === undefined || good.length < nodes.length) {
    return refuse(request, 'load_balancer.create', { request: wanted }, given === undefined ? notJson() : malformedNode());
  }
  const done = (made: LoadBalancerDetail): HttpAnswer => ({ status: 202, body: { loadBalancer: detailJson(made) } });
  return ask(request, 'load_balancer.create', { request: wanted }, done);
}

function updateLoadBalancer(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
  const body = bodyIn(request, 'loadBalancer');
  if (body === undefined) return refuse(request, 'load_balancer.update', { ...loadBalancerIn(request), change: {} }, notJson());
  const [name, protocol, algorithm] = [textOf(body.name), textOf(body.protocol), textOf(body.algorithm)];
  const change = {
    ...(name === undefined ? {} : { name }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(body.port === undefined || body.port === null ? {} : { port: numberOf(body.port) }),
  };
  return ask(request, 'load_balancer.update', { ...loadBalancerIn(request), change }, accepted);
}

/** All of a list unless `limit` asks for less, from `marker`, itself included, or behind the first `offset`. Other keys mean nothing. */
function pageOf<T extends { readonly id: string }>({ query }: HttpRequest, list: readonly T[]): readonly T[] {
  const from = Math.max(
    0,
    list.findIndex(({ id }) => id === query.get('marker')),
    countIn(query.get('offset')),
  );
  return list.slice(from, from + (countIn(query.get('limit')) || list.length));
}
const countIn = (text: string | null): number => (text !== null && /^\d{1,9}$/.test(text) ? Number(text) : 0);

function listLoadBalancers(request: HttpRequest): Promise<HttpAnswer> {
  return ask(request, 'load_balancer.list', {}, (list) => ({
    status: 200,
    body: { loadBalancers: pageOf(request, list).map(summaryJson) },
  }));
}

const ids = <T extends string>({ query }: HttpRequest): readonly T[] => query.getAll('id').flatMap((value) => value.split(',')) as T[];

/** Parts of a load balancer that it always has in the same form. */
const fixedParts: Readonly<Record<string, JsonObject>> = {
  accesslist: { accessList: [] },
  sessionpersistence: { sessionPersistence: {} },
  connectionthrottle: { connectionThrottle: {} },
  connectionlogging: { connectionLogging: { enabled: false } },
  contentcaching: { contentCaching: { enabled: false } },
  stats: { connectTimeOut: 0, connectError: 0, connectFailure: 0, dataTimedOut: 0, keepAliveTimedOut: 0, maxConn: 0 },
};
const fixedNames = ['protocols', 'algorithms'] as const;
const fixedLists: Readonly<Record<(typeof fixedNames)[number], JsonObject>> = {
  protocols: { protocols: [...protocols].map(([name, port]) => ({ name, port })) },
  algorithms: { algorithms: algorithms.map((name) => ({ name })) },
};

/** A part of a load balancer that can be read and not changed. */
const partOf = (path: string, bodyOf: (found: LoadBalancerDetail) => JsonObject): Route => ({
  on: `GET ${path}`,
  answer: (request) =>
    ask(
      request,
      'load_balancer.get',
      loadBalancerIn(request),
      unlessDeleted(request, (found) => ({ status: 200, body: bodyOf(found) })),
    ),
});

const at = (prefix: string): readonly Route[] => {
  const all = `${prefix}/:tenant/loadbalancers`;
  const one = `${all}/:loadBalancer`;
  return [
    { on: `GET ${all}`, answer: listLoadBalancers },
    { on: `POST ${all}`, answer: createLoadBalancer },
    { on: `DELETE ${all}`, answer: (request) => ask(request, 'load_balancer.delete', { ids: ids(request), bulk: true }, accepted) },
    ...fixedNames.map(
      (name): Route => ({
        on: `GET ${all}/${name}`,
        answer: (request) => ask(request, 'load_balancer.get_limits', {}, () => ({ status: 200, body: fixedLists[name] })),
      }),
    ),
    ...['limits', 'absolutelimits'].map(
      (name): Route => ({
        on: `GET ${all}/${name}`,
        answer: (request) =>
          ask(request, 'load_balancer.get_limits', {}, ({ loadBalancers, nodes }) => ({
            status: 200,
            body: limitsJson(loadBalancers, nodes),
          })),
      }),
    ),
    {
      on: `GET ${one}`,
      answer: (request) =>
        ask(request, 'load_balancer.get', loadBalancerIn(request), (found) => ({ status: 200, body: { loadBalancer: detailJson(found) } })),
    },
    { on: `PUT ${one}`, answer: updateLoadBalancer },
    {
      on: `DELETE ${one}`,
      answer: (request) => ask(request, 'load_balancer.delete', { ids: [loadBalancerIn(request).loadBalancerId], bulk: false }, accepted),
    },
    {
      on: `GET ${one}/nodes`,
      answer: (request) =>
        ask(request, 'node.list', loadBalancerIn(request), (nodes) => ({
          status: 200,
          body: { nodes: pageOf(request, nodes).map(shownIn(request)) },
        })),
    },
    { on: `POST ${one}/nodes`, answer: addNodes },
    {
      on: `DELETE ${one}/nodes`,
      answer: (request) => ask(request, 'node.remove', { ...loadBalancerIn(request), nodeIds: ids<NodeId>(request) }, accepted),
    },
    {
      on: `GET ${one}/nodes/:node`,
      answer: (request) =>
        ask(request, 'node.get', { ...loadBalancerIn(request), ...nodeIn(request) }, (node) => ({
          status: 200,
          body: { node: shownIn(request)(node) },
        })),
    },
    { on: `PUT ${one}/nodes/:node`, answer: changeNode },
    {
      on: `DELETE ${one}/nodes/:node`,
      answer: (request) =>
        ask(request, 'node.remove', { ...loadBalancerIn(request), nodeIds: [nodeIn(request).nodeId], single: true }, accepted),
    },
    {
      on: `GET ${one}/healthmonitor`,
      answer: (request) =>
        ask(request, 'health_monitor.get', loadBalancerIn(request), ({ monitor }) => ({ status: 200, body: { healthMonitor: monitor } })),
    },
    {
      on: `PUT ${one}/healthmonitor`,
      answer: (request) => {
        const monitor = bodyIn(request, 'healthMonitor');
        if (monitor === undefined) return refuse(request, 'health_monitor.set', { ...loadBalancerIn(request), monitor: {} }, notJson());
        return ask(request, 'health_monitor.set', { ...loadBalancerIn(request), monitor }, accepted);
      },
    },
    { on: `DELETE ${one}/healthmonitor`, answer: (request) => ask(request, 'health_monitor.delete', loadBalancerIn(request), accepted) },
    ...Object.entries(fixedParts).map(([name, body]) => partOf(`${one}/${name}`, () => body)),
    partOf(`${one}/virtualips`, ({ about }) => ({ virtualIps: about.virtualIps.map((ip) => ({ ...ip, ipVersion: 'IPV4' })) })),
    partOf(`${one}/metadata`, ({ about }) => ({
      metadata: Object.entries(about.metadata).map(([key, value], index) => ({ id: index + 1, key, value })),
    })),
    ...clbFeedRoutes(all),
  ];
};

const limitsJson = (loadBalancers: number, nodes: number): JsonObject => ({
  absolute: [
    { name: 'LOADBALANCER_LIMIT', value: loadBalancers },
    { name: 'NODE_LIMIT', value: nodes },
    { name: 'IPV6_LIMIT', value: 25 },
    { name: 'ACCESS_LIST_LIMIT', value: 100 },
    { name: 'BATCH_DELETE_LIMIT', value: 10 },
    { name: 'NODE_META_LIMIT', value: 25 },
    { name: 'LOADBALANCER_META_LIMIT', value: 25 },
  ],
});

export const clbRoutes: readonly Route[] = ['/v1.0', '/v2'].flatMap(at);

/** RackConnect v3 (spec/providers.md, section 5), under /v3/{tenant}. */

import type { JsonObject, JsonValue, PoolId, PoolMember, ServerId } from '@lutra/core';
import { isoOf } from '../world/iso-time.ts';
import { objectOf, textOf, wordsOf } from '../world/json-values.ts';
import type { PoolNode, PoolNodeDetail, PoolRecord } from '../world/pool-calls.ts';
import { refusals } from '../world/refusal.ts';
import type { HttpAnswer } from './answer.ts';
import { ask, type HttpRequest, jsonIn, param, type Route, refuse } from './request.ts';

const poolJson = ({ id, name, status, virtualIp, nodes }: PoolRecord): JsonObject => ({
  id,
  name,
  status,
  status_detail: null,
  port: 80,
  virtual_ip: virtualIp,
  node_counts: { cloud_servers: nodes, external: 0, total: nodes },
});
const nodeJson = ({ id, poolId, serverId, status, createdAt, updatedAt }: PoolNode): JsonObject => ({
  id,
  cloud_server: { id: serverId },
  load_balancer_pool: { id: poolId },
  status,
  status_detail: null,
  created: isoOf(createdAt),
  updated: updatedAt === undefined ? null : isoOf(updatedAt),
});

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Ids of pools mean the same in any case. */
const poolIn = ({ params }: HttpRequest): { readonly poolId: PoolId } => ({ poolId: param(params, 'pool').toLowerCase() as PoolId });

/** Pairs of server and pool; a text where they are none. */
function membersIn({ text }: HttpRequest): readonly PoolMember[] | string {
  let body: JsonValue;
  try {
    body = JSON.parse(text);
  } catch {
    return 'The request body is not JSON.';
  }
  if (!Array.isArray(body) || body.length === 0) return 'The request body is not a list of cloud_server and load_balancer_pool.';
  const members: PoolMember[] = [];
  for (const pair of body) {
    const serverId = textOf(objectOf(objectOf(pair)?.cloud_server)?.id);
    const poolId = textOf(objectOf(objectOf(pair)?.load_balancer_pool)?.id);
    if (serverId === undefined || poolId === undefined) return 'Each pair needs cloud_server.id and load_balancer_pool.id.';
    const wrong = [serverId, poolId].find((id) => !uuid.test(id));
    if (wrong !== undefined) return `${wrong} is not a valid UUID.`;
    members.push({ serverId: serverId as ServerId, poolId: poolId.toLowerCase() as PoolId });
  }
  return members;
}
const bulk =
  (
    op: 'pool_member.add' | 'pool_member.remove',
    answer: (request: HttpRequest, members: readonly PoolMember[]) => Promise<HttpAnswer>,
  ): Route['answer'] =>
  (request) => {
    const members = membersIn(request);
    if (typeof members === 'string') return refuse(request, op, { members: [], strict: true }, refusals.badPoolRequest(members));
    return answer(request, members);
  };

/** A node with what its server is, as far as there is one. */
function detailJson({ node, serverName, addresses }: PoolNodeDetail): JsonObject {
  const [network] = Object.entries(addresses).map(([name, address]) => ({ name, private_ip_v4: address }));
  return { ...nodeJson(node), cloud_server: { id: node.serverId, name: serverName, cloud_network: network ?? null } };
}

const pools = '/v3/:tenant/load_balancer_pools';
const networks = '/v3/:tenant/cloud_networks';
export const rcv3Routes: readonly Route[] = [
  { on: `GET ${pools}`, answer: (request) => ask(request, 'pool.list', {}, (found) => ({ status: 200, body: found.map(poolJson) })) },
  {
    on: `GET ${pools}/:pool`,
    answer: (request) => ask(request, 'pool.get', poolIn(request), (pool) => ({ status: 200, body: poolJson(pool) })),
  },
  {
    on: `POST ${pools}/nodes`,
    answer: bulk('pool_member.add', (request, members) =>
      ask(request, 'pool_member.add', { members, strict: true }, (nodes) => ({ status: 201, body: nodes.map(nodeJson) })),
    ),
  },
  {
    on: `DELETE ${pools}/nodes`,
    answer: bulk('pool_member.remove', (request, members) =>
      ask(request, 'pool_member.remove', { members, strict: true }, () => ({ status: 204 })),
    ),
  },
  {
    on: `GET ${pools}/:pool/nodes`,
    answer: (request) => ask(request, 'pool_node.list', poolIn(request), (nodes) => ({ status: 200, body: nodes.map(nodeJson) })),
  },
  {
    on: `GET ${pools}/:pool/nodes/details`,
    answer: (request) => ask(request, 'pool_node.list_details', poolIn(request), (found) => ({ status: 200, body: found.map(detailJson) })),
  },
  {
    on: `POST ${pools}/:pool/nodes`,
    answer: (request) => {
      const serverId = textOf(objectOf(jsonIn(request)?.cloud_server)?.id);
      if (serverId === undefined) {
        const unread = refusals.badPoolRequest('The request body needs cloud_server.id.');
        return refuse(request, 'pool_member.add', { members: [], strict: true }, unread);
      }
      const members = [{ ...poolIn(request), serverId: serverId as ServerId }];
      return ask(request, 'pool_member.add', { members, strict: true }, ([node]) =>
        node === undefined ? { status: 201 } : { status: 201, body: nodeJson(node) },
      );
    },
  },
  {
    on: `GET ${pools}/:pool/nodes/:node`,
    answer: (request) =>
      ask(request, 'pool_node.get', { ...poolIn(request), nodeId: param(request.params, 'node') }, (node) => ({
        status: 200,
        body: nodeJson(node),
      })),
  },
  {
    on: `DELETE ${pools}/:pool/nodes/:node`,
    answer: async (request) => {
      const params = { ...poolIn(request), nodeId: param(request.params, 'node') };
      const answer = await ask(request, 'pool_node.remove', params, () => ({ status: 204 }));
      if (typeof answer === 'string' || answer.status !== 409) return answer;
      // The one answer of this service that is plain text.
      const said = objectOf(answer.body)?.message ?? '';
      return { status: 409, raw: { type: 'text/plain', text: wordsOf(said) } };
    },
  },
  {
    on: `GET ${networks}`,
    answer: (request) => ask(request, 'cloud_network.list', {}, (found) => ({ status: 200, body: found.map(networkJson) })),
  },
  {
    on: `GET ${networks}/:network`,
    answer: (request) =>
      ask(request, 'cloud_network.get', { id: param(request.params, 'network') }, (network) => ({
        status: 200,
        body: networkJson(network),
      })),
  },
];

const networkJson = ({ id, label, cidr }: { readonly id: string; readonly label: string; readonly cidr: string | null }): JsonObject => ({
  id,
  name: label,
  cidr,
});

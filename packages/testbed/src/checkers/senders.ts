import type { GroupId } from '@lutra/core';
import type { WorldEvent } from '@lutra/simulator';

type Called = Extract<WorldEvent, { kind: 'called' }>;
/** The groups of the passes that a write was sent for; undefined: it names none. */
export type Groups = ReadonlySet<GroupId> | undefined;
export const anyGroup: Groups = undefined;

/** Which groups the last write about a server, a node, or a place on a load balancer was sent for. */
export class Senders {
  readonly #groups = new Map<string, ReadonlySet<GroupId>>();

  saw(event: WorldEvent): void {
    if (event.kind === 'node-removed') this.#groups.delete(nodeKey(event));
    if (event.kind !== 'called' || event.passes === undefined) return;
    const groups = new Set(event.passes.map(({ groupId }) => groupId));
    for (const thing of thingsOf(event)) this.#groups.set(thing, groups);
  }

  /** Of a `nodeKey`, `placeKey` or `serverKey`. */
  of(thing: string): Groups {
    return this.#groups.get(thing);
  }
}

type OfNode = Extract<WorldEvent, { nodeId: unknown }>;
export const nodeKey = ({ tenantId, loadBalancerId, nodeId }: OfNode): string => `node ${tenantId}/${loadBalancerId}/${nodeId}`;
export const placeKey = ({ tenantId, loadBalancerId, address, port }: OfNode): string =>
  `place ${tenantId}/${loadBalancerId}/${address}:${port}`;
export const serverKey = ({ tenantId, serverId }: { readonly tenantId: string; readonly serverId: string }): string =>
  `server ${tenantId}/${serverId}`;

const serverWrites: ReadonlySet<Called['op']> = new Set<Called['op']>(['server.delete', 'server.set_metadata', 'server.strip_metadata']);

function thingsOf({ op, tenantId, key, told }: Called): readonly string[] {
  if (op === 'node.change') return [`node ${tenantId}/${key}`];
  if (op === 'node.remove') return listed(told).map((id) => `node ${tenantId}/${key}/${id}`);
  if (op === 'node.add') return listed(told).map((place) => `place ${tenantId}/${key}/${place.split(' ')[0]}`);
  return serverWrites.has(op) ? [serverKey({ tenantId, serverId: key })] : [];
}
const listed = (told: Called['told']): readonly string[] => (Array.isArray(told) ? told.map(String) : []);

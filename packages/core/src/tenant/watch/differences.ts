/** Where a reading of the cloud shows a group otherwise than its last settled pass expects. Pure. */
import type { GroupId, LoadBalancerId, ServerId } from '../../model/identifiers.ts';
import type { Server } from '../../model/server.ts';
import { type Expectation, type ExpectedServer, membersText, nodesText } from '../../pass/expecting.ts';
import type { LoadBalancerIndex, PoolIndex, ServerIndex } from '../../pass/listing.ts';

/** What is different: something to look at, not to act on. */
export interface WatchEvent {
  readonly kind:
    | 'server-active'
    | 'server-failed'
    | 'server-gone'
    | 'server-appeared'
    | 'server-changed'
    | 'nodes-changed'
    | 'pool-changed';
  readonly groupId: GroupId;
  readonly about: ServerId | LoadBalancerId | undefined;
}

/** One reading of the cloud, whole or of some servers only. */
export type Reading =
  | {
      readonly of: 'servers';
      readonly servers: ServerIndex /** Those that were asked for; absent = all were. */;
      readonly some?: ReadonlySet<ServerId>;
    }
  | { readonly of: 'load-balancers'; readonly ids: ReadonlySet<LoadBalancerId>; readonly loadBalancers: LoadBalancerIndex }
  | { readonly of: 'pools'; readonly pools: PoolIndex };

/** What a reading shows of a group that is not expected. What it says nothing about is no difference. */
export function differences(groupId: GroupId, expected: Expectation, reading: Reading): readonly WatchEvent[] {
  switch (reading.of) {
    case 'servers':
      return serverDifferences(groupId, expected, reading.servers, reading.some);
    case 'load-balancers':
      return nodeDifferences(groupId, expected, reading.ids, reading.loadBalancers);
    case 'pools':
      return poolDifferences(groupId, expected, reading.pools);
  }
}

function serverDifferences(
  groupId: GroupId,
  { servers: expected, awaited }: Expectation,
  listing: ServerIndex,
  some: ReadonlySet<ServerId> | undefined,
): readonly WatchEvent[] {
  const events: WatchEvent[] = [];
  const listed = listing.serversOf(groupId);
  const there = new Set<ServerId>();
  for (const server of listed) {
    there.add(server.id);
    const kind = shownAs(server, expected.get(server.id));
    if (kind !== undefined) events.push({ kind, groupId, about: server.id });
  }
  for (const [id, { presence }] of expected) {
    if (there.has(id) || (some !== undefined && !some.has(id))) continue;
    // what leaves is looked at together with what is about to come
    if (presence === 'there' || (presence === 'going' && awaited.builds.size === 0))
      events.push({ kind: 'server-gone', groupId, about: id });
  }
  return events;
}

/** What a listed server tells; undefined = nothing new. */
function shownAs({ state, servicenetAddress, marked }: Server, expected: ExpectedServer | undefined): WatchEvent['kind'] | undefined {
  if (expected === undefined) return 'server-appeared';
  if (expected.presence === 'going' || expected.presence === 'either') return undefined;
  if (expected.presence === 'missing') return 'server-appeared';
  if (state !== expected.state) return state === 'ACTIVE' ? 'server-active' : failed.has(state) ? 'server-failed' : 'server-changed';
  const isBuilding = state === 'BUILD'; // its address comes when it comes
  const isSame = marked === expected.marked && (isBuilding || servicenetAddress === expected.servicenetAddress);
  return isSame ? undefined : 'server-changed';
}

const failed: ReadonlySet<Server['state']> = new Set(['ERROR', 'SHUTOFF', 'DELETED']);

function nodeDifferences(
  groupId: GroupId,
  { nodes, addresses, awaited }: Expectation,
  ids: ReadonlySet<LoadBalancerId>,
  read: LoadBalancerIndex,
): readonly WatchEvent[] {
  const events: WatchEvent[] = [];
  for (const [id, text] of nodes) {
    if (!ids.has(id) || read.unread.has(id)) continue; // a source that was not read tells nothing about itself
    const isUnlocked = awaited.loadBalancers.get(id) === 'unlock' && !read.locked.has(id);
    if (isUnlocked || nodesText(id, read.nodesByAddress, read, addresses) !== text)
      events.push({ kind: 'nodes-changed', groupId, about: id });
  }
  return events;
}

function poolDifferences(
  groupId: GroupId,
  { members, servers, awaited }: Expectation,
  { membersByServer }: PoolIndex,
): readonly WatchEvent[] {
  if (members === undefined) return [];
  const seen = membersText([...servers.keys()].flatMap((id) => membersByServer.get(id) ?? []));
  return awaited.pools || seen !== members ? [{ kind: 'pool-changed', groupId, about: undefined }] : [];
}

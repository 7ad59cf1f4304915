/**
 * What a pass expects to see of its group from now on: what it saw, with what the cloud has taken of its writes. While nothing else shows,
 * there is nothing to do; the tenant's watch compares.
 */
import type { LoadBalancerId, ServerId } from '../model/identifiers.ts';
import type { Node, PoolMember } from '../model/load-balancer.ts';
import { own } from '../model/own.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import type { Server, ServerState } from '../model/server.ts';
import { between, type EpochMs, later, milliseconds } from '../model/time.ts';
import type { Reason } from '../planner/reasons.ts';
import { isWriting, type Step } from '../planner/steps.ts';
import type { StepResult } from './executing.ts';
import { placesOf } from './group-places.ts';
import type { Listing, LoadBalancerIndex } from './listing.ts';
import type { PlannedWrite } from './settling.ts';
import type { GroupView } from './viewing.ts';

/** A server as it is expected to be listed. */
export interface ExpectedServer {
  readonly state: ServerState;
  readonly servicenetAddress: string;
  readonly marked: boolean;
  /**
   * `there`: listed like this; `coming`: like this, or not yet; `going`: whatever it is like, until it is listed no longer; `missing`: not
   * listed; `either`: nothing is expected of it.
   */
  readonly presence: 'there' | 'coming' | 'going' | 'missing' | 'either';
}

/** A server that builds. */
export interface AwaitedBuild {
  /** On our clock. */
  readonly since: EpochMs;
  readonly flavor: string;
}

/** What the group waits for. */
export interface Awaited {
  readonly builds: ReadonlyMap<ServerId, AwaitedBuild>;
  /** Whether it waits for something else of a server. */
  readonly servers: boolean;
  /** `unlock`: that it takes writes again, to look at what came of the last; `nodes`: that nodes on it change. */
  readonly loadBalancers: ReadonlyMap<LoadBalancerId, 'unlock' | 'nodes'>;
  /** That members of pools are as they were written. */
  readonly pools: boolean;
}

/** By value. */
export interface Expectation {
  readonly servers: ReadonlyMap<ServerId, ExpectedServer>;
  /** Addresses of the group's servers; true = its server is to leave, so it counts whether its nodes are idle. */
  readonly addresses: ReadonlyMap<string, boolean>;
  /** Per load balancer that concerns the group, `nodesText` of its nodes at those addresses. */
  readonly nodes: ReadonlyMap<LoadBalancerId, string>;
  /** `membersText` of the servers; undefined = pools were not looked at. */
  readonly members: string | undefined;
  readonly awaited: Awaited;
}

/** What a pass leaves behind. */
export interface SettledPass extends Pick<ScalingGroup, 'servers' | 'intents'> {
  readonly view: GroupView;
  /** Before limits and locks put anything off. */
  readonly raw: readonly Step[];
  readonly steps: readonly Step[];
  readonly writes: readonly PlannedWrite[];
  readonly results: readonly StepResult[];
  readonly now: EpochMs;
}

export function expectationOf(group: ScalingGroup, ending: SettledPass): Expectation {
  const { view } = ending;
  const accepted = ending.writes.flatMap(({ step }, index) => (ending.results[index]?.effect === 'accepted' ? [step] : []));
  const servers = expectedServers(group, ending, accepted);
  const addresses = addressesOf(group, view, servers);
  const { loadBalancers, pools } = placesOf(group, view.listing);
  const nodes = nodesAfter(view, accepted);
  const ids = new Set([...loadBalancers, ...nodes.map(({ loadBalancerId }) => loadBalancerId)]);
  const isLookedAtPools = pools || view.observed.poolMembers.length > 0;
  return {
    servers,
    addresses,
    nodes: new Map([...ids].map((id) => [id, nodesText(id, indexOf(nodes), view.listing, addresses)])),
    members: isLookedAtPools ? membersText(membersAfter(view.observed.poolMembers, accepted)) : undefined,
    awaited: awaitedOf(group, ending, accepted, servers),
  };
}

/** The group's servers in a listing after this pass. */
function expectedServers(
  { groupId }: ScalingGroup,
  { view, results, servers: known, intents }: SettledPass,
  accepted: readonly Step[],
): ReadonlyMap<ServerId, ExpectedServer> {
  const { listing } = view;
  const expected = new Map<ServerId, ExpectedServer>();
  const isListed = (id: ServerId): boolean => listing.serverById(id)?.groupId === groupId;
  const marked = new Set(accepted.flatMap((step) => (step.kind === 'mark-server' ? step.serverId : [])));
  const released = new Set(accepted.flatMap((step) => (step.kind === 'release-server' ? step.serverId : [])));
  for (const server of view.servers) {
    const { id, state } = server;
    const isGoing = released.has(id) || `delete:${id}` in intents || state === 'DELETED';
    if (isGoing && !isListed(id)) continue;
    const doubt = own(known, id)?.doubt;
    const shown = doubt?.kind === 'contradicted' ? { state: doubt.state } : {}; // it is asked again at its instant
    expected.set(id, { ...asListed(server), ...shown, marked: server.marked || marked.has(id), presence: isGoing ? 'going' : 'there' });
  }
  for (const id of view.unconfirmed) {
    const before = own(known, id);
    const as = { state: before?.state ?? 'UNKNOWN', servicenetAddress: before?.servicenetAddress ?? '', marked: false } as const;
    expected.set(id, { ...as, presence: isListed(id) ? 'either' : 'missing' });
  }
  for (const { id, state, servicenetAddress } of Object.values(known)) {
    if (expected.has(id) || state !== 'DELETED') continue;
    expected.set(id, { state, servicenetAddress, marked: false, presence: isListed(id) ? 'going' : 'either' });
  }
  for (const { created } of results) {
    if (created !== undefined) expected.set(created.id, { state: 'BUILD', servicenetAddress: '', marked: false, presence: 'coming' });
  }
  return expected;
}

const asListed = ({ state, servicenetAddress, marked }: Server): Pick<ExpectedServer, 'state' | 'servicenetAddress' | 'marked'> => ({
  state,
  servicenetAddress,
  marked,
});

function addressesOf({ spec }: ScalingGroup, { servers }: GroupView, expected: Expectation['servers']): ReadonlyMap<string, boolean> {
  const addresses = new Map<string, boolean>();
  for (const { id, servicenetAddress, state } of servers) {
    if (servicenetAddress === '' || state === 'DELETED') continue;
    const leaves = expected.get(id)?.marked === true || Object.hasOwn(spec.removals, id) || spec.deleting;
    addresses.set(servicenetAddress, leaves || addresses.get(servicenetAddress) === true);
  }
  return addresses;
}

/** The nodes that the pass planned from, with its writes. What a health monitor says of a new one is that it is OFFLINE, at first. */
function nodesAfter({ observed, listing }: GroupView, accepted: readonly Step[]): readonly Node[] {
  let nodes: readonly Node[] = observed.nodes;
  for (const step of accepted) {
    if (step.kind === 'remove-nodes') {
      const gone = new Set(step.nodeIds);
      nodes = nodes.filter(({ id, loadBalancerId }) => loadBalancerId !== step.loadBalancerId || !gone.has(id));
    } else if (step.kind === 'change-node') {
      const isIt = ({ id, loadBalancerId }: Node): boolean => loadBalancerId === step.loadBalancerId && id === step.nodeId;
      nodes = nodes.map((node) => (isIt(node) ? { ...node, ...step.change } : node));
    } else if (step.kind === 'add-nodes') {
      const status = listing.healthMonitors.get(step.loadBalancerId) === true ? 'OFFLINE' : 'ONLINE';
      const made = {
        id: '' as Node['id'],
        loadBalancerId: step.loadBalancerId,
        status,
        connections: undefined,
        drainingSince: undefined,
      } as const;
      nodes = [...nodes, ...step.nodes.map((node): Node => ({ ...node, ...made }))];
    }
  }
  return nodes;
}

function membersAfter(members: readonly PoolMember[], accepted: readonly Step[]): readonly PoolMember[] {
  const there = new Map(members.map((member) => [memberKey(member), member]));
  for (const step of accepted) {
    if (step.kind === 'add-pool-members') for (const member of step.members) there.set(memberKey(member), member);
    if (step.kind === 'remove-pool-members') for (const member of step.members) there.delete(memberKey(member));
  }
  return [...there.values()];
}

const memberKey = ({ poolId, serverId }: PoolMember): string => `${serverId}@${poolId}`;

function indexOf(nodes: readonly Node[]): LoadBalancerIndex['nodesByAddress'] {
  return Map.groupBy(nodes, ({ address }) => address);
}

/** What matters of the nodes at these addresses on a load balancer, in words that are equal when it is. */
export function nodesText(
  id: LoadBalancerId,
  nodesByAddress: LoadBalancerIndex['nodesByAddress'],
  { healthMonitors, unread }: Pick<LoadBalancerIndex, 'healthMonitors' | 'unread'>,
  addresses: ReadonlyMap<string, boolean>,
): string {
  const monitored = healthMonitors.get(id);
  if (monitored === undefined) return unread.has(id) ? 'unread' : 'absent';
  const words: string[] = [];
  for (const [address, leaves] of addresses) {
    for (const node of nodesByAddress.get(address) ?? []) {
      if (node.loadBalancerId !== id) continue;
      const { port, condition, weight, type, status, connections } = node;
      const health = monitored ? status : '';
      const idle = leaves && condition === 'DRAINING' && connections === 0 ? 'idle' : '';
      words.push(`${address}:${port} ${condition} ${weight} ${type} ${health} ${idle}`);
    }
  }
  return words.sort().join('\n');
}

/** Members, in words that are equal when they are the same. */
export const membersText = (members: readonly PoolMember[]): string => members.map(memberKey).sort().join('\n');

/** Rules of waiting for a node; what it is on is in the reason. */
const ofNodes: ReadonlySet<Reason['rule']> = new Set([
  'waiting-for-node',
  'offline-too-long',
  'load-balancer-unread',
  'drain-start-unknown',
  'node-start-unknown',
]);
/** Rules of waiting for servers in other ways than for their building. */
const ofServers: ReadonlySet<Reason['rule']> = new Set([
  'waiting-for-server',
  'waiting-for-deletion',
  'waiting-for-create',
  'no-address',
  'unknown-status',
]);

function awaitedOf(group: ScalingGroup, ending: SettledPass, accepted: readonly Step[], servers: Expectation['servers']): Awaited {
  const { view, raw, steps, intents, now } = ending;
  const because = steps.flatMap((step) => (isWriting(step) ? [] : step.because));
  const builds = buildsOf(group, view.listing, view.servers, servers, now);
  const loadBalancers = new Map<LoadBalancerId, 'unlock' | 'nodes'>();
  for (const { rule, loadBalancerId } of because)
    if (ofNodes.has(rule) && loadBalancerId !== undefined) loadBalancers.set(loadBalancerId as LoadBalancerId, 'nodes');
  if (because.some(({ rule }) => rule === 'draining')) {
    for (const { loadBalancerId, condition } of view.observed.nodes)
      if (condition === 'DRAINING') loadBalancers.set(loadBalancerId, 'nodes');
  }
  const written = new Map<LoadBalancerId, number>();
  for (const step of accepted) if ('loadBalancerId' in step) written.set(step.loadBalancerId, step.because.length);
  for (const [id, wanted] of wantedOn(raw)) if (wanted > (written.get(id) ?? 0)) loadBalancers.set(id, 'unlock');
  // while a server builds, one that leaves is looked at when the build may have ended: `differences` does not tell of it before
  const isAlone = builds.size === 0;
  const isOfServers =
    because.some(({ rule }) => ofServers.has(rule) && (isAlone || rule !== 'waiting-for-deletion')) ||
    Object.values(intents).some(({ kind }) => kind === 'create') ||
    (isAlone && [...servers.values()].some(({ presence }) => presence === 'going'));
  const pooled = accepted.some(({ kind }) => kind === 'add-pool-members' || kind === 'remove-pool-members');
  // whether a server is in service shows only there; what else came of a write is looked at together with what is about to come
  const isConfirmed = ({ kind }: Step): boolean => kind !== 'remove-nodes' || (builds.size === 0 && !isOfServers);
  for (const step of accepted) if ('loadBalancerId' in step && isConfirmed(step)) loadBalancers.set(step.loadBalancerId, 'unlock');
  return { builds, servers: isOfServers, loadBalancers, pools: pooled || view.listing.poolsUnread !== undefined };
}

/** Steps that the plan has on each load balancer. */
function wantedOn(raw: readonly Step[]): ReadonlyMap<LoadBalancerId, number> {
  const wanted = new Map<LoadBalancerId, number>();
  for (const step of raw)
    if ('loadBalancerId' in step) wanted.set(step.loadBalancerId, (wanted.get(step.loadBalancerId) ?? 0) + step.because.length);
  return wanted;
}

function buildsOf(
  { spec }: ScalingGroup,
  { begunAt, cloudNow }: Listing,
  seen: readonly Server[],
  expected: Expectation['servers'],
  now: EpochMs,
): Awaited['builds'] {
  const flavor = String(spec.launchConfiguration.args.server.flavorRef ?? '');
  const builds = new Map<ServerId, AwaitedBuild>();
  for (const { id, state, createdAt } of seen) {
    if (state !== 'BUILD' || expected.get(id)?.presence !== 'there') continue;
    builds.set(id, { since: later(begunAt, milliseconds(-Math.max(0, between(createdAt, cloudNow)))), flavor });
  }
  for (const [id, { presence }] of expected) if (presence === 'coming') builds.set(id, { since: now, flavor });
  return builds;
}

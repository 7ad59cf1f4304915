import { untouched } from '../commands/creating.ts';
import type { BlockSubject, Cause } from '../model/cause.ts';
import type { CreateToken, GroupId, LoadBalancerId, NodeId, ServerId, TenantId } from '../model/identifiers.ts';
import type { LoadBalancer, Node, PoolMember } from '../model/load-balancer.ts';
import type { NodeRecord } from '../model/node-record.ts';
import type { GroupProgress, GroupSpec, Intent, KnownServer, ScalingGroup } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import { epochMs, milliseconds } from '../model/time.ts';
import { indexLoadBalancers, indexPoolMembers, indexServers, type Listing } from '../pass/listing.ts';

/** The load balancer that the servers made here are on, at port 80. */
export const balancer = '7' as LoadBalancerId;
const place = { kind: 'clb', loadBalancerId: balancer, port: 80, weight: 1, condition: 'ENABLED', type: 'PRIMARY' } as const;

/** An ACTIVE server of the group `group`, at 10.0.0.`n`. */
export const aServer = (n: number, changes: Partial<Server> = {}): Server => ({
  id: `s${n}` as ServerId,
  name: `web-AS${n}`,
  state: 'ACTIVE',
  createdAt: epochMs(n),
  servicenetAddress: `10.0.0.${n}`,
  groupId: 'group' as GroupId,
  desiredLoadBalancers: [place],
  marked: false,
  createToken: undefined,
  links: [],
  ...changes,
});

/** The record of the node that `aNode` is. */
export const aRecord = (n: number, changes: Partial<NodeRecord> = {}): NodeRecord => ({
  ...{ groupId: 'group' as GroupId, serverId: `s${n}` as ServerId, loadBalancerId: balancer, address: `10.0.0.${n}`, port: 80 },
  ...{ nodeId: `n${n}` as NodeId, at: epochMs(0), removedAt: null, missedAt: null, vacantAt: null },
  ...changes,
});

/** Its node on the load balancer. */
export const aNode = (n: number, changes: Partial<Node> = {}): Node => ({
  id: `n${n}` as NodeId,
  loadBalancerId: balancer,
  address: `10.0.0.${n}`,
  port: 80,
  weight: 1,
  condition: 'ENABLED',
  status: 'ONLINE',
  type: 'PRIMARY',
  connections: undefined,
  drainingSince: undefined,
  ...changes,
});

/** A load balancer that takes writes. */
export const aBalancer = (nodes: readonly Node[], id = balancer): LoadBalancer => ({ id, status: 'ACTIVE', healthMonitor: false, nodes });

/** What is stored of that server. */
export const aKnown = (n: number, changes: Partial<KnownServer> = {}): KnownServer => ({
  id: `s${n}` as ServerId,
  state: 'ACTIVE',
  active: true,
  servicenetAddress: `10.0.0.${n}`,
  loadBalancers: [balancer],
  pooled: false,
  links: [],
  birth: null,
  unknownSince: null,
  ...changes,
});

/** The intent to create a server, whose answer never came. */
export const aCreate = (token: string, plannedAt = 0): Extract<Intent, { kind: 'create' }> => ({
  kind: 'create',
  token: token as CreateToken,
  plannedAt: epochMs(plannedAt),
  state: 'unknown',
  serverName: `web-AS${token}`,
  batch: token,
});

/** The intent to delete a server. */
export const aDelete = (n: number, againAt = 0): Extract<Intent, { kind: 'delete' }> => ({
  kind: 'delete',
  serverId: `s${n}` as ServerId,
  plannedAt: epochMs(0),
  tries: 1,
  againAt: epochMs(againAt),
});

/** Something that the cloud refused for good, before any command. */
export const aBlock = (subject: BlockSubject, sentence = 'No'): Extract<Cause, { kind: 'block' }> => ({
  kind: 'block',
  subject,
  sentence,
  since: epochMs(0),
  counter: subject.of === 'quota' || subject.of === 'launch-configuration' ? 'createResets' : 'resets',
  at: 0,
});

export { untouched as noProgress };

/** The group `group`, which knows these servers. */
export function aGroup(
  servers: readonly KnownServer[],
  {
    spec,
    progress,
    intents = {},
  }: { readonly spec?: Partial<GroupSpec>; readonly progress?: Partial<GroupProgress>; readonly intents?: ScalingGroup['intents'] } = {},
): ScalingGroup {
  return {
    tenantId: 'tenant' as TenantId,
    groupId: 'group' as GroupId,
    spec: {
      version: 1,
      createdAt: epochMs(0),
      configuration: { name: 'web', cooldown: 0, minEntities: 0, maxEntities: 1000, metadata: {} },
      launchConfiguration: {
        type: 'launch_server',
        args: { server: { name: 'web' }, loadBalancers: [{ loadBalancerId: balancer, port: 80 }] },
      },
      desired: servers.length,
      paused: false,
      suspended: false,
      deleting: false,
      removals: {},
      touchedAt: null,
      generation: 1,
      raisedAt: epochMs(0),
      resets: 0,
      createResets: 0,
      releases: 0,
      policiesMade: 0,
      ...spec,
    },
    progress: { ...untouched, ...progress },
    intents,
    policies: {},
    webhooks: {},
    schedules: {},
    servers: Object.fromEntries(servers.map((known) => [known.id, known])),
  };
}

/** What the cloud showed: these servers, and these nodes on the load balancer. */
export function aListing(
  servers: readonly Server[],
  {
    nodes = [],
    members = [],
    ...changes
  }: { readonly nodes?: readonly Node[]; readonly members?: readonly PoolMember[] } & Partial<Listing> = {},
): Listing {
  return {
    ...indexServers({ servers }),
    ...indexLoadBalancers([aBalancer(nodes)]),
    ...indexPoolMembers(members),
    begunAt: epochMs(0),
    cloudNow: epochMs(0),
    loadBalancersAhead: milliseconds(0),
    scope: 'tenant',
    ...changes,
  };
}

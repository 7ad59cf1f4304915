import type { LoadBalancerId, NodeId, PoolId, ServerId } from '../model/identifiers.ts';
import { allPools } from '../model/unread.ts';

/** Why a step is in a plan: a rule of the planner and what it speaks of. JSON; `sentenceOf` says it in words. */
export interface Reason {
  readonly rule: keyof typeof sentences;
  readonly serverId?: ServerId;
  readonly loadBalancerId?: LoadBalancerId | PoolId;
  readonly nodeId?: NodeId;
  /** Nova state of the server. */
  readonly state?: string;
  /** Whole seconds of a bound that ran out. */
  readonly seconds?: number;
  /** Servers that look dead, of how many. */
  readonly dead?: number;
  readonly of?: number;
  /** What the cloud said when it refused. */
  readonly sentence?: string;
  /** Under which the refusal is kept (`holdKeys`). */
  readonly key?: string;
}

const sentences = {
  'missing-capacity': () => 'Fewer servers count towards capacity than are desired',
  surplus: (r: Reason) => `Server ${r.serverId} is more than the desired capacity`,
  marked: (r: Reason) => `Server ${r.serverId} carries the draining mark`,
  'removal-asked': (r: Reason) => `The tenant asked for server ${r.serverId} to be removed`,
  unusable: (r: Reason) => `Server ${r.serverId} is in state ${r.state}`,
  'build-timeout': (r: Reason) => `Server ${r.serverId} has been building for ${r.seconds} seconds or more`,
  'delete-again': (r: Reason) => `Server ${r.serverId} is still there after its deletion was asked for`,
  gone: (r: Reason) => `Server ${r.serverId} is being deleted`,
  'left-behind': (r: Reason) =>
    `Server ${r.serverId} is gone from there and has left node ${r.nodeId} on load balancer ${r.loadBalancerId}`,
  'not-on-load-balancer': (r: Reason) => `Server ${r.serverId} is not on load balancer ${r.loadBalancerId}`,
  'node-differs': (r: Reason) =>
    `Node ${r.nodeId} of load balancer ${r.loadBalancerId} differs from what server ${r.serverId} is configured for`,
  'node-online': (r: Reason) => `Node ${r.nodeId} of load balancer ${r.loadBalancerId} has come ONLINE`,
  'extra-node': (r: Reason) => `Server ${r.serverId} is not configured to be on load balancer ${r.loadBalancerId} there`,
  'waiting-for-build': () => 'waiting for servers',
  draining: () => 'draining servers',
  'waiting-for-node': (r: Reason) => `Waiting for node ${r.nodeId} to come ONLINE`,
  'waiting-for-server': (r: Reason) => `Waiting for server ${r.serverId} to transition to ACTIVE from ${r.state}`,
  'drain-start-unknown': (r: Reason) => `Waiting for node ${r.nodeId} to drain: since when it has been DRAINING is not known`,
  'node-start-unknown': (r: Reason) => `Waiting for node ${r.nodeId} to come ONLINE: since when it has been DRAINING is not known`,
  'waiting-for-deletion': (r: Reason) => `Waiting for server ${r.serverId} to be deleted`,
  'unconfirmed-server': (r: Reason) => `Waiting for the cloud to say whether server ${r.serverId} is there`,
  'waiting-for-create': () => 'Waiting for a server whose creation was asked for to appear',
  'replacement-budget': (r: Reason) => `Server ${r.serverId} is to be replaced once replacements under way are done`,
  'mass-failure': (r: Reason) =>
    `${r.dead} of ${r.of} servers look dead at once, which is more than this group may lose: nothing is deleted. Converge the group to have them replaced, or wait until enough of them are well again`,
  'unknown-status': (r: Reason) => `Server ${r.serverId} is in status ${r.state}; it counts for a while, and is then replaced`,
  contradicted: (r: Reason) =>
    `Server ${r.serverId} shows as ${r.state}, which is not what it was; that is believed once it shows so again`,
  'no-address': (r: Reason) => r.sentence ?? '',
  'birth-backoff': () => 'The next server is created after a while, for the last ones failed before they were in service',
  'birth-watch': () => 'Watching whether a new server stays in service',
  blocked: (r: Reason) => r.sentence ?? '',
  held: (r: Reason) => r.sentence ?? '',
  'more-to-do': () => 'Part of the plan is left for the next pass',
  'load-balancer-unread': (r: Reason) => `${placeIn(r)} cannot be read: ${r.sentence}`,
  'held-by-unread': (r: Reason) => `Server ${r.serverId} is kept until ${placeIn(r)} can be read`,
  'no-such-service': (r: Reason) => r.sentence ?? '',
  'no-health-monitor-information': (r: Reason) => `Could not find health monitor configuration of Cloud Load Balancer ${r.loadBalancerId}`,
  'offline-too-long': (r: Reason) => `Node ${r.nodeId} has remained OFFLINE for more than ${r.seconds} seconds`,
} as const;

const placeIn = ({ loadBalancerId }: Reason): string => (loadBalancerId === allPools ? 'RackConnect' : `load balancer ${loadBalancerId}`);

/** One sentence for people. */
export const sentenceOf = (reason: Reason): string => sentences[reason.rule](reason);

import type { BlockSubject } from '../model/cause.ts';
import type { LoadBalancerId, ServerId } from '../model/identifiers.ts';
import type { DesiredLoadBalancer, Node, PoolMember } from '../model/load-balancer.ts';
import type { Server, ServerState } from '../model/server.ts';
import type { DurationMs, EpochMs } from '../model/time.ts';
import type { UnreadPlaces } from '../model/unread.ts';

/** What a group is to be, as the planner needs it. */
export interface DesiredGroup {
  /** Servers; 0 for a group being deleted. */
  readonly capacity: number;
  /** How long a node may drain; 0 = not at all. */
  readonly drainingTimeout: DurationMs;
  /** Servers that the tenant asked to remove: true = delete, false = let go. */
  readonly removals: ReadonlyMap<ServerId, boolean>;
  /** Servers that we asked to delete: true = it is time to ask again. */
  readonly deletions: ReadonlyMap<ServerId, boolean>;
  /** The brake and budget on replacing servers that look dead. */
  readonly healing: Healing;
  /** Where new servers are to be; absent = nowhere, or none will be made. */
  readonly places?: readonly DesiredLoadBalancer[];
  /** The group is being deleted: whatever it has must go. */
  readonly deleting?: boolean;
  /** Load balancers that have let no node go for too long: servers that must go do so all the same, and their nodes stay (D14). */
  readonly stuck?: ReadonlySet<LoadBalancerId>;
  /** What the cloud has refused before; absent = nothing. */
  readonly restraints?: Restraints;
}

/** What is not to be asked of the cloud again, or not yet (D14 to D17). */
export interface Restraints {
  /** Refused until a command. */
  readonly blocks: readonly { readonly subject: BlockSubject; readonly sentence: string }[];
  /** Refused for now. By the keys of `holdKeys`. */
  readonly holds: Readonly<Record<string, RestrainingHold>>;
  /** Servers have failed at their birth: one is made at a time (D17). Absent = any number. */
  readonly births?: RestrainingBirths;
}
export interface RestrainingBirths {
  /** When the next server may be made, on our clock; undefined = now. */
  readonly until: EpochMs | undefined;
  /** When the first of the new servers will have stayed for long enough; undefined = none is in service yet. */
  readonly steadyAt: EpochMs | undefined;
}
export interface RestrainingHold {
  readonly sentence: string;
  /** On our clock; undefined = it may be tried now. */
  readonly until: EpochMs | undefined;
  /** Of nodes: so many fit on the load balancer. */
  readonly most: number | undefined;
}

/** The names under which what the cloud refused for now is kept. */
export const holdKeys = {
  creates: 'creates',
  createsPerHour: 'creates per hour',
  nodes: (id: LoadBalancerId) => `nodes:${id}`,
  /** Nodes of several ports were refused together: the next call has nodes of one port, which shows the port that is refused. */
  ports: (id: LoadBalancerId) => `ports:${id}`,
  /** The same of members of several pools, none of which the refusal named. */
  pools: 'pools',
  server: (id: ServerId) => `server:${id}`,
  removals: (id: LoadBalancerId) => `removals:${id}`,
  /** Servers without an address that the load balancer could reach. */
  address: (id: LoadBalancerId) => `address:${id}`,
  /** Anything else that is out of order there. */
  balancer: (id: LoadBalancerId, what: string) => `balancer:${id}:${what}`,
} as const;

/** The load balancer that a wait or a cause is about, and that can be read again to see whether it is over. */
export const balancerIn = (key: string): LoadBalancerId | undefined =>
  /^(?:nodes|ports|address|balancer):([^:]+)/.exec(key)?.[1] as LoadBalancerId | undefined;

const removalsOf = holdKeys.removals('' as LoadBalancerId);

/** The load balancer that a wait for removals is about; none for any other wait. */
export const stuckIn = (key: string): readonly LoadBalancerId[] =>
  key.startsWith(removalsOf) ? [key.slice(removalsOf.length) as LoadBalancerId] : [];

/** How much of a group may be replaced at once. null = no bound. */
export interface Healing {
  /** 0..1: when more than this fraction of the group looks dead at once, nothing is deleted (the brake). */
  readonly maxUnhealthyFraction: number | null;
  /** Servers; replacements under way at one time. */
  readonly maxConcurrentReplacements: number | null;
}

/** What is there of a group, as the planner needs it. In any order; doubles are harmless. */
export interface Observation {
  readonly servers: readonly Server[];
  /** Nodes of the tenant's load balancers; those of strangers too. */
  readonly nodes: readonly Node[];
  readonly poolMembers: readonly PoolMember[];
  /** Per load balancer whether a health monitor is on; one that is absent is one about which nothing is known. */
  readonly healthMonitors: ReadonlyMap<LoadBalancerId, boolean>;
  /** Servers asked for, or known, that cannot be seen just now; they count as building ones that nobody can choose to delete. */
  readonly unseen: number;
  /** Those of these that the cloud was asked for by id, and has not answered. */
  readonly unconfirmed: readonly ServerId[];
  /** Servers that have vanished though nobody asked us to delete them. */
  readonly vanished: number;
  /** Servers in a status that we do not know which count all the same, and until when on our clock (D19); absent = none. */
  readonly pondered?: ReadonlyMap<ServerId, EpochMs>;
  /** Servers that are taken for what they were, though the cloud shows them in this state, until that instant on our clock (D24); absent = none. */
  readonly contradicted?: ReadonlyMap<ServerId, { readonly state: ServerState; readonly until: EpochMs }>;
  /** Servers in BUILD whose build was over before: since when they build again, in the cloud's time (D24); absent = none. */
  readonly buildingAgain?: ReadonlyMap<ServerId, EpochMs>;
  /** Places of which nothing is known, for they could not be read (D20); absent = all were read. */
  readonly unread?: UnreadPlaces;
  /** Nodes on each load balancer, whosever they are; absent = nothing is restrained by it. */
  readonly nodeCounts?: ReadonlyMap<LoadBalancerId, number>;
}

/** The planner's settings. */
export interface PlanOptions {
  readonly buildTimeout: DurationMs;
  readonly offlineTimeout: DurationMs;
  readonly loadBalancerMembership: 'exclusive' | 'additive';
}

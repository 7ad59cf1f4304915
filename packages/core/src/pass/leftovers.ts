/**
 * What servers that are gone have left behind (spec/planner.md, D21). Addresses change hands, so a node at the address of a server proves
 * nothing: what is ours is known by the records of what we added. When a server's end is confirmed, the nodes that we added for it are
 * removed in the same pass. One that is found later is removed only when nobody has had its address for a while.
 */
import type { LoadBalancerId, PoolId, ServerId } from '../model/identifiers.ts';
import type { DesiredLoadBalancer, Node } from '../model/load-balancer.ts';
import { freshRecord, type NodeRecord, type NodeRecords, nodeRecordKey, nodeRecordsOf } from '../model/node-record.ts';
import { own } from '../model/own.ts';
import type { KnownServer, ScalingGroup } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import { between, type EpochMs, epochMs, later } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { Step } from '../planner/steps.ts';
import type { Listing } from './listing.ts';

/** Whether a server that is gone has left memberships of pools behind, or may have: they could not be read. */
export const hasLeftMembers = ({ id, pooled }: KnownServer, { membersByServer, poolsUnread, serverById }: Listing): boolean =>
  (membersByServer.has(id) && serverById(id) === undefined) || (pooled && poolsUnread !== undefined);

/** A server that is gone, for the planner to clean up after in pools. */
export const ghostOf = (known: KnownServer, { groupId }: ScalingGroup, { poolsUnread }: Listing): Server => ({
  id: known.id,
  name: '',
  state: 'DELETED',
  createdAt: 0 as EpochMs,
  servicenetAddress: known.servicenetAddress,
  groupId,
  desiredLoadBalancers: known.pooled && poolsUnread !== undefined ? [somePool] : [],
  marked: false,
  createToken: undefined,
  links: known.links,
});
/** What is kept of a server does not say in which pool it was to be. */
const somePool: DesiredLoadBalancer = { kind: 'rcv3', poolId: '' as PoolId };

/** A node of ours whose server has gone, or has another address by now. */
export interface Leftover {
  readonly record: NodeRecord;
  readonly node: Node;
}
/** What a look tells of the records. */
export interface FoundLeftovers {
  /** As they are after it. */
  readonly records: NodeRecords;
  /** Of servers whose end this pass has confirmed: they go now. */
  readonly ended: readonly Leftover[];
  /** All others: nobody knows yet whether another server has the address. */
  readonly late: readonly Leftover[];
  /** Of such servers, too, on load balancers that cannot be read. */
  readonly unread: readonly NodeRecord[];
}

/** What is believed of the group's servers. */
export interface LookedAt {
  readonly servers: readonly Server[];
  readonly known: ScalingGroup['servers'];
  /** Those of which this pass has found that they are gone. */
  readonly ended: ReadonlySet<ServerId>;
}
type LookOptions = Pick<Options, 'createVisibility'>;

/** What records are compared with. */
interface Sight extends LookedAt {
  readonly group: ScalingGroup;
  readonly live: ReadonlyMap<ServerId, Server>;
  readonly listing: Listing;
  readonly options: LookOptions;
}
/** What a look tells of a record: what it is from now on, and whether it is of a leftover. */
type Finding =
  | { readonly kind: 'over' }
  | { readonly kind: 'kept' | 'unread'; readonly record: NodeRecord }
  | (Leftover & { readonly kind: 'ended' })
  | (Leftover & { readonly kind: 'late' });

/** Compares the records of a group, and of groups that do not look after theirs, with what was seen. */
export function findLeftovers(
  group: ScalingGroup,
  view: LookedAt,
  records: NodeRecords,
  listing: Listing,
  options: LookOptions,
): FoundLeftovers {
  const { servers, known, ended } = view;
  const live = new Map(servers.flatMap((server) => (server.state === 'DELETED' ? [] : [[server.id, server] as const])));
  const sight: Sight = { servers, known, ended, group, live, listing, options };
  const all = Object.values(withSeenNodes(records, sight));
  const findings = all.map((record) => (record.groupId === group.groupId ? findOwn(record, sight) : findOther(record, sight)));
  const left = findings.filter((finding) => finding.kind !== 'over');
  return {
    records: nodeRecordsOf(left.map(({ record }) => record)),
    ended: left.flatMap((finding) => (finding.kind === 'ended' ? finding : [])),
    late: left.flatMap((finding) => (finding.kind === 'late' ? finding : [])),
    unread: left.flatMap(({ kind, record }) => (kind === 'unread' ? record : [])),
  };
}

function findOwn(record: NodeRecord, sight: Sight): Finding {
  const { known, live, ended, listing } = sight;
  const { serverId, address, loadBalancerId } = record;
  const server = own(known, serverId);
  if (server === undefined && isLetGo(record, listing)) return { kind: 'over' };
  const isThere = server !== undefined && server.state !== 'DELETED' && [address, ''].includes(server.servicenetAddress);
  if (isUnread(loadBalancerId, listing)) return { kind: isThere ? 'kept' : 'unread', record };
  const finding = findNode(record, sight);
  if (isThere) {
    const shown = live.get(serverId);
    const isOver = finding.kind === 'over' && shown !== undefined && !isIn(shown, record);
    return isOver ? finding : { kind: 'kept', record: finding.kind === 'over' ? record : finding.record };
  }
  if (finding.kind !== 'late' || !ended.has(serverId)) return finding;
  if (record.nodeId === null && listing.isLiveAddress(address)) return finding;
  return isOthers(record, sight) ? { kind: 'kept', record: finding.record } : { ...finding, kind: 'ended' };
}

/** A group that is paused, or gone, may have servers: what they have is left to it. */
function findOther(record: NodeRecord, sight: Sight): Finding {
  const { listing } = sight;
  const server = listing.serverById(record.serverId);
  const isThere = server !== undefined && server.state !== 'DELETED';
  return isThere || isUnread(record.loadBalancerId, listing) ? { kind: 'kept', record } : findNode(record, sight);
}

/** Whether the node of a record shows. One that the cloud has just taken our removal of may show in a list that is old. */
function findNode(record: NodeRecord, { listing, options }: Sight): Finding {
  const { begunAt } = listing;
  const node = nodeOf(record, listing);
  if (node === undefined) {
    const missed = { ...record, missedAt: earliest(record.missedAt, begunAt) };
    return isOver(missed, begunAt, options) ? { kind: 'over' } : { kind: 'kept', record: missed };
  }
  const shown = record.missedAt === null ? record : { ...record, missedAt: null };
  return isStale(shown, begunAt, options) ? { kind: 'kept', record: shown } : { kind: 'late', record: shown, node };
}

/** The records, with the nodes that are where the group's servers are to be, also those that somebody else added. */
function withSeenNodes(records: NodeRecords, { group: { groupId }, live, listing }: Sight): NodeRecords {
  const seen: Record<string, NodeRecord> = { ...records };
  for (const { id: serverId, servicenetAddress: address, desiredLoadBalancers } of live.values()) {
    const nodes = address === '' ? undefined : listing.nodesByAddress.get(address);
    if (nodes === undefined) continue;
    for (const place of desiredLoadBalancers) {
      if (place.kind !== 'clb') continue;
      const { loadBalancerId, port } = place;
      const node = nodes.find((one) => one.loadBalancerId === loadBalancerId && one.port === port);
      if (node === undefined) continue;
      const where = { groupId, serverId, loadBalancerId, address, port };
      const key = nodeRecordKey(where);
      const before = own(records, key);
      if (before?.nodeId !== node.id) seen[key] = freshRecord(where, node.id, before?.at ?? listing.begunAt);
    }
  }
  return seen;
}

const isIn = ({ desiredLoadBalancers }: Server, { loadBalancerId, port }: Pick<NodeRecord, 'loadBalancerId' | 'port'>): boolean =>
  desiredLoadBalancers.some((place) => place.kind === 'clb' && place.loadBalancerId === loadBalancerId && place.port === port);

/** Its server is there, and of this group no longer: it was let go, with its nodes. */
const isLetGo = ({ serverId, groupId }: NodeRecord, { serverById }: Listing): boolean => {
  const server = serverById(serverId);
  return server !== undefined && server.state !== 'DELETED' && server.state !== 'UNKNOWN' && server.groupId !== groupId;
};
const isUnread = (id: LoadBalancerId, { healthMonitors, unread, unlisted }: Listing): boolean =>
  !healthMonitors.has(id) && (unread.has(id) || unlisted !== undefined);

/** The node of a record; one whose id was never seen is known by its place. */
const nodeOf = ({ loadBalancerId, address, port, nodeId }: NodeRecord, { nodesByAddress }: Listing): Node | undefined =>
  nodesByAddress
    .get(address)
    ?.find((node) => node.loadBalancerId === loadBalancerId && node.port === port && (nodeId === null || node.id === nodeId));

/** A clock that was ahead may have stored it. */
const earliest = (before: EpochMs | null, now: EpochMs): EpochMs => epochMs(Math.min(before ?? now, now));

/** A node that is not shown is gone when the cloud has taken its removal, or two looks far enough apart have not shown it: one list may be old. */
const isOver = ({ removedAt, missedAt }: NodeRecord, begunAt: EpochMs, { createVisibility }: LookOptions): boolean =>
  removedAt !== null || (missedAt !== null && between(missedAt, begunAt) >= createVisibility);

/** It shows though the cloud has just taken its removal: the list may be old. */
const isStale = ({ removedAt }: NodeRecord, begunAt: EpochMs, { createVisibility }: LookOptions): boolean =>
  removedAt !== null && between(removedAt, begunAt) < createVisibility;

/** Whether another server that has the address is to be in this very place: then the node is its by now. */
function isOthers(record: NodeRecord, { live, known, listing }: Sight): boolean {
  const { serverId, address, loadBalancerId } = record;
  const isOther = (server: Server): boolean =>
    server.id !== serverId && server.servicenetAddress === address && server.state !== 'DELETED' && isIn(server, record);
  return (
    listing.servers.some(isOther) ||
    [...live.values()].some(isOther) ||
    Object.values(known).some(
      (one) =>
        one.id !== serverId && one.state !== 'DELETED' && one.servicenetAddress === address && one.loadBalancers.includes(loadBalancerId),
    )
  );
}

/** Who has an address, as far as could be found out. */
export type Holder = 'nobody' | 'somebody' | 'unknown';

/** The addresses of which it is to be found out who has them: twice, far enough apart. */
export function addressesInDoubt({ late, unread }: FoundLeftovers, { begunAt }: Listing, options: LookOptions): readonly string[] {
  const doubtful = [
    ...late.flatMap(({ record }) => (record.vacantAt === null || isLongVacant(record, begunAt, options) ? record : [])),
    ...unread.filter(({ vacantAt }) => vacantAt === null),
  ];
  return [...new Set(doubtful.map(({ address }) => address))];
}

const isLongVacant = ({ vacantAt }: NodeRecord, begunAt: EpochMs, { createVisibility }: LookOptions): boolean =>
  vacantAt !== null && between(vacantAt, begunAt) >= createVisibility;

/**
 * The steps for what was found, and the records with what is known of their addresses. `stuck`: load balancers that have let no node go for
 * too long; what is there stays. Leftovers of other groups hold nobody up: the next look at everything goes on with them.
 */
export function planLeftovers(
  group: ScalingGroup,
  { records, ended, late, unread }: FoundLeftovers,
  holders: ReadonlyMap<string, Holder>,
  { begunAt, unread: whys, unlisted }: Listing,
  stuck: ReadonlySet<LoadBalancerId>,
  options: LookOptions,
): { readonly records: NodeRecords; readonly leftovers: readonly Step[] } {
  const isStuck = ({ loadBalancerId }: NodeRecord): boolean => stuck.has(loadBalancerId);
  const steps: Step[] = ended.filter(({ record }) => !isStuck(record)).map(removal);
  const looked = new Map<string, NodeRecord>();
  const look = (record: NodeRecord): NodeRecord => {
    const after = lookedUp(record, holders.get(record.address), begunAt);
    looked.set(nodeRecordKey(record), after);
    return after;
  };
  for (const { record: before, node } of late) {
    const record = look(before);
    const holder = holders.get(record.address);
    if (holder === 'somebody' || isStuck(record)) continue;
    if (holder === 'nobody' && isLongVacant(record, begunAt, options)) steps.push(removal({ record, node }));
    else if (record.groupId === group.groupId) steps.push(lookAgain({ record, node }, options));
  }
  const sentences = new Map<LoadBalancerId, string>();
  for (const record of unread.map(look)) {
    const why = whys.get(record.loadBalancerId) ?? unlisted;
    if (why !== undefined && !isStuck(record)) sentences.set(record.loadBalancerId, why.reason);
  }
  for (const [loadBalancerId, sentence] of sentences)
    steps.push({ kind: 'converge-later', limited: false, because: [{ rule: 'load-balancer-unread', loadBalancerId, sentence }] });
  return { records: { ...records, ...Object.fromEntries(looked) }, leftovers: steps };
}

/** The record with what is known of its address by now; undefined: it was not asked. */
function lookedUp(record: NodeRecord, holder: Holder | undefined, begunAt: EpochMs): NodeRecord {
  if (holder === undefined || holder === 'unknown') return record;
  const vacantAt = holder === 'nobody' ? earliest(record.vacantAt, begunAt) : null;
  return vacantAt === record.vacantAt ? record : { ...record, vacantAt };
}

const because = ({ record: { serverId, loadBalancerId }, node }: Leftover): Step['because'] => [
  { rule: 'left-behind', serverId, loadBalancerId, nodeId: node.id },
];

const removal = (leftover: Leftover): Step => ({
  kind: 'remove-nodes',
  loadBalancerId: leftover.record.loadBalancerId,
  nodeIds: [leftover.node.id],
  because: because(leftover),
});

function lookAgain(leftover: Leftover, { createVisibility }: LookOptions): Step {
  const { vacantAt } = leftover.record;
  const until = vacantAt === null ? {} : { until: later(vacantAt, createVisibility) };
  return { kind: 'converge-later', limited: false, ...until, because: because(leftover) };
}

/**
 * What servers that are gone have left behind (spec/planner.md, D21). Addresses change hands, so a node at the address of a server proves
 * nothing: what is ours is known by the records of what we added. When a server's end is confirmed, the nodes that we added for it are
 * removed at once. One that is found later is removed only when nobody has had its address for a while.
 */
import type { LoadBalancerId, PoolId, ServerId } from '../model/identifiers.ts';
import type { DesiredLoadBalancer, Node } from '../model/load-balancer.ts';
import { freshRecord, type NodeRecord, type NodeRecords, nodeRecordKey, nodeRecordsOf, placeKey } from '../model/node-record.ts';
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
  /** Of servers whose end is confirmed, in this pass or a short time ago: they go now. */
  readonly ended: readonly Leftover[];
  /** Their removal was taken, and they still show: the list may be old. */
  readonly stale: readonly Leftover[];
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

/** The records of all groups of the tenant that name this place. */
export type RecordsAt = (place: NodeRecord) => readonly NodeRecord[];

/** What records are compared with. */
interface Sight extends LookedAt {
  readonly group: ScalingGroup;
  readonly recordsAt: RecordsAt;
  readonly live: ReadonlyMap<ServerId, Server>;
  readonly listing: Listing;
  readonly options: LookOptions;
}
/** What a look tells of a record: what it is from now on, and whether it is of a leftover. */
type Finding =
  | { readonly kind: 'over' }
  | { readonly kind: 'kept' | 'unread'; readonly record: NodeRecord }
  | (Leftover & { readonly kind: 'ended' | 'stale' | 'late' });

/** Compares the records of a group, and of groups that do not look after theirs, with what was seen. */
export function findLeftovers(
  group: ScalingGroup,
  view: LookedAt,
  { records, recordsAt }: { readonly records: NodeRecords; readonly recordsAt: RecordsAt },
  listing: Listing,
  options: LookOptions,
): FoundLeftovers {
  const { servers, known, ended } = view;
  const live = new Map(servers.flatMap((server) => (server.state === 'DELETED' ? [] : [[server.id, server] as const])));
  const seen: Sight = { servers, known, ended, group, recordsAt, live, listing, options };
  const all = Object.values(withSeenNodes(records, seen));
  const sight = { ...seen, recordsAt: withThese(all, recordsAt) };
  const findings = all.map((record) => (record.groupId === group.groupId ? findOwn(record, sight) : findOther(record, sight)));
  const left = findings.filter((finding) => finding.kind !== 'over');
  const leftovers = (wanted: Finding['kind']): readonly Leftover[] =>
    left.flatMap((finding) => (finding.kind === wanted && 'node' in finding ? finding : []));
  return {
    records: nodeRecordsOf(left.map(({ record }) => record)),
    ended: leftovers('ended'),
    stale: leftovers('stale'),
    late: leftovers('late'),
    unread: left.flatMap(({ kind, record }) => (kind === 'unread' ? record : [])),
  };
}

/** The records at a place, those of this look as they are after it. */
function withThese(all: readonly NodeRecord[], recordsAt: RecordsAt): RecordsAt {
  const byPlace = new Map<string, NodeRecord[]>();
  for (const record of all) {
    const key = placeKey(record);
    const others = byPlace.get(key);
    if (others === undefined) byPlace.set(key, [record]);
    else others.push(record);
  }
  return (place) => [...recordsAt(place), ...(byPlace.get(placeKey(place)) ?? [])];
}

function findOwn(stored: NodeRecord, sight: Sight): Finding {
  const { known, live, ended, listing } = sight;
  const { serverId, address, loadBalancerId } = stored;
  const server = own(known, serverId);
  if (server === undefined && isLetGo(stored, listing)) return { kind: 'over' };
  const isThere = server !== undefined && server.state !== 'DELETED' && [address, ''].includes(server.servicenetAddress);
  if (!isThere) return findGone(ended.has(serverId) ? endedBy(stored, listing) : stored, sight);
  const record = stored.endedAt === undefined ? stored : withoutEnd(stored);
  if (isUnread(loadBalancerId, listing)) return { kind: 'kept', record };
  const finding = findNode(record, sight);
  const shown = live.get(serverId);
  if (finding.kind === 'over') return shown !== undefined && !isIn(shown, record) ? finding : { kind: 'kept', record };
  return { kind: 'kept', record: finding.record };
}

/** A group that is paused, or gone, may have servers: what they have is left to it. */
function findOther(record: NodeRecord, sight: Sight): Finding {
  const { listing } = sight;
  const server = listing.serverById(record.serverId);
  const isThere = server !== undefined && server.state !== 'DELETED';
  if (isThere) return { kind: 'kept', record };
  const finding = findGone(record, sight);
  return finding.kind === 'unread' ? { kind: 'kept', record: finding.record } : finding;
}

/** The record of a server that is gone, or has another address. */
function findGone(record: NodeRecord, sight: Sight): Finding {
  if (isTakenOver(record, sight)) return { kind: 'over' };
  if (isUnread(record.loadBalancerId, sight.listing)) return { kind: 'unread', record };
  const finding = findNode(record, sight);
  if (finding.kind !== 'late' || !isToGo(finding.record, sight)) return finding;
  return isOthers(record, sight) ? { kind: 'kept', record: finding.record } : { ...finding, kind: 'ended' };
}

/**
 * Whether the end of its server is confirmed: in this pass, or so short a time ago that nobody else can have its address unless the
 * listing shows that. So what one pass could not remove does not have to wait for two more looks.
 */
function isToGo({ serverId, address, nodeId, endedAt }: NodeRecord, { ended, listing, options }: Sight): boolean {
  if (endedAt === undefined) return false;
  const isNow = ended.has(serverId);
  if (!isNow && between(endedAt, listing.begunAt) >= options.createVisibility) return false;
  return (isNow && nodeId !== null) || !listing.isLiveAddress(address);
}

const endedBy = (record: NodeRecord, { begunAt }: Listing): NodeRecord => ({
  ...record,
  endedAt: earliest(record.endedAt ?? null, begunAt),
});
const withoutEnd = ({ endedAt: _, ...record }: NodeRecord): NodeRecord => record;

/** Whether the node has become that of another server since: whose record it is looks after it from then on. */
const isTakenOver = (record: NodeRecord, { recordsAt }: Sight): boolean =>
  recordsAt(record).some((other) => other.nodeId !== null && other.nodeId === record.nodeId && isLater(other, record));

const isLater = (one: NodeRecord, other: NodeRecord): boolean =>
  one.serverId !== other.serverId && (one.at > other.at || (one.at === other.at && one.serverId > other.serverId));

/** Whether the node of a record shows. One that the cloud has just taken our removal of may show in a list that is old. */
function findNode(stored: NodeRecord, { listing, options }: Sight): Finding {
  const { begunAt } = listing;
  const record = stored.removedAt === null ? stored : { ...stored, removedAt: earliest(stored.removedAt, begunAt) };
  const node = nodeOf(record, listing);
  if (node === undefined) {
    const missed = { ...record, missedAt: earliest(record.missedAt, begunAt) };
    return isOver(missed, begunAt, options) ? { kind: 'over' } : { kind: 'kept', record: missed };
  }
  const shown = record.missedAt === null ? record : { ...record, missedAt: null };
  return { kind: isStale(shown, begunAt, options) ? 'stale' : 'late', record: shown, node };
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

/** Whether another server that has the address is to be in this very place, or was to be by a later record: then the node is its by now. */
function isOthers(record: NodeRecord, { live, known, listing, recordsAt }: Sight): boolean {
  const { serverId, address, loadBalancerId } = record;
  const isOther = (server: Server): boolean =>
    server.id !== serverId && server.servicenetAddress === address && server.state !== 'DELETED' && isIn(server, record);
  return (
    recordsAt(record).some((other) => isLater(other, record)) ||
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

/** The addresses of which it is to be found out who has them: twice, far enough apart. Those of the group's own records come first. */
export function addressesInDoubt(
  { groupId }: Pick<ScalingGroup, 'groupId'>,
  { late, unread }: FoundLeftovers,
  { begunAt }: Listing,
  options: LookOptions,
): readonly string[] {
  const doubtful = [
    ...late.flatMap(({ record }) => (record.vacantAt === null || isLongVacant(record, begunAt, options) ? record : [])),
    ...unread.filter(({ vacantAt }) => vacantAt === null),
  ];
  const isOwn = (record: NodeRecord): boolean => record.groupId === groupId;
  const sorted = [...doubtful.filter(isOwn), ...doubtful.filter((record) => !isOwn(record))];
  return [...new Set(sorted.map(({ address }) => address))];
}

const isLongVacant = ({ vacantAt }: NodeRecord, begunAt: EpochMs, { createVisibility }: LookOptions): boolean =>
  vacantAt !== null && between(vacantAt, begunAt) >= createVisibility;

/**
 * The steps for what was found, and the records with what is known of their addresses. `stuck`: load balancers that have let no node go for
 * too long; what is there stays. Leftovers of other groups hold nobody up: the next look at everything goes on with them.
 */
export function planLeftovers(
  group: ScalingGroup,
  { records, ended, stale, late, unread }: FoundLeftovers,
  holders: ReadonlyMap<string, Holder>,
  { begunAt, unread: whys, unlisted }: Listing,
  stuck: ReadonlySet<LoadBalancerId>,
  options: LookOptions,
): { readonly records: NodeRecords; readonly leftovers: readonly Step[] } {
  const isStuck = ({ loadBalancerId }: NodeRecord): boolean => stuck.has(loadBalancerId);
  const isOwn = ({ groupId }: NodeRecord): boolean => groupId === group.groupId;
  const steps: Step[] = [];
  const looked = new Map<string, NodeRecord>();
  const remove = (leftover: Leftover): void => {
    const { record, node } = leftover;
    if (record.nodeId === null) looked.set(nodeRecordKey(record), { ...record, nodeId: node.id }); // so that its removal is noted
    steps.push(removal(leftover));
  };
  for (const leftover of ended) if (!isStuck(leftover.record)) remove(leftover);
  for (const leftover of stale) {
    const { record } = leftover;
    if (!isStuck(record) && isOwn(record)) steps.push(lookAgain(leftover, record.removedAt, options));
  }
  const look = (record: NodeRecord): NodeRecord => {
    const after = lookedUp(record, holders.get(record.address), begunAt);
    looked.set(nodeRecordKey(record), after);
    return after;
  };
  for (const { record: before, node } of late) {
    const record = look(before);
    const holder = holders.get(record.address);
    if (holder === 'somebody' || isStuck(record)) continue;
    if (holder === 'nobody' && isLongVacant(record, begunAt, options)) remove({ record, node });
    else if (isOwn(record)) steps.push(lookAgain({ record, node }, record.vacantAt, options));
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

function lookAgain(leftover: Leftover, since: EpochMs | null, { createVisibility }: LookOptions): Step {
  const until = since === null ? {} : { until: later(since, createVisibility) };
  return { kind: 'converge-later', limited: false, ...until, because: because(leftover) };
}

/**
 * From what the cloud showed and what is stored of a group to what the planner needs. A listing is a witness, not the truth: a known
 * server that is missing from it was asked for by id, and so was one that it shows and nobody expected; until that was answered they
 * count as present. A create whose answer never came counts as capacity until its server shows, or can no longer be expected to.
 */
import { standingCauses } from '../model/causes.ts';
import { intentKey } from '../model/group-change.ts';
import type { CreateToken, LoadBalancerId, ServerId } from '../model/identifiers.ts';
import { nearestNumber } from '../model/json.ts';
import { desiredLoadBalancersOf } from '../model/launch-configuration.ts';
import type { DesiredLoadBalancer, Node, PoolMember } from '../model/load-balancer.ts';
import type { NodeRecords } from '../model/node-record.ts';
import { own } from '../model/own.ts';
import type { Births, Doubt, Intent, KnownServer, ScalingGroup } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import { tableOf } from '../model/tables.ts';
import { between, type DurationMs, type EpochMs, epochMs, instantWithin, later, seconds } from '../model/time.ts';
import type { Options } from '../options.ts';
import {
  type DesiredGroup,
  type Healing,
  holdKeys,
  type Observation,
  type RestrainingBirths,
  type RestrainingHold,
  type Restraints,
  stuckIn,
} from '../planner/desired.ts';
import { healingOf, unboundedHealing } from '../planner/healing.ts';
import type { Step } from '../planner/steps.ts';
import { believe, doubtsForPlan, isTooNew, isUnknown, mayShowAgain } from './believing.ts';
import { type BirthOptions, birthsRestraint, judgeBirths } from './births.ts';
import { type Discrepancies, isSilent } from './discrepancies.ts';
import { isOnItsLoadBalancers } from './in-place.ts';
import { ghostOf, hasLeftMembers } from './leftovers.ts';
import type { Listing } from './listing.ts';

/** What asking for a missing server by id came to. */
export type Confirmation = Server | 'gone' | 'unconfirmed';

/** One group as it shows. */
export interface SeenGroup {
  /** What the cloud showed, of the whole tenant or where this group is. */
  readonly listing: Listing;
  readonly desired: DesiredGroup;
  readonly observed: Observation;
  /** Servers to keep. */
  readonly known: Readonly<Record<ServerId, KnownServer>>;
  /** The intents that are still open. */
  readonly intents: Readonly<Record<string, Intent>>;
  /** The group's servers, gone ones too. */
  readonly servers: readonly Server[];
  /** Servers that were asked for by id, or were to be, and it was not answered. */
  readonly unconfirmed: ReadonlySet<ServerId>;
  /** What is known of new servers that failed. */
  readonly births: Births;
  /** Servers of which this pass has found that they are gone. */
  readonly ended: ReadonlySet<ServerId>;
}

/** One group as a pass sees it. */
export interface GroupView extends SeenGroup {
  /** The nodes that are known to be ours. */
  readonly records: NodeRecords;
  /** What is to be done about those of them whose servers are gone. */
  readonly leftovers: readonly Step[];
}

/** What was found out beyond the listing: known servers by their ids, servers that were never seen by the tokens of their creates. */
export interface Answers {
  readonly discrepancies: Discrepancies;
  readonly confirmations: ReadonlyMap<ServerId, Confirmation>;
  readonly sightings: ReadonlyMap<CreateToken, Confirmation>;
  /** 0 <= n < 1, for jitter. */
  readonly spread?: number;
}

/** The options that a view depends on. */
export type ViewOptions =
  | 'createVisibility'
  | 'healing'
  | 'deleteAgainMost'
  | 'maxClockSkew'
  | 'observationMaxAge'
  | 'unknownStatusGrace'
  | 'waitingTimeout'
  | BirthOptions;

/** Puts together what is stored and what was seen. `now`: our clock. */
export function viewGroup(
  group: ScalingGroup,
  listing: Listing,
  answers: Answers,
  now: EpochMs,
  options: Pick<Options, ViewOptions>,
): SeenGroup {
  const { spec } = group;
  const open = openDeletes(group.intents);
  const found = findServers(group, listing, answers, now, options);
  const creates = openCreates(group.intents, found.servers, answers.sightings, listing.begunAt, options);
  const nodes = drainingDated(group, found.servers, listing);
  const deletes = openOf(found, [...open.values()]);
  const seen = knownServers(group, found, open, listing, now);
  const doubts = doubtsForPlan(seen, now, listing.cloudNow, options);
  const { births, known } = judgeBirths(group, seen, {
    servers: found.servers,
    unconfirmed: found.unconfirmed,
    buildingAgain: doubts.buildingAgain,
    cloudNow: listing.cloudNow,
    now,
    spread: answers.spread ?? 0.5,
    options,
  });
  const unconfirmed = [...found.unconfirmed].filter((id) => !open.has(id));
  const members = found.servers.flatMap(({ id }): readonly PoolMember[] => listing.membersByServer.get(id) ?? []);
  return {
    listing,
    desired: {
      capacity: spec.deleting ? 0 : spec.desired,
      drainingTimeout: seconds(nearestNumber(spec.launchConfiguration.args.draining_timeout ?? 0)),
      deleting: spec.deleting,
      places: spec.deleting ? [] : desiredLoadBalancersOf(spec.launchConfiguration),
      stuck: stuckOf(group, now, options),
      removals: new Map(Object.values(spec.removals).map(({ serverId, purge }) => [serverId, purge])),
      deletions: new Map(deletes.map(({ serverId, againAt }) => [serverId, now >= instantWithin(againAt, now, options.deleteAgainMost)])),
      healing: spec.deleting ? unboundedHealing : brakeFor(group, healingOf(spec.configuration.metadata, options.healing)),
      restraints: withBirths(restraintsOf(group, found.servers, now, options), birthsRestraint(births, known, now, options)),
    },
    observed: {
      servers: found.servers,
      nodes: nodes.nodes,
      poolMembers: members,
      healthMonitors: listing.healthMonitors,
      unread: { loadBalancers: listing.unread, pools: listing.poolsUnread },
      unseen: creates.length + unconfirmed.length,
      unconfirmed: unanswered(unconfirmed, answers),
      vanished: found.vanished.filter((id) => !open.has(id)).length,
      nodeCounts: listing.nodeCounts,
      pondered: ponderedOf(known, now, options),
      ...doubts,
    },
    known,
    intents: tableOf([...creates, ...deletes, ...nodes.drains, ...unreadDrains(group.intents, listing)], intentKey),
    servers: found.servers,
    unconfirmed: found.unconfirmed,
    births,
    ended: found.ended,
  };
}

/** Those whose turn has not come yet are unanswered too, when nobody else was answered. One that was not found is not: it is too new. */
function unanswered(unconfirmed: readonly ServerId[], { confirmations }: Answers): readonly ServerId[] {
  const isSilent = [...confirmations.values()].every((answer) => answer === 'unconfirmed');
  return isSilent ? unconfirmed : unconfirmed.filter((id) => confirmations.has(id) && confirmations.get(id) !== 'gone');
}

/** Servers in a status that we do not know, and until when they count (D19). */
function ponderedOf(
  known: ScalingGroup['servers'],
  now: EpochMs,
  { unknownStatusGrace }: Pick<Options, 'unknownStatusGrace'>,
): ReadonlyMap<ServerId, EpochMs> {
  const pondered = new Map<ServerId, EpochMs>();
  for (const { id, unknownSince } of Object.values(known)) {
    const until = unknownSince === null ? now : later(unknownSince, unknownStatusGrace);
    if (until > now) pondered.set(id, until);
  }
  return pondered;
}

/** Load balancers that have let no node of the group go for `waitingTimeout`. */
const stuckOf = (
  { progress }: ScalingGroup,
  now: EpochMs,
  { waitingTimeout }: Pick<Options, 'waitingTimeout'>,
): ReadonlySet<LoadBalancerId> =>
  new Set(Object.entries(progress.waits).flatMap(([key, { since }]) => (between(since, now) >= waitingTimeout ? stuckIn(key) : [])));

/** A group that is being deleted makes no servers. */
const withBirths = (restraints: Restraints, births: RestrainingBirths | undefined): Restraints =>
  births === undefined ? restraints : { ...restraints, births };

/** What the cloud has refused, and no command has ended since. */
function restraintsOf(
  group: ScalingGroup,
  servers: readonly Server[],
  now: EpochMs,
  { deleteAgainMost }: Pick<Options, 'deleteAgainMost'>,
): Restraints {
  const blocks = standingCauses(group).filter((cause) => cause.kind === 'block');
  const holds: Record<string, RestrainingHold> = {};
  for (const [key, { sentence, hold }] of Object.entries(group.progress.waits)) {
    if (hold === null || (group.spec.deleting && hold.state === undefined)) continue; // it has no blocks, but servers have states
    const server = hold.state === undefined ? undefined : servers.find(({ id }) => holdKeys.server(id) === key);
    const isOver = now >= instantWithin(hold.until, now, deleteAgainMost) || (hold.state !== undefined && server?.state !== hold.state);
    holds[key] = { sentence, until: isOver ? undefined : hold.until, most: hold.most };
  }
  return { blocks, holds };
}

/** A command of somebody who looked releases the brake, until the group has converged. */
const brakeFor = ({ spec, progress }: ScalingGroup, healing: Healing): Healing =>
  progress.brake !== null && (progress.brake.released || spec.releases > progress.brake.releases)
    ? { ...healing, maxUnhealthyFraction: null }
    : healing;

type OpenDelete = Extract<Intent, { kind: 'delete' }>;
type OpenDeletes = ReadonlyMap<ServerId, OpenDelete>;
const openDeletes = (intents: ScalingGroup['intents']): OpenDeletes =>
  new Map(Object.values(intents).flatMap((intent) => (intent.kind === 'delete' ? [[intent.serverId, intent]] : [])));

/** The deletes whose servers are still there, or may be. */
function openOf({ servers, unconfirmed, departed }: FoundServers, deletes: readonly OpenDelete[]): readonly OpenDelete[] {
  const present = new Set([...servers.map(({ id }) => id), ...unconfirmed, ...departed.keys()]);
  return deletes.filter(({ serverId }) => present.has(serverId));
}

interface FoundServers {
  /** Listed, confirmed by id, or gone with memberships of pools left behind. */
  readonly servers: readonly Server[];
  readonly unconfirmed: ReadonlySet<ServerId>;
  readonly vanished: readonly ServerId[];
  /** Of these and others, those that were there for all that we knew, and are gone. A listing that still shows one is old: then it is not among them. */
  readonly ended: ReadonlySet<ServerId>;
  /** Gone, and kept for now, for the listing still shows them, or may once more. */
  readonly departed: ReadonlyMap<ServerId, KnownServer>;
  /** What is not simply believed of them (D24). */
  readonly doubts: ReadonlyMap<ServerId, Doubt>;
}

/** The group's servers, as they are believed to be. */
function findServers(
  group: ScalingGroup,
  listing: Listing,
  { discrepancies, confirmations, sightings }: Answers,
  now: EpochMs,
  options: Pick<Options, 'createVisibility' | 'maxClockSkew'>,
): FoundServers {
  const vanished: ServerId[] = [];
  const ended = new Set<ServerId>();
  const { unlisted, outdated, unexpected } = discrepancies;
  const doubted = new Set([...outdated.map(({ id }) => id), ...unexpected]);
  const servers: Server[] = [];
  const doubts = new Map<ServerId, Doubt>();
  const take = (shown: Server): void => {
    if (shown.state === 'DELETED' && own(group.servers, shown.id)?.state !== 'DELETED') ended.add(shown.id);
    const taken = { from: listing.begunAt, to: now };
    const { server, doubt } = believe(shown, own(group.servers, shown.id), taken, `delete:${shown.id}` in group.intents, options);
    servers.push(server);
    if (doubt !== undefined) doubts.set(server.id, doubt);
  };
  for (const shown of listing.serversOf(group.groupId)) if (!doubted.has(shown.id)) take(shown);
  for (const sighted of sightings.values()) if (typeof sighted === 'object' && sighted.groupId === group.groupId) take(sighted);
  const unconfirmed = new Set<ServerId>();
  const departed = new Map<ServerId, KnownServer>();
  for (const known of [...unlisted, ...outdated]) {
    const asked = confirmations.get(known.id) ?? 'unconfirmed';
    const confirmed = known.state === 'DELETED' && asked === 'unconfirmed' ? 'gone' : asked;
    if (confirmed === 'unconfirmed' || (confirmed === 'gone' && isTooNew(known, now, options))) unconfirmed.add(known.id);
    else if (confirmed === 'gone') {
      const mayShow = asked !== 'gone' && mayShowAgain(known, group, now, options);
      if (known.state !== 'DELETED') vanished.push(known.id);
      if (known.state !== 'DELETED' && !doubted.has(known.id)) ended.add(known.id);
      if (doubted.has(known.id)) departed.set(known.id, asDeparted(known));
      else if (hasLeftMembers(known, listing)) servers.push(ghostOf(known, group, listing));
      else if (mayShow) departed.set(known.id, asDeparted(known));
    } else if (isSilent(confirmed)) unconfirmed.add(known.id);
    else if (confirmed.groupId === group.groupId) take(confirmed);
  }
  for (const id of unexpected) {
    const asked = confirmations.get(id) ?? 'unconfirmed';
    if (asked === 'unconfirmed') unconfirmed.add(id);
    else if (asked !== 'gone' && asked.groupId === group.groupId) take(asked);
  }
  return { servers, unconfirmed, vanished, ended, departed, doubts };
}

/** The record of a server that is gone. */
const asDeparted = ({ doubt: _, ...known }: KnownServer): KnownServer => ({ ...known, state: 'DELETED', active: false });

/** Creates whose server has not shown, and can still be expected to: given up only late, and when a look by name found none. */
function openCreates(
  intents: ScalingGroup['intents'],
  servers: readonly Server[],
  sightings: ReadonlyMap<CreateToken, Confirmation>,
  begunAt: EpochMs,
  { createVisibility, maxClockSkew }: Pick<Options, 'createVisibility' | 'maxClockSkew'>,
): readonly Intent[] {
  const tokens = new Set(servers.map(({ createToken }) => createToken));
  return Object.values(intents).flatMap((intent): readonly Intent[] => {
    if (intent.kind !== 'create' || tokens.has(intent.token)) return [];
    const overdue = between(intent.plannedAt, begunAt) > createVisibility;
    if (overdue && sightings.get(intent.token) === 'gone') return [];
    const isAhead = intent.plannedAt > later(begunAt, maxClockSkew); // by a clock that was: it would be expected for as long
    if (intent.state === 'unknown' && !isAhead) return [intent];
    // the host that was to send it has died since, or lost the tenant: it was sent before this listing, or never
    return [{ ...intent, plannedAt: overdue ? intent.plannedAt : begunAt, state: 'unknown' }];
  });
}

/** The nodes at the addresses of servers that are not gone (leftovers.ts has those of others); each DRAINING one with the instant since when, from the cloud, or as we first saw it (D3): never too early. */
function drainingDated(
  group: ScalingGroup,
  servers: readonly Server[],
  listing: Listing,
): { readonly nodes: readonly Node[]; readonly drains: readonly Intent[] } {
  const { intents } = group;
  const nodes: Node[] = [];
  const drains: Intent[] = [];
  for (const { state, servicenetAddress } of servers) {
    if (servicenetAddress === '' || state === 'DELETED') continue;
    for (const node of listing.nodesByAddress.get(servicenetAddress) ?? []) {
      if (node.condition !== 'DRAINING' || node.drainingSince !== undefined) {
        nodes.push(inServersTime(node, listing.loadBalancersAhead));
        continue;
      }
      const stored = intents[`drain:${node.loadBalancerId}:${node.id}`];
      const since = stored?.kind === 'drain' ? epochMs(Math.min(stored.since, listing.cloudNow)) : listing.cloudNow;
      nodes.push({ ...node, drainingSince: since });
      drains.push({ kind: 'drain', loadBalancerId: node.loadBalancerId, nodeId: node.id, since });
    }
  }
  return { nodes, drains };
}

/** Drains of nodes of which nothing can be seen just now: when they began is not forgotten. */
const unreadDrains = (intents: ScalingGroup['intents'], { healthMonitors, unread, unlisted, scope }: Listing): readonly Intent[] =>
  Object.values(intents).filter(({ kind, ...intent }) => {
    if (kind !== 'drain' || !('loadBalancerId' in intent) || healthMonitors.has(intent.loadBalancerId)) return false;
    return unread.has(intent.loadBalancerId) || unlisted !== undefined || scope === 'group';
  });

/** A node whose time is that of the servers: the clock of its load balancer is so far ahead. */
const inServersTime = (node: Node, ahead: DurationMs): Node =>
  node.drainingSince === undefined || ahead === 0 ? node : { ...node, drainingSince: epochMs(node.drainingSince - ahead) };

type KnownPlaces = Pick<KnownServer, 'loadBalancers' | 'pooled'>;

/** What is kept of where a server is configured to be. */
export const knownPlaces = (desired: readonly DesiredLoadBalancer[]): KnownPlaces => ({
  loadBalancers: desired.flatMap((place) => (place.kind === 'clb' ? [place.loadBalancerId] : [])),
  pooled: desired.some(({ kind }) => kind === 'rcv3'),
});

/** The records of the servers that are there; a server counts as active until its delete was accepted (spec/rest.md, decision 45). */
function knownServers(
  group: ScalingGroup,
  { servers, unconfirmed, departed, doubts }: FoundServers,
  open: OpenDeletes,
  listing: Listing,
  now: EpochMs,
): Readonly<Record<ServerId, KnownServer>> {
  const known = servers.map((server) => {
    const doubt = doubts.get(server.id);
    const record = knownServer(server, own(group.servers, server.id), open, listing, now, birthOf(server, group));
    return doubt === undefined ? record : { ...record, doubt };
  });
  for (const id of unconfirmed) {
    const before = own(group.servers, id);
    if (before !== undefined) known.push(before);
  }
  known.push(...departed.values());
  return tableOf(known, ({ id }) => id);
}

/** The birth of a server that shows though the answer of its create never came; null where it is not one that we made. */
function birthOf({ createToken }: Server, { intents }: ScalingGroup): KnownServer['birth'] {
  const intent = createToken === undefined ? undefined : intents[`create:${createToken}`];
  return intent?.kind === 'create' ? { batch: intent.batch, activeSince: null } : null;
}

/** The record of a server. */
function knownServer(
  server: Server,
  before: KnownServer | undefined,
  open: OpenDeletes,
  listing: Listing,
  now: EpochMs,
  bornAs: KnownServer['birth'],
): KnownServer {
  const { id, state, servicenetAddress } = server;
  const active = state === 'ACTIVE' && !open.has(id) && isOnItsLoadBalancers(server, listing, before?.active === true);
  // what is gone no longer tells where it was to be
  const { loadBalancers, pooled } = before !== undefined && state === 'DELETED' ? before : knownPlaces(server.desiredLoadBalancers);
  return {
    id,
    state,
    active,
    servicenetAddress,
    loadBalancers,
    pooled,
    links: before !== undefined && before.links.length > 0 ? before.links : server.links, // they never change, and some answers lack them
    birth: before === undefined ? bornAs : before.birth,
    unknownSince: isUnknown(state) ? epochMs(Math.min(before?.unknownSince ?? now, now)) : null,
  };
}

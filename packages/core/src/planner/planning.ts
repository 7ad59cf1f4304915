/**
 * The planner: what to do next about one scaling group. Pure, total and ordered: the same input gives the same steps in the same
 * order, however the cloud listed things; no steps means converged. Rules and numbers: spec/planner.md. It takes one sort of the
 * servers (n log n); everything else is linear.
 */
import { byId, type ServerId } from '../model/identifiers.ts';
import type { Server } from '../model/server.ts';
import type { DurationMs, EpochMs } from '../model/time.ts';
import type { DesiredGroup, Observation, PlanOptions } from './desired.ts';
import { type Destiny, destinyOf } from './destiny.ts';
import { type HealingVerdict, judgeHealing } from './healing.ts';
import { planDelete, planLeaving, planRemovingNodes } from './leaving.ts';
import { planMembership, planUnreachable, type Unreachable } from './membership.ts';
import { indexPlaces, type Places } from './places.ts';
import type { Reason } from './reasons.ts';
import { planCreates, restrain, unrestrained } from './restraining.ts';
import type { Step } from './steps.ts';
import { planUnread } from './unread.ts';

/** The raw steps that move `observed` towards `desired` at `now` (the cloud's time): before limits and merging (`transform`). */
export function planGroup(desired: DesiredGroup, observed: Observation, now: EpochMs, options: PlanOptions): readonly Step[] {
  const { servers, candidates, verdict, spared, present } = assess(desired, observed, now, options);
  const kept = Math.min(desired.capacity, candidates.length);
  const surplus = candidates.slice(kept);
  const staying = candidates.slice(0, kept);
  const places = indexPlaces(observed, servers.all, staying, desired);
  const restraints = desired.restraints ?? unrestrained;
  const steps: Step[] = [];
  planCreates(steps, desired.capacity - present, present, restraints);
  if (verdict.braked) {
    steps.push({ kind: 'fail', because: [{ rule: 'mass-failure', dead: verdict.dead, of: verdict.of }] });
    planRemovals(steps, servers, desired, places, now);
  } else planDepartures(steps, servers, surplus, spared, desired, places, now, options);
  const unreachable: Unreachable = new Map();
  for (const server of servers.available.slice(0, kept)) planMembership(steps, server, places, now, options, unreachable);
  planUnreachable(steps, unreachable);
  if (observed.unread !== undefined) planUnread(steps, stillOurs(servers), desired, places);
  planWaiting(steps, servers, staying, observed);
  return restrain(steps, restraints, observed);
}

/** Servers that the group has not let go. */
const stillOurs = ({ all, released, ignored }: ByDestiny): readonly Server[] => {
  const others = new Set([...released, ...ignored]);
  return others.size === 0 ? all : all.filter((server) => !others.has(server));
};

/** Servers that count towards capacity, and creates of which nothing is known yet: none is created in their place. */
export const countPresent = (desired: DesiredGroup, observed: Observation, now: EpochMs, options: PlanOptions): number =>
  assess(desired, observed, now, options).present;

interface Assessment {
  readonly servers: ByDestiny;
  /** Servers that count, in the order in which they are kept. */
  readonly candidates: readonly Server[];
  readonly verdict: HealingVerdict;
  readonly spared: ReadonlySet<ServerId>;
  readonly present: number;
}

/** What there is of a group. */
function assess(desired: DesiredGroup, observed: Observation, now: EpochMs, options: PlanOptions): Assessment {
  const servers = withDestinies(desired, observed, now, options.buildTimeout);
  const candidates = [...servers.available, ...servers.avoided, ...servers.waiting, ...servers.building];
  const dead = servers.doomed.filter(({ id }) => !desired.deletions.has(id));
  const replacing = servers.building.length + observed.unseen;
  const verdict = judgeHealing(desired.healing, [...dead, ...servers.overdue], observed.vanished, candidates.length, replacing);
  const spared = sparedOf([...dead, ...servers.overdue], verdict);
  const present = candidates.length + observed.unseen + spared.size + (verdict.braked ? observed.vanished : 0);
  return { servers, candidates, verdict, spared, present };
}

/** Servers that look dead and are left alone for now: all of them under the brake, those beyond the budget otherwise. The oldest go first. */
function sparedOf(dead: readonly Server[], { replaceable }: HealingVerdict): ReadonlySet<ServerId> {
  const newest = [...dead].sort(newestFirst).slice(0, dead.length - replaceable);
  return new Set(newest.map(({ id }) => id));
}

/** Everything that takes servers, or what is left of them, away. */
function planDepartures(
  steps: Step[],
  servers: ByDestiny,
  surplus: readonly Server[],
  spared: ReadonlySet<ServerId>,
  desired: DesiredGroup,
  places: Places,
  now: EpochMs,
  options: PlanOptions,
): void {
  for (const server of surplus) planLeaving(steps, server, { rule: 'surplus', serverId: server.id }, desired.drainingTimeout, places, now);
  for (const server of servers.draining) planLeaving(steps, server, whyLeaving(server, desired), desired.drainingTimeout, places, now);
  for (const server of servers.doomed) if (!spared.has(server.id)) planDoomed(steps, server, desired, places);
  for (const server of servers.overdue) {
    if (spared.has(server.id)) continue;
    const why: Reason = { rule: 'build-timeout', serverId: server.id, seconds: Math.trunc(options.buildTimeout / 1000) };
    planDelete(steps, server, why, places);
    planRemovingNodes(steps, server, why, places);
  }
  for (const server of servers.gone) planRemovingNodes(steps, server, { rule: 'gone', serverId: server.id }, places);
  planReleases(steps, servers);
  for (const serverId of spared)
    steps.push({ kind: 'converge-later', limited: false, because: [{ rule: 'replacement-budget', serverId }] });
}

/** Under the brake only what the tenant names is carried out (D18). */
function planRemovals(steps: Step[], servers: ByDestiny, desired: DesiredGroup, places: Places, now: EpochMs): void {
  for (const server of servers.draining) {
    if (!desired.removals.has(server.id)) continue;
    planLeaving(steps, server, whyLeaving(server, desired), desired.drainingTimeout, places, now);
  }
  for (const server of servers.doomed) if (desired.removals.has(server.id)) planDoomed(steps, server, desired, places);
  planReleases(steps, servers);
}

function planReleases(steps: Step[], servers: ByDestiny): void {
  for (const server of servers.released) {
    steps.push({ kind: 'release-server', serverId: server.id, because: [{ rule: 'removal-asked', serverId: server.id }] });
  }
}

/** Newest first; ties by id, so that the plan never depends on the order of arrival (D6). */
const newestFirst = (a: Server, b: Server): number => b.createdAt - a.createdAt || byId(a.id, b.id);

type ByDestiny = { readonly [D in Destiny]: Server[] } & { readonly all: readonly Server[] };

/** The servers newest first, each once (D7), sorted into their destinies. */
function withDestinies(desired: DesiredGroup, observed: Observation, now: EpochMs, buildTimeout: DurationMs): ByDestiny {
  const all = [...observed.servers].sort(newestFirst);
  const result: ByDestiny = {
    all,
    available: [],
    avoided: [],
    waiting: [],
    building: [],
    draining: [],
    doomed: [],
    overdue: [],
    gone: [],
    released: [],
    ignored: [],
  };
  let previous: Server | undefined;
  for (const server of all) {
    if (previous !== undefined && previous.id === server.id) continue; // doubles are neighbours: both were created at one instant
    result[destinyOf(server, now, buildTimeout, desired, observed)].push(server);
    previous = server;
  }
  return result;
}

const whyLeaving = (server: Server, desired: DesiredGroup): Reason => ({
  rule: desired.removals.has(server.id) ? 'removal-asked' : 'marked',
  serverId: server.id,
});

/** Deletes a server that is of no use, or waits for one whose deletion was asked for already. */
function planDoomed(steps: Step[], server: Server, desired: DesiredGroup, places: Places): void {
  const again = desired.deletions.get(server.id);
  const why: Reason =
    again === undefined
      ? { rule: 'unusable', serverId: server.id, state: server.state }
      : { rule: again ? 'delete-again' : 'waiting-for-deletion', serverId: server.id };
  if (again === false) steps.push({ kind: 'converge-later', limited: false, because: [why] });
  else if (again)
    steps.push({ kind: 'delete-server', serverId: server.id, because: [why] }); // it was taken once, so nothing is held back
  else planDelete(steps, server, why, places);
  planRemovingNodes(steps, server, why, places);
}

/** Section 6: what is only to be waited for. */
function planWaiting(steps: Step[], servers: ByDestiny, staying: readonly Server[], observed: Observation): void {
  const { unseen, unconfirmed, pondered, contradicted } = observed;
  const counted = staying.length - servers.available.length - servers.avoided.length;
  if (counted > servers.waiting.length) steps.push({ kind: 'converge-later', limited: false, because: [{ rule: 'waiting-for-build' }] });
  if (unseen > unconfirmed.length) steps.push({ kind: 'converge-later', limited: false, because: [{ rule: 'waiting-for-create' }] });
  planUnconfirmed(steps, unconfirmed);
  for (const { id: serverId } of contradicted === undefined ? [] : servers.all) {
    const told = contradicted?.get(serverId);
    if (told === undefined) continue;
    steps.push({
      kind: 'converge-later',
      limited: false,
      until: told.until,
      because: [{ rule: 'contradicted', serverId, state: told.state }],
    });
  }
  for (const { id: serverId, state } of servers.avoided) {
    const until = pondered?.get(serverId);
    if (until === undefined) continue;
    steps.push({ kind: 'converge-later', limited: false, until, because: [{ rule: 'unknown-status', serverId, state }] });
  }
  const waiting = servers.waiting.slice(0, Math.max(0, counted));
  const [first, ...rest] = waiting.map((server): Reason => ({ rule: 'waiting-for-server', serverId: server.id, state: server.state }));
  if (first !== undefined) steps.push({ kind: 'converge-later', limited: true, because: [first, ...rest] });
}

/** Not limited: that the cloud does not answer is no state of a server (docs/adr/0012). */
function planUnconfirmed(steps: Step[], unconfirmed: Observation['unconfirmed']): void {
  const [first, ...rest] = unconfirmed.map((serverId): Reason => ({ rule: 'unconfirmed-server', serverId }));
  if (first !== undefined) steps.push({ kind: 'converge-later', limited: false, because: [first, ...rest] });
}

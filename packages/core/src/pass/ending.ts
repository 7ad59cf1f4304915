/** What a pass comes to, and what it leaves behind, as its last commit is to store it. Pure. */
import type { CloudError } from '../errors.ts';
import { standingCauses } from '../model/causes.ts';
import type { GroupProgress, GroupSpec, KnownServer } from '../model/scaling-group.ts';
import { withValues } from '../model/tables.ts';
import type { EpochMs } from '../model/time.ts';
import type { Options } from '../options.ts';
import { countPresent } from '../planner/planning.ts';
import { isBraked } from '../planner/steps.ts';
import { birthsCause, bornNow } from './births.ts';
import { toldToStop } from './executing.ts';
import { type Expectation, expectationOf } from './expecting.ts';
import { instantsOf } from './instants.ts';
import { settledRecords } from './node-records.ts';
import { afterFault, heldBack, outcomeOf, type PassOutcome } from './outcome.ts';
import type { Pass, Plan, Ran, Stored } from './pass.ts';
import { type JudgedRefusals, judgeRefusals } from './refusals.ts';
import { removalsHeld } from './removing.ts';
import { nextBrake, nextBurst, settleIntents, settleServers, vanishedOf, withoutSettledRemovals } from './settling.ts';
import type { ToldPass } from './telling.ts';

/** The end of a pass. */
export interface PassEnding extends Pick<Stored, 'servers' | 'intents' | 'records'>, ToldPass {
  /** What is expected to show of the group from now on; undefined when it was not seen. */
  readonly expectation: Expectation | undefined;
  /** Of a deleting group. */
  readonly nothingLeft: boolean;
  /** From the spec as it is by then. */
  specOf(spec: GroupSpec): GroupSpec;
  progressOf(progress: GroupProgress): GroupProgress;
}

/** What the end of a pass depends on besides the pass. */
export interface EndFacts {
  readonly now: EpochMs;
  /** Jitter of this pass: 0 <= n < 1. */
  readonly spread: number;
  /** Whether servers of the tenant have left, or were leaving, not longer ago than `createVisibility`: what they took is free soon. */
  readonly leftLately: boolean;
  readonly options: Options;
}

/** The cloud could not be observed: nothing is planned. What is missing from the catalog is an error until it is seen; everything else is waited out. */
export function endUnobserved({ group, stored }: Pass, error: CloudError, { spread, options }: EndFacts): PassEnding {
  const isMissing = error.kind === 'no-such-service';
  const sentence = isMissing && error.tenantMessage !== '' ? error.tenantMessage : error.message;
  const outcome: PassOutcome = {
    kind: isMissing ? 'failed' : 'retry',
    recheckIn: isMissing ? undefined : afterFault([error.retryAfter ?? 0], group.progress, options, spread),
    reasons: [sentence],
    progressed: false,
    fault: !isMissing,
    refusals: 'unasked',
    saw: false,
    unread: new Set(),
    waits: [],
    causes: isMissing ? [{ kind: 'waited', key: sentence, sentence, counter: 'resets' }] : [],
  };
  const { servers, intents, records } = stored;
  const asItWas = { servers, intents, records, specOf: (spec: GroupSpec) => spec, progressOf: (progress: GroupProgress) => progress };
  return { outcome, ...asItWas, expectation: undefined, nothingLeft: false, planned: [], writes: [], results: [] };
}

/** Nothing may be written for now: what was seen is stored and what was planned is told, no intent is stored, and what the group waits for is counted from the end of this on. */
export function endHeld({ group }: Pass, { view, raw, steps }: Plan, why: string, { now, options }: EndFacts): PassEnding {
  const seen = { servers: view.known, intents: view.intents, records: view.records, specOf: (spec: GroupSpec) => spec };
  const progressOf = (progress: GroupProgress) => ({ ...progress, births: view.births, waits: {} });
  const expectation = expectationOf(group, { ...seen, view, raw, steps: [], writes: [], results: [], now });
  return { outcome: heldBack(why, options), ...seen, progressOf, expectation, nothingLeft: false, planned: steps, writes: [], results: [] };
}

/** The plan was carried out, or as much of it as the cloud took. */
export function endRun(ran: Ran, facts: EndFacts): PassEnding {
  const { pass, plan, writes, results: answers } = ran;
  const { view, steps } = plan;
  const { now, spread, options } = facts;
  const { spec, progress: before } = pass.group;
  const stopped = answers.includes(toldToStop) && now < pass.deadline;
  const { results, causes, waits } = judge(ran, facts);
  const unread = new Set(view.listing.unread.keys());
  const intents = settleIntents(view.intents, writes, results, now);
  const summed = outcomeOf(steps, results, before, options, spread, {
    ...{ stopped, now, unread },
    instants: instantsOf(pass.group, view, intents, now, options),
    unlocks: plan.raw.some((step) => 'loadBalancerId' in step),
  });
  const braked = steps.some(isBraked);
  const settled = settleServers(view.known, spec.launchConfiguration, writes, results, pass.batch, now);
  const servers = braked ? withValues(settled, vanishedOf(pass.group, view), ({ id }) => id) : settled;
  const made = results.filter(({ created }) => created !== undefined).length;
  const births = bornNow(view.births, made, now, options, spread);
  const createBurst = nextBurst(before.createBurst, results, writes);
  const nothingLeft =
    spec.deleting &&
    Object.values(servers).every((server) => isGoneForGood(server, plan)) &&
    !Object.values(intents).some(({ kind }) => kind === 'create');
  const outcome = {
    ...summed,
    causes: [...summed.causes, ...causes, ...birthsCause(view.births)],
    waits: [...summed.waits, ...waits, ...removalsHeld(plan.raw, view.desired, writes, results)],
  };
  return {
    outcome: spec.deleting && outcome.kind === 'converged' && !nothingLeft ? waitForServersToGo(outcome, options) : outcome,
    ...{ servers, intents, nothingLeft, writes, results },
    records: settledRecords(view.records, pass.hasCommitted ? pass.stored.records : view.records, writes, results, now),
    expectation: expectationOf(pass.group, { ...plan, writes, results, servers, intents, now }),
    planned: writes.length > 0 ? steps : [],
    specOf: (current) => withoutSettledRemovals(current, spec, servers, view.unconfirmed),
    progressOf: (progress) => ({
      ...progress,
      createBurst,
      births,
      brake: nextBrake(progress.brake, braked, outcome.kind, spec.releases),
    }),
  };
}

/** What the pass makes of what the cloud refused. */
function judge({ pass, plan: { view }, writes, results }: Ran, { leftLately, options }: EndFacts): JudgedRefusals {
  const { group } = pass;
  const { waits } = group.progress;
  const isOnItsWay = view.servers.some(({ state, marked }) => state === 'DELETED' || marked);
  const isDeleted = Object.values(view.intents).some(({ kind }) => kind === 'delete');
  return judgeRefusals(writes, results, {
    present: () => countPresent(view.desired, view.observed, view.listing.cloudNow, options),
    nodeCounts: view.listing.nodeCounts,
    blocks: standingCauses(group).flatMap((cause) => (cause.kind === 'block' ? [cause.subject] : [])),
    limits: (key) => waits[key]?.hold?.most,
    stateOf: (id) => view.servers.find((server) => server.id === id)?.state ?? 'UNKNOWN',
    leaving: isOnItsWay || isDeleted || writes.some(({ step }) => step.kind === 'delete-server') || leftLately,
    draining: view.listing.draining,
  });
}

/** A server of which only nodes are left, on a load balancer that lets none go. */
const isGoneForGood = ({ id, state }: KnownServer, { view }: Plan): boolean =>
  state === 'DELETED' && view.listing.serverById(id) === undefined && (view.desired.stuck?.size ?? 0) > 0;

/** Nothing is left to do for a deleting group, but its servers are not gone yet. */
const waitForServersToGo = (outcome: PassOutcome, { waitingFallback }: Options): PassOutcome => ({
  ...outcome,
  kind: 'retry',
  recheckIn: waitingFallback,
  reasons: ['waiting for the last servers to go'],
});

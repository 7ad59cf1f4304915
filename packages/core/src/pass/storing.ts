/** The last phase of a pass: it stores what the pass came to, and tells of it. */

import { changedCauses, errorsOf, statusOf } from '../model/causes.ts';
import type { GroupEvent } from '../model/events.ts';
import { documentChanges, isNoChange, tableChanges } from '../model/group-change.ts';
import type { ServerId } from '../model/identifiers.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { between } from '../model/time.ts';
import type { Options } from '../options.ts';
import { isCreate } from '../planner/steps.ts';
import type { Clock, Decision, Log, Metrics, Random } from '../ports.ts';
import { type EndFacts, endHeld, endRun, endUnobserved, type PassEnding } from './ending.ts';
import type { StepResult } from './executing.ts';
import type { Expectation } from './expecting.ts';
import { type PassOutcome, settleProgress, takenUp } from './outcome.ts';
import { type Ending, type Pass, refOf } from './pass.ts';
import { passNotes, removalNotes } from './telling.ts';

/** What settling needs. */
export interface SettlePorts {
  readonly clock: Clock;
  readonly random: Pick<Random, 'at'>;
  readonly options: Options;
  readonly metrics: Pick<Metrics, 'converged'>;
  readonly log: Log;
  /** Commits under the ownership of the tenant. */
  commit<T>(change: (group: ScalingGroup) => Decision<T>): Promise<T>;
  /** Whether servers of the tenant have left, or were leaving, not longer ago than `createVisibility`. */
  leftLately(): boolean;
  emit(event: GroupEvent): void;
  /** The pass has settled, and expects to see this from now on. */
  expects(expectation: Expectation): void;
}

/** What became of a pass. */
export type PassEnd = PassOutcome['kind'] | 'removed' | 'idle';

/** Settles a pass. Rejects with the LutraError of a commit that failed: the group is as it was then. */
export async function settlePass(ending: Ending, ports: SettlePorts): Promise<PassEnd> {
  switch (ending.kind) {
    case 'removed':
      return 'removed';
    case 'paused':
      return 'idle';
    case 'unobserved':
      return store(ending.pass, endUnobserved(ending.pass, ending.error, factsFor(ending.pass, ports)), ports);
    case 'held': {
      const end = endHeld(ending.pass, ending.plan, ending.why, factsFor(ending.pass, ports));
      tellMissing(ending.pass, end.servers, ports);
      return store(ending.pass, end, ports);
    }
    case 'ran': {
      const end = endRun(ending, factsFor(ending.pass, ports));
      for (const { created } of end.results) {
        if (created === undefined) continue;
        ports.emit({ ...refOf(ending.pass), at: ports.clock.now(), kind: 'server-created', serverId: created.id });
      }
      tellMissing(ending.pass, end.servers, ports);
      return store(ending.pass, end, ports);
    }
  }
}

/** Jitter follows from the group and the instant alone, so that other groups' passes do not change it. */
function factsFor({ group: { groupId } }: Pass, { clock, random, leftLately, options }: SettlePorts): EndFacts {
  const now = clock.now();
  return { now, spread: random.at('recheck', groupId, now), leftLately: leftLately(), options };
}

/** Tells of servers that were known and are no longer. */
function tellMissing(pass: Pass, known: Known, { clock, emit }: SettlePorts): void {
  const missing = (Object.keys(pass.group.servers) as ServerId[]).filter((id) => !Object.hasOwn(known, id));
  for (const serverId of missing) emit({ ...refOf(pass), at: clock.now(), kind: 'server-deleted', serverId });
}

/** The last commit of a pass; a deleting group with nothing left is removed for good. A pass that changes nothing commits nothing. */
async function store(pass: Pass, end: PassEnding, ports: SettlePorts): Promise<PassEnd> {
  const { clock, metrics, emit } = ports;
  const { spec } = pass.group;
  const { outcome } = end;
  const remove = spec.deleting && outcome.kind === 'converged' && end.nothingLeft;
  const decideEnd = remove ? removal(pass, end, ports) : ending(pass, end, ports);
  const { progress, servers, intents } = pass.stored;
  const unasked = decideEnd({ ...pass.group, progress, servers, intents });
  const mayRest = !pass.hasCommitted && isNoChange(unasked.change);
  const { settled, before, causes } = mayRest ? unasked.answer : await ports.commit(decideEnd);
  if (outcome.kind === 'converged' && pass.group.progress.convergedGeneration < spec.generation) {
    metrics.converged(between(spec.raisedAt, clock.now()));
  }
  if (remove) {
    emit({ ...refOf(pass), at: clock.now(), kind: 'group-removed' });
    return 'removed';
  }
  if (end.expectation !== undefined) ports.expects(end.expectation);
  for (const cause of causes) emit({ ...refOf(pass), at: clock.now(), ...cause });
  tellEnd(pass, outcome, settled, before, ports);
  return outcome.kind;
}

/** A group after its last commit, its status before, and what changed of its causes. */
interface Settled {
  readonly causes: ReturnType<typeof changedCauses>;
  readonly settled: ScalingGroup;
  readonly before: ReturnType<typeof statusOf>;
}

/**
 * Decides the last commit, on the group as it is by then. The tables are compared once, with what this pass knows to be stored. A pass that
 * has committed nothing and changes nothing tells of nothing either.
 */
function ending({ group: { spec, groupId }, stored, hasCommitted }: Pass, end: PassEnding, ports: SettlePorts): Decide {
  const { clock, options, random } = ports;
  const spread = random.at('recheck', groupId, clock.now());
  const tables = tableChanges(stored, end);
  const unmade = end.writes.filter(({ step }, index) => isCreate(step) && !mayBeMade(end.results[index])).length;
  return (group) => {
    const taken = takenUp(group.progress, spec, clock.now(), options);
    const progress = settleProgress(end.progressOf(taken), end.outcome, spec, clock.now(), options, spread);
    const settled = { ...group, spec: end.specOf(group.spec), progress, servers: end.servers, intents: end.intents };
    const answer = { settled, before: statusOf(group), causes: changedCauses(group, settled) };
    const change = { ...tables, ...documentChanges({ spec: group.spec, progress: stored.progress }, settled) };
    if (isNoChange(change) && !hasCommitted) return { change, answer };
    const activity = passNotes(end, group, settled, clock.now(), options);
    return { change: { ...change, activity, ...(unmade > 0 && { creates: { count: -unmade, most: null } }) }, answer };
  };
}

/** Decides the last commit over a deleting group with nothing left. The records of nodes that stay behind are the tenant's from now on. */
function removal({ stored }: Pass, { records }: PassEnding, { clock }: SettlePorts): Decide {
  const activity = removalNotes(clock.now());
  const change = { ...tableChanges({ records: stored.records }, { records }), removed: { tokens: [] }, activity };
  return (group) => ({ change, answer: { settled: group, before: statusOf(group), causes: [] } });
}
type Decide = (group: ScalingGroup) => Decision<Settled>;

/** Whether a create was taken, or may have been. */
const mayBeMade = (result: StepResult | undefined): boolean => result?.effect === 'accepted' || result?.effect === 'unknown';

function tellEnd(pass: Pass, outcome: PassOutcome, settled: ScalingGroup, before: Settled['before'], ports: SettlePorts): void {
  const { clock, options, log, emit } = ports;
  const about = { ...refOf(pass), at: clock.now() } as const;
  const { recheckAt, faults } = settled.progress;
  const status = statusOf(settled);
  const reasons = outcome.reasons.slice(0, options.errorsPerGroup);
  if (faults > 0 && faults % faultsToWarn === 0) {
    log.warn(
      { ...refOf(pass), faults, recheckAt, reasons },
      'the cloud fails this group again and again; it is tried for as long as that lasts',
    );
  }
  if (status !== before) emit({ ...about, kind: 'status-changed', status, errors: errorsOf(settled, options.errorsPerGroup) });
  const servers = Object.values(settled.servers);
  emit({
    ...about,
    kind: 'pass-ended',
    pass: pass.begun,
    outcome: status === 'ERROR' ? 'failed' : outcome.kind,
    desired: settled.spec.desired,
    active: servers.filter(({ active }) => active).length,
    servers: servers.length,
    reasons,
    recheckAt,
  });
}

/** Every so many passes in a row that a fault of the cloud cut short, the log says so: backing off, after minutes, then every half an hour. */
const faultsToWarn = 10;

type Known = ScalingGroup['servers'];

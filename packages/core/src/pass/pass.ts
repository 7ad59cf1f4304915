/**
 * One pass over one scaling group: observe -> plan -> intents -> execute -> progress.
 *
 * It reads the spec once. Before its first write it commits an intent for every write it plans, so that whatever happens to this
 * process, the next pass knows what may have been done; after the answers one more commit settles them. Immediately before each write
 * it asks whether it may still go on (pause, ownership, stop). It never rejects, and is never left from outside: told to stop, it awaits
 * the calls already sent and commits what they answered.
 */
import { CloudError, LutraError } from '../errors.ts';
import { errorsOf, standingCauses, statusOf } from '../model/causes.ts';
import { documentChanges, intentKey, isNoChange, tableChanges } from '../model/group-change.ts';
import { hexadecimal } from '../model/hexadecimal.ts';
import type { CreateToken, ServerId } from '../model/identifiers.ts';
import type { GroupProgress, GroupRef, GroupSpec, KnownServer, ScalingGroup } from '../model/scaling-group.ts';
import { withValues } from '../model/tables.ts';
import { between, type EpochMs, later, milliseconds } from '../model/time.ts';
import { nextPassAt, phaseOf } from '../model/wake-ups.ts';
import type { Options } from '../options.ts';
import { type DesiredGroup, holdKeys } from '../planner/desired.ts';
import { countPresent, planGroup } from '../planner/planning.ts';
import { unrestrained } from '../planner/restraining.ts';
import { isWriting, type Step, type WritingStep } from '../planner/steps.ts';
import { transform } from '../planner/transforming.ts';
import type { Decision } from '../ports.ts';
import { birthsCause, bornNow } from './births.ts';
import { type StepResult, toldToStop } from './executing.ts';
import { observeGroup } from './observing.ts';
import { afterFault, heldBack, outcomeOf, type PassOutcome, settleProgress, takenUp } from './outcome.ts';
import type { PassPorts } from './pass-ports.ts';
import { type JudgedRefusals, judgeRefusals } from './refusals.ts';
import { removalsHeld } from './removing.ts';
import { serverRequest } from './server-request.ts';
import { nextBrake, nextBurst, type PlannedWrite, settleIntents, settleServers, vanishedOf, withoutSettledRemovals } from './settling.ts';
import { passNotes, planNotes, removalNotes, type ToldPass } from './telling.ts';
import type { GroupView } from './viewing.ts';
import { executeWrites } from './writing.ts';

/** What became of a pass. `unstored`: the store could not be reached, or the tenant was lost; the group is as it was. */
export type PassEnd = PassOutcome['kind'] | 'removed' | 'idle' | 'unstored';

/** Runs one pass. Never rejects. */
export async function runPass(ref: GroupRef, ports: PassPorts): Promise<PassEnd> {
  try {
    const group = await ports.readGroup();
    if (group === undefined) return 'removed';
    if (phaseOf(group) === 'paused') return 'idle';
    const now = ports.clock.now();
    const dueAt = nextPassAt(group, now);
    if (dueAt !== undefined) ports.metrics.wokeUp(between(dueAt, now));
    return await new Pass(ref, ports, group).run();
  } catch (error) {
    if (error instanceof LutraError) return 'unstored';
    throw error; // a mistake of ours: the engine logs it and backs off
  }
}

interface Planned {
  readonly view: GroupView;
  /** Before limits and locks put anything off. */
  readonly raw: readonly Step[];
  readonly steps: readonly Step[];
}

/** A draining mark that a server carries where it is not honoured: the plan asks for it, and there is nothing to write. */
const isInPlace = (step: WritingStep, { servers }: GroupView): boolean =>
  step.kind === 'mark-server' && servers.some(({ id, marked }) => id === step.serverId && marked);

/** Plans of a pass: the next one when other groups of the tenant created meanwhile what was left; the last of them creates nothing. */
const mostPlans = 3;

class Pass {
  readonly #ref: GroupRef;
  readonly #ports: PassPorts;
  /** As it was read, with what commands have ended since the last pass taken out. */
  readonly #group: ScalingGroup;
  /** What is stored of it, as far as this pass knows: no other writes these while the tenant is ours. */
  #stored: Pick<ScalingGroup, 'progress' | 'servers' | 'intents'>;
  #hasCommitted = false;
  readonly #begun: EpochMs;
  readonly #deadline: EpochMs;
  /** The servers that this pass makes are of this batch (D17). */
  readonly #batch: string;

  constructor(ref: GroupRef, ports: PassPorts, group: ScalingGroup) {
    this.#ref = ref;
    this.#ports = ports;
    this.#begun = ports.clock.now();
    this.#stored = { progress: group.progress, servers: group.servers, intents: group.intents };
    this.#group = { ...group, progress: takenUp(group.progress, group.spec, this.#begun, ports.options) };
    this.#batch = String(this.#begun);
    this.#deadline = later(this.#begun, ports.options.passDeadline);
  }

  async run(): Promise<PassEnd> {
    let view: GroupView;
    try {
      view = await observeGroup(this.#group, this.#ports, this.#deadline);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      return this.#endUnobserved(error);
    }
    for (let plansLeft = mostPlans; ; plansLeft -= 1) {
      const planned = await this.#plan(view, plansLeft > 1);
      const writes = planned.steps.filter(isWriting).flatMap((step) => (isInPlace(step, view) ? [] : [this.#prepare(step, view)]));
      if (writes.length === 0) return this.#end(planned, [], []);
      if (!(await this.#ports.mayConverge())) return this.#endHeld(planned);
      this.#ports.enter('planning');
      if (await this.#commitIntents(planned, writes)) return this.#execute(planned, writes);
    }
  }

  async #execute(planned: Planned, writes: readonly PlannedWrite[]): Promise<PassEnd> {
    this.#ports.enter('executing');
    const results = await executeWrites(writes, this.#ports, this.#group.progress.createBurst, this.#deadline);
    for (const [index, { step }] of writes.entries()) this.#ports.metrics.stepEnded(step.kind, results[index]?.effect ?? 'unsent');
    return this.#end(planned, writes, results);
  }

  /** `mayCreate`: no, after other groups of the tenant have used up, again and again, the creates that this one was about to make. */
  async #plan(view: GroupView, mayCreate: boolean): Promise<Planned> {
    const { listing } = view;
    const { options } = this.#ports;
    const planFor = (desired: DesiredGroup) => planGroup(desired, view.observed, listing.cloudNow, options);
    const wanted = planFor(view.desired);
    const left = wanted.some(isCreate) ? await this.#ports.createsLeft() : undefined;
    const allowed = left === undefined || mayCreate ? left : { ...left, count: 0 };
    const raw = allowed?.count === 0 ? planFor(heldUntil(allowed.until, view.desired)) : wanted;
    const creates = Math.min(options.createsPerPass, allowed?.count ?? Number.POSITIVE_INFINITY);
    const { otherStepsPerPass: others, bulkAdd, bulkRemove } = options;
    return { view, raw, steps: transform(raw, { creates, others, bulkAdd, bulkRemove }, listing.locked) };
  }

  /** The write for a step, with the intent that announces it. */
  #prepare(step: WritingStep, view: GroupView): PlannedWrite {
    const { clock, secretBytes, options } = this.#ports;
    const plannedAt = clock.now();
    if (step.kind === 'create-server') {
      const token = hexadecimal(secretBytes(16)) as CreateToken;
      const { server, serverName } = serverRequest(this.#group.spec.launchConfiguration, this.#ref.groupId, token);
      return { step, request: { server }, intent: { kind: 'create', token, plannedAt, state: 'planned', serverName, batch: this.#batch } };
    }
    if (step.kind === 'delete-server') {
      const before = view.intents[`delete:${step.serverId}`];
      const tries = before?.kind === 'delete' ? before.tries + 1 : 1;
      const wait = Math.min(options.deleteAgainMost, options.deleteAgainFirst * 2 ** Math.min(tries - 1, 30));
      const againAt = later(plannedAt, milliseconds(wait));
      return { step, request: undefined, intent: { kind: 'delete', serverId: step.serverId, plannedAt, tries, againAt } };
    }
    return { step, request: undefined, intent: undefined };
  }

  /**
   * Commits what is about to be written. Should this process die now, the group is looked at again once this pass must have ended. False:
   * nothing was committed, for the tenant may not create so many servers any more.
   */
  async #commitIntents({ view, steps }: Planned, writes: readonly PlannedWrite[]): Promise<boolean> {
    const { clock, options } = this.#ports;
    const planned = writes.flatMap(({ intent }) => intent ?? []);
    const intents = withValues(view.intents, planned, intentKey);
    const progress = {
      ...this.#stored.progress,
      triedGeneration: Math.max(this.#stored.progress.triedGeneration, this.#group.spec.generation),
      recheckAt: this.#deadline,
      births: view.births,
    };
    const stored = { progress, servers: view.known, intents };
    const count = writes.filter(({ step }) => isCreate(step)).length;
    const creates = count > 0 ? { creates: { count, most: options.createsPerHour } } : {};
    try {
      await this.#ports.commit((group) => {
        const activity = planNotes(steps, { ...group, ...stored }, clock.now(), options);
        return { change: { progress, ...tableChanges(this.#stored, stored), activity, ...creates }, answer: undefined };
      });
    } catch (error) {
      if (error instanceof LutraError && error.code === 'creates-over-limit') return false;
      throw error;
    }
    this.#stored = stored;
    this.#hasCommitted = true;
    this.#ports.emit({ ...this.#ref, at: clock.now(), kind: 'pass-planned', steps: steps.map(({ kind }) => kind) });
    return true;
  }

  /** The cloud could not be observed: nothing is planned. What is missing from the catalog is an error until it is seen; everything else is waited out. */
  async #endUnobserved(error: CloudError): Promise<PassEnd> {
    const isMissing = error.kind === 'no-such-service';
    const sentence = isMissing && error.tenantMessage !== '' ? error.tenantMessage : error.message;
    const outcome: PassOutcome = {
      kind: isMissing ? 'failed' : 'retry',
      recheckIn: isMissing ? undefined : afterFault([error.retryAfter ?? 0], this.#group.progress, this.#ports.options, this.#spread()),
      reasons: [sentence],
      progressed: false,
      fault: !isMissing,
      refusals: 'unasked',
      saw: false,
      waits: [],
      causes: isMissing ? [{ kind: 'waited', key: sentence, sentence, counter: 'resets' }] : [],
    };
    const { servers, intents } = this.#stored;
    const asItWas = { servers, intents, specOf: (spec: GroupSpec) => spec, progressOf: (progress: GroupProgress) => progress };
    return this.#settle(outcome, { ...asItWas, nothingLeft: false, planned: [], writes: [], results: [] });
  }

  /** Nothing may be written for now: what was seen is stored and what was planned is told, no intent is stored, and what the group waits for is counted from the end of this on. */
  #endHeld({ view, steps }: Planned): Promise<PassEnd> {
    const { options } = this.#ports;
    this.#ports.served();
    this.#tellMissing(view.known);
    const seen = { servers: view.known, intents: view.intents, specOf: (spec: GroupSpec) => spec };
    const progressOf = (progress: GroupProgress) => ({ ...progress, births: view.births, waits: {} });
    return this.#settle(heldBack(options), { ...seen, progressOf, nothingLeft: false, planned: steps, writes: [], results: [] });
  }

  /** Tells of servers that were known and are no longer. */
  #tellMissing(servers: Known): void {
    for (const serverId of missingFrom(servers, this.#group.servers))
      this.#ports.emit({ ...this.#ref, at: this.#ports.clock.now(), kind: 'server-deleted', serverId });
  }

  /** What the pass makes of what the cloud refused. */
  #judge({ view }: Planned, writes: readonly PlannedWrite[], results: readonly StepResult[]): JudgedRefusals {
    const { options } = this.#ports;
    const { waits } = this.#group.progress;
    const isOnItsWay = view.servers.some(({ state, marked }) => state === 'DELETED' || marked);
    const isDeleted = Object.values(view.intents).some(({ kind }) => kind === 'delete');
    return judgeRefusals(writes, results, {
      present: () => countPresent(view.desired, view.observed, view.listing.cloudNow, options),
      nodeCounts: view.listing.nodeCounts,
      blocks: standingCauses(this.#group).flatMap((cause) => (cause.kind === 'block' ? [cause.subject] : [])),
      limits: (key) => waits[key]?.hold?.most,
      stateOf: (id) => view.servers.find((server) => server.id === id)?.state ?? 'UNKNOWN',
      leaving: isOnItsWay || isDeleted || writes.some(({ step }) => step.kind === 'delete-server') || this.#ports.leftLately(),
      draining: view.listing.draining,
    });
  }

  async #end(planned: Planned, writes: readonly PlannedWrite[], answers: readonly StepResult[]): Promise<PassEnd> {
    const { view, steps } = planned;
    this.#ports.served();
    const now = this.#ports.clock.now();
    const stopped = answers.includes(toldToStop) && now < this.#deadline;
    const { results, causes, waits } = this.#judge(planned, writes, answers);
    const summed = outcomeOf(steps, results, this.#group.progress, this.#ports.options, this.#spread(), { stopped, now });
    const outcome = {
      ...summed,
      causes: [...summed.causes, ...causes, ...birthsCause(view.births)],
      waits: [...summed.waits, ...waits, ...removalsHeld(planned.raw, view.desired, writes, results)],
    };
    const intents = settleIntents(view.intents, writes, results, now);
    const braked = steps.some((step) => step.kind === 'fail' && step.because[0].rule === 'mass-failure');
    const settled = settleServers(view.known, this.#group.spec.launchConfiguration, writes, results, this.#batch);
    const servers = braked ? withValues(settled, vanishedOf(this.#group, view), ({ id }) => id) : settled;
    const made = results.filter(({ created }) => created !== undefined).length;
    const births = bornNow(view.births, made, now, this.#ports.options, this.#spread());
    const burst = nextBurst(this.#group.progress.createBurst, results, writes);
    const nothingLeft =
      this.#group.spec.deleting &&
      Object.values(servers).every((server) => isGoneForGood(server, planned)) &&
      !Object.values(intents).some(({ kind }) => kind === 'create');
    for (const result of results) {
      if (result.created !== undefined) {
        this.#ports.emit({ ...this.#ref, at: this.#ports.clock.now(), kind: 'server-created', serverId: result.created.id });
      }
    }
    this.#tellMissing(servers);
    return this.#settle(
      this.#group.spec.deleting && outcome.kind === 'converged' && !nothingLeft
        ? waitForServersToGo(outcome, this.#ports.options)
        : outcome,
      {
        servers,
        intents,
        nothingLeft,
        planned: writes.length > 0 ? steps : [],
        writes,
        results,
        specOf: (spec) => withoutSettledRemovals(spec, this.#group.spec, servers, view.unconfirmed),
        progressOf: (progress) => ({
          ...progress,
          createBurst: burst,
          births,
          brake: nextBrake(progress.brake, braked, outcome.kind, this.#group.spec.releases),
        }),
      },
    );
  }

  /** The last commit of a pass; a deleting group with nothing left is removed for good. A pass that changes nothing commits nothing. */
  async #settle(outcome: PassOutcome, end: EndState): Promise<PassEnd> {
    const { clock, options, log } = this.#ports;
    const { spec } = this.#group;
    const { generation } = spec;
    const remove = spec.deleting && outcome.kind === 'converged' && end.nothingLeft;
    const decideEnd = remove ? this.#removal() : this.#ending(outcome, end);
    const unasked = decideEnd({ ...this.#group, ...this.#stored });
    const mayRest = !this.#hasCommitted && isNoChange(unasked.change);
    const { settled, before } = mayRest ? unasked.answer : await this.#ports.commit(decideEnd);
    const about = { ...this.#ref, at: clock.now() } as const;
    if (outcome.kind === 'converged' && this.#group.progress.convergedGeneration < generation) {
      this.#ports.metrics.converged(between(this.#group.spec.raisedAt, about.at));
    }
    if (remove) {
      this.#ports.emit({ ...about, kind: 'group-removed' });
      return 'removed';
    }
    const { recheckAt, faults } = settled.progress;
    const status = statusOf(settled);
    const reasons = outcome.reasons.slice(0, options.errorsPerGroup);
    if (faults > 0 && faults % faultsToWarn === 0) {
      log.warn(
        { ...this.#ref, faults, recheckAt, reasons },
        'the cloud fails this group again and again; it is tried for as long as that lasts',
      );
    }
    if (status !== before)
      this.#ports.emit({ ...about, kind: 'status-changed', status, errors: errorsOf(settled, options.errorsPerGroup) });
    const { active, servers } = tallyOf(settled.servers);
    this.#ports.emit({
      ...about,
      kind: 'pass-ended',
      outcome: status === 'ERROR' ? 'failed' : outcome.kind,
      desired: settled.spec.desired,
      active,
      servers,
      reasons,
      recheckAt,
    });
    return outcome.kind;
  }

  /**
   * Decides the last commit, on the group as it is by then. The tables are compared once, with what this pass knows to be stored. A pass that
   * has committed nothing and changes nothing tells of nothing either.
   */
  #ending(outcome: PassOutcome, end: EndState): (group: ScalingGroup) => Decision<Settled> {
    const { clock, options } = this.#ports;
    const spread = this.#spread();
    const { spec } = this.#group;
    const tables = tableChanges(this.#stored, end);
    const unmade = end.writes.filter(({ step }, index) => isCreate(step) && !mayBeMade(end.results[index])).length;
    return (group) => {
      const taken = takenUp(group.progress, spec, clock.now(), options);
      const progress = settleProgress(end.progressOf(taken), outcome, spec, clock.now(), options, spread);
      const settled = { ...group, spec: end.specOf(group.spec), progress, servers: end.servers, intents: end.intents };
      const answer = { settled, before: statusOf(group) };
      const change = { ...tables, ...documentChanges({ spec: group.spec, progress: this.#stored.progress }, settled) };
      if (isNoChange(change) && !this.#hasCommitted) return { change, answer };
      const activity = passNotes({ ...end, outcome }, group, settled, clock.now(), options);
      return { change: { ...change, activity, ...(unmade > 0 && { creates: { count: -unmade, most: null } }) }, answer };
    };
  }

  /** Decides the last commit over a deleting group with nothing left. */
  #removal(): (group: ScalingGroup) => Decision<Settled> {
    const activity = removalNotes(this.#ports.clock.now());
    return (group) => ({ change: { removed: { tokens: [] }, activity }, answer: { settled: group, before: statusOf(group) } });
  }

  /** Jitter of this pass: from the group and the instant alone, so that other groups' passes do not change it. */
  #spread(): number {
    return this.#ports.random.at('recheck', this.#ref.groupId, this.#ports.clock.now());
  }
}

/** A server of which only nodes are left, on a load balancer that lets none go. */
const isGoneForGood = ({ id, state }: KnownServer, { view }: Planned): boolean =>
  state === 'DELETED' && view.listing.serverById(id) === undefined && (view.desired.stuck?.size ?? 0) > 0;

/** Whether a create was taken, or may have been. */
const mayBeMade = (result: StepResult | undefined): boolean => result?.effect === 'accepted' || result?.effect === 'unknown';

const isCreate = ({ kind }: Step): boolean => kind === 'create-server';

/** The group as it is to be while the tenant may create no more servers within the hour. */
function heldUntil(until: EpochMs, desired: DesiredGroup): DesiredGroup {
  const { blocks, holds, ...births } = desired.restraints ?? unrestrained;
  const sentence = 'No more servers are created for now: the account has reached the most that may be created within an hour';
  const hold = { sentence, until, most: undefined };
  return { ...desired, restraints: { ...births, blocks, holds: { ...holds, [holdKeys.createsPerHour]: hold } } };
}

type GroupStatus = ReturnType<typeof statusOf>;

/** A group after its last commit, and its status before. */
interface Settled {
  readonly settled: ScalingGroup;
  readonly before: GroupStatus;
}

/** What a pass leaves behind. */
interface EndState extends Pick<ScalingGroup, 'servers' | 'intents'>, Omit<ToldPass, 'outcome'> {
  /** Of a deleting group. */
  readonly nothingLeft: boolean;
  /** From the spec as it is by then. */
  specOf(spec: GroupSpec): GroupSpec;
  progressOf(progress: GroupProgress): GroupProgress;
}
type Known = ScalingGroup['servers'];

/** Servers that were known before and are no longer. */
const missingFrom = (known: Known, before: Known): readonly ServerId[] =>
  (Object.keys(before) as ServerId[]).filter((id) => !Object.hasOwn(known, id));

function tallyOf(known: Known): { readonly active: number; readonly servers: number } {
  const servers = Object.values(known);
  return { active: servers.filter(({ active }) => active).length, servers: servers.length };
}

/** Every so many passes in a row that a fault of the cloud cut short, the log says so: backing off, after minutes, then every half an hour. */
const faultsToWarn = 10;

/** Nothing is left to do for a deleting group, but its servers are not gone yet. */
const waitForServersToGo = (outcome: PassOutcome, { recheckBuilding }: Options): PassOutcome => ({
  ...outcome,
  kind: 'retry',
  recheckIn: recheckBuilding,
  reasons: ['waiting for the last servers to go'],
});

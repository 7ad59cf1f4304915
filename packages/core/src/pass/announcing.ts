/**
 * The second phase of a pass: it plans, and commits an intent for every write before any is sent. A pass that has nothing to write, or may
 * not write, ends here.
 */
import { LutraError } from '../errors.ts';
import type { GroupEvent } from '../model/events.ts';
import { intentKey, tableChanges } from '../model/group-change.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { withValues } from '../model/tables.ts';
import { between, type EpochMs } from '../model/time.ts';
import type { Options } from '../options.ts';
import { type DesiredGroup, holdKeys } from '../planner/desired.ts';
import { planGroup } from '../planner/planning.ts';
import { unrestrained } from '../planner/restraining.ts';
import { isBraked, isCreate, type Step } from '../planner/steps.ts';
import { transform } from '../planner/transforming.ts';
import type { Clock, Decision, Random } from '../ports.ts';
import { announcedRecords } from './node-records.ts';
import { type Announced, type Ending, type Pass, type Plan, refOf, type Seen, type Slotless } from './pass.ts';
import { prepareWrites } from './preparing.ts';
import type { PlannedWrite } from './settling.ts';
import { planNotes, planOf } from './telling.ts';
import type { GroupView } from './viewing.ts';

/** What planning and announcing need. */
export interface AnnouncePorts {
  readonly clock: Clock;
  readonly options: Options;
  /** Bytes for create tokens, that nobody can guess. */
  readonly secretBytes: Random['secretBytes'];
  /** Asks the store whether the group may be written to the cloud for. */
  mayConverge(): Promise<boolean>;
  /** Takes the right to write at the same time as others, if the pass does not have it yet. False: it must wait for its turn. */
  takeSlot(): boolean;
  /** Why it may not, in a sentence. */
  whyHeld(): Promise<string>;
  /** Asks the store how many servers the tenant may create now, and when it may create more; undefined = any number. */
  createsLeft(): Promise<CreatesLeft | undefined>;
  /** Commits under the ownership of the tenant. `creates-over-limit`: nothing was committed, for that many creates are not left. */
  commit<T>(change: (group: ScalingGroup) => Decision<T>): Promise<T>;
  emit(event: GroupEvent): void;
}
/** What is left of the creates of a tenant, and when there are more. */
export interface CreatesLeft {
  readonly count: number;
  readonly until: EpochMs;
}

/** Plans of a pass: the next one when other groups of the tenant created meanwhile what was left; the last of them creates nothing. */
const mostPlans = 3;

/** Plans, and announces what is to be written. Rejects with the LutraError of a commit that failed. */
export async function announceWrites({ pass, view }: Seen, ports: AnnouncePorts): Promise<Announced | Slotless | Ending> {
  for (let plansLeft = mostPlans; ; plansLeft -= 1) {
    const plan = await planFor(view, plansLeft > 1, ports);
    const writes = prepareWrites(plan.steps, pass, view, { ...ports, now: ports.clock.now() });
    const hasNone = writes.length === 0;
    // a group that is only observed may wait for ever: ask before that becomes an error
    if (hasNone && !waitsLong(pass, ports.options)) return { kind: 'ran', pass, plan, writes: [], results: [] };
    if (!(await ports.mayConverge())) return { kind: 'held', pass, plan, why: await ports.whyHeld() };
    if (hasNone) return { kind: 'ran', pass, plan, writes: [], results: [] };
    if (!ports.takeSlot()) return { kind: 'slotless' };
    const announced = await commitIntents(pass, plan, writes, ports);
    if (announced !== undefined) return { kind: 'announced', pass: announced, plan, writes };
  }
}

/** Whether the group has waited for something so long that this pass may call it an error. */
const waitsLong = ({ group, deadline }: Pass, { waitingTimeout }: Options): boolean =>
  Object.values(group.progress.waits).some(({ since }) => between(since, deadline) >= waitingTimeout);

/** `mayCreate`: no, after other groups of the tenant have used up, again and again, the creates that this one was about to make. */
async function planFor(view: GroupView, mayCreate: boolean, { options, createsLeft }: AnnouncePorts): Promise<Plan> {
  const { listing } = view;
  const planned = (desired: DesiredGroup) => withLeftovers(planGroup(desired, view.observed, listing.cloudNow, options), view);
  const wanted = planned(view.desired);
  const left = wanted.some(isCreate) ? await createsLeft() : undefined;
  const allowed = left === undefined || mayCreate ? left : { ...left, count: 0 };
  const raw = allowed?.count === 0 ? planned(heldUntil(allowed.until, view.desired)) : wanted;
  const creates = Math.min(options.createsPerPass, allowed?.count ?? Number.POSITIVE_INFINITY);
  const { otherStepsPerPass: others, bulkAdd, bulkRemove } = options;
  return { view, raw, steps: transform(raw, { creates, others, bulkAdd, bulkRemove }, listing.locked) };
}

/** The steps with those for what servers that are gone have left. Under the brake nobody is believed to be gone. */
const withLeftovers = (steps: readonly Step[], { leftovers }: GroupView): readonly Step[] =>
  leftovers.length === 0 || steps.some(isBraked) ? steps : [...steps, ...leftovers];

/** The group as it is to be while the tenant may create no more servers within the hour. */
function heldUntil(until: EpochMs, desired: DesiredGroup): DesiredGroup {
  const { blocks, holds, ...births } = desired.restraints ?? unrestrained;
  const sentence = 'No more servers are created for now: the account has reached the most that may be created within an hour';
  const hold = { sentence, until, most: undefined };
  return { ...desired, restraints: { ...births, blocks, holds: { ...holds, [holdKeys.createsPerHour]: hold } } };
}

/**
 * Commits what is about to be written. Should this process die now, the group is looked at again once this pass must have ended.
 * Undefined: nothing was committed, for the tenant may not create so many servers any more.
 */
async function commitIntents(
  pass: Pass,
  { view, steps }: Plan,
  writes: readonly PlannedWrite[],
  { clock, options, commit, emit }: AnnouncePorts,
): Promise<Pass | undefined> {
  const { group, stored: before } = pass;
  const planned = writes.flatMap(({ intent }) => intent ?? []);
  const progress = {
    ...before.progress,
    triedGeneration: Math.max(before.progress.triedGeneration, group.spec.generation),
    recheckAt: pass.deadline,
    births: view.births,
  };
  const stored = {
    ...{ progress, servers: view.known, intents: withValues(view.intents, planned, intentKey) },
    records: announcedRecords(view.records, group.groupId, writes, clock.now()),
  };
  const count = writes.filter(({ step }) => isCreate(step)).length;
  const creates = count > 0 ? { creates: { count, most: options.createsPerHour } } : {};
  try {
    await commit((current) => {
      const after = { ...current, progress, servers: stored.servers, intents: stored.intents };
      const activity = planNotes(steps, after, clock.now(), options);
      return { change: { progress, ...tableChanges(before, stored), activity, ...creates }, answer: undefined };
    });
  } catch (error) {
    if (error instanceof LutraError && error.code === 'creates-over-limit') return undefined;
    throw error;
  }
  emit({ ...refOf(pass), at: clock.now(), kind: 'pass-planned', pass: pass.begun, ...planOf(steps, options) });
  return { ...pass, stored, hasCommitted: true };
}

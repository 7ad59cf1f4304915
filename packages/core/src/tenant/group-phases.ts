/** The phases of the passes of a tenant's groups, with the ports that each of them needs. */
import { LutraError } from '../errors.ts';
import type { TenantCloud } from '../guards/tenant-cloud.ts';
import { standingCauses } from '../model/causes.ts';
import type { GroupChange } from '../model/group-change.ts';
import type { GroupRef, ScalingGroup } from '../model/scaling-group.ts';
import { between, later, seconds } from '../model/time.ts';
import { isDivergent } from '../model/wake-ups.ts';
import { announceWrites, type CreatesLeft } from '../pass/announcing.ts';
import { beginPass } from '../pass/beginning.ts';
import type { Expectation } from '../pass/expecting.ts';
import type { Ending, Ran, Seen, Slotless } from '../pass/pass.ts';
import { type PassEnd, settlePass } from '../pass/storing.ts';
import { writeAnnounced } from '../pass/writing.ts';
import type { Decision, Random } from '../ports.ts';
import type { AddressHolders } from './address-holders.ts';
import type { PhaseControl, Phases } from './bound-machine.ts';
import type { EngineHost } from './engine-host.ts';
import { FairSlots, type Slot } from './fair-slots.ts';
import type { Freshness } from './freshness.ts';
import type { Entitled, GroupEnding, PlanInput, SettleInput } from './group-context.ts';
import { factsOf, type GroupFacts, nothingToDo } from './group-facts.ts';
import type { HeldOwnership } from './held-ownership.ts';
import type { LoadBalancerWriter } from './load-balancer-writer.ts';
import type { Setbacks } from './setbacks.ts';
import type { TenantObserver } from './tenant-observer.ts';
import type { TenantRecords } from './tenant-records.ts';
import type { TenantWatch } from './watch/tenant-watch.ts';
import { whyHeld } from './why-held.ts';

/** What the passes of a tenant work with. */
export interface GroupPhasesParts
  extends Pick<EngineHost, 'store' | 'clock' | 'random' | 'options' | 'log' | 'metrics' | 'passSlots' | 'emit'> {
  readonly held: HeldOwnership;
  readonly cloud: TenantCloud;
  readonly writer: LoadBalancerWriter;
  readonly observer: TenantObserver;
  readonly records: TenantRecords;
  readonly holders: AddressHolders;
  readonly watch: Pick<TenantWatch, 'begun' | 'ended' | 'settled' | 'forget'>;
  readonly freshness: Freshness;
  readonly setbacks: Setbacks;
}

type Expects = (expectation: Expectation) => void;

const hour = seconds(3600);

export class GroupPhases implements Phases {
  readonly #parts: GroupPhasesParts;
  readonly #deletes: FairSlots<'delete-server'>;
  /** For create tokens: a stream of the tenant's own, so that what others do changes nothing here. */
  readonly #secrets: Random;

  constructor(parts: GroupPhasesParts) {
    const { clock, random, options, held } = parts;
    this.#parts = parts;
    this.#deletes = new FairSlots(options.deletesInFlight, options.deletesInFlight);
    this.#secrets = random.fork(`create-tokens/${held.ownership.tenantId}/${clock.now()}`); // a tenant that comes again has another stream
  }

  /** Reads the group and looks at it. */
  async observe({ ref }: { readonly ref: GroupRef }): Promise<Seen | GroupEnding> {
    const { store, clock, random, options, metrics, held, cloud, observer, records, holders, freshness, watch } = this.#parts;
    watch.begun(ref.groupId);
    if (!held.isGood()) return { kind: 'not-ours' };
    let isWhole = freshness.asksForWhole(ref.groupId);
    let wholeAfter: number | undefined;
    const observed = await beginPass({
      ...{ clock, random, options, metrics, cloud },
      readGroup: () => store.readGroup(ref),
      readRecords: async (group) => records.lookedAfterBy(ref.groupId, isWhole && (await this.#mayCare(group))),
      recordsAt: () => records.byPlace(),
      whoHas: (addresses, listing, isWanted) => holders.whoHas(addresses, listing, isWanted),
      observe: async (group, nodes, again) => {
        const after = again ? observer.mark : freshness.after(ref.groupId);
        isWhole ||= freshness.asksForWhole(ref.groupId) || isDivergent(group) || group.spec.deleting;
        const besides = Object.values(nodes).map(({ loadBalancerId }) => loadBalancerId);
        const listing = await observer.observe({ group, besides, after, scope: isWhole ? 'tenant' : 'group' });
        if (isWhole) wholeAfter = after;
        return listing;
      },
    });
    return observed.kind === 'seen' ? { ...observed, pass: { ...observed.pass, wholeAfter } } : observed;
  }

  /** Plans, and announces what is to be written. A pass that writes nothing needs no slot. */
  async plan({ ref, seen, slot: waited }: PlanInput, control: PhaseControl): Promise<Entitled | Slotless | Ending> {
    const { store, clock, options, emit, passSlots } = this.#parts;
    let slot = waited;
    try {
      const planned = await announceWrites(seen, {
        ...{ clock, options, emit },
        secretBytes: (count) => this.#secrets.secretBytes(count),
        createsLeft: () => this.#createsLeft(),
        mayConverge: () => this.#mayConverge(ref),
        whyHeld: () => whyHeld(ref, options, store),
        takeSlot: () => {
          slot ??= passSlots.takeNow(ref.tenantId);
          return slot !== undefined;
        },
        commit: (change) => this.#commit(ref, change, control),
      });
      if (planned.kind !== 'announced') return planned;
      if (slot === undefined || !control.isWanted()) throw givenUp();
      const entitled = { ...planned, slot };
      slot = undefined; // the writes have it now
      return entitled;
    } finally {
      slot?.giveBack();
    }
  }

  takeSlot({ tenantId }: GroupRef, signal: AbortSignal): Promise<Slot> {
    return this.#parts.passSlots.take(tenantId, signal);
  }

  /** Sends what was announced. It keeps its slot until that has ended, but not while it waits for load balancers. */
  async execute({ slot, ...announced }: Entitled, control: PhaseControl): Promise<Ran> {
    const { clock, options, metrics, held, cloud, freshness, writer } = this.#parts;
    const { tenantId, groupId } = announced.pass.group;
    try {
      return await writeAnnounced(announced, {
        ...{ clock, options, metrics, cloud },
        inTurn: (step, write) => (step.kind === 'delete-server' ? this.#deletes.use(step.kind, write) : write()),
        waits: () => slot.giveBack(),
        writeLoadBalancer: (step, permit) => writer.write(step, permit),
        wrote: () => freshness.wrote(groupId),
        goesOn: () => control.goesOn() && held.isGood(),
        mayConverge: () => this.#mayConverge({ tenantId, groupId }),
      });
    } finally {
      slot.giveBack();
    }
  }

  /** Stores what the pass came to, and says what the group says now. */
  async settle(input: SettleInput, control: PhaseControl): Promise<GroupFacts> {
    const { watch, freshness } = this.#parts;
    const { groupId } = input.ref;
    input.slot?.giveBack();
    let expected: Expectation | undefined;
    try {
      const facts = await this.#settle(input, control, (expectation) => {
        expected = expectation;
      });
      if (expected === undefined) watch.ended(groupId);
      else watch.settled(groupId, expected, freshness.after(groupId));
      if (facts.phase === 'removed' || facts.phase === 'paused') watch.forget(groupId);
      return facts;
    } catch (error) {
      watch.ended(groupId);
      throw error;
    }
  }

  async #settle({ ref, ending, begunAt }: SettleInput, control: PhaseControl, expects: Expects): Promise<GroupFacts> {
    const { store, clock, metrics, setbacks, freshness } = this.#parts;
    const ended = (end: PassEnd | 'broken' | 'unstored' | 'not ours'): void => metrics.passEnded(end, between(begunAt, clock.now()));
    if (ending.kind === 'broken') {
      ended(this.#complain(ref, ending.error));
      const nextPassAt = setbacks.noted(ref.groupId, clock.now());
      return { phase: 'converging', nextPassAt, due: false, backingOff: true };
    }
    if (ending.kind === 'not-ours') {
      ended('not ours');
      return nothingToDo;
    }
    const end = ending.kind === 'stopped' ? 'stopped' : await this.#store(ref, ending, control, expects);
    setbacks.cleared(ref.groupId);
    const hasLooked = ending.kind === 'ran' || ending.kind === 'held';
    if (hasLooked && end !== 'stopped' && ending.pass.wholeAfter !== undefined) freshness.lookedWhole(ref.groupId, ending.pass.wholeAfter);
    const facts = factsOf(await store.readGroup(ref), setbacks, clock.now());
    ended(end);
    return facts;
  }

  #store(ref: GroupRef, ending: Ending, control: PhaseControl, expects: Expects): Promise<PassEnd> {
    const { clock, random, options, metrics, log, emit, observer } = this.#parts;
    return settlePass(ending, {
      ...{ clock, random, options, metrics, log, emit },
      leftLately: () => observer.leftLately(options.createVisibility),
      expects,
      commit: (change) => this.#commit(ref, change, control),
    });
  }

  /** Says why a pass came to nothing, and what that is called. */
  #complain(ref: GroupRef, err: unknown): 'unstored' | 'broken' {
    const { log } = this.#parts;
    if (err instanceof LutraError) {
      log.warn({ ...ref, err }, 'a pass could not read or store its group; it is tried again');
      return 'unstored';
    }
    log.error({ ...ref, err }, 'a pass failed in a way that it should not');
    return 'broken';
  }

  async #commit<T>(ref: GroupRef, change: (group: ScalingGroup) => Decision<T>, control: PhaseControl): Promise<T> {
    if (!control.isWanted()) throw givenUp();
    const { store, held, records } = this.#parts;
    let changes: GroupChange['records'];
    const noted = (group: ScalingGroup): Decision<T> => {
      const decision = change(group);
      changes = decision.change.records;
      return decision;
    };
    try {
      const answer = await store.transact(ref, noted, held.ownership);
      if (changes !== undefined) records.changed(changes);
      return answer;
    } catch (error) {
      if (changes !== undefined) records.forget();
      throw error;
    }
  }

  /** Whether this group can look after what paused groups and groups that are gone have left: not one that may write nothing itself. */
  async #mayCare(group: ScalingGroup): Promise<boolean> {
    return !standingCauses(group).some(({ kind }) => kind === 'braked') && (await this.#mayConverge(group));
  }

  async #mayConverge(ref: GroupRef): Promise<boolean> {
    const { options, store, held } = this.#parts;
    return !options.observeOnly && store.mayConverge(ref, held.ownership);
  }

  /** The last net under births (spec/planner.md, D17). It is counted in the store, so that it holds for the next host too. */
  async #createsLeft(): Promise<CreatesLeft | undefined> {
    const { store, clock, options, held } = this.#parts;
    if (options.createsPerHour === null) return undefined;
    const { count, since } = await store.createsWithin(held.ownership.tenantId, hour);
    return { count: Math.max(0, options.createsPerHour - count), until: later(since ?? clock.now(), hour) };
  }
}

const givenUp = (): LutraError => new LutraError('unavailable', 'the pass was given up before it ended');

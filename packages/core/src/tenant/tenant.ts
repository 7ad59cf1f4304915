/**
 * One tenant that this host owns: its observer, the phases of its passes, and an actor for each group that has something to
 * do. It is made for one ownership and ends with it: what it knows of the cloud and of its groups is never carried over a lost one. What it
 * does not get to is durable in the store and comes up again.
 */
import type { Subscription } from 'rxjs';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import type { GroupRef } from '../model/scaling-group.ts';
import { type DurationMs, epochMs, milliseconds } from '../model/time.ts';
import { backoff } from '../pass/outcome.ts';
import { AddressHolders } from './address-holders.ts';
import { bindMachine } from './bound-machine.ts';
import { runDueSchedules } from './due-schedules.ts';
import type { EngineHost } from './engine-host.ts';
import { Freshness } from './freshness.ts';
import { factsOf, type GroupFacts } from './group-facts.ts';
import { GroupPhases } from './group-phases.ts';
import type { HeldOwnership } from './held-ownership.ts';
import { providerHints } from './provider-hints.ts';
import { type GroupActor, Residents } from './residents.ts';
import { ServiceClocks } from './service-clocks.ts';
import { Setbacks } from './setbacks.ts';
import { TenantObserver } from './tenant-observer.ts';
import { TenantRecords } from './tenant-records.ts';
import { UnreadWatch } from './unread-watch.ts';
import { TenantWatch } from './watch/tenant-watch.ts';

/** What a tenant's engine is made for. */
export interface Tenancy {
  readonly held: HeldOwnership;
  /** What ran the tenant before on this host, under an ownership that was lost, and may not have ended. */
  readonly earlier: TenantEngine | undefined;
  /** To be told when the tenant has no groups left and nothing goes on. */
  emptied(): void;
}

export class TenantEngine {
  readonly tenantId: TenantId;
  readonly #host: EngineHost;
  readonly #tenancy: Tenancy;
  /** The engine before this one, until it has ended. */
  #earlier: TenantEngine | undefined;
  readonly #observer: TenantObserver;
  readonly #freshness: Freshness;
  readonly #watch: TenantWatch;
  readonly #residents: Residents;
  /** Groups that are being read; true = read them again afterwards. */
  readonly #waking = new Map<GroupId, boolean>();
  /** Groups that are to have a pass though they are not due. */
  readonly #looking = new Set<GroupId>();
  readonly #setbacks: Setbacks;
  readonly #hints: Subscription;
  /** `begin` was asked for; it has read which groups there are. */
  #isBeginning = false;
  #hasBegun = false;
  /** Groups that were woken before it had begun. */
  readonly #early = new Set<GroupId>();
  /** Waits for the next look at all groups in its turn. */
  #selfHeal: Subscription | undefined;
  /** A look at all groups that is to come, and when the last one of them began. */
  #healing: Subscription | undefined;
  #healedAt = epochMs(0);
  #stopping = false;

  constructor(tenancy: Tenancy, host: EngineHost) {
    const { cloud, store, clock, random, options, log, metrics, passSlots, emit } = host;
    const { held, earlier } = tenancy;
    const { tenantId } = held.ownership;
    this.tenantId = tenantId;
    this.#host = host;
    this.#tenancy = tenancy;
    this.#earlier = earlier;
    const forget = (): void => {
      this.#earlier = undefined;
    };
    earlier?.stop().then(forget, forget);
    const access = host.accessOf(tenantId);
    this.#observer = new TenantObserver(
      access.cloud,
      clock,
      options,
      new ServiceClocks(tenantId, clock, log, metrics),
      new UnreadWatch(tenantId, log),
    );
    this.#freshness = new Freshness(this.#observer);
    this.#watch = new TenantWatch(this.#observer, clock, options, (error) =>
      log.error({ tenantId, err: error }, 'the watch of a tenant failed in a way that it should not'),
    );
    this.#setbacks = new Setbacks((tries, groupId) => backoff(tries - 1, options, random.at('setback', groupId, clock.now())));
    const phases = new GroupPhases({
      ...{ store, clock, random, options, log, metrics, passSlots, emit },
      held,
      ...access,
      observer: this.#observer,
      records: new TenantRecords(store, clock, options, tenantId),
      holders: new AddressHolders({ store, cloud: access.cloud, clock, random, options }, tenantId),
      watch: this.#watch,
      freshness: this.#freshness,
      setbacks: this.#setbacks,
    });
    this.#residents = new Residents(bindMachine(clock, options, phases), clock, log, options.passivateAfter, (groupId, isDeleted) => {
      this.#freshness.left(groupId);
      this.#setbacks.cleared(groupId);
      if (isDeleted) this.#watch.forget(groupId);
      else this.#watch.ended(groupId);
      if (isDeleted) void this.#letGoIfEmptied();
    });
    this.#healLater(milliseconds(Math.round(options.selfHealInterval * random.at('self-heal', tenantId)))); // tenants spread evenly
    this.#hints = providerHints(
      () => cloud.events$(tenantId),
      this.#watch.events$,
      clock,
      options.hintQuiet,
      (error, times) => {
        const say = times === 1 ? log.warn : log.debug;
        say.call(log, { tenantId, err: error, times }, 'provider events broke off; they are subscribed to again, and self-heal goes on');
      },
    ).subscribe({
      next: ({ groupId, mark }) => void (groupId === undefined ? this.#healSoon() : this.hint(groupId, false, mark)),
      error: (error) => log.error({ tenantId, err: error }, 'provider events ended for good; self-heal goes on'),
    });
  }

  /**
   * Looks at all groups, for nobody knows what others did to them before: the first look of each is at everything. Until it has begun,
   * nothing else does. Nothing when it has, or is about to; where the store cannot be read, it is to be called again.
   */
  async begin(): Promise<void> {
    if (this.#isBeginning || this.#hasBegun || this.#stopping) return;
    this.#isBeginning = true;
    try {
      const groupIds = await this.#host.store.groupIdsOf(this.tenantId);
      for (const groupId of groupIds) this.#freshness.hinted(groupId, this.#observer.mark, true);
      this.#hasBegun = true;
      for (const groupId of new Set([...groupIds, ...this.#early])) await this.#unlessHeldUp(groupId, () => this.wake(groupId, true));
      this.#early.clear();
    } catch (error) {
      this.#host.log.warn({ tenantId: this.tenantId, err: error }, 'a tenant could not be taken up; it is tried again');
    } finally {
      this.#isBeginning = false;
    }
  }

  /** The group may have changed, or be due: reads it, runs its due schedules and tells its actor. `looks`: a pass runs though it is not due. */
  async wake(groupId: GroupId, looks = false): Promise<void> {
    if (this.#stopping) return;
    if (looks) this.#looking.add(groupId);
    if (!this.#hasBegun) {
      this.#early.add(groupId);
      return;
    }
    if (this.#waking.has(groupId)) {
      this.#waking.set(groupId, true);
      return;
    }
    try {
      do {
        this.#waking.set(groupId, false);
        await this.#readAndTell(groupId);
      } while (this.#waking.get(groupId) === true);
    } catch (error) {
      this.#host.log.warn({ tenantId: this.tenantId, groupId, err: error }, 'group could not be read; the sweep tries again');
    } finally {
      this.#waking.delete(groupId);
    }
  }

  /** Passes in flight or waiting for their turn: their groups are still due, and stand in the way of others in a sweep. */
  get busy(): number {
    return this.#residents.passing.length;
  }

  /** Something may have happened to the group: one more pass, unless it is paused. `whole`: look everywhere; what was read after `mark` will do. */
  async hint(groupId: GroupId, whole = false, mark = this.#observer.mark): Promise<void> {
    if (this.#stopping || !this.#hasBegun) return;
    try {
      const actor = this.#residents.actorOf(groupId) ?? (await this.#summon(groupId, mark));
      if (actor === undefined) return; // no such group
      this.#freshness.hinted(groupId, mark, whole);
      actor.send({ type: 'provider.hinted' });
    } catch (error) {
      this.#host.log.warn(
        { tenantId: this.tenantId, groupId, err: error },
        'a hint came to nothing, for the group could not be read; self-heal looks at it',
      );
    }
  }

  /** Looks at all groups of the tenant; one listing serves them all. Whether it has any, for all that is known. */
  async heal(): Promise<boolean> {
    try {
      const groupIds = await this.#host.store.groupIdsOf(this.tenantId);
      const { mark } = this.#observer;
      for (const groupId of groupIds) await this.#unlessHeldUp(groupId, () => this.hint(groupId, true, mark));
      return groupIds.length > 0;
    } catch (error) {
      this.#host.log.warn({ tenantId: this.tenantId, err: error }, 'self-heal could not run; it will be tried again');
      return true;
    }
  }

  /** Looks at all groups in turn; a tenant that has none left is let go. */
  #healLater(wait: DurationMs): void {
    const { clock, options } = this.#host;
    this.#selfHeal = clock.after(wait).subscribe(() => {
      this.#healLater(options.selfHealInterval);
      void this.heal().then((hasGroups) => {
        if (!hasGroups) this.#letGo();
      });
    });
  }

  /** A group is gone. If it was the last one, the tenant is given up at once: it counts for no share any more. */
  async #letGoIfEmptied(): Promise<void> {
    try {
      if ((await this.#host.store.groupIdsOf(this.tenantId)).length === 0) this.#letGo();
    } catch (error) {
      this.#host.log.debug({ tenantId: this.tenantId, err: error }, 'it is not known whether a tenant has groups left; self-heal looks');
    }
  }

  /** The store shows no group. One that came meanwhile was woken. */
  #letGo(): void {
    if (!this.#stopping && this.#residents.size + this.#waking.size === 0) this.#tenancy.emptied();
  }

  /** Some group of the tenant may have to be looked at: all are, not too often. */
  #healSoon(): void {
    if (this.#healing !== undefined || this.#stopping) return;
    const { clock, options } = this.#host;
    const wait = milliseconds(Math.max(0, this.#healedAt + options.healSpacing - clock.now()));
    this.#healing = clock.after(wait).subscribe(() => {
      this.#healing = undefined;
      this.#healedAt = clock.now();
      void this.heal();
    });
  }

  /** Ends the passes in flight at a safe point. Resolves when they, and the readings of the watch, have ended: all of them are bounded. Idempotent. */
  async stop(): Promise<void> {
    this.#quiet();
    for (const actor of this.#residents.actors()) actor.send({ type: 'stop.requested' });
    const passes = this.#residents.passing.map((groupId) => this.#residents.rested(groupId));
    await Promise.all([...passes, this.#watch.rested(), this.#earlier?.stop()]);
  }

  /** Whether a pass over the group goes on, of this engine or one before it. */
  isUnderWay(groupId: GroupId): boolean {
    return this.#residents.isPassing(groupId) || this.#earlier?.isUnderWay(groupId) === true;
  }

  /** Resolves when no pass over the group goes on, of this engine or one before it. */
  async ended(groupId: GroupId): Promise<void> {
    await Promise.all([this.#residents.rested(groupId), this.#earlier?.ended(groupId)]);
  }

  /** Nothing begins any more. */
  #quiet(): void {
    this.#stopping = true;
    this.#hints.unsubscribe();
    this.#healing?.unsubscribe();
    this.#selfHeal?.unsubscribe();
    this.#residents.stop();
  }

  async #readAndTell(groupId: GroupId): Promise<void> {
    const ref: GroupRef = { tenantId: this.tenantId, groupId };
    await this.#earlier?.ended(groupId);
    let group = await this.#host.store.readGroup(ref);
    if (group !== undefined && !this.#stopping && (await runDueSchedules(group, this.#tenancy.held, this.#host)))
      group = await this.#host.store.readGroup(ref);
    if (this.#stopping) return;
    const facts = factsOf(group, this.#setbacks, this.#host.clock.now());
    if (facts.phase === 'removed' || facts.phase === 'paused') this.#watch.forget(groupId);
    const looks = this.#looking.delete(groupId);
    const actor = this.#residents.actorOf(groupId);
    if (actor !== undefined) actor.send({ type: 'group.read', facts });
    else if (facts.nextPassAt !== undefined || (looks && group !== undefined)) {
      const made = this.#spawn(ref, facts);
      if (looks && !facts.due) made.send({ type: 'provider.hinted' });
    }
  }

  /** The actor of a group that has none; undefined when there is no such group. What was read after `mark` will do. */
  async #summon(groupId: GroupId, mark: number): Promise<GroupActor | undefined> {
    const ref: GroupRef = { tenantId: this.tenantId, groupId };
    await this.#earlier?.ended(groupId);
    const group = await this.#host.store.readGroup(ref);
    if (group === undefined || this.#stopping) return undefined;
    return this.#residents.actorOf(groupId) ?? this.#spawn(ref, factsOf(group, this.#setbacks, this.#host.clock.now()), mark);
  }

  /** Makes an actor. What it wrote in an earlier life is unknown, and is in whatever was read after `mark`. */
  #spawn(ref: GroupRef, facts: GroupFacts, mark = this.#observer.mark): GroupActor {
    this.#freshness.entered(ref.groupId, mark);
    return this.#residents.spawn(ref, facts);
  }

  /** Does it, and waits for it unless an earlier pass over the group holds it up: that delays no other group. */
  async #unlessHeldUp(groupId: GroupId, work: () => Promise<void>): Promise<void> {
    if (this.#earlier?.isUnderWay(groupId)) void work();
    else await work();
  }
}

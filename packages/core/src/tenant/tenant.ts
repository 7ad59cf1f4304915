/**
 * One tenant: its lease, its observer, its budgets, the runner of its passes, and an actor for each group that has something to do. It
 * runs only under the tenant's lease; what it does not get to is durable in the store and comes up again.
 */
import type { Subscription } from 'rxjs';
import { dueSchedules } from '../commands/creating.ts';
import { decide } from '../commands/decide.ts';
import { bySchedule, commandNotes } from '../commands/telling.ts';
import { bindCloud } from '../guards/tenant-cloud.ts';
import { changeBetween } from '../model/group-change.ts';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import type { GroupRef, ScalingGroup } from '../model/scaling-group.ts';
import { epochMs, milliseconds } from '../model/time.ts';
import { backoff } from '../pass/outcome.ts';
import type { PassControl } from './bound-machine.ts';
import { CallBudgets } from './call-budgets.ts';
import type { EngineHost } from './engine-host.ts';
import { Freshness } from './freshness.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { factsOf, PassRunner } from './pass-runner.ts';
import { providerHints } from './provider-hints.ts';
import { type GroupActor, Residents } from './residents.ts';
import type { GroupFacts, GroupMachineEvent } from './scaling-group-machine.ts';
import { Setbacks } from './setbacks.ts';
import { SkewWatch } from './skew-watch.ts';
import { TenantObserver } from './tenant-observer.ts';

export class TenantEngine {
  readonly tenantId: TenantId;
  readonly #host: EngineHost;
  readonly #lease: LeaseKeeper;
  readonly #observer: TenantObserver;
  readonly #freshness: Freshness;
  readonly #passes: PassRunner;
  readonly #residents: Residents;
  /** Groups that are being read; true = read them again afterwards. */
  readonly #waking = new Map<GroupId, boolean>();
  readonly #setbacks: Setbacks;
  readonly #hints: Subscription;
  /** A look at all groups that is to come, and when the last one of them began. */
  #healing: Subscription | undefined;
  #healedAt = epochMs(0);
  #stopping = false;

  constructor(tenantId: TenantId, host: EngineHost) {
    const { cloud, store, clock, random, options, log, metrics, owner, machine } = host;
    this.tenantId = tenantId;
    this.#host = host;
    const budgets = new CallBudgets(clock, options.callsInFlight, options.retryAfterMost);
    const tenantCloud = bindCloud(cloud, tenantId, clock, { call: options.callDeadline, listing: options.passDeadline }, budgets);
    this.#lease = new LeaseKeeper(tenantId, owner, store, clock, options, log);
    this.#observer = new TenantObserver(tenantCloud, clock, options, new SkewWatch(tenantId, clock, log, metrics));
    this.#freshness = new Freshness(this.#observer);
    this.#setbacks = new Setbacks((tries, groupId) => backoff(tries - 1, options, random.at('setback', groupId, clock.now())));
    this.#passes = new PassRunner(host, {
      tenantId,
      cloud: tenantCloud,
      lease: this.#lease,
      observer: this.#observer,
      freshness: this.#freshness,
      setbacks: this.#setbacks,
    });
    this.#residents = new Residents(machine, clock, log, options.passivateAfter, (groupId) => {
      this.#freshness.left(groupId);
      this.#setbacks.cleared(groupId);
    });
    this.#hints = providerHints(
      () => cloud.events$(tenantId),
      clock,
      options.hintQuiet,
      (error, times) => {
        const say = times === 1 ? log.warn : log.debug;
        say.call(log, { tenantId, err: error, times }, 'provider events broke off; they are subscribed to again, and self-heal goes on');
      },
    ).subscribe({
      next: (groupId) => void (groupId === undefined ? this.#healSoon() : this.hint(groupId)),
      error: (error) => log.error({ tenantId, err: error }, 'provider events ended for good; self-heal goes on'),
    });
  }

  /** The group may have changed, or be due: reads it, runs its due schedules and tells its actor. */
  async wake(groupId: GroupId): Promise<void> {
    if (this.#stopping) return;
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
    return this.#passes.busy;
  }

  /** Whether another host runs this tenant, for all that we know. */
  get isElsewhere(): boolean {
    return this.#lease.isElsewhere;
  }

  /** Something may have happened to the group: one more pass, unless it is paused. `whole`: look everywhere; what was read after `mark` will do. */
  async hint(groupId: GroupId, whole = false, mark = this.#observer.mark): Promise<void> {
    if (this.#stopping) return;
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

  /** Looks at all groups of the tenant, if they are ours to run; one observation serves them all. Whether it has any. */
  async heal(): Promise<boolean> {
    try {
      const groupIds = await this.#host.store.groupIdsOf(this.tenantId);
      if (groupIds.length === 0) return false;
      await this.#lease.use(async () => {
        const { mark } = this.#observer; // under the lease, for what others wrote before is in any look from now on; one for all groups
        for (const groupId of groupIds) await this.hint(groupId, true, mark);
      });
    } catch (error) {
      this.#host.log.warn({ tenantId: this.tenantId, err: error }, 'self-heal could not run; it will be tried again');
    }
    return true;
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

  /** Begins a pass over a group; its end is told by `sendBack`, whatever comes of it. */
  runPass(ref: GroupRef, control: PassControl, sendBack: (event: GroupMachineEvent) => void): void {
    this.#passes.run(ref, control, sendBack);
  }

  /** Ends for good when nothing is going on; whether it did. Its lease, if it still holds one, runs out by itself. */
  retire(): boolean {
    if (this.#residents.size + this.#passes.busy + this.#waking.size > 0) return false;
    this.#quiet();
    return true;
  }

  /** Ends the passes in flight at a safe point and gives the lease back. Bounded by `stopGrace`, counted by the caller. */
  async stop(): Promise<void> {
    this.#quiet();
    for (const actor of this.#residents.actors()) actor.send({ type: 'stop.requested' });
    await this.#passes.ended();
    try {
      await this.#lease.release();
    } catch (error) {
      this.#host.log.warn({ tenantId: this.tenantId, err: error }, 'the lease could not be given back; it ends by itself');
    }
  }

  /** Nothing begins any more. */
  #quiet(): void {
    this.#stopping = true;
    this.#hints.unsubscribe();
    this.#healing?.unsubscribe();
    this.#residents.stop();
  }

  async #readAndTell(groupId: GroupId): Promise<void> {
    const ref: GroupRef = { tenantId: this.tenantId, groupId };
    let group = await this.#host.store.readGroup(ref);
    if (group !== undefined && (await this.#runSchedules(group))) group = await this.#host.store.readGroup(ref);
    const facts = factsOf(group, this.#setbacks, this.#host.clock.now());
    const actor = this.#residents.actorOf(groupId);
    if (actor !== undefined) actor.send({ type: 'group.read', facts });
    else if (facts.nextPassAt !== undefined && !this.#stopping) this.#spawn(ref, facts);
  }

  /** The actor of a group that has none; undefined when there is no such group. What was read after `mark` will do. */
  async #summon(groupId: GroupId, mark: number): Promise<GroupActor | undefined> {
    const ref: GroupRef = { tenantId: this.tenantId, groupId };
    const group = await this.#host.store.readGroup(ref);
    if (group === undefined || this.#stopping) return undefined;
    return this.#residents.actorOf(groupId) ?? this.#spawn(ref, factsOf(group, this.#setbacks, this.#host.clock.now()), mark);
  }

  /** Makes an actor. What it wrote in an earlier life is unknown, and is in whatever was read after `mark`. */
  #spawn(ref: GroupRef, facts: GroupFacts, mark = this.#observer.mark): GroupActor {
    this.#freshness.entered(ref.groupId, mark);
    return this.#residents.spawn(ref, facts);
  }

  /** Runs what is due of the group's schedules; whether there was anything. A refusal is how a schedule meets a pause or no change. */
  async #runSchedules(group: ScalingGroup): Promise<boolean> {
    const { store, clock, options, emit } = this.#host;
    const due = dueSchedules(group, clock.now());
    for (const { policyId, policyVersion, nextAt: occurrence } of due) {
      const command = { kind: 'run-schedule', policyId, policyVersion, occurrence } as const;
      const decided = await store.transact(group, (current) => {
        const result = decide(current, command, { now: clock.now(), options });
        const activity = commandNotes(command, bySchedule, current, result, clock.now(), options);
        return { change: { ...changeBetween(current, result.group), activity }, answer: result };
      });
      for (const event of decided.events) emit(event);
      if (decided.refused !== undefined)
        this.#host.log.info({ tenantId: group.tenantId, groupId: group.groupId, policyId }, decided.refused.message);
    }
    return due.length > 0;
  }
}

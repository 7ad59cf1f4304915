/**
 * One tenant: its lease, its observer, its budgets, one writer per load balancer, and an actor for each group that has something to
 * do. It runs only under the tenant's lease; what it does not get to is durable in the store and comes up again.
 */
import { defer, type Subscription } from 'rxjs';
import { backoff } from '../convergence/outcome.ts';
import { type PassEnd, runPass } from '../convergence/pass.ts';
import type { PassPorts } from '../convergence/pass-ports.ts';
import type { WritingStep } from '../convergence/steps.ts';
import { bindCloud, type TenantCloud } from '../convergence/tenant-cloud.ts';
import { LutraError } from '../errors.ts';
import { providerHints } from '../events/provider-hints.ts';
import { dueSchedules } from '../group/creating.ts';
import { decide } from '../group/decide.ts';
import type { GroupFacts, GroupMachineEvent } from '../group/scaling-group-machine.ts';
import type { GroupEvent } from '../model/events.ts';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import type { GroupRef, GroupRows } from '../model/scaling-group.ts';
import { between, epochMs, milliseconds } from '../model/time.ts';
import { isBraked, isDivergent, nextPassAt, phaseOf } from '../model/wake-ups.ts';
import type { Options } from '../options.ts';
import type { Clock, Cloud, Decision, Lease, Log, Metrics, Random, Store } from '../ports.ts';
import type { BoundMachine, PassControl } from './bound-machine.ts';
import { CallBudgets } from './call-budgets.ts';
import { FairSlots } from './fair-slots.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { LoadBalancerWriter } from './load-balancer-writer.ts';
import { type GroupActor, Residents } from './residents.ts';
import { Setbacks } from './setbacks.ts';
import { SkewWatch } from './skew-watch.ts';
import { TenantObserver } from './tenant-observer.ts';

/** What all tenants of a host share. */
export interface EngineHost {
  readonly cloud: Cloud;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly options: Options;
  /** Names this host's incarnation in leases. */
  readonly owner: string;
  readonly passSlots: FairSlots;
  /** What the actors of groups are made of. */
  readonly machine: BoundMachine;
  emit(event: GroupEvent): void;
}

/** What is true of a group that is not ours to run. */
const nothingToDo: GroupFacts = { phase: 'active', nextPassAt: undefined, due: false, braked: false, backingOff: false };

export class TenantEngine {
  readonly tenantId: TenantId;
  readonly #host: EngineHost;
  readonly #cloud: TenantCloud;
  readonly #lease: LeaseKeeper;
  readonly #observer: TenantObserver;
  readonly #writer: LoadBalancerWriter;
  readonly #deletes: FairSlots;
  readonly #residents: Residents;
  /** Groups whose rows are being read; true = read them again afterwards. */
  readonly #waking = new Map<GroupId, boolean>();
  /** Per group, the observation that no longer serves it: it wrote, or was hinted at, after that one began. */
  readonly #outdated = new Map<GroupId, number>();
  /** The observation after which the last actor was dropped: whatever one wrote was before. */
  #leftAt = 0;
  /** Groups whose next pass looks at all load balancers, not only at those that the group is configured for. */
  readonly #lookWhole = new Set<GroupId>();
  readonly #setbacks: Setbacks;
  /** For create tokens: a stream of the tenant's own, so that what others do changes nothing here. */
  readonly #secrets: Random;
  readonly #passes = new Set<Promise<unknown>>();
  readonly #hints: Subscription;
  /** The group whose pass is committing in this very turn. */
  #committing: GroupId | undefined;
  /** A look at all groups that is to come, and when the last one of them began. */
  #healing: Subscription | undefined;
  #healedAt = epochMs(0);
  #stopping = false;

  constructor(tenantId: TenantId, host: EngineHost) {
    const { cloud, store, clock, random, options, log, metrics, owner, machine } = host;
    this.tenantId = tenantId;
    this.#host = host;
    const budgets = new CallBudgets(tenantId, clock, options.callsInFlight, options.retryAfterMost);
    this.#cloud = bindCloud(cloud, tenantId, clock, { call: options.callDeadline, listing: options.passDeadline }, budgets);
    this.#lease = new LeaseKeeper(tenantId, owner, store, clock, options, log);
    this.#observer = new TenantObserver(this.#cloud, clock, options, new SkewWatch(tenantId, clock, log, metrics));
    this.#writer = new LoadBalancerWriter(this.#cloud, clock, options);
    this.#deletes = new FairSlots(options.deletesInFlight, options.deletesInFlight);
    this.#residents = new Residents(machine, clock, log, options.passivateAfter, (groupId) => {
      this.#leftAt = this.#observer.mark;
      this.#outdated.delete(groupId);
      this.#lookWhole.delete(groupId);
      this.#setbacks.cleared(groupId);
    });
    this.#secrets = random.fork(`create-tokens/${tenantId}/${clock.now()}`); // a tenant that comes again has another stream
    this.#setbacks = new Setbacks((tries, groupId) => backoff(tries - 1, options, random.at('setback', groupId, clock.now())));
    this.#hints = providerHints(
      defer(() => cloud.events$(tenantId)),
      clock,
      options.hintQuiet,
      (error, times) => {
        const say = times === 1 ? log.warn : log.debug;
        say.call(log, { tenantId, err: error, times }, 'provider events broke off; they are subscribed to again, and self-heal goes on');
      },
    ).subscribe((groupId) => void (groupId === undefined ? this.#healSoon() : this.hint(groupId)));
  }

  /** The group's rows may have changed, or it may be due: reads them, runs its due schedules and tells its actor. */
  async wake(groupId: GroupId): Promise<void> {
    if (this.#stopping || this.#committing === groupId) return;
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
    return this.#passes.size;
  }

  /** Whether another host runs this tenant, for all that we know. */
  get isElsewhere(): boolean {
    return this.#lease.isElsewhere;
  }

  /** Something may have happened to the group: one more pass, unless it is in error or paused. `whole`: look everywhere; what was read after `mark` will do. */
  async hint(groupId: GroupId, whole = false, mark = this.#observer.mark): Promise<void> {
    if (this.#stopping) return;
    try {
      const actor = this.#residents.actorOf(groupId) ?? (await this.#summon(groupId, mark));
      if (actor === undefined) return; // no such group
      if (whole) this.#lookWhole.add(groupId);
      this.#outdated.set(groupId, Math.max(mark, this.#outdated.get(groupId) ?? mark));
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

  /** Ends for good when nothing is going on; whether it did. Its lease, if it still holds one, runs out by itself. */
  retire(): boolean {
    if (this.#residents.size + this.#passes.size + this.#waking.size > 0) return false;
    this.#quiet();
    return true;
  }

  /** Ends the passes in flight at a safe point and gives the lease back. Bounded by `stopGrace`, counted by the caller. */
  async stop(): Promise<void> {
    this.#quiet();
    for (const actor of this.#residents.actors()) actor.send({ type: 'stop.requested' });
    await Promise.all(this.#passes);
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
    let rows = await this.#host.store.readGroup(ref);
    if (rows !== undefined && (await this.#runSchedules(rows))) rows = await this.#host.store.readGroup(ref);
    const facts = this.#factsOf(rows);
    const actor = this.#residents.actorOf(groupId);
    if (actor !== undefined) actor.send({ type: 'rows.read', facts });
    else if (facts.nextPassAt !== undefined && !this.#stopping) this.#spawn(ref, facts);
  }

  /** The actor of a group that has none; undefined when there is no such group. What was read after `mark` will do. */
  async #summon(groupId: GroupId, mark: number): Promise<GroupActor | undefined> {
    const ref: GroupRef = { tenantId: this.tenantId, groupId };
    const rows = await this.#host.store.readGroup(ref);
    if (rows === undefined || this.#stopping) return undefined;
    return this.#residents.actorOf(groupId) ?? this.#spawn(ref, this.#factsOf(rows), mark);
  }

  /** Makes an actor. What it wrote in an earlier life is unknown, and is in whatever was read after `mark`. */
  #spawn(ref: GroupRef, facts: GroupFacts, mark = this.#observer.mark): GroupActor {
    if (!this.#outdated.has(ref.groupId)) this.#outdated.set(ref.groupId, Math.max(mark, this.#leftAt));
    return this.#residents.spawn(ref, facts);
  }

  #factsOf(rows: GroupRows | undefined): GroupFacts {
    if (rows === undefined) return { ...nothingToDo, phase: 'removed' };
    const now = this.#host.clock.now();
    const asked = nextPassAt(rows);
    const held = asked === undefined ? undefined : this.#setbacks.untilOf(rows);
    const at = held === undefined || asked === undefined || held < asked ? asked : held;
    const backingOff = rows.progress.faults > 0 || (held !== undefined && held > now);
    return { phase: phaseOf(rows), nextPassAt: at, due: at !== undefined && at <= now, braked: isBraked(rows), backingOff };
  }

  /** Runs what is due of the group's schedules; whether there was anything. A refusal is how a schedule meets a pause or no change. */
  async #runSchedules(rows: GroupRows): Promise<boolean> {
    const { store, clock, options, emit } = this.#host;
    const due = dueSchedules(rows, clock.now());
    for (const { policyId, policyVersion, nextAt: occurrence } of due) {
      const decided = await store.transact(rows, (current) => {
        const result = decide(current, { kind: 'run-schedule', policyId, policyVersion, occurrence }, { now: clock.now(), options });
        return { rows: result.rows, answer: result };
      });
      for (const event of decided.events) emit(event);
      if (decided.refused !== undefined)
        this.#host.log.info({ tenantId: rows.tenantId, groupId: rows.groupId, policyId }, decided.refused.message);
    }
    return due.length > 0;
  }

  /** Begins a pass over a group; its end is told by `sendBack`, whatever comes of it. */
  runPass(ref: GroupRef, control: PassControl, sendBack: (event: GroupMachineEvent) => void): void {
    const pass = this.#pass(ref, control, sendBack).finally(() => this.#passes.delete(pass));
    this.#passes.add(pass);
  }

  /** A pass under the lease, when a slot is free. Always ends by telling the actor what the rows say now. */
  async #pass(ref: GroupRef, control: PassControl, sendBack: (event: GroupMachineEvent) => void): Promise<void> {
    const { store, clock, log, passSlots, metrics } = this.#host;
    const begun = clock.now();
    let end: PassEnd | 'not ours' | 'broken';
    let facts: GroupFacts | undefined;
    try {
      const ran = passSlots.use(this.tenantId, () =>
        this.#lease.use((lease) => runPass(ref, this.#passPorts(ref, lease, control, sendBack))),
      );
      end = (await ran) ?? 'not ours';
      if (end !== 'unstored' && end !== 'not ours') {
        this.#setbacks.cleared(ref.groupId);
        facts = this.#factsOf(await store.readGroup(ref));
      }
    } catch (error) {
      if (error instanceof LutraError) {
        log.warn({ ...ref, err: error }, 'the store could not be reached for a pass; it is tried again');
        end = 'unstored';
      } else {
        log.error({ ...ref, err: error }, 'a pass failed in a way that it should not');
        end = 'broken';
      }
    }
    metrics.passEnded(end, between(begun, clock.now()));
    if (end === 'not ours') facts = nothingToDo;
    if (facts === undefined) {
      const nextPassAt = this.#setbacks.noted(ref.groupId, clock.now());
      facts = { phase: 'converging', nextPassAt, due: false, braked: false, backingOff: true };
    }
    sendBack({ type: 'pass.settled', facts });
  }

  #passPorts(ref: GroupRef, lease: Lease, control: PassControl, sendBack: (event: GroupMachineEvent) => void): PassPorts {
    const { store, clock, random, options, metrics, log, emit } = this.#host;
    const { groupId } = ref;
    let whole = false;
    return {
      clock,
      random,
      secretBytes: (count) => this.#secrets.secretBytes(count),
      options,
      metrics,
      log,
      cloud: this.#cloud,
      emit,
      readRows: () => store.readGroup(ref),
      commit: (change) => this.#commit(ref, change, lease),
      observe: async (rows, scope, again) => {
        const after = again ? this.#observer.mark : (this.#outdated.get(groupId) ?? this.#observer.mark);
        whole ||= this.#lookWhole.has(groupId) || isDivergent(rows) || rows.wish.deleting;
        const observation = await this.#observer.observe({ rows, after, scope: whole ? 'tenant' : scope });
        if (whole) this.#lookWhole.delete(groupId);
        return observation;
      },
      inTurn: (step, write) => this.#inTurn(step, write),
      whileWaiting: (work) => this.#host.passSlots.outside(this.tenantId, work),
      writeLoadBalancer: (step, mayWrite) => this.#writer.write(step, mayWrite),
      wrote: () => void this.#outdated.set(groupId, this.#observer.mark),
      enter: (phase) => sendBack({ type: `pass.${phase}` }),
      mayGoOn: async () => {
        if (control.stop || !this.#lease.isGood(lease)) return false;
        const rows = await store.readGroup(ref);
        return rows !== undefined && phaseOf(rows) !== 'paused';
      },
    };
  }

  /** Commits for a pass. A store that tells of it at once tells us what we know: the pass ends by reading the rows anyway. */
  #commit<T>(ref: GroupRef, change: (rows: GroupRows) => Decision<T>, lease: Lease): Promise<T> {
    this.#committing = ref.groupId;
    const committed = this.#host.store.transact(ref, change, lease);
    this.#committing = undefined;
    return committed;
  }

  #inTurn<T>(step: WritingStep, write: () => Promise<T>): Promise<T> {
    if (step.kind === 'delete-server') return this.#deletes.use(this.tenantId, write);
    return write();
  }
}

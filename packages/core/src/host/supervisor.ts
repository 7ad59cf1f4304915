/**
 * Keeps the tenants of this host going: those that it owns in the store, and no others. It wakes their groups when the store says that they
 * are due, by its hints at once and by a sweep within a second. What it owns follows from its life among the other hosts (membership.ts).
 */
import { firstValueFrom, from, race, type Subscription } from 'rxjs';
import { LutraError } from '../errors.ts';
import { bindCloud } from '../guards/tenant-cloud.ts';
import type { TenantId } from '../model/identifiers.ts';
import type { Heartbeat, MemberState, Ownership } from '../model/ownership.ts';
import type { SetSwitch } from '../model/switches.ts';
import type { EpochMs } from '../model/time.ts';
import { milliseconds } from '../model/time.ts';
import type { DueGroup, Random } from '../ports.ts';
import { CloudAccesses } from '../tenant/cloud-access.ts';
import type { EngineHost } from '../tenant/engine-host.ts';
import { FairSlots } from '../tenant/fair-slots.ts';
import { TenantEngine } from '../tenant/tenant.ts';
import { CloudHealth } from './cloud-health.ts';
import { type Exchange, Fitness } from './fitness.ts';
import { HeldTenants } from './held-tenants.ts';
import { Membership } from './membership.ts';
import { StopNotice } from './stop-notice.ts';

/** Due groups taken up in one sweep, beside those that have a pass under way. */
const sweepLimit = 1000;

/** What a host is made of. `name`: the same over restarts, and different for every host; one is drawn when it is undefined. */
export type HostPorts = Omit<EngineHost, 'passSlots' | 'accessOf'> & { readonly name: string | undefined };

export class Supervisor {
  readonly #host: EngineHost;
  readonly #health: CloudHealth;
  readonly #fitness: Fitness;
  readonly #stopNotice: StopNotice;
  readonly #membership: Membership;
  readonly #accesses: CloudAccesses;
  readonly #tenants: HeldTenants<TenantEngine>;
  /** Chance of this life, so that none repeats what another one drew. */
  #random: Random;
  #woken: Subscription | undefined;
  #sweep: Subscription | undefined;
  #running = false;
  #isLeaving = false;
  #stopped: Promise<void> | undefined;
  /** What was owned when the heartbeat under way was sent. */
  #mark = 0;
  /** The tenant whose cloud was asked last when nothing else asked. */
  #probed: TenantId | undefined;
  #isProbing = false;

  constructor({ name, ...host }: HostPorts) {
    const { clock, store, log, options, random, metrics } = host;
    this.#random = random;
    this.#health = new CloudHealth(clock);
    this.#fitness = new Fitness(clock, this.#health, options, log);
    this.#stopNotice = new StopNotice(log, metrics);
    const passSlots = new FairSlots<TenantId>(options.passesInFlight, options.passesInFlightPerTenant);
    const { cloud } = host;
    this.#accesses = new CloudAccesses({ cloud, clock, options, counted: (tenantId, wrapper) => this.#health.counting(tenantId, wrapper) });
    this.#host = { ...host, passSlots, accessOf: (tenantId) => this.#accesses.of(tenantId) };
    this.#membership = new Membership(
      { store, clock, log, options, host: name, random: random.fork('incarnations') },
      {
        report: () => this.#report(),
        began: ({ host: named, incarnation }) => {
          this.#random = random.fork(`${named}/${incarnation}`);
        },
        heard: (heartbeat, exchange, isFirst) => this.#heard(heartbeat, exchange, isFirst),
        lapsed: () => this.#tenants.lose(),
      },
    );
    this.#tenants = new HeldTenants<TenantEngine>({
      store,
      clock,
      log,
      options,
      member: () => this.#membership.member,
      mayClaim: () => this.#state === 'live',
      begin: (ownership, isHeld, earlier) => this.#begin(ownership, isHeld, earlier),
    });
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#woken = this.#host.store.woken$.subscribe({
      next: ({ tenantId, groupId }) => void this.#tenants.workOf(tenantId)?.wake(groupId),
      error: (error) => this.#host.log.error({ err: error }, 'wake-ups from the store ended for good; the sweep goes on'),
    });
    this.#membership.start();
    this.#sweepLater();
  }

  /** Resolves when every pass has ended at a safe point, or `stopGrace` is over, and the tenants are released. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#running = false;
    this.#isLeaving = true;
    this.#woken?.unsubscribe();
    this.#sweep?.unsubscribe();
    this.#membership.beatNow(); // so that no other host counts on this one
    const { clock, options, log } = this.#host;
    const stopped = this.#tenants.stop().then(() => true);
    const ended = await firstValueFrom(race(from(stopped), clock.after(options.stopGrace)));
    if (ended !== true)
      log.warn({ stopGrace: options.stopGrace }, 'stopped before all cloud calls were answered; their intents are stored');
    try {
      await this.#membership.leave();
    } catch (error) {
      log.warn({ err: error }, 'the tenants of this host could not be released; others take them when its last heartbeat is over');
    }
    this.#tenants.lose();
  }

  /** A command of this tenant was taken here: if nobody runs the tenant, this host does. `isFirst`: it may be the tenant's first one. */
  commandTaken(tenantId: TenantId, isFirst: boolean): void {
    if (this.#running) void this.#tenants.claimFor(tenantId, isFirst);
  }

  /** Throws `unavailable` while this host takes no commands, for its clock is wrong. */
  checkClock(): void {
    if (this.#fitness.state === 'skewed')
      throw new LutraError('unavailable', 'The clock of this host is wrong, so it takes no commands; try again later.', {
        effect: 'refused',
      });
  }

  /** What stops all hosts was read on this host, or changed. */
  stopHeard(stop: SetSwitch | null): void {
    if (this.#running) this.#stopNotice.heard(stop);
  }

  get #state(): MemberState {
    return this.#isLeaving ? 'leaving' : this.#fitness.state;
  }

  #report(): { readonly state: MemberState; readonly isCloudHealthy: boolean } {
    this.#mark = this.#tenants.mark;
    return { state: this.#state, isCloudHealthy: this.#health.isWell(milliseconds(this.#host.options.ailingAfter / 2)) };
  }

  #heard(heartbeat: Heartbeat, exchange: Exchange, isFirst: boolean): void {
    const before = this.#state;
    this.#stopNotice.heard(heartbeat.stopAll);
    this.#fitness.heard(heartbeat, exchange);
    if (this.#state !== before) this.#membership.beatNow();
    if (this.#isLeaving) return; // all is stopped, and released at once
    void this.#probe(heartbeat);
    this.#accesses.forgetUnused((tenantId) => this.#tenants.isRunning(tenantId));
    void this.#tenants.settle(heartbeat, isFirst ? this.#tenants.mark : this.#mark, isFirst);
  }

  #begin(ownership: Ownership, isHeld: () => boolean, earlier: TenantEngine | undefined): TenantEngine {
    const { tenantId, owner } = ownership;
    const held = {
      ownership,
      isGood: () => isHeld() && this.#membership.isGood(owner),
      heardAt: () => this.#membership.heardAt,
    };
    const emptied = (): void => this.#tenants.giveUp(tenantId);
    const engine = new TenantEngine({ held, earlier, emptied }, { ...this.#host, random: this.#random });
    void engine.begin();
    return engine;
  }

  /**
   * Asks the cloud something cheap where other hosts want to know how it does here, or this one does, and no other call tells. One at a
   * time, for one tenant of the store after the other: an account of which every call fails tells of itself alone. What it comes to is
   * counted as any call is. Never rejects.
   */
  async #probe({ liveHosts }: Heartbeat): Promise<void> {
    const { cloud, store, clock, options } = this.#host;
    const isUncertain = this.#health.failingFor > 0 || this.#health.quietFor >= options.ailingAfter / 2;
    if (this.#isProbing || !(this.#state === 'ailing' || (liveHosts > 1 && isUncertain))) return;
    this.#isProbing = true;
    try {
      const tenants = await store.tenants();
      this.#probed = tenants.find((tenantId) => this.#probed === undefined || tenantId > this.#probed) ?? tenants[0];
      if (this.#probed === undefined) return;
      const wrapper = this.#health.counting(this.#probed, { run: (_kind, call) => call() });
      const deadlines = { call: options.consultDeadline, listing: options.consultDeadline };
      await bindCloud(cloud, this.#probed, clock, deadlines, wrapper).getLimits();
    } catch {
      // it has been counted; where the store does not answer, the next heartbeat asks
    } finally {
      this.#isProbing = false;
    }
  }

  #sweepLater(): void {
    this.#sweep = this.#host.clock.after(this.#host.options.sweepInterval).subscribe(() => {
      void this.#sweepOnce().finally(() => {
        if (this.#running) this.#sweepLater();
      });
    });
  }

  async #sweepOnce(): Promise<void> {
    const { clock, log } = this.#host;
    try {
      for (const engine of this.#tenants.works()) void engine.begin();
      await this.#wakeDue(clock.now());
    } catch (error) {
      log.warn({ err: error }, 'the store could not be asked for due groups; trying again');
    }
  }

  /**
   * Wakes due groups, earliest first. Those with a pass under way stay due and stand in front of the others, so they do not count: it pages
   * on, at most through all that is due.
   */
  async #wakeDue(now: EpochMs): Promise<void> {
    let marker: DueGroup | undefined;
    for (let left = sweepLimit; left > 0; ) {
      const owner = this.#membership.member;
      if (owner === undefined || this.#tenants.size === 0) return;
      const page = await this.#host.store.due(owner, now, sweepLimit, marker);
      for (const { tenantId, groupId } of page) {
        if (!this.#running) return;
        left -= 1;
        void this.#tenants.workOf(tenantId)?.wake(groupId);
      }
      if (page.length < sweepLimit) return;
      if (marker === undefined) for (const { busy } of this.#tenants.works()) left += busy;
      marker = page.at(-1);
    }
  }
}

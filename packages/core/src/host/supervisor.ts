/**
 * Keeps the tenants of this host going: wakes groups when the store says that they are due, by its hints at once and by a sweep within
 * a second; has every tenant looked at within the self-heal interval, spread evenly.
 */
import { firstValueFrom, from, race, type Subscription } from 'rxjs';
import type { TenantId } from '../model/identifiers.ts';
import { type DurationMs, type EpochMs, later, milliseconds } from '../model/time.ts';
import type { DueGroup } from '../ports.ts';
import { bindMachine } from '../tenant/bound-machine.ts';
import type { EngineHost } from '../tenant/engine-host.ts';
import { FairSlots } from '../tenant/fair-slots.ts';
import { TenantEngine } from '../tenant/tenant.ts';

/** Due groups taken up in one sweep, beside those that have a pass under way and those that another host runs. */
const sweepLimit = 1000;

interface Supervised {
  readonly engine: TenantEngine;
  /** Waits until it is looked at again. */
  healing: Subscription | undefined;
}

export class Supervisor {
  readonly #host: EngineHost;
  readonly #tenants = new Map<TenantId, Supervised>();
  #woken: Subscription | undefined;
  #sweep: Subscription | undefined;
  #running = false;
  /** When the tenants are listed again. */
  #adoptAt: EpochMs;

  constructor(host: Omit<EngineHost, 'machine' | 'passSlots'>) {
    const machine = bindMachine(host.clock, (ref, control, sendBack) =>
      this.#tenants.get(ref.tenantId)?.engine.runPass(ref, control, sendBack),
    );
    const { passesInFlight, passesInFlightPerTenant } = host.options;
    this.#host = { ...host, machine, passSlots: new FairSlots(passesInFlight, passesInFlightPerTenant) };
    this.#adoptAt = host.clock.now();
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#woken = this.#host.store.woken$.subscribe({
      next: ({ tenantId, groupId }) => void this.#tenant(tenantId).engine.wake(groupId),
      error: (error) => this.#host.log.error({ err: error }, 'wake-ups from the store ended for good; the sweep goes on'),
    });
    void this.#adopt();
    this.#sweepLater();
  }

  /** Resolves when every pass has ended at a safe point, or `stopGrace` is over. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#woken?.unsubscribe();
    this.#sweep?.unsubscribe();
    for (const { healing } of this.#tenants.values()) healing?.unsubscribe();
    const { clock, options, log } = this.#host;
    const stopped = Promise.all([...this.#tenants.values()].map(({ engine }) => engine.stop())).then(() => true);
    const outOfTime = clock.after(options.stopGrace);
    const ended = await firstValueFrom(race(from(stopped), outOfTime));
    if (ended !== true)
      log.warn({ stopGrace: options.stopGrace }, 'stopped before all cloud calls were answered; their intents are stored');
    this.#tenants.clear();
  }

  /**
   * Takes up the tenants that have groups, so that each is healed in its turn though nothing of it is due. Another host may run most of
   * them, and this one may have seen none of their groups due: should that host die, they are known here all the same.
   */
  async #adopt(): Promise<void> {
    const { store, clock, options, log } = this.#host;
    this.#adoptAt = later(clock.now(), options.selfHealInterval);
    try {
      for (const tenantId of await store.tenants()) if (this.#running) this.#tenant(tenantId);
    } catch (error) {
      this.#adoptAt = clock.now();
      log.warn({ err: error }, 'tenants could not be listed; trying again');
    }
  }

  #tenant(tenantId: TenantId): Supervised {
    const known = this.#tenants.get(tenantId);
    if (known !== undefined) return known;
    const { random, options } = this.#host;
    const tenant: Supervised = { engine: new TenantEngine(tenantId, this.#host), healing: undefined };
    this.#tenants.set(tenantId, tenant);
    this.#healLater(tenant, milliseconds(Math.round(options.selfHealInterval * random.at('self-heal', tenantId))));
    return tenant;
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
    const now = clock.now();
    try {
      await this.#wakeDue(now);
    } catch (error) {
      log.warn({ err: error }, 'the store could not be asked for due groups; trying again');
    }
    if (now >= this.#adoptAt) void this.#adopt();
  }

  /**
   * Wakes due groups, earliest first. Those with a pass under way and those of other hosts' tenants stay due and stand in front of
   * the others, so they do not count: it pages on, at most through all that is due. Of another host's tenant one group is enough:
   * its pass finds out whether the lease is free now.
   */
  async #wakeDue(now: EpochMs): Promise<void> {
    const probed = new Set<TenantId>();
    let marker: DueGroup | undefined;
    for (let left = sweepLimit; left > 0; ) {
      const page = await this.#host.store.due(now, sweepLimit, marker);
      for (const { tenantId, groupId } of page) {
        if (!this.#running) return;
        const { engine } = this.#tenant(tenantId);
        if (!engine.isElsewhere) left -= 1;
        else if (probed.has(tenantId)) continue;
        else probed.add(tenantId);
        void engine.wake(groupId);
      }
      if (page.length < sweepLimit) return;
      if (marker === undefined) for (const { engine } of this.#tenants.values()) left += engine.busy;
      marker = page.at(-1);
    }
  }

  #healLater(tenant: Supervised, wait: DurationMs): void {
    tenant.healing = this.#host.clock.after(wait).subscribe(() => {
      this.#healLater(tenant, this.#host.options.selfHealInterval);
      void this.#heal(tenant);
    });
  }

  /** Looks at a tenant's groups; one that has none left is let go, until a group of it becomes due. */
  async #heal(tenant: Supervised): Promise<void> {
    const { engine } = tenant;
    if ((await engine.heal()) || this.#tenants.get(engine.tenantId) !== tenant || !engine.retire()) return;
    tenant.healing?.unsubscribe();
    this.#tenants.delete(engine.tenantId);
  }
}

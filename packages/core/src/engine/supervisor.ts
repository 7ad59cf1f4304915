/**
 * Keeps the tenants of this host going: wakes groups when the store says that they are due, by its hints at once and by a sweep within
 * a second; has every tenant looked at within the self-heal interval, spread evenly; drops actors that rest.
 */
import { firstValueFrom, from, race, type Subscription } from 'rxjs';
import type { TenantId } from '../model/identifiers.ts';
import { type EpochMs, later, milliseconds } from '../model/time.ts';
import type { DueGroup } from '../ports.ts';
import { bindMachine } from './bound-machine.ts';
import { type EngineHost, TenantEngine } from './tenant.ts';

/** Due groups taken up in one sweep, beside those that have a pass under way and those that another host runs. */
const sweepLimit = 1000;

export class Supervisor {
  readonly #host: EngineHost;
  readonly #tenants = new Map<TenantId, { readonly engine: TenantEngine; healAt: EpochMs }>();
  #woken: Subscription | undefined;
  #sweep: Subscription | undefined;
  #running = false;
  /** When the tenants are listed again. */
  #adoptAt: EpochMs;

  constructor(host: Omit<EngineHost, 'machine'>) {
    const machine = bindMachine(host.clock, (ref, control, sendBack) =>
      this.#tenants.get(ref.tenantId)?.engine.runPass(ref, control, sendBack),
    );
    this.#host = { ...host, machine };
    this.#adoptAt = host.clock.now();
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#woken = this.#host.store.woken$.subscribe(({ tenantId, groupId }) => void this.#tenant(tenantId).engine.wake(groupId));
    void this.#adopt();
    this.#sweepLater();
  }

  /** Resolves when every pass has ended at a safe point, or `stopGrace` is over. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#woken?.unsubscribe();
    this.#sweep?.unsubscribe();
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

  #tenant(tenantId: TenantId): { readonly engine: TenantEngine; healAt: EpochMs } {
    const known = this.#tenants.get(tenantId);
    if (known !== undefined) return known;
    const { clock, random, options } = this.#host;
    const spread = milliseconds(Math.round(options.selfHealInterval * random.at('self-heal', tenantId)));
    const tenant = { engine: new TenantEngine(tenantId, this.#host), healAt: later(clock.now(), spread) };
    this.#tenants.set(tenantId, tenant);
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
    const { clock, options, log } = this.#host;
    const now = clock.now();
    try {
      await this.#wakeDue(now);
    } catch (error) {
      log.warn({ err: error }, 'the store could not be asked for due groups; trying again');
    }
    if (now >= this.#adoptAt) void this.#adopt();
    for (const tenant of this.#tenants.values()) {
      tenant.engine.passivate(now);
      if (now < tenant.healAt) continue;
      tenant.healAt = later(now, options.selfHealInterval);
      void this.#heal(tenant.engine);
    }
  }

  /**
   * Wakes due groups, earliest first. Those with a pass under way and those of other hosts' tenants stay due and stand in front of
   * the others, so they do not count: it pages on, at most through all that is due. Of another host's tenant one group is enough:
   * its pass finds out whether the lease is free now.
   */
  async #wakeDue(now: EpochMs): Promise<void> {
    let busy = 0;
    for (const { engine } of this.#tenants.values()) busy += engine.busy;
    const size = sweepLimit + busy;
    const probed = new Set<TenantId>();
    let marker: DueGroup | undefined;
    for (let left = size; left > 0; ) {
      const page = await this.#host.store.due(now, size, marker);
      for (const { tenantId, groupId } of page) {
        if (!this.#running) return;
        const { engine } = this.#tenant(tenantId);
        if (!engine.isElsewhere) left -= 1;
        else if (probed.has(tenantId)) continue;
        else probed.add(tenantId);
        void engine.wake(groupId);
      }
      if (page.length < size) return;
      marker = page.at(-1);
    }
  }

  /** Looks at a tenant's groups; one that has none left is let go, until a group of it becomes due. */
  async #heal(engine: TenantEngine): Promise<void> {
    if (!(await engine.heal()) && this.#tenants.get(engine.tenantId)?.engine === engine && engine.retire()) {
      this.#tenants.delete(engine.tenantId);
    }
  }
}

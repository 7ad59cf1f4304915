import type { Clock, DurationMs, EpochMs, LoadBalancerId, PassRef, ProviderEvent, Random, TenantId } from '@lutra/core';
import { type Observable, Subject } from 'rxjs';
import type { FaultRule } from '../faults/fault-rule.ts';
import { FaultRules } from '../faults/fault-rules.ts';
import { Identity } from '../identity/identity.ts';
import { defaultIdentity, documentedTenants, type IdentityData } from '../identity/identity-data.ts';
import { Behaviours } from './behaviours.ts';
import { CallCarrier } from './call-carrier.ts';
import type { Answer, CallerMarks, OperationName, ParamsOf, ValueOf } from './calls.ts';
import { longestName, standardQuota } from './catalogue.ts';
import { drawDuration, type Pace, paces } from './pace.ts';
import type { Quota } from './quota.ts';
import type { Refusal } from './refusal.ts';
import { checkSnapshot, snapshotVersion, type WorldSnapshot } from './snapshot-shape.ts';
import type { Surroundings } from './surroundings.ts';
import { Tenant } from './tenant.ts';
import type { WorldEvent } from './world-event.ts';

/** What a world is made of. */
export interface WorldOptions {
  readonly clock: Clock;
  /** Every choice of the world follows from it and from what the choice is about. */
  readonly random: Random;
  /** Default: `demo`. */
  readonly pace?: Pace;
  readonly faults?: readonly FaultRule[];
  /** What links to servers start with. */
  readonly computeUrl?: string;
  /** Whether the cloud tells of itself that something happened; the real one is silent. Default: it does. */
  readonly hints?: boolean;
  /** Default: the documented one (packages/simulator/README.md). */
  readonly identity?: IdentityData;
  /** Whether calls that come with marks of their caller need a valid token of the tenant, and a role that allows them. Default: they do. */
  readonly tokenChecks?: boolean;
  /** The one region of this cloud, as catalogs name it. Default: `ORD`. */
  readonly region?: string;
  /** What each tenant may take until `outside.setQuota`; `{}`: as much as he likes. Default: 200 instances. */
  readonly quota?: Quota;
}

/** Tenants that callers over HTTP may make by naming them. */
export const mostTenants = 10_000;

/** The load balancer that the documents' examples use, and whose it is. */
const documented = { tenantId: documentedTenants.first, loadBalancerId: '237935' as LoadBalancerId };

/**
 * A simulated cloud of many tenants: the truth, and the one way to it for callers, `call`. A call is validated, the faults decide,
 * it is committed, and it is answered; half its latency lies before, half after. A tenant exists from the first time it is named.
 */
export class World {
  readonly faults: FaultRules;
  /** Who there is, and the tokens that they got. */
  readonly identity: Identity;
  /** What testers ask of it, beside fault rules. */
  readonly behaviours: Behaviours;
  /** How fast the cloud is, for everything that begins from now on. */
  pace: Pace;
  /** What becomes of a fault of the simulator itself, while it carries a call: who runs the clock meets it, unless somebody else takes it. */
  failed: (error: unknown) => void = (error) => {
    throw error;
  };
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #around: Surroundings;
  readonly #tenants = new Map<TenantId, Tenant>();
  readonly #events = new Subject<WorldEvent>();
  readonly #hints = new Map<TenantId, Subject<ProviderEvent>>();
  readonly #silent: boolean;
  readonly #carrier: CallCarrier;

  constructor({
    clock,
    random,
    pace = paces.demo,
    faults = [],
    computeUrl = 'https://compute.cloud.example/v2',
    hints = true,
    identity = defaultIdentity(),
    tokenChecks = true,
    region = 'ORD',
    quota = standardQuota,
  }: WorldOptions) {
    this.#clock = clock;
    this.#silent = !hints;
    this.#random = random;
    this.pace = pace;
    const paceNow = (): Pace => this.pace;
    this.#around = {
      clock,
      random,
      get pace() {
        return paceNow();
      },
      computeUrl,
      quota,
      tell: (event) => this.#tell(event),
    };
    this.identity = new Identity(identity, region, tokenChecks, this.#around);
    this.behaviours = new Behaviours(random);
    this.faults = new FaultRules(random, clock.now(), faults, region);
    this.#carrier = new CallCarrier({
      around: this.#around,
      faults: this.faults,
      identity: this.identity,
      behaviours: this.behaviours,
      tenant: (id) => this.tenant(id),
      watched: () => this.#events.observed,
      failed: (error) => this.failed(error),
    });
    this.#furnish();
  }

  now(): EpochMs {
    return this.#clock.now();
  }

  /** Calls that were ever sent. */
  get calls(): number {
    return this.#carrier.sent;
  }

  /** The provider restarts: calls that are in flight break off, done or not; everything else stays as it is, locks too. */
  restart(): void {
    this.#carrier.breakOff();
  }

  /** Emits once after `delay`. */
  after(delay: DurationMs): Observable<void> {
    return this.#clock.after(delay);
  }

  /** What happens, told as it happens. */
  get events$(): Observable<WorldEvent> {
    return this.#events;
  }

  /** A tenant's part of the truth. */
  tenant(id: TenantId): Tenant {
    const known = this.#tenants.get(id);
    if (known !== undefined) return known;
    const tenant = new Tenant(id, this.#around, this.identity);
    this.#tenants.set(id, tenant);
    return tenant;
  }

  /** Whether the tenant has been named. */
  knows(id: TenantId): boolean {
    return this.#tenants.has(id);
  }
  /** Whether a tenant is there, or may be made by naming it: a path can name any number of them. `''`: that of nobody. */
  hasRoomFor(id: TenantId): boolean {
    return id === '' || this.knows(id) || (this.#tenants.size < mostTenants && id.length <= longestName);
  }

  /** Every tenant there is, in the order of first sight. */
  tenants(): readonly Tenant[] {
    return [...this.#tenants.values()];
  }

  /**
   * The tenant is again as when nobody had named it: nothing that was made, nothing that was to happen, no behaviours, and its calls
   * are counted from 0, so that the same calls come to the same. Users and tokens stay; so do fault rules. false: there is no such tenant.
   */
  forget(id: TenantId): boolean {
    const tenant = this.#tenants.get(id);
    if (tenant === undefined) return false;
    tenant.clear();
    this.#tenants.delete(id);
    this.#carrier.forget(id);
    this.behaviours.forget(id);
    if (id === documented.tenantId) this.#furnish();
    return true;
  }

  /** Says, a latency later, that a server of this tenant changed its state or went. */
  hints$(tenantId: TenantId): Observable<ProviderEvent> {
    const known = this.#hints.get(tenantId);
    if (known !== undefined) return known;
    const hints = new Subject<ProviderEvent>();
    this.#hints.set(tenantId, hints);
    return hints;
  }

  /** The whole truth as JSON: tenants, users, tokens, counters, the pace, fault rules and behaviours; not the seed, nor calls in flight. */
  snapshot(): WorldSnapshot {
    const tenants = this.tenants().map((tenant) => tenant.snapshot());
    return {
      version: snapshotVersion,
      now: this.now(),
      tenants,
      identity: this.identity.snapshot(),
      ...this.#carrier.snapshot(),
      pace: this.pace,
      faults: this.faults.snapshot(),
      behaviours: this.behaviours.snapshot(),
    };
  }

  /**
   * Becomes what a world was; everything that was to happen happens when it was to, at once where that has passed. The clock must not be
   * behind. Throws when it is no snapshot of a world; the world is then as it was.
   */
  restore(snapshot: WorldSnapshot): void {
    checkSnapshot(snapshot);
    if (this.now() < snapshot.now) throw new Error('The clock is behind the snapshot: move it on first.');
    const before = this.snapshot();
    try {
      this.#become(snapshot);
    } catch (error) {
      this.#become(before);
      throw error;
    }
  }

  #become(snapshot: WorldSnapshot): void {
    this.faults.restore(snapshot.faults);
    this.behaviours.restore(snapshot.behaviours);
    for (const tenant of this.#tenants.values()) tenant.clear();
    this.#tenants.clear();
    this.identity.restore(snapshot.identity);
    this.pace = snapshot.pace;
    this.#carrier.restore(snapshot);
    for (const saved of snapshot.tenants) this.tenant(saved.id).restore(saved);
  }

  /**
   * Calls the cloud. Never rejects; never settles when a fault keeps the answer for ever. `unread`: what a request that nobody can read is
   * refused with; its params are as much of it as can be read. `passes`: those of the engine that it is made for, to be told.
   */
  call<N extends OperationName>(
    op: N,
    tenantId: TenantId,
    params: ParamsOf<N>,
    caller?: CallerMarks,
    unread?: Refusal,
    passes?: readonly PassRef[],
  ): Promise<Answer<ValueOf<N>>> {
    return this.#carrier.call(op, tenantId, params, caller, unread, passes);
  }

  #furnish(): void {
    this.tenant(documented.tenantId).loadBalancers.make(documented.loadBalancerId);
  }

  #tell(event: WorldEvent): void {
    this.#events.next(event);
    if (this.#silent || event.kind !== 'server-changed' || event.groupId === undefined) return;
    const { groupId, tenantId } = event;
    const hints = this.#hints.get(tenantId);
    if (hints === undefined || !hints.observed) return;
    const lag = drawDuration(this.pace.latency, this.#random, 'hint', tenantId, event.serverId, event.state);
    this.#clock.after(lag).subscribe(() => hints.next({ groupId }));
  }
}

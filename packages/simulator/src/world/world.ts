import {
  between,
  type Clock,
  type DurationMs,
  type EpochMs,
  type JsonValue,
  type LoadBalancerId,
  milliseconds,
  type ProviderEvent,
  type Random,
  type TenantId,
} from '@lutra/core';
import { type Observable, Subject } from 'rxjs';
import type { CallSubject, FaultPhase, States } from '../faults/fault.ts';
import type { FaultRule } from '../faults/fault-rule.ts';
import { type Asked, type CallUnderway, FaultRules, type FaultRulesSnapshot } from '../faults/fault-rules.ts';
import { Identity, type IdentitySnapshot } from '../identity/identity.ts';
import { defaultIdentity, documentedTenants, type IdentityData } from '../identity/identity-data.ts';
import { mayCall } from '../identity/roles.ts';
import { Behaviours, type BehavioursSnapshot } from './behaviours.ts';
import { CallCounter } from './call-counter.ts';
import type { Answer, CallerMarks, OperationName, ParamsOf, ValueOf } from './calls.ts';
import { standardQuota } from './catalogue.ts';
import { clbOperations } from './clb-operations.ts';
import { type Effects, noEffects, withEffect } from './effects.ts';
import { identityOperations } from './identity-operations.ts';
import { novaMoreOperations } from './nova-more-operations.ts';
import { novaOperations } from './nova-operations.ts';
import type { Operation, Operations } from './operation.ts';
import { serviceOf } from './operation-names.ts';
import { drawDuration, type Pace, paces } from './pace.ts';
import { poolOperations } from './pool-operations.ts';
import type { Quota } from './quota.ts';
import { type Refusal, refusals } from './refusal.ts';
import type { Surroundings } from './surroundings.ts';
import { Tenant, type TenantSnapshot } from './tenant.ts';
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

/** A world at one time. */
export interface WorldSnapshot {
  readonly version: number;
  readonly now: EpochMs;
  readonly tenants: readonly TenantSnapshot[];
  readonly identity: IdentitySnapshot;
  readonly calls: number;
  readonly counts: readonly (readonly [string, number])[];
  readonly pace: Pace;
  readonly faults: FaultRulesSnapshot;
  readonly behaviours: BehavioursSnapshot;
}
/** Of snapshots; another one cannot be read. */
const snapshotVersion = 2;

/** A call that was sent. */
interface Begun extends CallUnderway {
  readonly number: number;
  /** How often the provider had been restarted when it was sent. */
  readonly life: number;
  readonly at: EpochMs;
  readonly unread: Refusal | undefined;
  readonly asked: Asked;
}
/** What a call comes to; `never` is no answer at all. */
type Outcome<T> = Answer<T> | { readonly kind: 'never'; readonly wire?: undefined };
/** What a call comes to, and what the faults have decided about it so far. */
interface Carried<T> {
  readonly outcome: Outcome<T>;
  readonly effects: Effects;
}

const operations: Operations = { ...identityOperations, ...novaOperations, ...novaMoreOperations, ...clbOperations, ...poolOperations };

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
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #around: Surroundings;
  readonly #tenants = new Map<TenantId, Tenant>();
  readonly #counter = new CallCounter();
  readonly #events = new Subject<WorldEvent>();
  readonly #hints = new Map<TenantId, Subject<ProviderEvent>>();
  readonly #silent: boolean;
  #calls = 0;
  #life = 0;

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
    this.#furnish();
  }

  now(): EpochMs {
    return this.#clock.now();
  }

  /** Calls that were ever sent. */
  get calls(): number {
    return this.#calls;
  }

  /** The provider restarts: calls that are in flight break off, done or not; everything else stays as it is, locks too. */
  restart(): void {
    this.#life += 1;
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
    this.#counter.forget(id);
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
      calls: this.#calls,
      counts: this.#counter.snapshot(),
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
    if (snapshot.version !== snapshotVersion)
      throw new Error(`This is no snapshot of a simulated cloud that this version can read (${snapshot.version}).`);
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
    this.#calls = snapshot.calls;
    this.#counter.restore(snapshot.counts);
    for (const saved of snapshot.tenants) this.tenant(saved.id).restore(saved);
  }

  /**
   * Calls the cloud. Never rejects; never settles when a fault keeps the answer for ever. `unread`: what a request that nobody can read is
   * refused with; its params are as much of it as can be read.
   */
  call<N extends OperationName>(
    op: N,
    tenantId: TenantId,
    params: ParamsOf<N>,
    caller?: CallerMarks,
    unread?: Refusal,
  ): Promise<Answer<ValueOf<N>>> {
    const operation: Operation<N> = operations[op];
    const begun = this.#begin(operation, op, tenantId, params, caller, unread);
    const sent = this.#decide('on_send', begun, noEffects);
    const latency = milliseconds(drawDuration(this.pace.latency, this.#random, 'latency', tenantId, op, begun.key, begun.nth) + sent.delay);
    const there = milliseconds(Math.floor(latency / 2));
    return new Promise((resolve) => {
      this.#after(milliseconds(there + sent.delayThere), () => {
        const { outcome: made, effects } =
          begun.life === this.#life ? this.#answerTo(begun, this.#carryOut(operation, begun, params, sent)) : cut(sent);
        this.#after(milliseconds(latency - there + effects.delayBack), () => {
          const outcome: Outcome<ValueOf<N>> = begun.life === this.#life ? made : { kind: 'lost' };
          this.#tellAnswer(operation, begun, outcome);
          if (outcome.kind !== 'never') resolve(outcome);
        });
      });
    });
  }

  #furnish(): void {
    this.tenant(documented.tenantId).loadBalancers.make(documented.loadBalancerId);
  }

  /** After no time at all: at once. */
  #after(delay: DurationMs, happen: () => void): void {
    if (delay <= 0) happen();
    else this.#clock.after(delay).subscribe(happen);
  }

  #begin<N extends OperationName>(
    operation: Operation<N>,
    op: N,
    tenantId: TenantId,
    params: ParamsOf<N>,
    caller: CallerMarks | undefined,
    unread: Refusal | undefined,
  ): Begun {
    const number = this.#calls;
    this.#calls += 1;
    const key = operation.key(params);
    const nth = this.#counter.next(tenantId, op, key);
    const at = this.now();
    if (this.#events.observed)
      this.#tell({ kind: 'called', at, tenantId, call: number, op, key, told: operation.tellParams?.(params) ?? null });
    let known: CallSubject | undefined;
    const subject = (): CallSubject => {
      known ??= operation.subject?.(this.tenant(tenantId), params) ?? {};
      return known;
    };
    const states = (): States => statesOf(this.tenant(tenantId));
    return {
      number,
      life: this.#life,
      tenantId,
      op,
      key,
      nth,
      at,
      params,
      caller,
      unread,
      subject,
      states,
      asked: this.faults.askedFor(op, tenantId),
    };
  }

  #carryOut<N extends OperationName>(operation: Operation<N>, begun: Begun, params: ParamsOf<N>, sent: Effects): Carried<ValueOf<N>> {
    const tenant = this.tenant(begun.tenantId);
    if (sent.refuse !== undefined) return refused(sent, sent.refuse);
    const early = this.#decide('before_validate', begun, sent);
    if (early.answer !== 'given') return { outcome: { kind: early.answer }, effects: early }; // it never came to be asked
    const refusal = early.refuse ?? this.#whyTurnedAway(begun) ?? begun.unread ?? operation.validate(tenant, params, early.limits);
    if (refusal !== undefined) return refused(early, refusal);
    const effects = this.#decide('before_commit', begun, early);
    if (effects.refuse !== undefined) return refused(effects, effects.refuse);
    if (effects.answer !== 'given') return { outcome: { kind: effects.answer }, effects }; // it never came to be done
    const value = this.#commit(operation, tenant, params, effects);
    const late = this.#decide('after_commit', begun, effects);
    const no = effects.refuseAfter ?? late.refuse;
    if (no !== undefined) return refused(late, no);
    return {
      outcome: { kind: 'done', value: late.alter === undefined ? value : (late.alter(value, tenant) as ValueOf<N>) },
      effects: late,
    };
  }

  #commit<N extends OperationName>(operation: Operation<N>, tenant: Tenant, given: ParamsOf<N>, effects: Effects): ValueOf<N> {
    const { random, computeUrl } = this.#around;
    const params = effects.reshape === undefined ? given : (effects.reshape(given) as ParamsOf<N>);
    const context = { now: this.now(), effects, random, computeUrl };
    const value = operation.commit(tenant, params, context);
    if (effects.again && operation.validate(tenant, params, effects.limits) === undefined) operation.commit(tenant, params, context);
    return value;
  }

  /** What of an answer goes on its way. */
  #answerTo<T>(begun: Begun, { outcome, effects: before }: Carried<T>): Carried<T> {
    const refusal = outcome.kind === 'refused' ? outcome.refusal : undefined;
    const effects =
      begun.asked.during_body.length === 0 || refusal?.status === 0 ? before : this.#decide('during_body', { ...begun, refusal }, before);
    const { answer, wire, restate, refuse } = effects;
    if (answer !== 'given') return { outcome: { kind: answer }, effects };
    const no = refuse === before.refuse ? refusal : refuse; // somebody on the way answers in the service's place
    const plain: Outcome<T> = no === undefined ? outcome : { kind: 'refused', refusal: restate === undefined ? no : restate(no) };
    if (wire === undefined || plain.kind === 'lost' || plain.kind === 'never') return { outcome: plain, effects };
    return { outcome: { ...plain, wire }, effects };
  }

  /** Identity itself says who may ask it what. */
  #whyTurnedAway({ op, tenantId, caller }: Begun): Refusal | undefined {
    const service = serviceOf(op);
    if (caller === undefined || !this.identity.checks || service === 'identity') return undefined;
    const token = caller.token === undefined ? undefined : this.identity.token(caller.token);
    if (token === undefined || token.tenantId !== tenantId || this.now() < token.knownFrom) return refusals.noValidToken(service);
    return mayCall(op, this.identity.user(token.user)?.roles ?? []) ? undefined : refusals.notAuthorised(service);
  }

  #decide(phase: FaultPhase, begun: Begun, before: Effects): Effects {
    const asked = this.behaviours.effectOn(phase, begun);
    let effects = asked === undefined ? before : withEffect(before, asked);
    if (begun.asked[phase].length === 0) return effects;
    for (const { rule, fault, effect } of this.faults.decide(phase, begun, this.now(), begun.asked)) {
      effects = withEffect(effects, effect);
      this.#tell({ kind: 'faulted', at: this.now(), tenantId: begun.tenantId, call: begun.number, rule, fault });
      effect.meddle?.(this.tenant(begun.tenantId));
      if (effect.restarts === true) this.restart();
    }
    return effects;
  }

  #tellAnswer<N extends OperationName>(operation: Operation<N>, begun: Begun, outcome: Outcome<ValueOf<N>>): void {
    if (!this.#events.observed) return;
    const { tenantId, number: call, at: sentAt } = begun;
    const told = ((): JsonValue => {
      if (outcome.kind === 'done') return operation.tellValue?.(outcome.value) ?? null;
      return outcome.kind === 'refused' ? `${outcome.refusal.status} ${outcome.refusal.message}` : null;
    })();
    const took = between(sentAt, this.now());
    this.#tell({ kind: 'answered', at: this.now(), tenantId, call, answer: cameAs(outcome), told, took });
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

const cut = (effects: Effects): Carried<never> => ({ outcome: { kind: 'lost' }, effects });
const refused = (effects: Effects, refusal: Refusal): Carried<never> => ({ outcome: { kind: 'refused', refusal }, effects });

/** What of an answer comes at the caller's end. */
function cameAs({ kind, wire }: Outcome<unknown>): Outcome<unknown>['kind'] {
  if (wire?.endsAt !== undefined) return 'lost';
  return wire?.stallsAt !== undefined && wire.stallsFor === undefined ? 'never' : kind;
}

const statesOf = ({ loadBalancers, compute }: Tenant): States => ({
  ofLoadBalancer: (id) => {
    const found = loadBalancers.find(id);
    return found && loadBalancers.statusOf(found);
  },
  ofServer: (id) => compute.servers.find(id)?.status,
  loadBalancers: () => loadBalancers.all().length,
});

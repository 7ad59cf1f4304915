import {
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
import { type Effects, type FaultedCall, type FaultPhase, noEffects, withEffect } from '../faults/fault.ts';
import type { FaultRule } from '../faults/fault-rule.ts';
import { FaultRules } from '../faults/fault-rules.ts';
import { CallCounter } from './call-counter.ts';
import type { Answer, OperationName, ParamsOf, ValueOf } from './calls.ts';
import { clbOperations } from './clb-operations.ts';
import { novaOperations } from './nova-operations.ts';
import type { Operation, Operations } from './operation.ts';
import { drawDuration, type Pace, paces } from './pace.ts';
import { poolOperations } from './pool-operations.ts';
import type { Surroundings } from './surroundings.ts';
import { Tenant } from './tenant.ts';
import type { WorldEvent } from './world-event.ts';

export interface WorldOptions {
  readonly clock: Clock;
  /** Every choice of the world follows from it and from what the choice is about. */
  readonly random: Random;
  /** Default: `demo`. */
  readonly pace?: Pace;
  readonly faults?: readonly FaultRule[];
  /** What links to servers start with. */
  readonly computeUrl?: string;
}

/** A call that was accepted for carrying out. */
type Begun = Omit<FaultedCall, 'rule'> & { readonly number: number; readonly latency: DurationMs };
/** What a call comes to; `never` is no answer at all. */
type Outcome<T> = Answer<T> | { readonly kind: 'never' };

const operations: Operations = { ...novaOperations, ...clbOperations, ...poolOperations };

/** The load balancer that the documents' examples use, and whose it is. */
const documented = { tenantId: '829409' as TenantId, loadBalancerId: '237935' as LoadBalancerId };

/**
 * A simulated cloud of many tenants: the truth, and the one way to it for callers, `call`. A call is validated, the faults decide,
 * it is committed, and it is answered; half its latency lies before, half after. A tenant exists from the first time it is named.
 */
export class World {
  readonly faults: FaultRules;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #pace: Pace;
  readonly #around: Surroundings;
  readonly #tenants = new Map<TenantId, Tenant>();
  readonly #counter = new CallCounter();
  readonly #events = new Subject<WorldEvent>();
  readonly #hints = new Map<TenantId, Subject<ProviderEvent>>();
  #calls = 0;

  constructor({ clock, random, pace = paces.demo, faults = [], computeUrl = 'https://compute.cloud.example/v2' }: WorldOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#pace = pace;
    this.#around = { clock, random, pace, computeUrl, tell: (event) => this.#tell(event) };
    this.faults = new FaultRules(random, clock.now(), faults);
    this.tenant(documented.tenantId).loadBalancers.make(documented.loadBalancerId);
  }

  now(): EpochMs {
    return this.#clock.now();
  }

  /** What happens, told as it happens. */
  get events$(): Observable<WorldEvent> {
    return this.#events;
  }

  /** A tenant's part of the truth. */
  tenant(id: TenantId): Tenant {
    const known = this.#tenants.get(id);
    if (known !== undefined) return known;
    const tenant = new Tenant(id, this.#around);
    this.#tenants.set(id, tenant);
    return tenant;
  }

  /** Every tenant there is, in the order of first sight. */
  tenants(): readonly Tenant[] {
    return [...this.#tenants.values()];
  }

  /** Says, a latency later, that a server of this tenant changed its state or went. */
  hints$(tenantId: TenantId): Observable<ProviderEvent> {
    const known = this.#hints.get(tenantId);
    if (known !== undefined) return known;
    const hints = new Subject<ProviderEvent>();
    this.#hints.set(tenantId, hints);
    return hints;
  }

  /** Calls the cloud. Never rejects; never settles when a fault keeps the answer for ever. */
  call<N extends OperationName>(op: N, tenantId: TenantId, params: ParamsOf<N>): Promise<Answer<ValueOf<N>>> {
    const operation: Operation<N> = operations[op];
    const begun = this.#begin(op, tenantId, operation.key(params), operation.tellParams?.(params) ?? null);
    const there = milliseconds(Math.floor(begun.latency / 2));
    const back = milliseconds(begun.latency - there);
    return new Promise((resolve) => {
      this.#clock.after(there).subscribe(() => {
        const outcome = this.#carryOut(operation, begun, params);
        this.#clock.after(back).subscribe(() => {
          this.#tellAnswer(operation, begun, outcome);
          if (outcome.kind !== 'never') resolve(outcome);
        });
      });
    });
  }

  #begin(op: OperationName, tenantId: TenantId, key: string, told: JsonValue): Begun {
    const number = this.#calls;
    this.#calls += 1;
    const nth = this.#counter.next(tenantId, op, key);
    const latency = drawDuration(this.#pace.latency, this.#random, 'latency', tenantId, op, key, nth);
    this.#tell({ kind: 'called', at: this.now(), tenantId, call: number, op, key, told });
    return { number, tenantId, op, key, nth, latency };
  }

  #carryOut<N extends OperationName>(operation: Operation<N>, begun: Begun, params: ParamsOf<N>): Outcome<ValueOf<N>> {
    const tenant = this.tenant(begun.tenantId);
    const early = this.#decide('before_validate', begun, noEffects);
    const refusal = early.refuse ?? operation.validate(tenant, params);
    if (refusal !== undefined) return this.#answer(early, { kind: 'refused', refusal });
    const late = this.#decide('before_commit', begun, early);
    if (late.refuse !== undefined) return this.#answer(late, { kind: 'refused', refusal: late.refuse });
    const { random, computeUrl } = this.#around;
    const value = operation.commit(tenant, params, { now: this.now(), fate: late.fate, random, computeUrl });
    return this.#answer(this.#decide('after_commit', begun, late), { kind: 'done', value });
  }

  #answer<T>(effects: Effects, answer: Answer<T>): Outcome<T> {
    return effects.answer === 'given' ? answer : { kind: effects.answer };
  }

  #decide(phase: FaultPhase, begun: Begun, before: Effects): Effects {
    let effects = before;
    for (const { rule, fault, effect } of this.faults.decide(phase, begun, this.now())) {
      effects = withEffect(effects, effect);
      this.#tell({ kind: 'faulted', at: this.now(), tenantId: begun.tenantId, call: begun.number, rule, fault });
    }
    return effects;
  }

  #tellAnswer<N extends OperationName>(operation: Operation<N>, begun: Begun, outcome: Outcome<ValueOf<N>>): void {
    const { tenantId, number: call, latency: took } = begun;
    const told = ((): JsonValue => {
      if (outcome.kind === 'done') return operation.tellValue?.(outcome.value) ?? null;
      return outcome.kind === 'refused' ? `${outcome.refusal.status} ${outcome.refusal.message}` : null;
    })();
    this.#tell({ kind: 'answered', at: this.now(), tenantId, call, answer: outcome.kind, told, took });
  }

  #tell(event: WorldEvent): void {
    this.#events.next(event);
    if (event.kind !== 'server-changed' || event.groupId === undefined) return;
    const { groupId, tenantId } = event;
    const hints = this.#hints.get(tenantId);
    if (hints === undefined || !hints.observed) return;
    const lag = drawDuration(this.#pace.latency, this.#random, 'hint', tenantId, event.serverId, event.state);
    this.#clock.after(lag).subscribe(() => hints.next({ groupId }));
  }
}

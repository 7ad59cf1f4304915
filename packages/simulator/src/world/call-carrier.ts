/** One call on its way: it is validated, the faults decide, it is committed, it is answered; half its latency lies before, half after. */
import { createHash } from 'node:crypto';
import { between, type DurationMs, type EpochMs, type JsonValue, milliseconds, type PassRef, type TenantId } from '@lutra/core';
import type { CallSubject, FaultPhase, States } from '../faults/fault.ts';
import type { Asked, CallUnderway, FaultRules } from '../faults/fault-rules.ts';
import type { Identity } from '../identity/identity.ts';
import { mayCall } from '../identity/roles.ts';
import type { Behaviours } from './behaviours.ts';
import { CallCounter } from './call-counter.ts';
import type { Answer, CallerMarks, OperationName, ParamsOf, ValueOf } from './calls.ts';
import { longestName } from './catalogue.ts';
import { clbOperations } from './clb-operations.ts';
import { type Effects, noEffects, withEffect } from './effects.ts';
import { identityOperations } from './identity-operations.ts';
import { novaMoreOperations } from './nova-more-operations.ts';
import { novaOperations } from './nova-operations.ts';
import type { Operation, Operations } from './operation.ts';
import { serviceOf } from './operation-names.ts';
import { drawDuration } from './pace.ts';
import { poolOperations } from './pool-operations.ts';
import { type Refusal, refusals } from './refusal.ts';
import type { Surroundings } from './surroundings.ts';
import type { Tenant } from './tenant.ts';

/** What of a world its calls have to do with. */
export interface CallParts {
  readonly around: Surroundings;
  readonly faults: FaultRules;
  readonly identity: Identity;
  readonly behaviours: Behaviours;
  readonly tenant: (id: TenantId) => Tenant;
  /** Whether anybody wants to be told. */
  readonly watched: () => boolean;
  /** Told of a fault of the simulator itself, before the call that met it is refused. */
  readonly failed: (error: unknown) => void;
}
/** How many calls there were, of all and of each kind. */
export interface CarriedSnapshot {
  readonly calls: number;
  readonly counts: readonly (readonly [string, number])[];
}

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

/** Carries the calls of a world. */
export class CallCarrier {
  readonly #parts: CallParts;
  readonly #around: Surroundings;
  readonly #counter = new CallCounter();
  #sent = 0;
  #life = 0;

  constructor(parts: CallParts) {
    this.#parts = parts;
    this.#around = parts.around;
  }

  /** Calls that were ever sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Calls that are in flight break off, done or not. */
  breakOff(): void {
    this.#life += 1;
  }

  /** The tenant's calls are counted from 0 again. */
  forget(id: TenantId): void {
    this.#counter.forget(id);
  }

  snapshot(): CarriedSnapshot {
    return { calls: this.#sent, counts: this.#counter.snapshot() };
  }
  restore({ calls, counts }: CarriedSnapshot): void {
    this.#sent = calls;
    this.#counter.restore(counts);
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
    return new Promise((resolve) => {
      this.#attempt(
        () => this.#carry(op, this.#begin(op, tenantId, params, caller, unread, passes), params, resolve),
        () => resolve({ kind: 'refused', refusal: refusals.fault(serviceOf(op), 500) }),
      );
    });
  }

  #carry<N extends OperationName>(op: N, begun: Begun, params: ParamsOf<N>, resolve: (answer: Answer<ValueOf<N>>) => void): void {
    const operation: Operation<N> = operations[op];
    const otherwise = (): void => resolve({ kind: 'refused', refusal: refusals.fault(serviceOf(op), 500) });
    const sent = this.#applyFaults('on_send', begun, noEffects);
    const latency = milliseconds(
      drawDuration(this.#around.pace.latency, this.#around.random, 'latency', begun.tenantId, op, begun.key, begun.nth) + sent.delay,
    );
    const there = milliseconds(Math.floor(latency / 2));
    const comeBack = ({ outcome: made }: Carried<ValueOf<N>>): void => {
      const outcome: Outcome<ValueOf<N>> = begun.life === this.#life ? made : { kind: 'lost' };
      this.#tellAnswer(operation, begun, outcome);
      if (outcome.kind !== 'never') resolve(outcome);
    };
    const arrive = (): void => {
      const carried = begun.life === this.#life ? this.#answerTo(begun, this.#carryOut(operation, begun, params, sent)) : cut(sent);
      this.#after(milliseconds(latency - there + carried.effects.delayBack), () => comeBack(carried), otherwise);
    };
    this.#after(milliseconds(there + sent.delayThere), arrive, otherwise);
  }

  /** After no time at all: at once. */
  #after(delay: DurationMs, happen: () => void, otherwise: () => void): void {
    if (delay <= 0) happen();
    else this.#around.clock.after(delay).subscribe(() => this.#attempt(happen, otherwise));
  }

  /** A fault of our own must not end who runs the clock, which may be a whole process. */
  #attempt(happen: () => void, otherwise: () => void): void {
    try {
      happen();
    } catch (error) {
      this.#parts.failed(error);
      otherwise();
    }
  }

  #begin<N extends OperationName>(
    op: N,
    tenantId: TenantId,
    params: ParamsOf<N>,
    caller: CallerMarks | undefined,
    unread: Refusal | undefined,
    passes: readonly PassRef[] | undefined,
  ): Begun {
    const operation: Operation<N> = operations[op];
    const number = this.#sent;
    this.#sent += 1;
    const key = shortKey(operation.key(params));
    const nth = this.#counter.next(tenantId, op, key);
    const at = this.#around.clock.now();
    if (this.#parts.watched()) {
      const told = operation.tellParams?.(params) ?? null;
      this.#around.tell({ kind: 'called', at, tenantId, call: number, op, key, told, ...(passes && { passes }) });
    }
    let known: CallSubject | undefined;
    const subject = (): CallSubject => {
      known ??= operation.subject?.(this.#parts.tenant(tenantId), params) ?? {};
      return known;
    };
    const states = (): States => statesOf(this.#parts.tenant(tenantId));
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
      asked: this.#parts.faults.askedFor(op, tenantId),
    };
  }

  #carryOut<N extends OperationName>(operation: Operation<N>, begun: Begun, params: ParamsOf<N>, sent: Effects): Carried<ValueOf<N>> {
    const tenant = this.#parts.tenant(begun.tenantId);
    if (sent.refuse !== undefined) return refused(sent, sent.refuse);
    const early = this.#applyFaults('before_validate', begun, sent);
    if (early.answer !== 'given') return { outcome: { kind: early.answer }, effects: early }; // it never came to be asked
    const refusal = early.refuse ?? this.#whyTurnedAway(begun) ?? begun.unread ?? operation.validate(tenant, params, early.limits);
    if (refusal !== undefined) return refused(early, refusal);
    const effects = this.#applyFaults('before_commit', begun, early);
    if (effects.refuse !== undefined) return refused(effects, effects.refuse);
    if (effects.answer !== 'given') return { outcome: { kind: effects.answer }, effects }; // it never came to be done
    const value = this.#commit(operation, tenant, params, effects);
    const late = this.#applyFaults('after_commit', begun, effects);
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
    const context = { now: this.#around.clock.now(), effects, random, computeUrl };
    const value = operation.commit(tenant, params, context);
    if (effects.again && operation.validate(tenant, params, effects.limits) === undefined) operation.commit(tenant, params, context);
    return value;
  }

  /** What of an answer goes on its way. */
  #answerTo<T>(begun: Begun, { outcome, effects: before }: Carried<T>): Carried<T> {
    const refusal = outcome.kind === 'refused' ? outcome.refusal : undefined;
    const effects =
      begun.asked.during_body.length === 0 || refusal?.status === 0
        ? before
        : this.#applyFaults('during_body', { ...begun, refusal }, before);
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
    if (caller === undefined || !this.#parts.identity.checks || service === 'identity') return undefined;
    const token = caller.token === undefined ? undefined : this.#parts.identity.token(caller.token);
    if (token === undefined || token.tenantId !== tenantId || this.#around.clock.now() < token.knownFrom)
      return refusals.noValidToken(service);
    return mayCall(op, this.#parts.identity.user(token.user)?.roles ?? []) ? undefined : refusals.notAuthorised(service);
  }

  #applyFaults(phase: FaultPhase, begun: Begun, before: Effects): Effects {
    const asked = this.#parts.behaviours.effectOn(phase, begun);
    let effects = asked === undefined ? before : withEffect(before, asked);
    if (begun.asked[phase].length === 0) return effects;
    for (const { rule, fault, effect } of this.#parts.faults.strike(phase, begun, this.#around.clock.now(), begun.asked)) {
      effects = withEffect(effects, effect);
      this.#around.tell({ kind: 'faulted', at: this.#around.clock.now(), tenantId: begun.tenantId, call: begun.number, rule, fault });
      effect.meddle?.(this.#parts.tenant(begun.tenantId));
      if (effect.restarts === true) this.breakOff();
    }
    return effects;
  }

  #tellAnswer<N extends OperationName>(operation: Operation<N>, begun: Begun, outcome: Outcome<ValueOf<N>>): void {
    if (!this.#parts.watched()) return;
    const { tenantId, number: call, at: sentAt } = begun;
    const told = ((): JsonValue => {
      if (outcome.kind === 'done') return operation.tellValue?.(outcome.value) ?? null;
      return outcome.kind === 'refused' ? `${outcome.refusal.status} ${outcome.refusal.message}` : null;
    })();
    const took = between(sentAt, this.#around.clock.now());
    this.#around.tell({ kind: 'answered', at: this.#around.clock.now(), tenantId, call, answer: cameAs(outcome), told, took });
  }
}

/** What calls are counted and drawn by is kept: instead of a long key, its digest. */
const shortKey = (key: string): string => (key.length <= longestName ? key : createHash('sha256').update(key).digest('hex'));

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

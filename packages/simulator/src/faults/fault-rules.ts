import { type EpochMs, later, type Random } from '@lutra/core';
import type { OperationName } from '../world/calls.ts';
import type { Effect } from '../world/effects.ts';
import { type CallSubject, drawKeys, type Fault, type FaultedCall, type FaultPhase } from './fault.ts';
import { type FaultRule, knownFaults, opsOf } from './fault-rule.ts';

interface Standing {
  readonly rule: FaultRule;
  readonly fault: Fault<unknown>;
  readonly memory: Map<string, number>;
  /** Calls that matched op, tenant, window and subject; calls that met the fault. */
  matched: number;
  hits: number;
}

/** What a rule did to a call. */
export interface Hit {
  readonly rule: string;
  readonly fault: string;
  readonly effect: Effect;
}

/** The rules in force, found by op and phase; each counts its hits. Asked in the order in which they were added. */
export class FaultRules {
  readonly #random: Random;
  readonly #start: EpochMs;
  readonly #standing: Standing[] = [];
  readonly #byPlace = new Map<string, Standing[]>();

  /** `start`: the instant that the windows of the rules count from. */
  constructor(random: Random, start: EpochMs, rules: readonly FaultRule[] = []) {
    this.#random = random;
    this.#start = start;
    for (const rule of rules) this.add(rule);
  }

  add(rule: FaultRule): void {
    const fault = knownFaults.get(rule.do.fault);
    if (fault === undefined) throw new Error(`No fault is called ${rule.do.fault}.`);
    if (this.#standing.some((standing) => standing.rule.id === rule.id)) throw new Error(`There are two fault rules called ${rule.id}.`);
    this.#standing.push({ rule, fault, memory: new Map(), matched: 0, hits: 0 });
    this.#index();
  }

  /** Nothing happens when there is no such rule. */
  remove(id: string): void {
    const slot = this.#standing.findIndex((standing) => standing.rule.id === id);
    if (slot >= 0) this.#standing.splice(slot, 1);
    this.#index();
  }

  /** How many calls met each rule, in the order of the rules. */
  hits(): readonly { readonly id: string; readonly hits: number }[] {
    return this.#standing.map(({ rule, hits }) => ({ id: rule.id, hits }));
  }

  /** What the rules do to a call in this phase. Counts. */
  decide(phase: FaultPhase, call: Omit<FaultedCall, 'rule'>, now: EpochMs): readonly Hit[] {
    const candidates = this.#byPlace.get(placeOf(phase, call.op));
    if (candidates === undefined) return [];
    const hits: Hit[] = [];
    for (const standing of candidates) {
      const faulted = { ...call, rule: standing.rule.id };
      if (!this.#meets(standing, faulted, now)) continue;
      const { fault, memory, rule } = standing;
      const effect = fault.apply({ params: rule.do.params, call: faulted, now, random: this.#random, memory });
      if (effect === undefined) continue;
      standing.hits += 1;
      hits.push({ rule: rule.id, fault: fault.name, effect });
    }
    return hits;
  }

  #meets(standing: Standing, call: FaultedCall, now: EpochMs): boolean {
    const { tenant, from, until, match, skip, every, times, p } = standing.rule.when;
    if (tenant !== undefined && tenant !== call.tenantId) return false;
    if (from !== undefined && now < later(this.#start, from)) return false;
    if (until !== undefined && now >= later(this.#start, until)) return false;
    if (match !== undefined && !fits(match, call.subject())) return false;
    const before = standing.matched;
    standing.matched += 1;
    if (before < skip || (before - skip) % every !== 0) return false;
    if (times !== undefined && standing.hits >= times) return false;
    return p >= 1 || this.#random.at(...drawKeys(call)) < p;
  }

  #index(): void {
    this.#byPlace.clear();
    for (const standing of this.#standing) {
      for (const name of new Set(opsOf(standing.fault, standing.rule.when.op))) {
        const place = placeOf(standing.fault.phase, name);
        const there = this.#byPlace.get(place);
        if (there === undefined) this.#byPlace.set(place, [standing]);
        else there.push(standing);
      }
    }
  }
}

const placeOf = (phase: FaultPhase, op: OperationName): string => `${phase}/${op}`;

/** Whether a call is about what a rule names; about something that has no name or metadata it is not. */
function fits({ name, metadata, loadBalancer }: NonNullable<FaultRule['when']['match']>, subject: CallSubject): boolean {
  if (name !== undefined && !name.test(subject.name ?? '')) return false;
  if (loadBalancer !== undefined && subject.loadBalancerId !== loadBalancer) return false;
  return Object.entries(metadata ?? {}).every(([key, value]) => value.test(String(subject.metadata?.[key] ?? '')));
}

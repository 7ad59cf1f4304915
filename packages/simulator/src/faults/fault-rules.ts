import { type EpochMs, later, type Random } from '@lutra/core';
import type { OperationName } from '../world/calls.ts';
import { drawKeys, type Effect, type Fault, type FaultedCall, type FaultPhase } from './fault.ts';
import { type FaultRule, knownFaults, operationNames } from './fault-rule.ts';

interface Standing {
  readonly rule: FaultRule;
  readonly fault: Fault<unknown>;
  /** Calls that matched op, tenant and window; calls that met the fault. */
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
    this.#standing.push({ rule, fault, matched: 0, hits: 0 });
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
      const effect = standing.fault.apply({ params: standing.rule.do.params, call: faulted, random: this.#random });
      if (effect === undefined) continue;
      standing.hits += 1;
      hits.push({ rule: standing.rule.id, fault: standing.fault.name, effect });
    }
    return hits;
  }

  #meets(standing: Standing, call: FaultedCall, now: EpochMs): boolean {
    const { tenant, from, until, skip, every, times, p } = standing.rule.when;
    if (tenant !== undefined && tenant !== call.tenantId) return false;
    if (from !== undefined && now < later(this.#start, from)) return false;
    if (until !== undefined && now >= later(this.#start, until)) return false;
    const before = standing.matched;
    standing.matched += 1;
    if (before < skip || (before - skip) % every !== 0) return false;
    if (times !== undefined && standing.hits >= times) return false;
    return p >= 1 || this.#random.at(...drawKeys(call)) < p;
  }

  #index(): void {
    this.#byPlace.clear();
    for (const standing of this.#standing) {
      const { op } = standing.rule.when;
      const ops: readonly OperationName[] = op === undefined ? operationNames : typeof op === 'string' ? [op] : op;
      for (const name of new Set(ops)) {
        const place = placeOf(standing.fault.phase, name);
        const there = this.#byPlace.get(place);
        if (there === undefined) this.#byPlace.set(place, [standing]);
        else there.push(standing);
      }
    }
  }
}

const placeOf = (phase: FaultPhase, op: OperationName): string => `${phase}/${op}`;

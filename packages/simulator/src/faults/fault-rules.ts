import type { EpochMs, Random, TenantId } from '@lutra/core';
import type { OperationName } from '../world/calls.ts';
import type { Effect } from '../world/effects.ts';
import { operationNames } from '../world/operation-names.ts';
import { type CallAtHand, type FaultPhase, faultPhases } from './fault.ts';
import { type FaultRule, faultRuleSchema, type RulePart } from './fault-rule.ts';
import { opsMeant, selects } from './fault-selector.ts';

/** Calls of one tenant that matched a rule, that met it, and those of these that a fault did something to. */
interface Counts {
  matched: number;
  met: number;
  hits: number;
}
interface Standing {
  readonly rule: FaultRule;
  /** Counts the rules in the order of adding. */
  readonly place: number;
  /** The first phase in which it has something to do: there it is decided whether it meets a call. */
  readonly first: FaultPhase;
  readonly drawsAs: string;
  /** By tenant, so that the traffic of others never changes whom a rule meets. */
  readonly counts: Map<TenantId, Counts>;
  /** What the faults of the rule remember, by their place in it. */
  readonly memories: readonly Map<string, number>[];
}
/** The rules to ask in each phase of a call. */
export type Asked = Readonly<Record<FaultPhase, readonly Standing[]>>;

/** A call on its way through the rules: what was decided about it in an earlier phase is kept here. */
export interface CallUnderway extends CallAtHand {
  met?: Map<Standing, readonly RulePart[]>;
  hitBy?: Set<Standing>;
  /** Rules after this place are not asked any more. */
  lastPlace?: number;
}

/** What a rule did to a call. */
export interface Hit {
  readonly rule: string;
  readonly fault: string;
  readonly effect: Effect;
}

/** Rules in force, and what they counted so far. */
export interface FaultRulesSnapshot {
  /** The instant that their windows count from. */
  readonly start: EpochMs;
  readonly rules: readonly {
    readonly rule: unknown;
    readonly counts: readonly (readonly [TenantId, Counts])[];
    readonly memories: readonly (readonly (readonly [string, number])[])[];
  }[];
}

/** Rules at once. */
export const mostRules = 1000;

const nothing: Asked = { on_send: [], before_validate: [], before_commit: [], after_commit: [], during_body: [] };

/**
 * The rules in force. They are found by operation and tenant, so that those which cannot meet a call cost it nothing, and asked in the
 * order in which they were added; effects add up. Each counts its hits.
 */
export class FaultRules {
  readonly #random: Random;
  #start: EpochMs;
  readonly #region: string;
  readonly #standing: Standing[] = [];
  #added = 0;
  /** Rules by operation: those for a tenant that some rule names, and those for all others. */
  #byOp = new Map<OperationName, { readonly named: Map<TenantId, Asked>; readonly others: Asked }>();

  /** `start`: the instant that the windows of the rules count from. `region`: of the cloud. */
  constructor(random: Random, start: EpochMs, rules: readonly FaultRule[] = [], region = 'ORD') {
    this.#random = random;
    this.#start = start;
    this.#region = region;
    for (const rule of rules) this.#stand(rule);
    this.#index();
  }

  /** Whether so many more may be added while the cloud runs. */
  hasRoomFor(more: number): boolean {
    return this.#standing.length + more <= mostRules;
  }

  /** From now on. Throws when there is a rule of this id. */
  add(rule: FaultRule): void {
    this.#stand(rule);
    this.#index();
  }

  /** Whether there was such a rule. */
  remove(id: string): boolean {
    const slot = this.#standing.findIndex(({ rule }) => rule.id === id);
    if (slot < 0) return false;
    this.#standing.splice(slot, 1);
    this.#index();
    return true;
  }

  /** The rules as they were given, with how many calls matched each and how many met it, in the order of the rules. */
  list(): readonly { readonly rule: unknown; readonly matched: number; readonly hits: number }[] {
    return this.#standing.map(({ rule: { source }, counts }) => ({
      rule: source,
      matched: sum(counts, 'matched'),
      hits: sum(counts, 'hits'),
    }));
  }

  /** How many calls met each rule, in the order of the rules. */
  hits(): readonly { readonly id: string; readonly hits: number }[] {
    return this.#standing.map(({ rule: { id }, counts }) => ({ id, hits: sum(counts, 'hits') }));
  }

  /** The rules as they were given, with what they counted and remember, as JSON. */
  snapshot(): FaultRulesSnapshot {
    const rules = this.#standing.map(({ rule: { source }, counts, memories }) => ({
      rule: source,
      counts: [...counts].map(([tenantId, count]) => [tenantId, { ...count }] as const),
      memories: memories.map((memory) => [...memory]),
    }));
    return { start: this.#start, rules };
  }

  /** Becomes what it was. Throws, and stays as it is, when a rule is none of this cloud's. */
  restore({ start, rules }: FaultRulesSnapshot): void {
    const parsed = rules.map(({ rule }) => faultRuleSchema.parse(rule));
    this.#standing.splice(0);
    this.#start = start;
    for (const [index, rule] of parsed.entries()) {
      const { counts = [], memories = [] } = rules[index] ?? {};
      this.#stand(rule);
      const standing = this.#standing.at(-1);
      for (const [tenantId, count] of counts) standing?.counts.set(tenantId, { ...count });
      for (const [place, memory] of memories.entries()) for (const [key, value] of memory) standing?.memories[place]?.set(key, value);
    }
    this.#index();
  }

  /** The rules that a call of this kind must be put before. */
  askedFor(op: OperationName, tenantId: TenantId): Asked {
    const there = this.#byOp.get(op);
    return there === undefined ? nothing : (there.named.get(tenantId) ?? there.others);
  }

  /** What the rules do to a call in this phase. Counts. */
  strike(phase: FaultPhase, call: CallUnderway, now: EpochMs, asked = this.askedFor(call.op, call.tenantId)): readonly Hit[] {
    const candidates = asked[phase];
    if (candidates.length === 0) return noHits;
    const hits: Hit[] = [];
    for (const standing of candidates) {
      if (call.lastPlace !== undefined && standing.place > call.lastPlace) continue;
      const parts = standing.first === phase ? this.#meets(standing, call, now) : call.met?.get(standing);
      if (parts === undefined) continue;
      for (const part of parts) {
        const { fault, params } = part;
        if (part.phase !== phase || fault.ops?.includes(call.op) === false) continue;
        const memory = standing.memories[standing.rule.parts.indexOf(part)] ?? new Map<string, number>();
        const effect = fault.apply({ params, call: { ...call, rule: standing.drawsAs }, now, random: this.#random, memory });
        if (effect === undefined) continue;
        this.#countHit(standing, call);
        hits.push({ rule: standing.rule.id, fault: fault.name, effect });
      }
    }
    return hits;
  }

  /** What of a rule meets a call; undefined: nothing. */
  #meets(standing: Standing, call: CallUnderway, now: EpochMs): readonly RulePart[] | undefined {
    const { rule, counts, drawsAs } = standing;
    if (!selects(rule.when, call, this.#start, now)) return undefined;
    const { skip, every, times, p } = rule.when;
    const count = countsOf(counts, call.tenantId);
    const before = count.matched;
    count.matched += 1;
    if (before < skip || (before - skip) % every !== 0) return undefined;
    if (times !== undefined && count.hits >= times) return undefined;
    if (p < 1 && this.#random.at(drawsAs, call.tenantId, call.op, call.key, call.nth) >= p) return undefined;
    const parts = partsInTurn(rule, count.met);
    count.met += 1;
    if (rule.last) call.lastPlace = standing.place;
    if (rule.parts.length > 1) {
      call.met ??= new Map();
      call.met.set(standing, parts);
    }
    return parts;
  }

  /** A call is one hit, however many parts of the rule do something to it. */
  #countHit(standing: Standing, call: CallUnderway): void {
    call.hitBy ??= new Set();
    if (call.hitBy.has(standing)) return;
    call.hitBy.add(standing);
    countsOf(standing.counts, call.tenantId).hits += 1;
  }

  #stand(rule: FaultRule): void {
    if (this.#standing.some((standing) => standing.rule.id === rule.id)) throw new Error(`There are two fault rules called ${rule.id}.`);
    const phases = rule.parts.flatMap((part) => (part === undefined ? [] : [part.phase]));
    const first = faultPhases.find((phase) => phases.includes(phase)) ?? 'on_send';
    const drawsAs = rule.salt === '' ? rule.id : `${rule.salt}/${rule.id}`;
    this.#standing.push({ rule, place: this.#added, first, drawsAs, counts: new Map(), memories: rule.parts.map(() => new Map()) });
    this.#added += 1;
  }

  #index(): void {
    this.#byOp = new Map();
    const here = this.#standing.filter(({ rule: { when } }) => when.region === undefined || when.region === this.#region);
    const wanted = here.map((standing) => ({ standing, ops: new Set(opsOf(standing.rule)) }));
    for (const op of operationNames) {
      const rules = wanted.filter(({ ops }) => ops.has(op)).map(({ standing }) => standing);
      if (rules.length === 0) continue;
      const tenants = new Set(rules.flatMap(({ rule: { when } }) => when.tenant ?? []));
      const named = new Map([...tenants].map((tenant) => [tenant as TenantId, askedIn(rules.filter((one) => isFor(one, tenant)))]));
      this.#byOp.set(op, { named, others: askedIn(rules.filter((one) => isFor(one, undefined))) });
    }
  }
}

const noHits: readonly Hit[] = [];

const sum = (counts: ReadonlyMap<TenantId, Counts>, what: keyof Counts): number =>
  [...counts.values()].reduce((total, one) => total + one[what], 0);

function countsOf(counts: Map<TenantId, Counts>, tenantId: TenantId): Counts {
  const known = counts.get(tenantId);
  if (known !== undefined) return known;
  const fresh: Counts = { matched: 0, met: 0, hits: 0 };
  counts.set(tenantId, fresh);
  return fresh;
}

/** All parts, or the one whose turn it is for the call that is the n-th to meet the rule. */
function partsInTurn({ order, parts }: FaultRule, met: number): readonly RulePart[] {
  const chosen = order === 'stack' ? parts : [parts[order === 'cycle' ? met % parts.length : met]];
  return chosen.filter((part) => part !== undefined);
}

/** The calls that a rule can meet. */
const opsOf = ({ parts, when }: FaultRule): readonly OperationName[] =>
  parts.flatMap((part) => (part === undefined ? [] : opsMeant(when, part.fault.ops ?? operationNames)));

const isFor = ({ rule: { when } }: Standing, tenant: string | undefined): boolean =>
  when.tenant === undefined || (tenant !== undefined && when.tenant.includes(tenant));

function askedIn(rules: readonly Standing[]): Asked {
  const inPhase = (phase: FaultPhase): readonly Standing[] => rules.filter(({ rule }) => rule.parts.some((part) => part?.phase === phase));
  return {
    on_send: inPhase('on_send'),
    before_validate: inPhase('before_validate'),
    before_commit: inPhase('before_commit'),
    after_commit: inPhase('after_commit'),
    during_body: inPhase('during_body'),
  };
}

/**
 * What testers ask the cloud to do, beside fault rules: behaviours registered over the control plane, and metadata of a server that says
 * what shall become of it (spec/simulator.md, sections D and E). Metadata wins; then the first behaviour whose criteria fit.
 */
import { type JsonObject, type JsonValue, milliseconds, type Random, type TenantId } from '@lutra/core';
import { secondsIn } from '../duration.ts';
import type { CallSubject, FaultPhase } from '../faults/fault.ts';
import type { OperationName } from './calls.ts';
import type { Effect } from './effects.ts';
import { numberOf, objectOf, ownOf, sizeOf, textOf, wordsOf } from './json-values.ts';
import { notPattern, type Pattern, patternOf } from './pattern.ts';
import { type Refusal, refusals } from './refusal.ts';

/** What can be asked for: on creating servers (of one tenant), and on logging in. */
export const behaviourEvents = ['creation', 'auth'] as const;
export type BehaviourEvent = (typeof behaviourEvents)[number];

/** One way to behave, as it was asked for. */
export interface Behaviour {
  readonly name: string;
  readonly parameters: JsonObject;
}
/** One pattern of a criterion, compiled; undefined: it fits nothing. */
interface Criterion {
  readonly name: string;
  /** Of metadata: which item. */
  readonly key: string | undefined;
  readonly pattern: Pattern | undefined;
}
interface Registered {
  readonly id: string;
  readonly event: BehaviourEvent;
  readonly tenantId: TenantId | undefined;
  /** By criterion: a pattern, or patterns by key. */
  readonly criteria: readonly (readonly [string, JsonValue])[];
  /** Taken in turn, for ever. */
  readonly sequence: readonly Behaviour[];
  used: number;
}
/** One that is in force, its patterns compiled. */
interface Standing {
  readonly one: Registered;
  readonly compiled: readonly Criterion[];
}
/** What was registered, and how often each was used, as JSON. */
export interface BehavioursSnapshot {
  readonly made: readonly (readonly [string, number])[];
  readonly registered: readonly Registered[];
}
/** What the faults of a call see of it. */
export interface BehavingCall {
  readonly op: OperationName;
  readonly tenantId: TenantId;
  readonly key: string;
  readonly nth: number;
  readonly subject: () => CallSubject;
}

/** Behaviours at once. */
const most = 1000;
/** Characters of one, as JSON. */
const longest = 16_384;
const atOnce = milliseconds(1);

export class Behaviours {
  readonly #random: Random;
  #registered: Standing[] = [];
  /** How many were ever made, by event and tenant: those of others change no id. */
  readonly #made = new Map<string, number>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Answers its id; a text says why it cannot be registered. Of several that fit, the first counts. */
  add(event: BehaviourEvent, tenantId: TenantId | undefined, asked: JsonObject): { readonly id: string } | string {
    const sequence = sequenceIn(event, asked);
    if (typeof sequence === 'string') return sequence;
    const criteria = criteriaIn(event, asked.criteria);
    if (typeof criteria === 'string') return criteria;
    if (sizeOf(asked) > longest) return `A behavior has at most ${longest} characters.`;
    if (this.#registered.length >= most) return `There are ${most} behaviors already: delete some.`;
    const place = placeOf(event, tenantId);
    const nth = (this.#made.get(place) ?? 0) + 1;
    this.#made.set(place, nth);
    const id = this.#random.fork(`behaviour/${place}/${nth}`).uuid();
    this.#registered.push(standing({ id, event, tenantId, criteria, sequence, used: 0 }));
    return { id };
  }

  /** Whether there was one. */
  remove(event: BehaviourEvent, tenantId: TenantId | undefined, id: string): boolean {
    const before = this.#registered.length;
    this.#registered = this.#registered.filter(({ one }) => one.id !== id || one.event !== event || one.tenantId !== tenantId);
    return this.#registered.length < before;
  }

  /** Those of the tenant go. */
  forget(tenantId: TenantId): void {
    this.#registered = this.#registered.filter(({ one }) => one.tenantId !== tenantId);
    for (const event of behaviourEvents) this.#made.delete(placeOf(event, tenantId));
  }

  snapshot(): BehavioursSnapshot {
    return { made: [...this.#made], registered: this.#registered.map(({ one }) => ({ ...one })) };
  }
  restore({ made, registered }: BehavioursSnapshot): void {
    this.#made.clear();
    for (const [place, count] of made) this.#made.set(place, count);
    this.#registered = registered.map((one) => standing({ ...one, tenantId: one.tenantId }));
  }

  /** What is asked for of a call, in this phase of it. */
  effectOn(phase: FaultPhase, call: BehavingCall): Effect | undefined {
    if (phase !== 'before_commit' && phase !== 'after_commit') return undefined;
    if (call.op === 'server.delete') return phase === 'before_commit' ? failedDelete(call) : undefined;
    if (call.op === 'server.create') {
      const byMetadata = hooked(call.subject().metadata ?? {});
      if (byMetadata !== undefined) return phase === 'before_commit' ? byMetadata : undefined;
      return this.#registered.length === 0 ? undefined : this.#created(phase, call);
    }
    if (this.#registered.length === 0 || phase !== 'before_commit') return undefined;
    return call.op === 'token.create' || call.op === 'token.impersonate' ? this.#loggedIn(call) : undefined;
  }

  #created(phase: FaultPhase, { tenantId, subject }: BehavingCall): Effect | undefined {
    const { name = '', metadata = {} } = subject();
    // Asked in both phases of a call, and used up in the second.
    const behaviour = this.#find('creation', tenantId, phase === 'after_commit', { server_name: name, metadata });
    return behaviour && effectOfCreation(phase, behaviour);
  }
  #loggedIn({ op, tenantId, key }: BehavingCall): Effect | undefined {
    // An impersonation tells only whom it is about.
    const facts = op === 'token.create' ? { username: key, tenant_id: tenantId } : { username: key };
    const behaviour = this.#find('auth', undefined, true, facts);
    return behaviour?.name === 'fail' ? { refuse: failure(behaviour.parameters, 'unauthorized', 401) } : undefined;
  }

  #find(event: BehaviourEvent, tenantId: TenantId | undefined, use: boolean, facts: Facts): Behaviour | undefined {
    const found = this.#registered.find(
      ({ one, compiled }) => one.event === event && one.tenantId === tenantId && fits(compiled, facts),
    )?.one;
    if (found === undefined) return undefined;
    const behaviour = found.sequence[found.used % found.sequence.length];
    // One that refuses before the commit is never asked again for this call.
    if (use || behaviour?.name === 'fail') found.used += 1;
    return behaviour;
  }
}

const standing = (one: Registered): Standing => ({ one, compiled: criteriaOf(one) });
const placeOf = (event: BehaviourEvent, tenantId: TenantId | undefined): string => `${event}/${tenantId ?? ''}`;

type Facts = Readonly<Record<string, string | Readonly<Record<string, unknown>>>>;

function sequenceIn(event: BehaviourEvent, { name, parameters }: JsonObject): readonly Behaviour[] | string {
  const params = objectOf(parameters) ?? {};
  if (name !== 'sequence')
    return behaves(event, name) ? [{ name: wordsOf(name), parameters: params }] : `There is no behavior ${wordsOf(name)}.`;
  const list = Array.isArray(params.behaviors) ? params.behaviors.map((one: JsonValue) => objectOf(one)) : [];
  const steps = list.map((one) => ({ name: wordsOf(one?.name), parameters: objectOf(one?.parameters) ?? {} }));
  if (steps.length === 0) return 'A sequence needs parameters.behaviors.';
  return steps.find((step) => !behaves(event, step.name)) === undefined ? steps : 'A behavior of the sequence is unknown.';
}
const behaves = (event: BehaviourEvent, name: JsonValue | undefined): boolean =>
  (event === 'auth' ? ['default', 'fail'] : ['default', 'fail', 'false-negative', 'build', 'error', 'active-then-error']).includes(
    wordsOf(name),
  );

/** What criteria can be about: a text, or texts by key. */
const known: Readonly<Record<BehaviourEvent, Readonly<Record<string, 'text' | 'texts'>>>> = {
  creation: { server_name: 'text', metadata: 'texts' },
  auth: { username: 'text', tenant_id: 'text' },
};
function criteriaIn(event: BehaviourEvent, given: JsonValue | undefined): Registered['criteria'] | string {
  if (given !== undefined && !Array.isArray(given)) return 'criteria must be a list.';
  const criteria: (readonly [string, JsonValue])[] = [];
  for (const one of given ?? []) {
    const entries = Object.entries(objectOf(one) ?? {});
    if (entries.length === 0) return 'A criterion must be an object with a name and a pattern.';
    criteria.push(...entries);
  }
  for (const [name, wanted] of criteria) {
    const kind = ownOf(known[event], name);
    if (kind === undefined) return `There is no criterion ${name}; there are ${Object.keys(known[event]).join(', ')}.`;
    const patterns: readonly JsonValue[] = kind === 'text' ? [wanted] : Object.values(objectOf(wanted) ?? { '': null });
    const wrong = patterns.find((pattern) => startOf(pattern) === undefined);
    if (wrong !== undefined) return `${name}: ${notPattern(wordsOf(wrong))}.`;
  }
  return criteria;
}
/** Patterns must fit the beginning. */
const startOf = (pattern: JsonValue): Pattern | undefined => {
  const source = textOf(pattern);
  return source === undefined ? undefined : patternOf(source, true);
};
const fits = (criteria: readonly Criterion[], facts: Facts): boolean =>
  criteria.every(({ name, key, pattern }) => {
    const fact = ownOf(facts, name);
    const text = typeof fact === 'object' && key !== undefined ? ownOf(fact, key) : fact;
    return text !== undefined && pattern?.test(wordsOf(text as JsonValue)) === true;
  });
/** Criteria as they are asked: one for each pattern. */
const criteriaOf = ({ criteria }: Registered): readonly Criterion[] =>
  criteria.flatMap(([name, wanted]): readonly Criterion[] => {
    const patterns = objectOf(wanted);
    if (patterns === undefined) return [{ name, key: undefined, pattern: startOf(wanted) }];
    return Object.entries(patterns).map(([key, pattern]) => ({ name, key, pattern: startOf(pattern) }));
  });

function effectOfCreation(phase: FaultPhase, { name, parameters }: Behaviour): Effect | undefined {
  if (phase === 'after_commit') return name === 'false-negative' ? { refuse: failure(parameters, 'computeFault', 500) } : undefined;
  const duration = secondsIn(parameters.duration, 1);
  if (name === 'fail') return { refuse: failure(parameters, 'computeFault', 500) };
  if (name === 'build') return { fate: { buildTime: duration } };
  if (name === 'error') return { fate: { builtAs: 'ERROR', buildTime: atOnce } };
  return name === 'active-then-error' ? { fate: { buildTime: atOnce, failsAfter: duration, failsAs: 'ERROR' } } : undefined;
}

/** What the metadata of a new server asks for, first hit first. */
function hooked(metadata: Readonly<Record<string, unknown>>): Effect | undefined {
  const failing = parsed(metadata.create_server_failure);
  if (failing !== undefined) return { refuse: failure(failing, 'computeFault', 500) };
  if (metadata.server_building !== undefined) return { fate: { buildTime: secondsIn(textIn(metadata.server_building), 1) } };
  return metadata.server_error === undefined ? undefined : { fate: { builtAs: 'ERROR', buildTime: atOnce } };
}
/** `delete_server_failure`: so many deletes of the server fail. */
function failedDelete({ subject, nth }: BehavingCall): Effect | undefined {
  const asked = parsed(subject().metadata?.delete_server_failure);
  if (asked === undefined || nth >= (numberOf(asked.times) || 1)) return undefined;
  return { refuse: failure({ message: 'Deleting was asked to fail.', ...asked }, 'computeFault', 500) };
}

function parsed(text: unknown): JsonObject | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}
const failure = ({ message, code, type }: JsonObject, name: string, status: number): Refusal =>
  refusals.asked(
    statusIn(code) ?? status,
    textOf(type) ?? name,
    message === undefined ? 'The server has either erred or is incapable.' : wordsOf(message),
  );
/** A status that an answer over HTTP can have. */
function statusIn(code: JsonValue | undefined): number | undefined {
  const status = numberOf(code);
  return Number.isInteger(status) && status >= 200 && status <= 599 ? status : undefined;
}
const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

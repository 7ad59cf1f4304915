import {
  type Autoscaler,
  type Clock,
  createAutoscaler,
  defaultOptions,
  type EpochMs,
  LutraError,
  later,
  milliseconds,
  type Options,
  type Random,
  type Store,
  seconds,
  seededRandom,
} from '@lutra/core';
import type { OperationName } from '@lutra/simulator';
import { cloudOver, paces, VirtualClock, World } from '@lutra/simulator';
import { firstValueFrom } from 'rxjs';
import type { Checker, CheckerContext, CheckerKind, Violation } from './checkers/checker.ts';
import type { Overshoots } from './checkers/no-overshoot.ts';
import { standardCheckers } from './checkers/standard.ts';
import { errorCatchingClock } from './error-catching-clock.ts';
import { GroupTruths, type WatchedGroup } from './group-truths.ts';
import { expectedStatus, judge, judgeDelays } from './judging.ts';
import type { CallCount, GroupOutcome, Outcome } from './outcome.ts';
import type { Play } from './play.ts';
import { play } from './playing.ts';
import { setDesired } from './playing-commands.ts';
import { RunGroups } from './run-groups.ts';
import { Sampler } from './sampling.ts';
import type { Scenario } from './scenario.ts';
import type { ScenarioGroup } from './scenario-groups.ts';
import { ServerSets } from './server-sets.ts';
import { createScenarioGroup, furnish } from './stage.ts';
import { type Happening, type ScenarioEvent, Trace } from './trace.ts';

/** How to run a scenario. */
export interface RunOptions {
  /** Everything that chance decides follows from it; default: the scenario's own. */
  readonly seed?: string | number;
  /** Told about a hundred times a run. */
  readonly onProgress?: (progress: { readonly simulatedMs: number; readonly durationMs: number; readonly events: number }) => void;
  /** What the engine keeps its groups in; default: memory. Each run needs one of its own. */
  readonly storeOn?: (clock: Clock) => Store;
  /** Gets every line of the trace as it is written. */
  readonly onTrace?: (line: string) => void;
  /** Checkers besides those that every run has. */
  readonly checkers?: readonly CheckerKind[];
}

/**
 * Runs a scenario in virtual time with the very engine that production runs. Resolves whatever comes of it: broken invariants
 * are in the outcome. Rejects only when the run itself could not go on (a call that can never settle, a mistake of ours).
 */
export async function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<Outcome> {
  const run = new Run(scenario, options);
  await run.begin();
  await run.playOut();
  return run.end(scenario.expect.undelayed.length === 0 ? [] : await groupsWithoutFaults(scenario, options));
}

/** How the groups fare in the same run without any fault. */
async function groupsWithoutFaults(scenario: Scenario, { seed, storeOn }: RunOptions): Promise<readonly GroupOutcome[]> {
  const run = new Run({ ...scenario, faults: [] }, { ...(seed !== undefined && { seed }), ...(storeOn !== undefined && { storeOn }) });
  await run.begin();
  await run.playOut();
  return (await run.end([])).groups;
}

class Run {
  readonly #scenario: Scenario;
  readonly #seed: string;
  readonly #given: RunOptions;
  readonly #random: Random;
  readonly #clock = new VirtualClock();
  readonly #start: EpochMs = this.#clock.now();
  readonly #world: World;
  readonly #autoscaler: Autoscaler;
  readonly #trace: Trace;
  readonly #truths: GroupTruths;
  readonly #groups: RunGroups;
  readonly #sampler: Sampler;
  readonly #checkers: readonly Checker[];
  readonly #violations: Violation[] = [];
  readonly #overshoots: Overshoots = new Map();
  readonly #calls = new Map<OperationName, CallCount>();
  readonly #openCalls = new Map<number, OperationName>();
  readonly #passes = new Map<string, number>();
  readonly #sets: ServerSets;
  /** The first of our own mistakes that happened inside a timer. */
  #mistake: unknown;

  constructor(scenario: Scenario, given: RunOptions) {
    this.#scenario = scenario;
    this.#given = given;
    this.#seed = String(given.seed ?? scenario.seed);
    this.#random = seededRandom(this.#seed);
    this.#trace = new Trace(this.#start, given.onTrace);
    const pace = paces[scenario.cloud.pace];
    const { faults, cloud, groups } = scenario;
    const { hints, identity } = cloud;
    const who = identity === undefined ? {} : { identity };
    const clock = errorCatchingClock(this.#clock, (error) => this.#failed(error));
    this.#world = new World({ clock, random: this.#random.fork('cloud'), pace, faults, hints, quota: {}, ...who });
    this.#truths = new GroupTruths(this.#world);
    this.#sets = new ServerSets(this.#world);
    this.#groups = new RunGroups(groups);
    this.#sampler = new Sampler(clock, this.#truths, this.#groups.byId);
    const engine: Options = { ...defaultOptions, ...scenario.engine };
    const settings = scenario.checkers;
    const standard = standardCheckers(this.#overshoots).filter(({ name }) => !('off' in (settings[name] ?? {})));
    this.#checkers = [...standard, ...(given.checkers ?? [])].map((kind) => kind.make(this.#contextFor(kind.name, engine)));
    this.#autoscaler = createAutoscaler({
      cloud: cloudOver(this.#world, this.#clock),
      clock,
      random: this.#random.fork('engine'),
      ...(given.storeOn !== undefined && { store: given.storeOn(clock) }),
      options: scenario.engine,
    });
    this.#world.events$.subscribe((event) => this.#saw({ of: 'cloud', event }));
    this.#autoscaler.events$.subscribe((event) => this.#saw({ of: 'engine', event }));
  }

  /** Furnishes the world, starts the engine, creates the groups and arms the timeline. */
  async begin(): Promise<void> {
    const { name, groups, timeline } = this.#scenario;
    this.#tell({ kind: 'began', what: name, details: [`seed ${this.#seed}`] });
    furnish(this.#world, this.#scenario);
    this.#autoscaler.start();
    for (const [index, entry] of timeline.entries()) {
      this.#clock.after(entry.at).subscribe(() => this.#guarded(() => play(entry, index, this.#stage())));
    }
    const created = this.#clock.runUntilSettled(Promise.all(groups.map((group) => this.#create(group))));
    await created.catch((error: unknown) => Promise.reject(this.#mistake ?? error));
  }

  /** Runs to the end of the scenario. */
  async playOut(): Promise<void> {
    const { duration } = this.#scenario;
    const slices = 100;
    for (let slice = 1; slice <= slices; slice += 1) {
      await this.#clock.runUntil(later(this.#start, milliseconds(Math.round((duration * slice) / slices))));
      if (this.#mistake !== undefined) throw this.#mistake;
      this.#given.onProgress?.({ simulatedMs: this.#clock.now() - this.#start, durationMs: duration, events: this.#trace.count });
    }
  }

  /** Judges, stops the engine and tells what came of it. `calm`: how the groups fare without faults, where that is asked for. */
  async end(calm: readonly GroupOutcome[]): Promise<Outcome> {
    this.#sampler.sampleAll();
    for (const checker of this.#checkers) checker.ended?.();
    const groups = await this.#clock.runUntilSettled(Promise.all(this.#groups.inOrder().map((group) => this.#outcomeOf(group))));
    const violate = (checker: string, message: string, group?: string): void => this.#violate(checker, message, group);
    const calls = Object.fromEntries([...this.#calls].sort(([a], [b]) => (a < b ? -1 : 1)));
    judge({ scenario: this.#scenario, groups, calls, passes: this.#passes, sets: this.#sets }, violate);
    if (calm.length > 0) judgeDelays(this.#scenario, groups, calm, violate);
    await this.#clock.runUntilSettled(this.#autoscaler.stop());
    for (const name of this.#clock.callsInFlight) this.#violate('calls-settle', `${name} was still in flight after the engine had stopped`);
    this.#tell({ kind: 'ended', what: this.#scenario.name });
    return {
      scenario: this.#scenario.name,
      seed: this.#seed,
      traceHash: this.#trace.hash,
      events: this.#trace.count,
      simulatedMs: this.#scenario.duration,
      converged: groups.every(({ convergedAt }) => convergedAt !== null),
      overshoot: Math.max(0, ...groups.map(({ overshoot }) => overshoot)),
      violations: this.#violations,
      groups,
      timeline: this.#sampler.samples,
      faults: this.#world.faults.hits(),
      calls,
    };
  }

  async #create(group: ScenarioGroup): Promise<void> {
    const { ref, desired } = this.#groups.add(group, await this.#untilAnswered(() => createScenarioGroup(this.#autoscaler, group)));
    if (group.desired !== desired) await setDesired(this.#autoscaler, ref, group.desired);
  }

  /** A command that a fault of the cloud keeps from being decided is given again, every few seconds, for at most five minutes. */
  async #untilAnswered<T>(give: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await give();
      } catch (error) {
        if (!(error instanceof LutraError && error.retryable) || tries >= 60) throw error;
        await firstValueFrom(this.#clock.after(seconds(5)));
      }
    }
  }

  #stage(): Play {
    return {
      world: this.#world,
      autoscaler: this.#autoscaler,
      truths: this.#truths,
      sets: this.#sets,
      random: this.#random,
      groupsCalled: (name) => this.#groups.called(name),
      notYet: (name) => this.#groups.notYet(name),
      groups: () => [...this.#groups.byId.values()],
      tell: (event) => this.#tell(event),
      violate: (checker, message, group) => this.#violate(checker, message, group),
      now: () => this.#clock.now(),
    };
  }

  /** A mistake inside a timer ends the run, not the process. */
  #guarded(work: () => Promise<void>): void {
    work().catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    this.#mistake ??= error;
  }

  #tell(event: Omit<ScenarioEvent, 'at'>): void {
    this.#saw({ of: 'scenario', event: { at: this.#clock.now(), ...event } });
  }

  /** Everything that happens comes by here: first what is known is brought up to date, then it is written down and judged. */
  #saw(happening: Happening): void {
    try {
      const { of, event } = happening;
      if (of === 'cloud') {
        this.#truths.saw(event);
        if (event.kind === 'called') this.#openCalls.set(event.call, event.op);
        if (event.kind === 'answered') this.#countCall(event.call, event.answer);
      } else if (of === 'engine') {
        const group = this.#groups.byId.get(event.groupId);
        if (group !== undefined && event.kind === 'desired-changed') group.desired = event.to;
        if (group !== undefined && event.kind === 'pass-ended') this.#passes.set(group.name, (this.#passes.get(group.name) ?? 0) + 1);
        if (group !== undefined && event.kind === 'status-changed') Object.assign(group, { status: event.status, errors: event.errors });
      }
      this.#trace.write(happening);
      this.#sampler.saw(happening);
      this.#sets.saw(happening);
      for (const checker of this.#checkers) checker.saw?.(happening);
    } catch (error) {
      this.#failed(error);
    }
  }

  #countCall(call: number, answer: keyof CallCount): void {
    const op = this.#openCalls.get(call);
    if (op === undefined) return;
    this.#openCalls.delete(call);
    const count = this.#calls.get(op) ?? { done: 0, refused: 0, lost: 0, never: 0 };
    count[answer] += 1;
    this.#calls.set(op, count);
  }

  #contextFor(checker: string, engine: Options): CheckerContext {
    const said = this.#scenario.checkers[checker];
    const own = said !== undefined && 'patience' in said ? said.patience : undefined;
    const backedOff = Math.max(engine.waitingTimeout, engine.offlineTimeout) + engine.backoffMost + engine.passDeadline;
    return {
      world: this.#world,
      truths: this.#truths,
      groups: this.#groups.byId,
      decidedWithin: own ?? milliseconds(engine.passDeadline + engine.callDeadline),
      writesStopWithin: engine.mayConvergeMaxAge,
      callDeadline: engine.callDeadline,
      mostInFlight: { 'server.create': engine.callsInFlight, 'server.delete': engine.deletesInFlight },
      patience: own ?? milliseconds(backedOff),
      buildTimeout: engine.buildTimeout,
      unknownStatusGrace: engine.unknownStatusGrace,
      maxOvershoot: this.#scenario.expect.maxOvershoot,
      expectedStatus: ({ name }) => expectedStatus(this.#scenario, name),
      drainingTimeout: ({ name }) => this.#scenario.groups.find((group) => group.name === name)?.launch.drainingTimeout ?? seconds(0),
      now: () => this.#clock.now(),
      violate: (message, group) => this.#violate(checker, message, group?.name),
    };
  }

  #violate(checker: string, message: string, group = ''): void {
    this.#violations.push({ checker, at: this.#clock.now() - this.#start, group, message });
  }

  async #outcomeOf(group: WatchedGroup): Promise<GroupOutcome> {
    const { name, ref } = group;
    const overshoot = this.#overshoots.get(ref.groupId) ?? 0;
    const convergedAt = this.#sampler.convergedSince(group) ?? null;
    const base = { name, ...ref, convergedAt, overshoot };
    try {
      const { desiredCapacity: desired, activeCapacity: active, status, errors } = await this.#autoscaler.groupState(ref);
      return { ...base, desired, active, status, errors };
    } catch (error) {
      if (!(error instanceof LutraError && error.code === 'group-not-found' && group.deleted)) throw error;
      return { ...base, desired: 0, active: null, status: group.status, errors: group.errors };
    }
  }
}

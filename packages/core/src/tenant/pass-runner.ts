/** Runs the passes of a tenant's groups: each while the tenant is owned, when a slot is free, with the ports that it needs. */

import { LutraError } from '../errors.ts';
import { Deadline } from '../guards/deadline.ts';
import type { TenantCloud } from '../guards/tenant-cloud.ts';
import type { GroupId } from '../model/identifiers.ts';
import type { GroupRef, ScalingGroup } from '../model/scaling-group.ts';
import { between, type DurationMs, type EpochMs, later, milliseconds, seconds } from '../model/time.ts';
import { isDivergent, nextPassAt, phaseOf } from '../model/wake-ups.ts';
import type { Options } from '../options.ts';
import { type AnnouncePorts, announceWrites } from '../pass/announcing.ts';
import { type BeginPorts, beginPass } from '../pass/beginning.ts';
import type { Announced, Ending, Seen } from '../pass/pass.ts';
import { type PassEnd, type SettlePorts, settlePass } from '../pass/storing.ts';
import { type WritePorts, writeAnnounced } from '../pass/writing.ts';
import type { WritingStep } from '../planner/steps.ts';
import type { Clock, Metrics, Random } from '../ports.ts';
import type { PassControl } from './bound-machine.ts';
import type { EngineHost } from './engine-host.ts';
import { FairSlots } from './fair-slots.ts';
import type { Freshness } from './freshness.ts';
import type { HeldOwnership } from './held-ownership.ts';
import type { LoadBalancerWriter } from './load-balancer-writer.ts';
import type { GroupFacts, GroupMachineEvent } from './scaling-group-machine.ts';
import type { Setbacks } from './setbacks.ts';
import type { TenantObserver } from './tenant-observer.ts';

/** What the passes of a tenant work with. */
export interface PassRunnerParts
  extends Pick<EngineHost, 'store' | 'clock' | 'random' | 'options' | 'log' | 'metrics' | 'passSlots' | 'emit'> {
  readonly held: HeldOwnership;
  readonly cloud: TenantCloud;
  readonly writer: LoadBalancerWriter;
  readonly observer: TenantObserver;
  readonly freshness: Freshness;
  readonly setbacks: Setbacks;
}

/** What is going on of a pass. */
interface Underway {
  /** It was given up: whatever it does from now on counts for nothing, and it may write nothing. */
  abandoned?: true;
  /** It saw the whole tenant, by readings that began after this mark. */
  wholeAfter?: number;
  /** It ended with what it saw. */
  served?: true;
}

/** What a pass needs of the engine around it. */
interface PassPorts extends BeginPorts, AnnouncePorts, WritePorts, SettlePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly options: Options;
  readonly cloud: TenantCloud;
  readonly metrics: Metrics;
  mayConverge(): Promise<boolean>;
}

type SendBack = (event: GroupMachineEvent) => void;

const hour = seconds(3600);

/** What is true of a group that is not ours to run. */
const nothingToDo: GroupFacts = { phase: 'active', nextPassAt: undefined, due: false, backingOff: false };

/** What an actor is told of its group at `now`. */
export function factsOf(group: ScalingGroup | undefined, setbacks: Setbacks, now: EpochMs): GroupFacts {
  if (group === undefined) return { ...nothingToDo, phase: 'removed' };
  const asked = nextPassAt(group, now);
  const held = asked === undefined ? undefined : setbacks.untilOf(group);
  const at = held === undefined || asked === undefined || held < asked ? asked : held;
  const backingOff = group.progress.faults > 0 || (held !== undefined && held > now);
  return { phase: phaseOf(group), nextPassAt: at, due: at !== undefined && at <= now, backingOff };
}

export class PassRunner {
  readonly #parts: PassRunnerParts;
  readonly #deletes: FairSlots<'delete-server'>;
  /** For create tokens: a stream of the tenant's own, so that what others do changes nothing here. */
  readonly #secrets: Random;
  /** No pass takes longer: every call of it has a deadline, and it begins none after its own. */
  readonly #longestPass: DurationMs;
  readonly #underway = new Map<Promise<unknown>, GroupId>();

  constructor(parts: PassRunnerParts) {
    const { clock, random, options } = parts;
    this.#parts = parts;
    const { passDeadline, callDeadline, lockPatience, storeDeadline } = options;
    this.#longestPass = milliseconds(passDeadline + 2 * callDeadline + lockPatience + 4 * storeDeadline);
    this.#deletes = new FairSlots(options.deletesInFlight, options.deletesInFlight);
    this.#secrets = random.fork(`create-tokens/${parts.held.ownership.tenantId}/${clock.now()}`); // a tenant that comes again has another stream
  }

  /** Passes in flight or waiting for their turn. */
  get busy(): number {
    return this.#underway.size;
  }

  /** Whether a pass over the group goes on or waits for its turn. */
  isUnderWay(groupId: GroupId): boolean {
    return [...this.#underway.values()].includes(groupId);
  }

  /** Resolves when the passes that are under way now have ended; those over one group, if it is given. */
  async ended(groupId?: GroupId): Promise<void> {
    const some = [...this.#underway].filter(([, of]) => groupId === undefined || of === groupId);
    await Promise.all(some.map(([pass]) => pass));
  }

  /** Begins a pass over a group; its end is told by `sendBack`, whatever comes of it. */
  run(ref: GroupRef, control: PassControl, sendBack: SendBack): void {
    const pass = this.#pass(ref, control, sendBack).finally(() => this.#underway.delete(pass));
    this.#underway.set(pass, ref.groupId);
  }

  /** A pass, when a slot is free, if the tenant is still ours. Always ends by telling the actor what the group says now. */
  async #pass(ref: GroupRef, control: PassControl, sendBack: SendBack): Promise<void> {
    const { store, clock, log, passSlots, metrics, held, setbacks, freshness } = this.#parts;
    const underway: Underway = {};
    const begun = clock.now();
    let end: PassEnd | 'unstored' | 'not ours' | 'broken';
    let facts: GroupFacts | undefined;
    try {
      const overdue = new Deadline(clock, this.#longestPass);
      const ran = passSlots.use(ref.tenantId, async () => {
        if (!held.isGood()) return 'not ours';
        overdue.begin();
        return this.#phases(this.#portsOf(ref, control, underway), underway, sendBack);
      });
      end = await overdue.race(ran);
      if (end !== 'unstored' && end !== 'not ours') {
        setbacks.cleared(ref.groupId);
        if (underway.served && underway.wholeAfter !== undefined && end !== 'stopped')
          freshness.lookedWhole(ref.groupId, underway.wholeAfter);
        facts = factsOf(await store.readGroup(ref), setbacks, clock.now());
      }
    } catch (error) {
      underway.abandoned = true;
      if (error instanceof LutraError) {
        log.warn({ ...ref, err: error }, 'the store could not be reached for a pass; it is tried again');
        end = 'unstored';
      } else {
        log.error({ ...ref, err: error }, 'a pass failed in a way that it should not');
        end = 'broken';
      }
    }
    metrics.passEnded(end, between(begun, clock.now()));
    if (end === 'not ours') facts = nothingToDo;
    if (facts === undefined) {
      const nextPassAt = setbacks.noted(ref.groupId, clock.now());
      facts = { phase: 'converging', nextPassAt, due: false, backingOff: true };
    }
    sendBack({ type: 'pass.settled', facts });
  }

  /** The phases of a pass. `unstored`: the store could not be reached, or the tenant was lost; the group is as it was. */
  async #phases(ports: PassPorts, underway: Underway, sendBack: SendBack): Promise<PassEnd | 'unstored'> {
    const enter = (phase: 'planning' | 'executing'): void => {
      if (!underway.abandoned) sendBack({ type: `pass.${phase}` });
    };
    try {
      let state: Seen | Announced | Ending = await beginPass(ports);
      if (state.kind === 'seen') {
        enter('planning');
        state = await announceWrites(state, ports);
      }
      if (state.kind === 'announced') {
        enter('executing');
        state = await writeAnnounced(state, ports);
      }
      if (state.kind === 'ran' || state.kind === 'held') underway.served = true;
      return await settlePass(state, ports);
    } catch (error) {
      if (error instanceof LutraError) return 'unstored';
      throw error; // a mistake of ours: it is logged, and backed off from
    }
  }

  #portsOf(ref: GroupRef, control: PassControl, underway: Underway): PassPorts {
    const { store, clock, random, options, metrics, log, emit, passSlots, held, cloud, observer, freshness } = this.#parts;
    const { tenantId, groupId } = ref;
    let whole = false;
    return {
      clock,
      random,
      secretBytes: (count) => this.#secrets.secretBytes(count),
      options,
      metrics,
      log,
      cloud,
      emit,
      readGroup: () => store.readGroup(ref),
      commit: async (change) => {
        if (underway.abandoned) throw new LutraError('unavailable', 'the pass was given up before it ended');
        return store.transact(ref, change, held.ownership);
      },
      observe: async (group, again) => {
        const after = again ? observer.mark : freshness.after(groupId);
        whole ||= freshness.asksForWhole(groupId) || isDivergent(group) || group.spec.deleting;
        const listing = await observer.observe({ group, after, scope: whole ? 'tenant' : 'group' });
        if (whole) underway.wholeAfter = after;
        return listing;
      },
      createsLeft: () => this.#createsLeft(),
      leftLately: () => observer.leftLately(options.createVisibility),
      inTurn: (step, write) => this.#inTurn(step, write),
      whileWaiting: (work) => passSlots.outside(tenantId, work),
      writeLoadBalancer: (step, permit) => this.#parts.writer.write(step, permit),
      wrote: () => freshness.wrote(groupId),
      goesOn: () => !control.stop && !underway.abandoned && held.isGood(),
      mayConverge: async () => !options.observeOnly && store.mayConverge(ref, held.ownership),
    };
  }

  /** The last net under births (spec/planner.md, D17). It is counted in the store, so that it holds for the next host too. */
  async #createsLeft(): ReturnType<AnnouncePorts['createsLeft']> {
    const { store, clock, options, held } = this.#parts;
    if (options.createsPerHour === null) return undefined;
    const { count, since } = await store.createsWithin(held.ownership.tenantId, hour);
    return { count: Math.max(0, options.createsPerHour - count), until: later(since ?? clock.now(), hour) };
  }

  #inTurn<T>(step: WritingStep, write: () => Promise<T>): Promise<T> {
    if (step.kind === 'delete-server') return this.#deletes.use(step.kind, write);
    return write();
  }
}

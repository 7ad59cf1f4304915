/**
 * Watches the cloud for all groups of a tenant: reads when something is likely to have changed, compares what it reads with what the last
 * settled pass of each group expects, and wakes those that differ. It compares values, not changes: a group is woken, ever more seldom, for
 * as long as it differs, so a wake that is lost or comes to nothing costs time only.
 */
import { Observable, Subject, type Subscription } from 'rxjs';
import { CloudError } from '../../errors.ts';
import type { GroupId, LoadBalancerId, ServerId } from '../../model/identifiers.ts';
import { type DurationMs, type EpochMs, later, milliseconds, seconds } from '../../model/time.ts';
import type { Options } from '../../options.ts';
import type { AwaitedBuild, Expectation } from '../../pass/expecting.ts';
import type { Clock } from '../../ports.ts';
import { differences, type Reading, type WatchEvent } from './differences.ts';
import { LearnedDurations } from './learned-durations.ts';
import {
  type LastReading,
  type PlaceWaitedFor,
  planReadings,
  type ReadingPlan,
  type WaitedFor,
  type WatchOptions,
} from './reading-plan.ts';

/** A reading that has ended, whoever asked for it. */
export interface EndedReading extends LastReading {
  /** Of what; and what it showed: undefined when it failed. */
  readonly of: Reading['of'] | LoadBalancerId;
  readonly shown: Reading | undefined;
  /** Rises with every reading that begins. */
  readonly sequence: number;
}

/** The one reader of a tenant. What it reads it shares with the passes. */
export interface TenantReader {
  /** All readings, as they end. */
  readonly readings$: Observable<EndedReading>;
  /** Each begins a reading, or joins one that has just begun. Rejects as the reading does. */
  readServers(): Promise<unknown>;
  readLoadBalancer(id: LoadBalancerId): Promise<unknown>;
  readPools(): Promise<unknown>;
}

/** A group is to be looked at: by what was read after `mark`. */
export interface Wake {
  readonly groupId: GroupId;
  readonly mark: number;
}

interface Watched {
  readonly expected: Expectation;
  /** Readings that began earlier tell nothing: the group wrote meanwhile. */
  readonly after: number;
  /** Since when each load balancer, and pools, are waited for. */
  readonly since: ReadonlyMap<string, EpochMs>;
  /** Builds whose duration has been learned. */
  readonly learned: Set<ServerId>;
}
interface Waking {
  /** Wakes in a row that left the group different. */
  tries: number;
  quietUntil: EpochMs;
}

/** How long a load balancer is locked by a write, until that is learned. */
const usualLock = seconds(3);
/** When the nodes of a load balancer are looked at first. */
const firstLook = seconds(3);
const lock = 'lock of a load balancer';
/** A reading that is due so soon is made with another one. */
const together = milliseconds(1000);
/** Plans are made this long after what they follow from. */
const aMoment = milliseconds(100);

export class TenantWatch {
  readonly #reader: TenantReader;
  readonly #clock: Clock;
  readonly #options: WatchOptions & Pick<Options, 'waitingFallback'>;
  readonly #broke: (error: unknown) => void;
  readonly #groups = new Map<GroupId, Watched>();
  readonly #waking = new Map<GroupId, Waking>();
  /** Groups with a pass under way: it looks for itself. */
  readonly #busy = new Set<GroupId>();
  readonly #durations = new LearnedDurations();
  /** What was read last, of each source. */
  readonly #newest = new Map<EndedReading['of'], EndedReading>();
  readonly #last = new Map<EndedReading['of'], LastReading>();
  /** What is being read. The promises never reject. */
  readonly #underWay = new Map<EndedReading['of'], Promise<unknown>>();
  readonly #events = new Subject<WatchEvent & Wake>();
  /** Until the next plan is made. */
  #arming: Subscription | undefined;
  #isWatching = false;
  #timer: Subscription | undefined;
  #plan: ReadingPlan | undefined;

  constructor(
    reader: TenantReader,
    clock: Clock,
    options: WatchOptions & Pick<Options, 'waitingFallback'>,
    broke: (error: unknown) => void,
  ) {
    this.#reader = reader;
    this.#clock = clock;
    this.#options = options;
    this.#broke = broke;
  }

  /** What is found to be different, and whose group is to be looked at. Watches while it is subscribed to. */
  readonly events$: Observable<WatchEvent & Wake> = new Observable((subscriber) => {
    this.#isWatching = true;
    const watching = this.#events.subscribe(subscriber);
    watching.add(this.#reader.readings$.subscribe((reading) => this.#ended(reading)));
    this.#arm();
    return () => {
      this.#isWatching = false;
      watching.unsubscribe();
      this.#arming?.unsubscribe();
      this.#arming = undefined;
      this.#timer?.unsubscribe();
    };
  });

  /** A pass over the group begins. */
  begun(groupId: GroupId): void {
    this.#busy.add(groupId);
  }

  /** It came to nothing: what was expected before still is. */
  ended(groupId: GroupId): void {
    this.#busy.delete(groupId);
    this.#compareAll(groupId);
    this.#arm();
  }

  /** It has settled and expects this; readings tell of the group when they have begun after the mark `after`. */
  settled(groupId: GroupId, expected: Expectation, after: number): void {
    this.#busy.delete(groupId);
    this.#groups.set(groupId, { expected, after, since: this.#sinceOf(groupId, expected), learned: new Set() });
    if (!this.#compareAll(groupId)) this.#waking.delete(groupId);
    this.#arm();
  }

  /** The group is paused, or gone. */
  forget(groupId: GroupId): void {
    this.#busy.delete(groupId);
    this.#groups.delete(groupId);
    this.#waking.delete(groupId);
    this.#arm();
  }

  /** Resolves when no reading that it began is under way: for good, when nobody listens any more. */
  async rested(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  #sinceOf(groupId: GroupId, { awaited }: Expectation): ReadonlyMap<string, EpochMs> {
    const before = this.#groups.get(groupId);
    const now = this.#clock.now();
    const since = new Map<string, EpochMs>();
    for (const [id, what] of awaited.loadBalancers) {
      const isSame = what === 'nodes' && before?.expected.awaited.loadBalancers.get(id) === what;
      since.set(id, (isSame ? before?.since.get(id) : undefined) ?? now);
    }
    if (awaited.pools) since.set('pools', now);
    return since;
  }

  #ended(reading: EndedReading): void {
    this.#underWay.delete(reading.of);
    const before = this.#last.get(reading.of);
    if (before === undefined || before.begunAt <= reading.begunAt) this.#last.set(reading.of, reading);
    if (reading.shown !== undefined) {
      for (const of of sourcesOf(reading)) this.#newest.set(of, reading);
      this.#learn(reading, before);
      for (const groupId of this.#groups.keys()) this.#compare(groupId, reading);
    }
    this.#arm();
  }

  /** Whether any of what was read last differs. */
  #compareAll(groupId: GroupId): boolean {
    const expected = this.#groups.get(groupId)?.expected;
    if (expected === undefined) return false;
    const readings = new Set(['servers', 'pools', ...expected.nodes.keys()].map((of) => this.#newest.get(of as EndedReading['of'])));
    return [...readings].map((reading) => reading !== undefined && this.#compare(groupId, reading)).some((differs) => differs);
  }

  /** Wakes the group when the reading shows it otherwise than it is expected; whether it does. */
  #compare(groupId: GroupId, { sequence, shown }: EndedReading): boolean {
    const watched = this.#groups.get(groupId);
    if (watched === undefined || shown === undefined || this.#busy.has(groupId) || sequence <= watched.after) return false;
    const events = differences(groupId, watched.expected, shown);
    const [first] = events;
    if (first === undefined) return false;
    const now = this.#clock.now();
    const { tries, quietUntil } = this.#waking.get(groupId) ?? { tries: 0, quietUntil: now };
    if (quietUntil > now) return true;
    this.#waking.set(groupId, { tries: tries + 1, quietUntil: later(now, this.#quietFor(tries)) });
    for (const event of events) this.#events.next({ ...event, mark: sequence - 1 });
    return true;
  }

  #quietFor(tries: number): DurationMs {
    const { watchFloor, waitingFallback } = this.#options;
    return milliseconds(Math.min(waitingFallback, watchFloor * 2 ** Math.min(tries, 30)));
  }

  /** How long builds and locks took that a reading shows to be over: half way between this reading and the one before. */
  #learn({ shown, begunAt }: EndedReading, before: LastReading | undefined): void {
    const tookSince = (since: EpochMs): DurationMs => {
      const from = Math.max(since, before?.begunAt ?? since);
      return milliseconds((from + begunAt) / 2 - since);
    };
    for (const { expected, since, learned } of this.#groups.values()) {
      const { builds, loadBalancers } = expected.awaited;
      if (shown?.of === 'servers') {
        for (const [id, build] of builds) {
          if (learned.has(id) || shown.servers.serverById(id)?.state !== 'ACTIVE') continue;
          learned.add(id);
          this.#durations.took(flavorOf(build), tookSince(build.since));
        }
      } else if (shown?.of === 'load-balancers') {
        for (const id of shown.ids) {
          const from = since.get(id);
          const isOver = loadBalancers.get(id) === 'unlock' && !shown.loadBalancers.locked.has(id);
          if (isOver && from !== undefined && begunAt > from) this.#durations.took(lock, tookSince(from));
        }
      }
    }
  }

  /** Plans anew, a moment later: many passes end at one time. */
  #arm(): void {
    if (this.#isWatching) this.#arming ??= this.#clock.after(aMoment).subscribe(() => this.#wait());
  }

  /** Waits for whatever comes first: the next reading, or the end of a quiet time. */
  #wait(): void {
    this.#arming = undefined;
    this.#timer?.unsubscribe();
    if (!this.#isWatching || this.#groups.size === 0) return;
    const now = this.#clock.now();
    this.#plan = planReadings(this.#waited(), this.#lastReadings(), now, this.#options);
    const at = Math.min(...this.#dueReadings(this.#plan).map(([, due]) => due), ...this.#wakesToCome(now));
    if (at === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#clock.after(milliseconds(Math.max(0, at - now))).subscribe(() => this.#look());
  }

  #look(): void {
    const now = this.#clock.now();
    for (const [of, due] of this.#plan === undefined ? [] : this.#dueReadings(this.#plan)) if (due <= later(now, together)) this.#read(of);
    for (const groupId of [...this.#waking.keys()]) this.#compareAll(groupId);
    this.#arm();
  }

  /** The sources of a plan that are not being read. */
  #dueReadings({ servers, loadBalancers, pools }: ReadingPlan): readonly (readonly [EndedReading['of'], EpochMs])[] {
    const all: (readonly [EndedReading['of'], EpochMs])[] = [['servers', servers], ...loadBalancers];
    if (pools !== undefined) all.push(['pools', pools]);
    return all.filter(([of]) => !this.#underWay.has(of));
  }

  /** When groups that were woken in vain are compared again. */
  #wakesToCome(now: EpochMs): readonly EpochMs[] {
    return [...this.#waking].flatMap(([groupId, { quietUntil }]) => (quietUntil > now && !this.#busy.has(groupId) ? [quietUntil] : []));
  }

  #read(of: EndedReading['of']): void {
    const over = this.#reading(of).catch((error: unknown) => {
      this.#underWay.delete(of);
      if (!(error instanceof CloudError)) this.#broke(error);
    });
    this.#underWay.set(of, over);
  }

  #reading(of: EndedReading['of']): Promise<unknown> {
    if (of === 'servers') return this.#reader.readServers();
    return of === 'pools' ? this.#reader.readPools() : this.#reader.readLoadBalancer(of as LoadBalancerId);
  }

  #waited(): WaitedFor {
    let servers = false;
    const builds = new Map<string, AwaitedBuild[]>();
    const loadBalancers = new Map<LoadBalancerId, PlaceWaitedFor>();
    let pools: PlaceWaitedFor | undefined;
    for (const [groupId, { expected, since }] of this.#groups) {
      const { awaited } = expected;
      servers ||= awaited.servers;
      for (const build of awaited.builds.values()) append(builds, flavorOf(build), build);
      if (this.#busy.has(groupId)) continue;
      for (const [id, what] of awaited.loadBalancers) {
        const after = what === 'unlock' ? (this.#durations.usual(lock)?.slowest ?? usualLock) : firstLook;
        loadBalancers.set(id, earlier(loadBalancers.get(id), { since: since.get(id) ?? this.#clock.now(), after }));
      }
      if (awaited.pools) pools = earlier(pools, { since: since.get('pools') ?? this.#clock.now(), after: firstLook });
    }
    const usual = [...builds].flatMap(([flavor, some]) => some.map(({ since }) => ({ since, usual: this.#durations.usual(flavor) })));
    return { builds: usual, servers, loadBalancers, pools };
  }

  #lastReadings(): Parameters<typeof planReadings>[1] {
    const loadBalancers = new Map<LoadBalancerId, LastReading>();
    for (const [of, last] of this.#last) if (of !== 'servers' && of !== 'pools' && of !== 'load-balancers') loadBalancers.set(of, last);
    return { servers: this.#last.get('servers'), loadBalancers, pools: this.#last.get('pools') };
  }
}

const sourcesOf = ({ of, shown }: EndedReading): readonly EndedReading['of'][] => (shown?.of === 'load-balancers' ? [...shown.ids] : [of]);
const flavorOf = ({ flavor }: AwaitedBuild): string => `build of ${flavor}`;

const earlier = (one: PlaceWaitedFor | undefined, other: PlaceWaitedFor): PlaceWaitedFor =>
  one === undefined || later(other.since, other.after) < later(one.since, one.after) ? other : one;

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const there = lists.get(key);
  if (there === undefined) lists.set(key, [value]);
  else there.push(value);
}

/** When the watch of a tenant reads what, from what its groups wait for. Pure. */
import type { LoadBalancerId } from '../../model/identifiers.ts';
import { type DurationMs, type EpochMs, epochMs, later, milliseconds } from '../../model/time.ts';
import type { Options } from '../../options.ts';
import type { UsualDuration } from './learned-durations.ts';

/** When something was last read, and how long that took. */
export interface LastReading {
  readonly begunAt: EpochMs;
  readonly took: DurationMs;
}

/** A server that builds. */
export interface BuildUnderWay {
  readonly since: EpochMs;
  /** How long such servers take; undefined = not known. */
  readonly usual: UsualDuration | undefined;
}

/** A place of which a group waits for something. */
export interface PlaceWaitedFor {
  readonly since: EpochMs;
  /** How long after that a first look is worth while. */
  readonly after: DurationMs;
}

/** What the groups of a tenant wait for. */
export interface WaitedFor {
  readonly builds: readonly BuildUnderWay[];
  /** Whether any waits for something else of a server: that it goes, shows, or changes its state. */
  readonly servers: boolean;
  readonly loadBalancers: ReadonlyMap<LoadBalancerId, PlaceWaitedFor>;
  readonly pools: PlaceWaitedFor | undefined;
}

/** What was read last; undefined = not yet. A reading that failed counts. */
export interface LastReadings {
  readonly servers: LastReading | undefined;
  readonly loadBalancers: ReadonlyMap<LoadBalancerId, LastReading>;
  readonly pools: LastReading | undefined;
}

/** When to read next; undefined = not by itself. */
export interface ReadingPlan {
  readonly servers: EpochMs;
  readonly loadBalancers: ReadonlyMap<LoadBalancerId, EpochMs>;
  readonly pools: EpochMs | undefined;
}

export type WatchOptions = Pick<Options, 'watchAtRest' | 'watchCeiling' | 'watchFloor'>;

/** So many looks at most while builds of one kind are likely to end. */
const denseLooks = 10;
/** Between two readings at least so many times as long as one takes. */
const restFactor = 5;
/** Looks at a place are this much further apart each time. */
const growth = 1.5;

export function planReadings(waited: WaitedFor, last: LastReadings, now: EpochMs, options: WatchOptions): ReadingPlan {
  return {
    servers: nextServers(waited, last.servers, now, options),
    loadBalancers: new Map([...waited.loadBalancers].map(([id, place]) => [id, nextLook(place, last.loadBalancers.get(id), now, options)])),
    pools: waited.pools && nextLook(waited.pools, last.pools, now, options),
  };
}

function nextServers(waited: WaitedFor, last: LastReading | undefined, now: EpochMs, options: WatchOptions): EpochMs {
  if (last === undefined) return now;
  const { watchAtRest, watchCeiling } = options;
  const wanted = [later(last.begunAt, watchAtRest)];
  if (waited.servers) wanted.push(later(last.begunAt, watchCeiling));
  for (const build of waited.builds) wanted.push(nextOfBuild(build, last, now, options));
  return notBefore(last, epochMs(Math.min(...wanted)), options);
}

/** From a little before the quickest tenth densely until the slowest tenth, then at the ceiling. */
function nextOfBuild({ since, usual }: BuildUnderWay, { begunAt }: LastReading, now: EpochMs, options: WatchOptions): EpochMs {
  const { watchFloor, watchCeiling } = options;
  if (usual === undefined) return later(begunAt, watchCeiling);
  const [from, to] = [later(since, usual.quickest), later(since, usual.slowest)];
  const dense = milliseconds(Math.min(watchCeiling, Math.max(watchFloor, Math.ceil((to - from) / denseLooks))));
  const first = later(from, milliseconds(-Math.round(dense / 2)));
  if (begunAt < first) return first;
  return later(begunAt, now < later(to, dense) ? dense : watchCeiling);
}

/** First when it is due, then further and further apart, up to the ceiling. */
function nextLook({ since, after }: PlaceWaitedFor, last: LastReading | undefined, now: EpochMs, options: WatchOptions): EpochMs {
  if (last === undefined || last.begunAt < since) return later(since, after);
  const waitedFor = Math.max(0, last.begunAt - since);
  const wait = Math.min(options.watchCeiling, Math.max(options.watchFloor, waitedFor * (growth - 1), after));
  const at = notBefore(last, later(last.begunAt, milliseconds(Math.round(wait))), options);
  return at < now ? now : at;
}

/** Not sooner than the cloud can bear it. */
const notBefore = ({ begunAt, took }: LastReading, at: EpochMs, { watchFloor }: WatchOptions): EpochMs =>
  epochMs(Math.max(at, later(begunAt, milliseconds(Math.max(watchFloor, restFactor * took)))));

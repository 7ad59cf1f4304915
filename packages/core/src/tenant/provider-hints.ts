import { groupBy, map, merge, mergeMap, type Observable, reduce } from 'rxjs';
import { lastingStream } from '../guards/guarded-stream.ts';
import type { GroupId } from '../model/identifiers.ts';
import type { DurationMs } from '../model/time.ts';
import type { Clock, ProviderEvent } from '../ports.ts';

/** A group is to be looked at, or some group of the tenant; undefined `mark`: by what is read from now on. */
export interface Hint {
  readonly groupId: GroupId | undefined;
  readonly mark: number | undefined;
}

/**
 * What the watch finds and what the cloud tells, as hints: one per group and `quiet` time, however many events there were; no group = some
 * group of the tenant, also where an event is none. A stream that fails or ends is subscribed to anew (`lastingStream`); whatever was lost
 * meanwhile the watch finds.
 */
export function providerHints(
  open: () => Observable<ProviderEvent>,
  watched$: Observable<Hint>,
  clock: Clock,
  quiet: DurationMs,
  broke: (error: unknown, times: number) => void,
): Observable<Hint> {
  const told$ = lastingStream(open, 'provider events', clock, broke).pipe(map((event) => ({ groupId: groupIdOf(event), mark: undefined })));
  return merge(watched$, told$).pipe(
    groupBy(({ groupId }) => groupId, { duration: () => clock.after(quiet) }),
    mergeMap((events) => events.pipe(reduce(latest))),
  );
}

/** What serves both. */
const latest = (one: Hint, other: Hint): Hint =>
  one.mark === undefined || other.mark === undefined ? { ...one, mark: undefined } : one.mark < other.mark ? other : one;

function groupIdOf(event: unknown): GroupId | undefined {
  try {
    const { groupId } = event as { readonly groupId: unknown };
    return typeof groupId === 'string' ? (groupId as GroupId) : undefined;
  } catch {
    return undefined;
  }
}

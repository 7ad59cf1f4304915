import { groupBy, last, map, mergeMap, type Observable } from 'rxjs';
import { lastingStream } from '../guards/guarded-stream.ts';
import type { GroupId } from '../model/identifiers.ts';
import type { DurationMs } from '../model/time.ts';
import type { Clock, ProviderEvent } from '../ports.ts';

/**
 * Provider events as hints: one per group and `quiet` time, however many events there were; undefined = some group of the tenant, also
 * where an event is none. A stream that fails or ends is subscribed to anew (`lastingStream`); whatever was lost meanwhile self-heal finds.
 */
export function providerHints(
  open: () => Observable<ProviderEvent>,
  clock: Clock,
  quiet: DurationMs,
  broke: (error: unknown, times: number) => void,
): Observable<GroupId | undefined> {
  return lastingStream(open, 'provider events', clock, broke).pipe(
    map((event) => ({ groupId: groupIdOf(event) })),
    groupBy(({ groupId }) => groupId, { duration: () => clock.after(quiet) }),
    mergeMap((events) => events.pipe(last())),
    map(({ groupId }) => groupId),
  );
}

function groupIdOf(event: unknown): GroupId | undefined {
  try {
    const { groupId } = event as { readonly groupId: unknown };
    return typeof groupId === 'string' ? (groupId as GroupId) : undefined;
  } catch {
    return undefined;
  }
}

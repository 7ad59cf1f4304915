import { concat, groupBy, last, mergeMap, type Observable, retry, throwError } from 'rxjs';
import type { GroupId } from '../model/identifiers.ts';
import { type DurationMs, milliseconds } from '../model/time.ts';
import type { Clock, ProviderEvent } from '../ports.ts';

/**
 * Provider events as hints: one per group and `quiet` time, however many events there were; undefined = some group of the tenant.
 * A stream that fails or ends is subscribed to anew, after 1, 2, 4, ... up to 60 seconds, counted from its last event; whatever was
 * lost meanwhile self-heal finds. `broke`: told each time, with how often it was since the last event.
 */
export function providerHints(
  events$: Observable<ProviderEvent>,
  clock: Clock,
  quiet: DurationMs,
  broke: (error: unknown, times: number) => void,
): Observable<GroupId | undefined> {
  const ended = throwError(() => new Error('the stream of provider events ended'));
  return concat(events$, ended).pipe(
    retry({
      delay: (error, times) => {
        broke(error, times);
        return clock.after(milliseconds(Math.min(60_000, 1000 * 2 ** (times - 1))));
      },
      resetOnSuccess: true,
    }),
    groupBy(({ groupId }) => groupId, { duration: () => clock.after(quiet) }),
    mergeMap((events) => events.pipe(last())),
    mergeMap(({ groupId }) => [groupId]),
  );
}

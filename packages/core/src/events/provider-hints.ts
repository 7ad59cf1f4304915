import { groupBy, last, mergeMap, type Observable, retry } from 'rxjs';
import type { GroupId } from '../model/identifiers.ts';
import { type DurationMs, milliseconds } from '../model/time.ts';
import type { Clock, ProviderEvent } from '../ports.ts';

/**
 * Provider events as hints: one per group and `quiet` time, however many events there were; undefined = some group of the tenant.
 * A stream that fails is subscribed to anew, after 1, 2, 4, ... up to 60 seconds; whatever was lost meanwhile self-heal finds.
 */
export function providerHints(events$: Observable<ProviderEvent>, clock: Clock, quiet: DurationMs): Observable<GroupId | undefined> {
  return events$.pipe(
    retry({ delay: (_error, attempt) => clock.after(milliseconds(Math.min(60_000, 1000 * 2 ** (attempt - 1)))), resetOnSuccess: true }),
    groupBy(({ groupId }) => groupId, { duration: () => clock.after(quiet) }),
    mergeMap((events) => events.pipe(last())),
    mergeMap(({ groupId }) => [groupId]),
  );
}

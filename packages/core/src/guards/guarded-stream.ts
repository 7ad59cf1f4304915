import { concat, defer, Observable, retry, throwError } from 'rxjs';
import { milliseconds } from '../model/time.ts';
import type { Clock } from '../ports.ts';

/**
 * What a port's stream emits, for as long as anybody subscribes. One that cannot be had, fails or ends is subscribed to anew, after 1, 2, 4,
 * ... up to 60 seconds, counted from its last event. `broke`: told each time, with how often it was since the last event. `what`: its name.
 */
export function lastingStream<T>(
  open: () => Observable<T>,
  what: string,
  clock: Clock,
  broke: (error: unknown, times: number) => void,
): Observable<T> {
  const ended = throwError(() => new Error(`the stream of ${what} ended`));
  return concat(guarded(open), ended).pipe(
    retry({
      delay: (error, times) => {
        broke(error, times);
        return clock.after(milliseconds(Math.min(60_000, 1000 * 2 ** (times - 1))));
      },
      resetOnSuccess: true,
    }),
  );
}

/** A stream that throws neither when it is asked for nor when it is let go: the first is its error, and of the second nobody hears. */
export const guarded = <T>(open: () => Observable<T>): Observable<T> =>
  new Observable((subscriber) => {
    const following = defer(open).subscribe({
      next: (value) => subscriber.next(value),
      error: (error) => subscriber.error(error),
      complete: () => subscriber.complete(),
    });
    return () => {
      try {
        following.unsubscribe();
      } catch {
        // nobody listens any more
      }
    };
  });

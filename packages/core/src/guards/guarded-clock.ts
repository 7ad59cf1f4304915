import { catchError, concat, NEVER, type Observable, take, throwError } from 'rxjs';
import { type DurationMs, type EpochMs, epochMs, milliseconds } from '../model/time.ts';
import type { Clock } from '../ports.ts';
import { guarded } from './guarded-stream.ts';

/** Milliseconds by which a clock goes back without a word. */
const mostBack = 1000;

/**
 * A clock that keeps what the port promises, whatever the one that was given does. Time never goes back, nor is it anything but a number:
 * the last good reading stands, and more than a second of that is told. Instants and waits are whole milliseconds: instants are stored as such,
 * and no wait ends before its instant. A wait that fails, or ends without having come, is waited for on `spare` instead. `complain` is told why.
 */
export function guardedClock(clock: Clock, spare: Clock, complain: (error: unknown) => void): Clock {
  let told: EpochMs | undefined;
  const now = (): EpochMs => {
    try {
      const read: unknown = clock.now();
      if (typeof read !== 'number' || !Number.isFinite(read)) throw new TypeError('the clock read no time');
      if (told !== undefined && told - read > mostBack)
        complain(new RangeError(`the clock went back by ${told - read} ms, and stands still`));
      if (told === undefined || read > told) told = epochMs(Math.floor(read));
    } catch (error) {
      complain(error);
      told ??= spare.now();
    }
    return told;
  };
  const waits = (on: Clock, delay: DurationMs): Observable<void> =>
    concat(
      guarded(() => on.after(milliseconds(Math.ceil(delay)))),
      ended,
    ).pipe(take(1));
  const after = (delay: DurationMs): Observable<void> =>
    waits(clock, delay).pipe(
      catchError((error) => {
        complain(error);
        return waits(spare, delay);
      }),
      catchError((error) => {
        complain(error);
        return NEVER;
      }),
    );
  return { now, after };
}

const ended = throwError(() => new Error('the wait ended before its time'));

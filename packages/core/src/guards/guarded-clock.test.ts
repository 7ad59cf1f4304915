import { EMPTY, firstValueFrom, NEVER, Observable, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { epochMs, milliseconds, seconds } from '../model/time.ts';
import type { Clock } from '../ports.ts';
import { HandClock, settled } from '../testing/hand-clock.ts';
import { guardedClock } from './guarded-clock.ts';

const fails = (): never => {
  throw new Error('out of order');
};

/** A clock with these parts, behind its guard. */
function setUp(parts: Partial<Clock>) {
  const [hand, spare] = [new HandClock(), new HandClock()];
  const complaints: unknown[] = [];
  const clock = guardedClock(
    { now: () => hand.now(), after: (delay) => hand.after(delay), ...parts },
    spare,
    (error) => void complaints.push(error),
  );
  let happened = 0;
  const wait = () => clock.after(seconds(1)).subscribe(() => (happened += 1));
  return { clock, hand, spare, complaints, wait, happened: () => happened };
}

describe('guardedClock', () => {
  it('waits on the clock that it was given, for functions and for observers', async () => {
    const { clock, hand, spare, wait, happened } = setUp({});
    wait();
    const awaited = firstValueFrom(clock.after(seconds(1)));
    let completed = false;
    clock.after(seconds(1)).subscribe({ complete: () => (completed = true) });
    wait().unsubscribe();
    expect([hand.armed, spare.armed]).toEqual([3, 0]);
    await hand.pass(999);
    expect(happened()).toBe(0);
    await hand.pass(1);
    await awaited;
    expect([happened(), completed, hand.armed]).toEqual([1, true, 0]);
  });

  it.each([
    ['fails', () => throwError(() => undefined)],
    ['ends', () => EMPTY],
    ['throws', fails],
    ['throws when it is subscribed to', () => new Observable<void>(fails)],
    ['is none', () => undefined as never],
  ])('waits on the spare one where a wait %s', async (_how, after) => {
    const { spare, complaints, wait, happened } = setUp({ after });
    wait();
    const given = wait();
    expect(complaints).toHaveLength(2);
    given.unsubscribe();
    await spare.pass(1000);
    expect([happened(), spare.armed]).toEqual([1, 0]);
  });

  it('happens once, however often the clock says so, and whatever it throws when it is let go', async () => {
    const { spare, wait, happened } = setUp({
      after: () =>
        new Observable<void>((subscriber) => {
          subscriber.next();
          subscriber.next();
          subscriber.error(new Error('after all'));
        }),
    });
    wait();
    await settled();
    expect([happened(), spare.armed]).toEqual([1, 0]);
    const stuck = setUp({ after: () => new Observable<void>(() => fails) });
    stuck.wait().unsubscribe();
    expect(setUp({ after: () => NEVER }).happened()).toBe(0);
  });

  it('reads no time that is none, or earlier than one before', () => {
    const read: unknown[] = [5, 3, Number.NaN, undefined, '9', Number.POSITIVE_INFINITY, 7];
    const { clock, complaints } = setUp({ now: () => read.shift() as never });
    expect(Array.from({ length: 7 }, () => clock.now())).toEqual([5, 5, 5, 5, 5, 5, 7]);
    expect(complaints).toHaveLength(4);
    expect(setUp({ now: fails }).clock.now()).toBe(epochMs(0));
  });

  it('tells when the time that it was given goes back by more than a second', () => {
    const read = [5_000, 4_000, 3_999];
    const { clock, complaints } = setUp({ now: () => epochMs(read.shift() ?? 0) });
    expect([clock.now(), clock.now(), complaints.length]).toEqual([5_000, 5_000, 0]);
    expect([clock.now(), complaints]).toMatchObject([5_000, [{ message: 'the clock went back by 1001 ms, and stands still' }]]);
  });

  it('reads whole milliseconds, and ends no wait before its time', () => {
    const waited: number[] = [];
    const { clock } = setUp({
      now: () => epochMs(7.9),
      after: (delay) => {
        waited.push(delay);
        return NEVER;
      },
    });
    clock.after(milliseconds(0.2)).subscribe();
    expect([clock.now(), waited]).toEqual([7, [1]]);
  });
});

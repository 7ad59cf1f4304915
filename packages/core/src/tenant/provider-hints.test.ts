import { defer, EMPTY, NEVER, type Observable, of, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { GroupId } from '../model/identifiers.ts';
import { milliseconds } from '../model/time.ts';
import type { ProviderEvent } from '../ports.ts';
import { HandClock } from '../testing/hand-clock.ts';
import { type Hint, providerHints } from './provider-hints.ts';

const event: ProviderEvent = { groupId: 'g' as GroupId };

/** Hints of a stream that is made anew for each subscription, counted from 0. */
function listening(streamOf: (nth: number) => Observable<ProviderEvent>, watched$: Observable<Hint> = NEVER) {
  const clock = new HandClock();
  const at: number[] = [];
  const hints: (GroupId | undefined)[] = [];
  const marks: (number | undefined)[] = [];
  const broke: (readonly [string, number])[] = [];
  const stream = defer(() => streamOf(at.push(clock.now()) - 1));
  const subscription = providerHints(
    () => stream,
    watched$,
    clock,
    milliseconds(200),
    (error, times) => {
      broke.push([(error as Error).message, times]);
    },
  ).subscribe(({ groupId, mark }) => {
    hints.push(groupId);
    marks.push(mark);
  });
  return { clock, at, hints, marks, broke, subscription };
}

describe('providerHints', () => {
  it('makes one hint of what comes for a group within the quiet time', async () => {
    const events = new Subject<ProviderEvent>();
    const { clock, hints } = listening(() => events);
    for (let n = 0; n < 9; n += 1) events.next(event);
    events.next({ groupId: undefined });
    await clock.pass(200);
    events.next(event);
    await clock.pass(200);
    expect(hints).toEqual(['g', undefined, 'g']);
  });

  it('makes one hint of what the watch finds and what the cloud tells, by what serves both', async () => {
    const [told, watched] = [new Subject<ProviderEvent>(), new Subject<Hint>()];
    const { clock, hints, marks } = listening(() => told, watched);
    const found = (mark: number): void => watched.next({ ...event, mark });
    found(3);
    found(7);
    found(5);
    await clock.pass(200);
    found(9);
    told.next(event);
    await clock.pass(200);
    expect([hints, marks]).toEqual([
      ['g', 'g'],
      [7, undefined],
    ]);
  });

  it('takes an event that is none for one of some group, and goes on', async () => {
    const events = new Subject<unknown>();
    const { clock, hints, broke } = listening(() => events as Observable<ProviderEvent>);
    const unreadable = Object.defineProperty({}, 'groupId', {
      get: () => {
        throw new Error('not to be read');
      },
    });
    for (const none of [null, undefined, 7, {}, { groupId: 7 }, unreadable]) events.next(none);
    await clock.pass(200);
    events.next(event);
    await clock.pass(200);
    expect([hints, broke]).toEqual([[undefined, 'g'], []]);
  });

  for (const [how, broken, message] of [
    ['fails', throwError(() => new Error('reset')), 'reset'],
    ['ends', EMPTY, 'the stream of provider events ended'],
  ] as const) {
    it(`subscribes again to a stream that ${how}, less and less often, and tells of it`, async () => {
      const { clock, at, broke } = listening(() => broken);
      await clock.pass(200_000);
      expect(at.map((instant) => instant / 1000)).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
      expect(broke.slice(0, 2)).toEqual([
        [message, 1],
        [message, 2],
      ]);
    });
  }

  it('begins with the shortest wait again once an event came, and hands on what came before the end', async () => {
    const { clock, at, hints, broke } = listening((nth) => (nth < 2 ? EMPTY : nth === 2 ? of(event) : NEVER));
    await clock.pass(60_000);
    expect(at).toEqual([0, 1000, 3000, 4000]);
    expect(hints).toEqual(['g']);
    expect(broke.map(([, times]) => times)).toEqual([1, 2, 1]);
  });

  it('leaves nothing armed when it is unsubscribed from', async () => {
    const { clock, subscription } = listening(() => EMPTY);
    await clock.pass(10);
    subscription.unsubscribe();
    expect(clock.armed).toBe(0);
  });
});

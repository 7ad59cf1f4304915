import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Timer, TimerHeap } from './timer-heap.ts';

const timerAt = (at: number): Timer => ({ at, slot: -1, fire: () => {} });

describe('TimerHeap', () => {
  it('gives timers out by instant, ties in the order of adding, whatever was removed in between', () => {
    const operations = fc.array(fc.tuple(fc.nat(20), fc.boolean(), fc.nat(50)), { maxLength: 200 });
    fc.assert(
      fc.property(operations, (steps) => {
        const heap = new TimerHeap();
        const inside: Timer[] = [];
        for (const [at, removes, which] of steps) {
          if (removes && inside.length > 0) heap.remove(inside.splice(which % inside.length, 1)[0] as Timer);
          else {
            const timer = timerAt(at);
            heap.add(timer);
            inside.push(timer);
          }
        }
        const expected = inside.toSorted((a, b) => a.at - b.at);
        const given: Timer[] = [];
        for (let first = heap.first; first !== undefined; first = heap.first) {
          heap.remove(first);
          given.push(first);
        }
        expect(given).toEqual(expected);
        expect(heap.size).toBe(0);
      }),
    );
  });

  it('lets the one that takes the place of a removed one rise, where it is due before those above', () => {
    const heap = new TimerHeap();
    const timers = [1, 100, 2, 60, 60, 101, 102, 103, 104, 70, 70, 70, 3].map(timerAt);
    for (const timer of timers) heap.add(timer);
    heap.remove(timers[5] as Timer); // below 100; the last, 3, takes its place
    const given: number[] = [];
    for (let first = heap.first; first !== undefined; first = heap.first) {
      heap.remove(first);
      given.push(first.at);
    }
    expect(given).toEqual([1, 2, 3, 60, 60, 70, 70, 70, 100, 102, 103, 104]);
  });

  it('ignores a timer that has left already', () => {
    const heap = new TimerHeap();
    const timer = timerAt(1);
    heap.add(timer);
    heap.add(timerAt(2));
    heap.remove(timer);
    heap.remove(timer);
    expect(heap.size).toBe(1);
  });
});

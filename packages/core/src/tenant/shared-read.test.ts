import { NEVER, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { epochMs, milliseconds, seconds } from '../model/time.ts';
import { ReadCounter, SharedRead } from './shared-read.ts';

/** A read that is answered when the test says so. */
function setUp(spacing?: number) {
  let now = 0;
  const waits = new Subject<void>();
  const clock = { now: () => epochMs(now), after: () => (spacing === undefined ? NEVER : waits) };
  const counter = new ReadCounter();
  const open: { resolve: (value: string) => void; reject: (error: Error) => void }[] = [];
  const read = () => new Promise<string>((resolve, reject) => open.push({ resolve, reject }));
  const shared = new SharedRead(read, {
    clock,
    counter,
    maxAge: seconds(1),
    ...(spacing === undefined ? {} : { spacing: () => milliseconds(spacing) }),
  });
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const advance = (by: number): void => {
    now += by;
  };
  return { shared, counter, open, turn, advance, waits };
}

describe('SharedRead', () => {
  it('gives one reading to all who ask while it is under way', async () => {
    const { shared, open, turn } = setUp();
    const asked = Promise.all([shared.read(0), shared.read(0), shared.read(0)]);
    await turn();
    expect(open).toHaveLength(1);
    open[0]?.resolve('a');
    expect((await asked).map(({ value }) => value)).toEqual(['a', 'a', 'a']);
  });

  it('reads again for one who wrote after it began, once for all such', async () => {
    const { shared, counter, open, turn } = setUp();
    const first = shared.read(counter.mark);
    await turn();
    const wrote = counter.mark;
    const later = Promise.all([shared.read(wrote), shared.read(wrote)]);
    await turn();
    expect(open).toHaveLength(1);
    open[0]?.resolve('before');
    await turn();
    expect(open).toHaveLength(2);
    open[1]?.resolve('after');
    expect([(await first).value, ...(await later).map(({ value }) => value)]).toEqual(['before', 'after', 'after']);
  });

  it('gives a finished reading to those whom it still serves, while it is young', async () => {
    const { shared, counter, open, turn, advance } = setUp();
    const first = shared.read(0);
    await turn();
    open[0]?.resolve('a');
    await first;
    advance(1000);
    expect((await shared.read(0)).value).toBe('a');
    advance(1);
    void shared.read(0);
    await turn();
    expect(open).toHaveLength(2);
    expect(counter.mark).toBe(2);
  });

  it('tells everybody of a failure, and reads anew for the next', async () => {
    const { shared, open, turn } = setUp();
    const asked = Promise.allSettled([shared.read(0), shared.read(0)]);
    await turn();
    open[0]?.reject(new Error('down'));
    expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = shared.read(0);
    await turn();
    open[1]?.resolve('up');
    expect((await next).value).toBe('up');
  });

  it('begins the waiting reading though the one before it fails', async () => {
    const { shared, counter, open, turn } = setUp();
    const first = shared.read(0).catch(() => 'failed');
    await turn();
    const second = shared.read(counter.mark);
    open[0]?.reject(new Error('down'));
    await turn();
    open[1]?.resolve('up');
    expect([await first, (await second).value]).toEqual(['failed', 'up']);
  });

  it('keeps a large read apart from the one before, shared by all who ask meanwhile', async () => {
    const { shared, counter, open, turn, advance, waits } = setUp(10_000);
    const first = shared.read(0);
    await turn();
    open[0]?.resolve('a');
    await first;
    advance(2000);
    const later = Promise.all([shared.read(counter.mark), shared.read(counter.mark)]);
    await turn();
    expect(open).toHaveLength(1);
    waits.next();
    await turn();
    open[1]?.resolve('b');
    expect((await later).map(({ value }) => value)).toEqual(['b', 'b']);
  });
});

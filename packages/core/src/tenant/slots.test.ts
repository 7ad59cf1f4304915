import { describe, expect, it } from 'vitest';
import { settled } from '../testing/hand-clock.ts';
import { Slots } from './slots.ts';

/** Work that begins when it has a slot and ends when the test says so. */
function setUp(total: number) {
  const slots = new Slots(total);
  const begun: string[] = [];
  const ends = new Map<string, { readonly well: () => void; readonly badly: () => void }>();
  const ask = (name: string): Promise<void> =>
    slots.use(() => {
      begun.push(name);
      return new Promise<void>((resolve, reject) => ends.set(name, { well: resolve, badly: () => reject(new Error(name)) }));
    });
  const end = async (name: string, how: 'well' | 'badly' = 'well'): Promise<void> => {
    ends.get(name)?.[how]();
    await settled();
  };
  return { ask, end, begun };
}

describe('Slots', () => {
  it('lets as much work run as there are slots, the rest in the order of asking', async () => {
    const { ask, end, begun } = setUp(2);
    for (const name of ['a', 'b', 'c', 'd', 'e']) void ask(name);
    await settled();
    expect(begun).toEqual(['a', 'b']);
    await end('b');
    expect(begun).toEqual(['a', 'b', 'c']);
    await end('a');
    await end('c');
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('hands a slot over: whoever asks later gets no further one', async () => {
    const { ask, end, begun } = setUp(1);
    void ask('a');
    void ask('b');
    await settled();
    await end('a');
    void ask('c');
    await settled();
    expect(begun).toEqual(['a', 'b']);
  });

  it('takes a slot back from work that failed, and when nobody waits', async () => {
    const { ask, end, begun } = setUp(1);
    const failing = expect(ask('a')).rejects.toThrow('a');
    await settled();
    await end('a', 'badly');
    await failing;
    void ask('b');
    await settled();
    await end('b');
    void ask('c');
    await settled();
    expect(begun).toEqual(['a', 'b', 'c']);
  });
});

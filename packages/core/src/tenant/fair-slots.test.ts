import { describe, expect, it } from 'vitest';
import type { TenantId } from '../model/identifiers.ts';
import { FairSlots } from './fair-slots.ts';

const tenant = (name: string): TenantId => name as TenantId;

/** Work that ends when it is told to, and notes when it began. */
function tracker(slots: FairSlots<TenantId>) {
  const begun: string[] = [];
  const finish = new Map<string, () => void>();
  const begin = (name: string, owner: string) =>
    slots.use(tenant(owner), async () => {
      begun.push(name);
      await new Promise<void>((resolve) => finish.set(name, resolve));
    });
  const end = async (name: string) => {
    finish.get(name)?.();
    await new Promise<void>((resolve) => setImmediate(resolve));
  };
  return { begun, begin, end };
}

describe('FairSlots', () => {
  it('runs no more at once than there are slots, nor more of one tenant than its part', async () => {
    const { begun, begin, end } = tracker(new FairSlots(3, 2));
    for (const name of ['a1', 'a2', 'a3']) void begin(name, 'a');
    for (const name of ['b1', 'b2']) void begin(name, 'b');
    await end('none');
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    await end('b1');
    expect(begun).toEqual(['a1', 'a2', 'b1', 'b2']);
    await end('a1');
    expect(begun).toEqual(['a1', 'a2', 'b1', 'b2', 'a3']);
  });

  it('gives free slots to the tenants in turn', async () => {
    const { begun, begin, end } = tracker(new FairSlots(1, 1));
    for (const name of ['a1', 'a2', 'a3']) void begin(name, 'a');
    for (const name of ['b1', 'b2']) void begin(name, 'b');
    for (const name of ['none', 'a1', 'a2', 'b1', 'a3', 'b2']) await end(name);
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3', 'b2']);
  });

  it('counts a slot that is given back twice once', async () => {
    const slots = new FairSlots(1, 1);
    const slot = slots.takeNow('a');
    slot?.giveBack();
    slot?.giveBack();
    expect([slots.takeNow('b') !== undefined, slots.takeNow('c')]).toEqual([true, undefined]);
  });

  it('gives a slot at once to nobody while others of the user wait for one', async () => {
    const slots = new FairSlots(2, 1);
    const slot = slots.takeNow('a');
    const waits = slots.take('a');
    expect(slots.takeNow('a')).toBeUndefined();
    slot?.giveBack();
    (await waits).giveBack();
    expect(slots.takeNow('a')).toBeDefined();
  });

  it("has those who no longer want a slot stand in nobody's way", async () => {
    const slots = new FairSlots(1, 1);
    const slot = slots.takeNow('a');
    const [unwanted, granted] = [new AbortController(), new AbortController()];
    void slots.take('a', unwanted.signal);
    const waits = slots.take('a', granted.signal);
    unwanted.abort();
    slot?.giveBack();
    granted.abort(); // of a slot that it has by now
    await waits;
    expect(slots.takeNow('b')).toBeDefined();
  });

  it('bounds each user alone where there is no total', async () => {
    const { begun, begin, end } = tracker(new FairSlots(Number.POSITIVE_INFINITY, 2));
    for (const name of ['a1', 'a2', 'a3', 'a4']) void begin(name, 'a');
    void begin('b1', 'b');
    await end('none');
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    await end('b1');
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    await end('a2');
    await end('a1');
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
  });

  it('hands a slot over: whoever asks later gets no further one', async () => {
    const { begun, begin, end } = tracker(new FairSlots(1, 1));
    void begin('a1', 'a');
    void begin('a2', 'a');
    await end('none');
    await end('a1');
    void begin('b1', 'b');
    await end('none');
    expect(begun).toEqual(['a1', 'a2']);
  });

  it('frees the slot of work that fails', async () => {
    const slots = new FairSlots(1, 1);
    await expect(slots.use(tenant('a'), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(slots.use(tenant('a'), async () => 'yes')).resolves.toBe('yes');
  });
});

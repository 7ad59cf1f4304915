import type { TenantId } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { CallCounter } from './call-counter.ts';

const [mine, other] = ['1', '2'] as [TenantId, TenantId];

describe('CallCounter', () => {
  it('counts calls by tenant, name and key', () => {
    const counter = new CallCounter();
    const next = (tenant: TenantId, key: string) => counter.next(tenant, 'server.get', key);
    expect([next(mine, 'a'), next(mine, 'a'), next(mine, 'b'), next(other, 'a'), next(mine, 'a')]).toEqual([0, 1, 0, 0, 2]);
    expect(counter.next(mine, 'server.delete', 'a')).toBe(0);
  });

  it('forgets only what its own tenant has not asked for in a long while', () => {
    const counter = new CallCounter();
    counter.next(mine, 'server.get', 'a');
    for (let n = 0; n < 100_000; n += 1) counter.next(other, 'server.get', `key ${n}`);
    expect(counter.next(mine, 'server.get', 'a')).toBe(1);
    expect(counter.next(other, 'server.get', 'key 99999')).toBe(1);
    expect(counter.next(other, 'server.get', 'key 0')).toBe(0);
  });

  it('goes on counting what was asked for while not too many others were, however often these were', () => {
    const counter = new CallCounter();
    const ask = (key: string) => counter.next(mine, 'server.get', key);
    ask('a');
    for (let n = 0; n < 60_000; n += 1) ask(`key ${n % 100}`); // the same ones again and again make nothing old
    for (let n = 0; n < 19_000; n += 1) counter.next(mine, 'server.delete', `key ${n}`);
    expect(ask('a')).toBe(1);
    for (let n = 0; n < 19_000; n += 1) ask(`other ${n}`); // some were forgotten by now, 'a' was asked for later than they
    expect(ask('a')).toBe(2);
    for (let n = 0; n < 15_000; n += 1) ask(`another ${n}`);
    expect(ask('a')).toBe(3);
  });

  it('keeps in a snapshot what it counts, and which were asked for last, whatever names and tenants look like', () => {
    const tenant = 'a/tenant' as TenantId;
    const counter = new CallCounter();
    const ask = (key: string, of = counter) => of.next(tenant, 'server.get', key);
    for (const key of ['old', 'both', 'both']) ask(key);
    for (let n = 0; n < 19_998; n += 1) ask(`key ${n}`);
    for (const key of ['both', 'a/young/one']) ask(key);
    const restored = new CallCounter();
    restored.restore(counter.snapshot());
    expect(['old', 'both', 'a/young/one', 'key 7', 'never'].map((key) => ask(key, restored))).toEqual([1, 3, 1, 1, 0]);
    for (let n = 0; n < 20_000; n += 1) ask(`more ${n}`, restored); // some were forgotten by now
    expect(['both', 'key 8'].map((key) => ask(key, restored))).toEqual([4, 0]);
  });

  it('goes on where a snapshot was made', () => {
    const counter = new CallCounter();
    counter.next(mine, 'server.get', 'a key with spaces');
    const restored = new CallCounter();
    restored.restore(JSON.parse(JSON.stringify(counter.snapshot())));
    expect(restored.next(mine, 'server.get', 'a key with spaces')).toBe(1);
  });
});

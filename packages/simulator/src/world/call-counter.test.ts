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

  it('goes on where a snapshot was made', () => {
    const counter = new CallCounter();
    counter.next(mine, 'server.get', 'a key with spaces');
    const restored = new CallCounter();
    restored.restore(JSON.parse(JSON.stringify(counter.snapshot())));
    expect(restored.next(mine, 'server.get', 'a key with spaces')).toBe(1);
  });
});

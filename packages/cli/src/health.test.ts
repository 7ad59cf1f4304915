import { createMemoryStore, epochMs, type Store } from '@lutra/core';
import { NEVER, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { healthOf } from './health.ts';

describe('healthOf', () => {
  const now = epochMs(1_700_000_000_000);
  const clock = { now: () => now, after: () => NEVER };
  const store = createMemoryStore(clock);
  const due = (answer: ReturnType<Store['due']>): Store => Object.assign(Object.create(store), { due: () => answer });

  it('is well when the store answers and nothing is overdue', async () => {
    expect(await healthOf(store, clock, false)).toEqual({
      healthy: true,
      store: { healthy: true, details: { ms: 0 } },
      engine: { healthy: true, details: { oldestDueMs: 0 } },
      stopping: false,
    });
  });

  it('is not well while it stops, when the store fails or is silent, or when groups wait for more than a minute', async () => {
    const overdue = (ms: number) => due(Promise.resolve([{ tenantId: 'T', groupId: 'G', dueAt: epochMs(now - ms) } as never]));
    const throwing: Store = Object.assign(Object.create(store), {
      due: () => {
        throw new Error('no store');
      },
    });
    const impatient = { ...clock, after: () => of(undefined) };
    const found = await Promise.all([
      healthOf(store, clock, true),
      healthOf(due(Promise.reject(new Error('no store'))), clock, false),
      healthOf(due(new Promise(() => {})), impatient, false),
      healthOf(throwing, clock, false),
      healthOf(overdue(60_001), clock, false),
      healthOf(overdue(60_000), clock, false),
    ]);
    expect(found.map(({ healthy }) => healthy)).toEqual([false, false, false, false, false, true]);
    expect(found[4]).toMatchObject({ store: { healthy: true }, engine: { healthy: false, details: { oldestDueMs: 60_001 } } });
  });
});

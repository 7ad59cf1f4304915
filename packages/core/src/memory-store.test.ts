import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from './memory-store.ts';
import type { GroupId, TenantId } from './model/identifiers.ts';
import { epochMs } from './model/time.ts';
import { describeStore } from './testing/store-contract.ts';
import { WakeUpQueue } from './wake-up-queue.ts';

describeStore('createMemoryStore', async () => {
  let now = 1_790_000_000_000;
  const clock = {
    now: () => epochMs(now),
    after: () => NEVER,
    advance: (by: number) => {
      now += by;
    },
  };
  return { store: createMemoryStore(clock), clock };
});

describe('WakeUpQueue', () => {
  const tenantId = 't' as TenantId;
  const idOf = (n: number) => `g${n}` as GroupId;

  it('agrees with sorting, after many changes', () => {
    const queue = new WakeUpQueue();
    const expected = new Map<GroupId, number>();
    for (let i = 0; i < 5000; i += 1) {
      const groupId = idOf((i * 7919) % 50);
      const dueAt = (i * 104_729) % 1000;
      const never = i % 5 === 0;
      queue.set({ tenantId, groupId }, never ? undefined : epochMs(dueAt));
      if (never) expected.delete(groupId);
      else expected.set(groupId, dueAt);
    }
    const sorted = [...expected].filter(([, dueAt]) => dueAt <= 600).sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
    expect(queue.due(epochMs(600), 1000).map(({ groupId, dueAt }) => [groupId, dueAt])).toEqual(sorted);
    expect(queue.due(epochMs(600), 3)).toHaveLength(3);
  });
});

import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { newGroup } from '../commands/creating.ts';
import type { CapabilityHash, GroupId, PolicyId, TenantId, WebhookId } from '../model/identifiers.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { epochMs } from '../model/time.ts';
import type { Store } from '../ports.ts';
import { describeActivity } from '../testing/activity-contract.ts';
import { copyingStore } from '../testing/copying-store.ts';
import { describeInterleavings } from '../testing/interleavings-contract.ts';
import { describeOwnership } from '../testing/ownership-contract.ts';
import { describeStore } from '../testing/store-contract.ts';
import { describeTenants } from '../testing/tenant-contract.ts';
import { createMemoryStore } from './memory-store.ts';
import { plainSecrets } from './plain-secrets.ts';
import { WakeUpQueue } from './wake-up-queue.ts';

function clockOfOurOwn() {
  let now = 1_790_000_000_000;
  return {
    now: () => epochMs(now),
    after: () => NEVER,
    advance: (by: number) => {
      now += by;
    },
  };
}

const groupOf = (tenantId: TenantId): ScalingGroup =>
  newGroup(
    { tenantId, groupId: `of ${tenantId}` as GroupId },
    { name: 'web', cooldown: 0, minEntities: 0, maxEntities: 1, metadata: {} },
    { type: 'launch_server', args: { server: {} } },
    [],
    epochMs(1_790_000_000_000),
  );

for (const [name, around] of [
  ['createMemoryStore', (store: Store) => store],
  ['createMemoryStore, copying', copyingStore],
] as const) {
  describeStore(name, async () => {
    const clock = clockOfOurOwn();
    return { store: around(createMemoryStore(clock)), clock };
  });
  describeActivity(name, async (bounds) => {
    const clock = clockOfOurOwn();
    return { store: around(createMemoryStore(clock, { bounds })), clock };
  });
  // it decides and commits in one turn: there is no gap that could be held open
  describeInterleavings(name, async () => {
    const clock = clockOfOurOwn();
    return { store: around(createMemoryStore(clock)), clock };
  });
  describeTenants(name, async (bounds) => {
    const clock = clockOfOurOwn();
    return { store: around(createMemoryStore(clock, { bounds })), clock };
  });
  describeOwnership(name, async () => {
    const clock = clockOfOurOwn();
    const store = around(createMemoryStore(clock));
    const haveGroups = async (tenantId: TenantId, has: boolean): Promise<void> => {
      const group = groupOf(tenantId);
      if (has) await store.createGroup(group, 1);
      else await store.transact(group, () => ({ change: { removed: { tokens: [] } }, answer: null }));
    };
    return { store, clock, haveGroups };
  });
}

describe('createMemoryStore with a digest', () => {
  const clock = { now: () => epochMs(1_790_000_000_000), after: () => NEVER };

  it('looks capability hashes up by it, and compares the hash itself', async () => {
    const asked: string[] = [];
    // A digest by which two different hashes meet: only a comparison tells them apart.
    const store = createMemoryStore(clock, { secrets: { ...plainSecrets, digest: (hash) => `${asked.push(hash)}`.slice(0, 0) } });
    const group = groupOf('t' as TenantId);
    const hash = 'ab'.repeat(32) as CapabilityHash;
    const webhook = { id: 'w' as WebhookId, policyId: 'p' as PolicyId, definition: { name: 'a', metadata: {} }, hash };
    await store.createGroup({ ...group, webhooks: { [webhook.id]: webhook } }, 10);
    expect((await store.findCapability(hash))?.webhookId).toBe('w');
    for (const other of ['ab'.repeat(31), `${'ab'.repeat(31)}aa`, '', 'ab'.repeat(33)]) {
      expect(await store.findCapability(other as CapabilityHash)).toBeUndefined();
    }
    expect(asked).toContain(hash);
  });
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

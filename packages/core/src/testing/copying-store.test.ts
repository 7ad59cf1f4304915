import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { newGroup } from '../commands/creating.ts';
import { isRawNumber, parseExactly } from '../model/exact-json.ts';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import type { JsonObject } from '../model/json.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { epochMs } from '../model/time.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { copyingStore } from './copying-store.ts';
import { dueOf } from './owning.ts';

const clock = { now: () => epochMs(1_790_000_000_000), after: () => NEVER };

const groupOf = (metadata: JsonObject): ScalingGroup =>
  newGroup(
    { tenantId: 't' as TenantId, groupId: 'g' as GroupId },
    { name: 'web', cooldown: 0, minEntities: 0, maxEntities: 1, metadata },
    { type: 'launch_server', args: { server: {} } },
    [],
    clock.now(),
  );

/** A copying store with one group in it. */
async function storeWith(metadata: JsonObject = {}) {
  const inner = createMemoryStore(clock);
  const store = copyingStore(inner);
  const group = groupOf(metadata);
  await store.createGroup(group, 10);
  return { inner, store, group };
}

describe('copyingStore', () => {
  it('hands out equal values, and never the same object twice', async () => {
    const { inner, store, group } = await storeWith();
    const reads = [group, await inner.readGroup(group), await store.readGroup(group), await store.readGroup(group)];
    await store.transact(group, (seen) => ({ change: {}, answer: reads.push(seen) }));
    for (const read of reads) expect(read).toEqual(group);
    expect(new Set(reads.map((read) => read?.spec.configuration)).size).toBe(5);
  });

  it('keeps a copy of what a transaction changes, and gives its answer as it is', async () => {
    const { inner, store, group } = await storeWith();
    const spec = { ...group.spec, desired: 1 };
    const answer = { of: () => 'the caller' };
    expect(await store.transact(group, () => ({ change: { spec }, answer }))).toBe(answer);
    const stored = (await inner.readGroup(group))?.spec;
    expect([stored, stored === spec]).toEqual([spec, false]);
  });

  it('lets nobody write into what was read', async () => {
    const { store, group } = await storeWith({ list: [{}] } as JsonObject);
    const write = (read: ScalingGroup = group) => {
      const [item] = read.spec.configuration.metadata.list as [object];
      return () => Object.assign(item, { a: 1 });
    };
    expect(write(await store.readGroup(group))).toThrow(TypeError);
    await expect(store.transact(group, (seen) => ({ change: {}, answer: write(seen)() }))).rejects.toThrow(TypeError);
    const [due] = await dueOf(store, clock.now(), 1);
    expect(Object.isFrozen(due)).toBe(true);
  });

  it('keeps numbers as they were written, and nothing that JSON does not have', async () => {
    const { store, group } = await storeWith({ exact: parseExactly('[1.0,9007199254740993]'), none: undefined } as unknown as JsonObject);
    const metadata = (await store.readGroup(group))?.spec.configuration.metadata;
    expect(JSON.stringify(metadata)).toBe('{"exact":[1.0,9007199254740993]}');
    expect(Object.keys(metadata ?? {})).toEqual(['exact']);
    expect(Object.values(metadata?.exact ?? {}).map(isRawNumber)).toEqual([true, true]);
  });

  it('rejects as the inner store does', async () => {
    const { store, group } = await storeWith();
    const gone = { ...group, groupId: 'gone' as GroupId };
    await expect(store.transact(gone, () => ({ change: {}, answer: 0 }))).rejects.toMatchObject({ code: 'group-not-found' });
  });
});

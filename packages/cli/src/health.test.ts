import { createMemoryStore, epochMs, type Store, seconds } from '@lutra/core';
import { NEVER, of } from 'rxjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { healthOf } from './health.ts';

const at = (store: Store, host = 'here') => ({ store, host });

describe('healthOf', () => {
  const now = epochMs(1_700_000_000_000);
  const clock = { now: () => now, after: () => NEVER };
  const member = { host: 'here', incarnation: 'here-1' };
  const store = createMemoryStore(clock);
  const due = (answer: Store['due']): Store => ({
    ...store,
    members: () => store.members(),
    switches: () => store.switches(),
    due: answer,
  });

  beforeAll(() => store.join(member, seconds(10)));

  it('is not well when it is no member, or its clock is wrong', async () => {
    const skewed = createMemoryStore(clock);
    await skewed.join(member, seconds(10));
    await skewed.renew(member, seconds(10), { state: 'skewed', isCloudHealthy: false });
    const found = await Promise.all([healthOf(at(store, 'there'), clock, false), healthOf(at(skewed, 'here'), clock, false)]);
    expect(found).toMatchObject([
      { healthy: false, store: { healthy: true } },
      { healthy: false, store: { healthy: true } },
    ]);
  });

  it('is well when the store answers and nothing is overdue', async () => {
    expect(await healthOf(at(store, 'here'), clock, false)).toEqual({
      healthy: true,
      store: { healthy: true, details: { ms: 0 } },
      engine: { healthy: true, details: { oldestDueMs: 0 } },
      writes: { stopped: false, since: null, observeOnly: false },
      stopping: false,
    });
  });

  it('is well while operators hold writes back, and says so, but not who and why', async () => {
    const held = createMemoryStore(clock);
    await held.join(member, seconds(10));
    await held.setStopAll({ by: 'ann', reason: 'a flood' });
    const found = await healthOf({ ...at(held), observeOnly: true }, clock, false);
    expect(found).toMatchObject({ healthy: true, writes: { stopped: true, since: '2023-11-14T22:13:20.000Z', observeOnly: true } });
    expect(JSON.stringify(found)).not.toMatch(/ann|flood/);
  });

  it('shows how the file of the store is, and not where', async () => {
    const status = () => ({ file: '/secret/groups.db', bytes: 4096, logBytes: 32, lastCommit: seconds(1) });
    const { store: shown } = await healthOf({ ...at(store), status }, clock, false);
    expect(shown).toEqual({ healthy: true, details: { ms: 0, bytes: 4096, logBytes: 32, lastCommitMs: 1000 } });
  });

  it('is not well while its store takes nothing, though it answers', async () => {
    const status = () => ({ file: 'x', bytes: 0, logBytes: 0, lastCommit: null, isFailing: true });
    expect(await healthOf({ ...at(store), status }, clock, false)).toMatchObject({ healthy: false, store: { healthy: false } });
  });

  it('is not well while it stops, when the store fails or is silent, or when groups wait for more than a minute', async () => {
    const overdue = (ms: number) => due(async () => [{ tenantId: 'T', groupId: 'G', dueAt: epochMs(now - ms) } as never]);
    const throwing = due(() => {
      throw new Error('no store');
    });
    const impatient = { ...clock, after: () => of(undefined) };
    const found = await Promise.all([
      healthOf(at(store, 'here'), clock, true),
      healthOf(at(due(() => Promise.reject(new Error('no store')))), clock, false),
      healthOf(at(due(() => new Promise(() => {}))), impatient, false),
      healthOf(at(throwing, 'here'), clock, false),
      healthOf(at(overdue(60_001), 'here'), clock, false),
      healthOf(at(overdue(60_000), 'here'), clock, false),
    ]);
    expect(found.map(({ healthy }) => healthy)).toEqual([false, false, false, false, false, true]);
    expect(found[1]?.writes).toEqual({ stopped: null, since: null, observeOnly: false });
    expect(found[4]).toMatchObject({ store: { healthy: true }, engine: { healthy: false, details: { oldestDueMs: 60_001 } } });
  });
});

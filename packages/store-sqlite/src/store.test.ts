import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epochMs, type GroupId, type ScalingGroup, type Store, type TenantId } from '@lutra/core';
import { defaultBounds, plainSecrets, type StoreBounds } from '@lutra/core/stores';
import { newGroup } from '@lutra/core/testing';
import { describeActivity, describeInterleavings, describeOwnership, describeStore, describeTenants } from '@lutra/core/testing/contracts';
import { NEVER } from 'rxjs';
import { Database } from './database.ts';
import { openSimulatedSqliteStore, openSqliteStore } from './index.ts';
import { migrate } from './migrations/migrate.ts';
import { SqliteStore } from './store.ts';

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
    { tenantId, groupId: 'g' as GroupId },
    { name: 'web', cooldown: 0, minEntities: 0, maxEntities: 9, metadata: {} },
    { type: 'launch_server', args: { server: {} } },
    [],
    epochMs(1_790_000_000_000),
  );

/** A store on a clock of its own, in memory. */
async function simulated(bounds: Partial<StoreBounds> = {}) {
  const clock = clockOfOurOwn();
  const store = openSimulatedSqliteStore({ clock, secrets: plainSecrets, bounds });
  return { store, clock, close: () => store.close() };
}

/** A store on a clock of its own, in a file. */
async function inFile(bounds: Partial<StoreBounds> = {}) {
  const clock = clockOfOurOwn();
  const folder = mkdtempSync(join(tmpdir(), 'lutra-store-'));
  const store: Store = await openSqliteStore(join(folder, 'lutra.db'), { clock, secrets: plainSecrets, bounds, holder: 'this test' });
  const close = async (): Promise<void> => {
    await store.close();
    rmSync(folder, { recursive: true });
  };
  return { store, clock, close };
}

/** A store in memory with a flush that a test can hold. */
async function withHeldFlush() {
  const clock = clockOfOurOwn();
  const database = new Database(':memory:');
  migrate(database);
  let held = Promise.resolve();
  const flush = async (): Promise<void> => {
    const until = held;
    held = Promise.resolve();
    await until;
  };
  const end = async () => database.close();
  const store = new SqliteStore(database, { clock, secrets: plainSecrets, bounds: defaultBounds, flush, end });
  const holdNext = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    return resolve;
  };
  return { store, clock, holdNext, close: () => store.close() };
}

describeInterleavings('SqliteStore', withHeldFlush);

for (const [name, make] of [
  ['openSimulatedSqliteStore', simulated],
  ['openSqliteStore', inFile],
] as const) {
  describeStore(name, make);
  describeInterleavings(name, make);
  describeActivity(name, make);
  describeTenants(name, make);
  describeOwnership(name, async () => {
    const under = await make();
    const { store } = under;
    const haveGroups = async (tenantId: TenantId, has: boolean): Promise<void> => {
      const group = groupOf(tenantId);
      if (has) await store.createGroup(group, 1);
      else await store.transact(group, () => ({ change: { removed: { tokens: [] } }, answer: null }));
    };
    return { ...under, haveGroups };
  });
}

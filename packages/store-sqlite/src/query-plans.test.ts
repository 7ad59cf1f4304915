import { epochMs, type GroupId, milliseconds, type PolicyId, type Store, seconds, type TenantId, type WebhookId } from '@lutra/core';
import { defaultBounds, plainSecrets } from '@lutra/core/stores';
import { newGroup } from '@lutra/core/testing';
import { NEVER } from 'rxjs';
import { afterAll, describe, expect, it } from 'vitest';
import { Database } from './database.ts';
import { migrate } from './migrations/migrate.ts';
import { SqliteStore } from './store.ts';

const tenantId = 't' as TenantId;
const now = epochMs(1_790_000_000_000);
const ref = { tenantId, groupId: 'g' as GroupId };
const owner = { host: 'h', incarnation: 'h-1' };
const key = { tenantId, scope: 's', key: 'k', fingerprint: 'f', keptFor: seconds(60), most: 9 };
const note = { at: now, capacity: { desired: 0, active: 0, pending: 0 }, content: { kind: 'cause-ended', sentence: 's' } } as const;

/** Calls everything that a store has, so that every statement that there is is prepared. */
async function callAll(store: Store): Promise<void> {
  const configuration = { name: 'web', cooldown: 0, minEntities: 0, maxEntities: 9, metadata: {} };
  const group = newGroup(ref, configuration, { type: 'launch_server', args: { server: {} } }, [], now);
  await store.createGroup(group, 9, { activity: [note], once: { ...key, made: { at: now, ids: [], secrets: [] } } });
  await store.join(owner, seconds(10));
  await store.renew(owner, seconds(10), { state: 'live', isCloudHealthy: true });
  await store.unowned(9);
  const ownership = await store.claim(owner, tenantId, (await store.unownedTenant(tenantId))?.epoch ?? 0);
  if (ownership === undefined) throw new Error('the tenant could not be claimed');
  const webhook = { id: 'w' as WebhookId, policyId: 'p' as PolicyId, hash: 'c0ffee', definition: { name: 'w', metadata: {} } } as never;
  const record = { loadBalancerId: '1', address: 'a', port: 1, at: now } as never;
  await store.transact(ref, () => ({
    change: {
      ...{ spec: { ...group.spec, paused: true }, progress: group.progress, activity: [note, note], creates: { count: 2, most: 9 } },
      ...{ webhooks: { put: [webhook], deleted: ['x' as WebhookId] }, records: { put: [record], deleted: ['x'] } },
      policies: { put: [{ id: 'p' as PolicyId } as never], deleted: ['x' as PolicyId] },
      schedules: { put: [{ policyId: 'p', nextAt: now } as never], deleted: ['x' as PolicyId] },
      servers: { put: [{ id: 's' } as never], deleted: ['x' as never] },
      intents: { put: [{ kind: 'create', token: 't' } as never], deleted: ['x'] },
    },
    answer: null,
  }));
  await store.transact(ref, () => ({ change: { creates: { count: -1, most: null } }, answer: null }), ownership, key);
  await Promise.all([store.readGroup(ref), store.readState(ref), store.listStates(tenantId, { limit: 9 }), store.groupIdsOf(tenantId)]);
  await Promise.all([
    store.findCapability('c0ffee' as never),
    store.mayConverge(ref, ownership),
    store.due(owner, now, 9),
    store.tenants(),
  ]);
  await Promise.all([store.nodeRecords(tenantId), store.tombstones(tenantId), store.createsWithin(tenantId, milliseconds(9))]);
  await Promise.all([store.switches(), store.members(), store.ownedBy(owner), store.findKey(key)]);
  for (const groupId of [undefined, ref.groupId]) {
    await store.readActivity(tenantId, { groupId, after: 0, limit: 9 });
    await store.readActivity(tenantId, { groupId, before: null, limit: 9 });
    await store.setObserveOnly(tenantId, groupId, { by: null, reason: null });
  }
  await store.setTenantSuspended(tenantId, true);
  await store.setCredentials(tenantId, { user: 'u' });
  await store.credentials(tenantId);
  await store.setStopAll({ by: null, reason: null });
  await store.setStopAll(null);
  await store.transact(ref, () => ({ change: { removed: { tokens: [] }, activity: [note] }, answer: null }));
  await store.release(ownership);
  await store.leave(owner);
  await store.barAll();
}

/** Tables that are as small as the number of hosts, or are read as a whole because all of it is asked for. */
const whole: Readonly<Record<string, RegExp>> = {
  members: /./,
  tenants: /^SELECT tenant_id FROM tenants( WHERE group_count > 0|$)|count\(\*\) AS count, coalesce\(sum\(owner_host IS NULL\)/,
  switches: /^SELECT \* FROM switches ORDER BY/,
  sqlite_schema: /LIMIT 1$/,
  ended_lives: /SELECT max\(number\)/,
};

describe('every statement of the store', () => {
  const database = new Database(':memory:');
  afterAll(() => database.close());

  it('finds what it needs by an index', async () => {
    migrate(database);
    const clock = { now: () => now, after: () => NEVER };
    const bounds = { ...defaultBounds, activityPerGroup: 1 };
    const store = new SqliteStore(database, { ...{ clock, secrets: plainSecrets, bounds, flush: undefined }, end: async () => {} });
    await callAll(store);
    const scans = database.statements.flatMap((sql) =>
      /^(PRAGMA|BEGIN|COMMIT|EXPLAIN)/.test(sql)
        ? []
        : database.explain(sql).flatMap((step) => {
            const table = /^SCAN (\w+)/.exec(step)?.[1];
            if (table === undefined || table === 'CONSTANT' || whole[table]?.test(sql)) return [];
            return [`${step}: ${sql.replaceAll(/\s+/g, ' ')}`];
          }),
    );
    expect(database.statements.length).toBeGreaterThan(60);
    expect(scans).toEqual([]);
  });
});

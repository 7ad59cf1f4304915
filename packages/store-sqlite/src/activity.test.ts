import { type ActivityNote, epochMs, type GroupId, seconds, type TenantId } from '@lutra/core';
import { defaultBounds } from '@lutra/core/stores';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ActivityTables } from './activity.ts';
import { Database } from './database.ts';
import { migrate } from './migrations/migrate.ts';

const ref = { tenantId: 't' as TenantId, groupId: 'g' as GroupId };
const noteOf = (sentence: string): ActivityNote => ({
  ...{ at: epochMs(0), capacity: { desired: 0, active: 0, pending: 0 } },
  content: { kind: 'cause-ended', sentence },
});

/** Activity of a tenant and its group, with so many entries of instant 0 that are counted. */
function setUp(entries: number, bounds: Partial<typeof defaultBounds>) {
  const database = new Database(':memory:');
  onTestFinished(() => database.close());
  migrate(database);
  database.run('INSERT INTO tenants (tenant_id, group_count) VALUES (?, 1)', ref.tenantId);
  const activity = new ActivityTables(database, { ...defaultBounds, ...bounds });
  const first = Array.from({ length: entries }, (_, n) => noteOf(`${n}`));
  new ActivityTables(database, { ...defaultBounds, activityPerGroup: entries, activityPerTenant: entries }).record(ref, first, epochMs(0));
  const count = (sql: string): number => Number(database.get(sql)?.count);
  const counts = () => ({
    rows: count('SELECT count(*) AS count FROM activity'),
    ofTenant: count('SELECT activity_count AS count FROM tenants'),
    ofGroup: count('SELECT count FROM activity_counts'),
  });
  return { activity, counts };
}
const all = (n: number) => ({ rows: n, ofTenant: n, ofGroup: n });

describe('ActivityTables', () => {
  it('lets what is too old go bit by bit, counts it off, and tells of none of it', () => {
    const { activity, counts } = setUp(100, { activityAge: seconds(10) });
    activity.record(ref, [noteOf('new')], epochMs(10_000));
    expect(counts()).toEqual(all(100 - 33 + 1));
    expect(activity.read(ref.tenantId, { after: 0, limit: 999 }, epochMs(10_000))).toHaveLength(1);
    for (let n = 0; n < 3; n += 1) activity.record(ref, [noteOf(`new ${n}`)], epochMs(10_000));
    expect(counts()).toEqual(all(4));
  });

  it('lets what is too much for a tenant go bit by bit', () => {
    const { activity, counts } = setUp(100, { activityPerTenant: 10 });
    activity.record(ref, [noteOf('new')], epochMs(1));
    expect(counts()).toEqual(all(100 - 33 + 1));
    for (let n = 0; n < 3; n += 1) activity.record(ref, [noteOf(`new ${n}`)], epochMs(1));
    expect(counts()).toEqual(all(10));
  });

  it('makes no entry with one that is too old', () => {
    const { activity } = setUp(100, { activityAge: seconds(10) });
    const failed = { ...noteOf(''), content: { kind: 'pass', outcome: 'failed', causes: [] } } as never;
    const newest = () => activity.read(ref.tenantId, { before: null, limit: 1 }, epochMs(10_001))[0]?.times;
    activity.record(ref, [failed], epochMs(1));
    activity.record(ref, [failed], epochMs(10_001));
    expect(newest()).toBe(1);
    activity.record(ref, [failed], epochMs(10_001));
    expect(newest()).toBe(2);
  });
});

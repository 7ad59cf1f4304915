import { milliseconds } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { activeServers, smallCloud, tenantId } from '../testing/small-cloud.ts';
import type { Compute } from './compute.ts';
import { longestLag, trueView } from './published.ts';
import { goodFate, type ServerRecord } from './server-record.ts';

/** All of its servers, as a true listing shows them. */
const listed = (compute: Compute) => compute.list(trueView, Number.POSITIVE_INFINITY, undefined);

const changes: readonly (readonly [string, (compute: Compute, record: ServerRecord) => void])[] = [
  ['edited to another flavor', (compute, record) => compute.edit(record, { flavor: 'performance1-4' }, 'outsider')],
  ['renamed', (compute, record) => compute.rename(record, 'other')],
  ['resized', (compute, record) => compute.resize(record, 'performance1-4')],
  ['rebuilt', (compute, record) => compute.rebuild(record, 'other', undefined, { a: 'b' })],
  ['broken', (compute, record) => compute.fail(record, 'outsider')],
  ['marked', (compute, record) => compute.setMetadata(record, { a: 'b' }, 'outsider')],
  ['deleted', (compute, record) => compute.delete(record, 'caller')],
];

describe('Compute', () => {
  it.each(changes)('shows a server that is %s as it is now, and leaves what was shown before as it was', async (_name, change) => {
    const small = smallCloud();
    const [id] = await activeServers(small, 2);
    const { compute } = small.world.tenant(tenantId);
    const record = compute.servers.find(id as NonNullable<typeof id>) as ServerRecord;
    const shown = (): unknown => listed(compute).map((look) => compute.jsonOf(look));
    const looks = listed(compute);
    const before = structuredClone(shown());
    change(compute, record);
    expect(shown()).not.toEqual(before);
    expect(looks.map((look) => compute.jsonOf(look))).toEqual(before);
    expect(listed(compute).find((look) => look.id === id)).toMatchObject({ name: record.name, request: record.request });
  });

  it('lists what a snapshot had when it is restored, whatever was listed before', async () => {
    const small = smallCloud();
    const ids = await activeServers(small, 2);
    const { compute } = small.world.tenant(tenantId);
    const before = compute.snapshot();
    compute.create({ name: 'new', flavorRef: 'performance1-2' }, goodFate, 'caller');
    expect(listed(compute)).toHaveLength(3);
    compute.restore(before);
    expect(listed(compute).map(({ id }) => id)).toEqual(ids.toReversed());
  });

  it('remembers how a server looked before it was rebuilt', async () => {
    const small = smallCloud();
    const [id] = await activeServers(small, 1);
    const { compute } = small.world.tenant(tenantId);
    const record = compute.servers.find(id as NonNullable<typeof id>) as ServerRecord;
    const { name } = record;
    compute.rebuild(record, 'other', 'second', undefined);
    expect(record.past.at(-1)?.look).toMatchObject({ name: 'second', status: 'ACTIVE' });
    expect(record.past.at(-2)?.look.name).toBe(name);
  });

  it('forgets, when a server changes, how it looked before the longest lag', async () => {
    const small = smallCloud();
    const [id] = await activeServers(small, 1);
    const { compute } = small.world.tenant(tenantId);
    const record = compute.servers.find(id as NonNullable<typeof id>) as ServerRecord;
    compute.rename(record, 'second');
    await small.pass(milliseconds(longestLag + 1));
    compute.rename(record, 'third');
    expect(record.past.map(({ look }) => look.name)).toEqual(['second']);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activeServers, smallCloud, tenantId } from '../testing/small-cloud.ts';
import type { Compute } from './compute.ts';
import { goodFate, lookOf, type ServerRecord } from './server-record.ts';

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
    const shown = (): unknown => compute.looks().map((look) => compute.jsonOf(look));
    const looks = compute.looks();
    const before = structuredClone(shown());
    change(compute, record);
    expect(shown()).not.toEqual(before);
    expect(looks.map((look) => compute.jsonOf(look))).toEqual(before);
    expect(compute.looks().find((look) => look.id === id)).toMatchObject({ name: record.name, request: record.request });
  });

  it('lists every server as it is, newest first, however many changed since somebody looked', async () => {
    const what = fc.constantFrom('look', 'made', 'gone', ...changes.map(([name]) => name));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(what, fc.nat(6)), { maxLength: 30 }), async (steps) => {
        const small = smallCloud();
        await activeServers(small, 4);
        const { compute } = small.world.tenant(tenantId);
        for (const [name, which] of steps) {
          const record = compute.servers.all().at(which - 3); // the newest are made by a step, if any
          if (name === 'look') compute.looks();
          else if (name === 'made') compute.create({ name: 'new', flavorRef: 'performance1-2' }, goodFate, 'caller');
          else if (record !== undefined && name === 'gone') compute.vanish(record, 'outsider');
          else if (record !== undefined) changes.find(([other]) => other === name)?.[1](compute, record);
        }
        expect(compute.looks()).toEqual(compute.servers.all().toReversed().map(lookOf));
        expect(compute.looks()).toBe(compute.looks());
      }),
      { numRuns: 30 },
    );
  });

  it('lists what a snapshot had when it is restored, whatever was listed before', async () => {
    const small = smallCloud();
    const ids = await activeServers(small, 2);
    const { compute } = small.world.tenant(tenantId);
    const before = compute.snapshot();
    compute.create({ name: 'new', flavorRef: 'performance1-2' }, goodFate, 'caller');
    expect(compute.looks()).toHaveLength(3);
    compute.restore(before);
    expect(compute.looks().map(({ id }) => id)).toEqual(ids.toReversed());
  });

  it('remembers how a server looked before it was rebuilt, whether somebody had looked or not', async () => {
    for (const looked of [true, false]) {
      const small = smallCloud();
      const [id] = await activeServers(small, 1);
      const { compute } = small.world.tenant(tenantId);
      const record = compute.servers.find(id as NonNullable<typeof id>) as ServerRecord;
      record.look = undefined;
      if (looked) compute.looks();
      const { name } = record;
      compute.rebuild(record, 'other', 'second', undefined);
      expect(record.past.at(-1)?.look).toMatchObject({ name: 'second', status: 'ACTIVE' });
      expect(record.past.at(-2)?.look.name).toBe(name);
    }
  });
});

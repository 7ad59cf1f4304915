import { epochMs, type ServerId, type TenantId } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ListingReader } from './listing-reader.ts';
import { type KeptLook, lookOf, newServer } from './world/server-record.ts';

const tenantId = 't' as TenantId;
const row = (n: number, status = 'ACTIVE'): KeptLook =>
  lookOf({ ...newServer(n, `s${n}` as ServerId, { name: `web-${n}` }, [], epochMs(0), 0), status });

describe('ListingReader', () => {
  it('reads each server once, and keeps those that did not change', () => {
    const reader = new ListingReader();
    const rows = [row(3), row(2), row(1)];
    const first = reader.read(tenantId, rows);
    expect(reader.read(tenantId, rows)).toBe(first);
    const changed = reader.read(tenantId, [rows[0] as KeptLook, row(2, 'ERROR'), rows[2] as KeptLook]);
    expect(changed.map(({ state }) => state)).toEqual(['ACTIVE', 'ERROR', 'ACTIVE']);
    expect([changed[0] === first[0], changed[2] === first[2]]).toEqual([true, true]);
  });

  it('reads as one that never read before, whatever was listed last: new rows, changed ones, fewer, doubles', () => {
    const listing = fc.array(fc.record({ n: fc.nat({ max: 7 }), anew: fc.boolean(), status: fc.constantFrom('ACTIVE', 'ERROR') }), {
      maxLength: 10,
    });
    fc.assert(
      fc.property(fc.array(listing, { maxLength: 6 }), (listings) => {
        const reader = new ListingReader();
        const kept = new Map<number, KeptLook>();
        for (const listed of listings) {
          const rows = listed.map(({ n, anew, status }) => {
            const look = anew ? undefined : kept.get(n);
            if (look === undefined) kept.set(n, row(n, status));
            return look ?? kept.get(n) ?? row(n);
          });
          expect(reader.read(tenantId, rows)).toEqual(new ListingReader().read(tenantId, rows));
        }
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import type { TenantId } from '../model/identifiers.ts';
import { epochMs, seconds } from '../model/time.ts';
import { MemoryKeys } from './memory-keys.ts';

const use = (tenant: string, key: string) => ({
  ...{ tenantId: tenant as TenantId, scope: 'x', key, fingerprint: 'f', keptFor: seconds(100), most: 10 },
});
const made = { at: epochMs(0), ids: [], secrets: [] };

describe('MemoryKeys', () => {
  it('forgets tenants whose keys are over, and no others', () => {
    const keys = new MemoryKeys();
    for (let n = 0; n < 1000; n += 1) keys.keep(use(`t${n}`, 'k'), made, epochMs(n * 1000));
    expect(keys.size).toBe(100);
    keys.keep(use('t999', 'again'), made, epochMs(1_050_000));
    expect(keys.find(use('t999', 'k'), epochMs(1_050_000))).toBeDefined();
    expect(keys.size).toBe(50);
    keys.keep(use('new', 'k'), made, epochMs(2_000_000));
    expect(keys.size).toBe(1);
  });
});

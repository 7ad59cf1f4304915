import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TenantId } from '@lutra/core';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig, writeConfig } from './config.ts';
import { limitsFor } from './limiting.ts';

describe('limitsFor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lutra-limits-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const from = (text: string) => {
    const file = join(folder, 'lutra.yaml');
    writeFileSync(file, text);
    return readConfig({ flags: { config: file }, environment: {} });
  };
  const [big, other] = ['big', 'other'] as TenantId[] as [TenantId, TenantId];

  it('gives a tenant what is set for it, everybody else the rest', () => {
    const config = from(`
options: { limits: { groups: 8, policiesPerGroup: 9 } }
limits:
  groups: 7
  webhookBytes: 5000
  rate: { tenant: 5/SECOND }
  tenants: { big: { groups: 70, groupBytes: 9000, rate: { tenant: off } } }
`);
    const { quotas, rates } = limitsFor(config);
    expect([quotas(big), quotas(other)]).toEqual([
      { groups: 70, policiesPerGroup: 9, webhooksPerPolicy: 25, bytesPerGroup: 9000, webhookMetadataBytesPerPolicy: 5000 },
      { groups: 7, policiesPerGroup: 9, webhooksPerPolicy: 25, bytesPerGroup: 4_194_304, webhookMetadataBytesPerPolicy: 5000 },
    ]);
    expect([rates.tenant?.(big), rates.tenant?.(other)]).toEqual([undefined, { value: 5, unit: 'SECOND' }]);
    const printed = writeConfig(config);
    expect(writeConfig(from(printed))).toBe(printed);
  });

  it('limits no rate on a simulated cloud unless it is set, and by the documented rates on a real one', () => {
    const config = from('');
    const { rates } = limitsFor(config);
    expect([rates.tenant?.(other), rates.execute]).toEqual([undefined, undefined]);
    const real = limitsFor({ ...config, cloud: 'openstack' as never }).rates;
    expect([real.tenant?.(other), real.execute]).toEqual([
      { value: 1000, unit: 'MINUTE' },
      { value: 10, unit: 'SECOND' },
    ]);
  });
});

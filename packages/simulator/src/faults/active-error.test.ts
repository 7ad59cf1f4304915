import { seconds } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { patient, serverRequest, smallCloud, tenantId } from '../testing/small-cloud.ts';

async function statesOverTime(faults: readonly object[]) {
  const { cloud, settle, pass } = smallCloud({ faults });
  const { id } = await settle(cloud.createServer(tenantId, serverRequest(), patient));
  const states: unknown[] = [];
  for (const span of [12, 50, 20]) {
    await pass(seconds(span));
    states.push((await settle(cloud.getServer(tenantId, id, patient)))?.state);
  }
  return states;
}

describe('activeError', () => {
  it('lets a server become ACTIVE and go to ERROR later', async () => {
    const fault = { id: 'frail', do: { fault: 'active.error', params: { after: '1m' } } };
    expect(await statesOverTime([fault])).toEqual(['ACTIVE', 'ACTIVE', 'ERROR']);
  });

  it('changes nothing for a call that it does not meet', async () => {
    const fault = { id: 'frail', when: { tenant: 'another' }, do: { fault: 'active.error', params: { after: '1m' } } };
    expect(await statesOverTime([fault])).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE']);
  });
});

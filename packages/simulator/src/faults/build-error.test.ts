import { seconds } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { patient, serverRequest, smallCloud, tenantId } from '../testing/small-cloud.ts';

async function stateAfterBuild(faults: readonly object[]) {
  const { cloud, settle, pass } = smallCloud({ faults });
  const { id } = await settle(cloud.createServer(tenantId, serverRequest(), patient));
  await pass(seconds(10));
  return settle(cloud.getServer(tenantId, id, patient));
}

describe('buildError', () => {
  it('ends a build in ERROR, without an address', async () => {
    const server = await stateAfterBuild([{ id: 'bad', do: { fault: 'build.error' } }]);
    expect(server).toMatchObject({ state: 'ERROR', servicenetAddress: '' });
  });

  it('lets a build end in ACTIVE when it does not meet it', async () => {
    expect(await stateAfterBuild([{ id: 'bad', when: { skip: 1 }, do: { fault: 'build.error' } }])).toMatchObject({ state: 'ACTIVE' });
  });
});

import { CloudError, seconds } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { patient, serverRequest, smallCloud, tenantId } from '../testing/small-cloud.ts';

const lost = (mode: 'reset' | 'timeout') => [
  { id: 'lost', when: { op: 'server.create' }, do: { fault: 'response.lost', params: { mode } } },
];
const reason = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'answered',
    (error: unknown) => error,
  );

describe('responseLost', () => {
  it('does the work and breaks the connection', async () => {
    const { cloud, world, settle } = smallCloud({ faults: lost('reset') });
    const error = await settle(reason(cloud.createServer(tenantId, serverRequest(), patient)));
    expect(error).toBeInstanceOf(CloudError);
    expect(error).toMatchObject({ kind: 'answer-lost', effect: 'unknown' });
    expect((await settle(cloud.listServers(tenantId, patient))).servers).toHaveLength(1);
    expect(world.faults.hits()).toEqual([{ id: 'lost', hits: 1 }]);
  });

  it('never answers in mode timeout, until the caller gives up', async () => {
    const { cloud, clock, settle, pass } = smallCloud({ faults: lost('timeout') });
    const controller = new AbortController();
    clock.after(seconds(45)).subscribe(() => controller.abort());
    const call = reason(cloud.createServer(tenantId, serverRequest(), { ...patient, signal: controller.signal }));
    await pass(seconds(44));
    expect(clock.callsInFlight).toEqual(['server.create of tenant 829409']);
    expect(await settle(call)).toMatchObject({ kind: 'timeout' });
    expect((await settle(cloud.listServers(tenantId, patient))).servers).toHaveLength(1);
  });

  it('says which call hangs when nobody ever gives up', async () => {
    const { cloud, settle } = smallCloud({ faults: lost('timeout') });
    await expect(settle(cloud.createServer(tenantId, serverRequest(), patient))).rejects.toThrow('server.create of tenant 829409');
  });

  it('loses nothing without the fault', async () => {
    const { cloud, settle } = smallCloud();
    await expect(settle(cloud.createServer(tenantId, serverRequest(), patient))).resolves.toMatchObject({ id: expect.any(String) });
  });
});

import { epochMs, formatInstant, later, milliseconds } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { clock, errorType, only, serve, stopServing } from '../testing/served-app.ts';

afterEach(stopServing);

describe('addPolicies', () => {
  it('takes an "at" that lies after now, and none of this very moment, before it looks for the group', async () => {
    const now = epochMs(1_700_000_000_000);
    const autoscaler = only({ createPolicies: async () => [], updatePolicy: async () => {} });
    const send = await serve(autoscaler, { clock: { ...clock, now: () => now } });
    const policyAt = (span: number) => ({
      ...{ name: 'once', type: 'schedule', cooldown: 0, change: 1 },
      args: { at: formatInstant(later(now, milliseconds(span))) },
    });
    for (const span of [-1, 0]) {
      expect(await errorType(await send('POST', '/v1.0/T/groups/G/policies', JSON.stringify([policyAt(span)])))).toBe('ValidationError');
      expect(await errorType(await send('PUT', '/v1.0/T/groups/G/policies/P', JSON.stringify(policyAt(span))))).toBe('ValidationError');
    }
    expect((await send('POST', '/v1.0/T/groups/G/policies', JSON.stringify([policyAt(1)]))).status).toBe(201);
    expect((await send('PUT', '/v1.0/T/groups/G/policies/P', JSON.stringify(policyAt(1)))).status).toBe(204);
  });
});

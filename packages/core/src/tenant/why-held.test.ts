import { describe, expect, it } from 'vitest';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import { epochMs } from '../model/time.ts';
import { MemorySwitches } from '../store/memory-switches.ts';
import { whyHeld } from './why-held.ts';

const ref = { tenantId: 't' as TenantId, groupId: 'g' as GroupId };
const ann = { by: 'ann', reason: 'a flood' };

describe('whyHeld', () => {
  it('says which switch holds a group, the broadest first, and not who set it and why', async () => {
    const now = epochMs(1_790_000_000_000);
    const at = '2026-09-21T14:13:20.000Z';
    const switches = new MemorySwitches();
    const why = (observeOnly = false) =>
      whyHeld(ref, { observeOnly }, { switches: async () => switches.all(), setStopAll: async () => {}, setObserveOnly: async () => {} });
    switches.setObserveOnly('u' as TenantId, undefined, ann, now);
    switches.setObserveOnly('t' as TenantId, 'h' as GroupId, ann, now);
    expect(await why()).toContain('the group was paused meanwhile');
    switches.setObserveOnly(ref.tenantId, ref.groupId, ann, now);
    expect(await why()).toBe(`nothing is written to the cloud: the group is only observed since ${at}`);
    switches.setObserveOnly(ref.tenantId, undefined, ann, now);
    expect(await why()).toBe(`nothing is written to the cloud: the tenant is only observed since ${at}`);
    switches.setStopAll(ann, now);
    expect(await why()).toBe(`nothing is written to the cloud: an operator has stopped everything since ${at}`);
    expect(await why(true)).toBe('nothing is written to the cloud: this host is only to observe');
  });
});

import { describe, expect, it } from 'vitest';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import { mostObserved } from '../model/switches.ts';
import { epochMs } from '../model/time.ts';
import { MemorySwitches } from './memory-switches.ts';

const now = epochMs(1_790_000_000_000);
const unnamed = { by: null, reason: null };
const [t, u] = ['t' as TenantId, 'u' as TenantId];
const ref = (tenantId: TenantId, id: string) => ({ tenantId, groupId: id as GroupId });
const groups = [ref(t, 'a'), ref(t, 'b'), ref(u, 'a')];
const mayWrite = (switches: MemorySwitches) => groups.map((group) => switches.mayWrite(group));

describe('MemorySwitches', () => {
  it('lets writes start while nothing is set', () => {
    expect(mayWrite(new MemorySwitches())).toEqual([true, true, true]);
    expect(new MemorySwitches().all()).toEqual({ stopAll: null, observedTenants: [], observedGroups: [] });
  });

  it('stops all groups, a tenant or one group, until it is lifted', () => {
    const switches = new MemorySwitches();
    switches.setStopAll(unnamed, now);
    expect(mayWrite(switches)).toEqual([false, false, false]);
    switches.setStopAll(null, now);
    switches.setObserveOnly(t, undefined, unnamed, now);
    expect(mayWrite(switches)).toEqual([false, false, true]);
    switches.setObserveOnly(t, undefined, null, now);
    switches.setObserveOnly(t, 'b' as GroupId, unnamed, now);
    expect(mayWrite(switches)).toEqual([true, false, true]);
    switches.setObserveOnly(t, 'b' as GroupId, null, now);
    expect(mayWrite(switches)).toEqual([true, true, true]);
  });

  it('takes a bounded number of tenants and groups, and more once some are lifted', () => {
    const switches = new MemorySwitches();
    for (let n = 0; n < mostObserved; n += 1)
      switches.setObserveOnly(`t${n}` as TenantId, n % 2 === 0 ? undefined : ('a' as GroupId), unnamed, now);
    expect(() => switches.setObserveOnly(t, undefined, unnamed, now)).toThrow(
      'At most 10000 tenants and groups may be set to observe-only',
    );
    switches.setObserveOnly('t0' as TenantId, undefined, { by: 'ann', reason: 'again' }, now);
    switches.setObserveOnly('t0' as TenantId, undefined, null, now);
    switches.setObserveOnly(t, undefined, unnamed, now);
    expect(switches.mayWrite(ref(t, 'a'))).toBe(false);
  });

  it('forgets a group that has gone', () => {
    const switches = new MemorySwitches();
    switches.setObserveOnly(t, 'a' as GroupId, unnamed, now);
    switches.removed(ref(t, 'a'));
    switches.removed(ref(u, 'never there'));
    expect(switches.all().observedGroups).toEqual([]);
  });
});

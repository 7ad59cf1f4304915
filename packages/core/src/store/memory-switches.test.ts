import { describe, expect, it } from 'vitest';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import { MemorySwitches } from './memory-switches.ts';

const [t, u] = ['t' as TenantId, 'u' as TenantId];
const ref = (tenantId: TenantId, id: string) => ({ tenantId, groupId: id as GroupId });
const groups = [ref(t, 'a'), ref(t, 'b'), ref(u, 'a')];
const mayWrite = (switches: MemorySwitches) => groups.map((group) => switches.mayWrite(group));

describe('MemorySwitches', () => {
  it('lets writes start while nothing is set', () => {
    expect(mayWrite(new MemorySwitches())).toEqual([true, true, true]);
    expect(new MemorySwitches().all()).toEqual({ stopAll: false, observedTenants: [], observedGroups: [] });
  });

  it('stops all groups, a tenant or one group, until it is lifted', () => {
    const switches = new MemorySwitches();
    switches.setStopAll(true);
    expect(mayWrite(switches)).toEqual([false, false, false]);
    switches.setStopAll(false);
    switches.setObserveOnly(t, undefined, true);
    expect(mayWrite(switches)).toEqual([false, false, true]);
    switches.setObserveOnly(t, undefined, false);
    switches.setObserveOnly(t, 'b' as GroupId, true);
    expect(mayWrite(switches)).toEqual([true, false, true]);
    switches.setObserveOnly(t, 'b' as GroupId, false);
    expect(mayWrite(switches)).toEqual([true, true, true]);
  });

  it('shows what is set in order, each once', () => {
    const switches = new MemorySwitches();
    for (const tenantId of [u, t, u]) switches.setObserveOnly(tenantId, undefined, true);
    for (const { tenantId, groupId } of [...groups.toReversed(), ...groups]) switches.setObserveOnly(tenantId, groupId, true);
    expect(switches.all()).toEqual({ stopAll: false, observedTenants: [t, u], observedGroups: groups });
  });

  it('forgets a group that has gone', () => {
    const switches = new MemorySwitches();
    switches.setObserveOnly(t, 'a' as GroupId, true);
    switches.removed(ref(t, 'a'));
    switches.removed(ref(u, 'never there'));
    expect(switches.all().observedGroups).toEqual([]);
  });
});

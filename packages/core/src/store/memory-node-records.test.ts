import { describe, expect, it } from 'vitest';
import type { GroupId, LoadBalancerId, ServerId, TenantId } from '../model/identifiers.ts';
import { type NodeRecord, nodeRecordKey } from '../model/node-record.ts';
import { epochMs } from '../model/time.ts';
import { MemoryNodeRecords } from './memory-node-records.ts';

const [tenant, other] = ['t' as TenantId, 'u' as TenantId];
const record = (server: string, at: number, changes: Partial<NodeRecord> = {}): NodeRecord => ({
  ...{ groupId: 'g' as GroupId, serverId: server as ServerId, loadBalancerId: '1' as LoadBalancerId },
  ...{ address: '10.0.0.1', port: 80, nodeId: null, at: epochMs(at), removedAt: null, missedAt: null, vacantAt: null },
  ...changes,
});
const serversIn = (records: MemoryNodeRecords, of = tenant) => records.of(of).map(({ serverId }) => serverId);

describe('MemoryNodeRecords', () => {
  it('keeps one record for each server, load balancer, address and port, by ascending key', () => {
    const records = new MemoryNodeRecords(10);
    const places = [{}, { port: 81 }, { address: '10.0.0.2' }, { loadBalancerId: '2' as LoadBalancerId }];
    for (const place of places.toReversed()) records.change(tenant, { put: [record('s', 0, place)] });
    records.change(tenant, { put: [record('s', 5)] });
    const keys = records.of(tenant).map(nodeRecordKey);
    expect(keys).toHaveLength(4);
    expect(keys).toEqual(keys.toSorted());
    expect(records.of(tenant)).toContainEqual(record('s', 5));
    expect(records.of(other)).toEqual([]);
  });

  it('lets the eldest go when there are more than it keeps, and none of another tenant', () => {
    const records = new MemoryNodeRecords(2);
    records.change(other, { put: [record('old', 0)] });
    records.change(tenant, { put: [record('b', 1), record('a', 2)] });
    records.change(tenant, { put: [record('c', 3)] });
    expect([serversIn(records), serversIn(records, other)]).toEqual([['a', 'c'], ['old']]);
  });

  it('removes those that are named, and forgets a tenant that has none left', () => {
    const records = new MemoryNodeRecords(10);
    records.change(tenant, { put: [record('a', 1), record('b', 2)] });
    records.change(tenant, { deleted: [nodeRecordKey(record('a', 1)), 'unknown'] });
    expect([serversIn(records), records.size]).toEqual([['b'], 1]);
    records.change(tenant, { deleted: [nodeRecordKey(record('b', 2))] });
    expect([serversIn(records), records.size]).toEqual([[], 0]);
  });
});

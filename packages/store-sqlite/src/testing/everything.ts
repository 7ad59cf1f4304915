/** Something in every table of a store, and all of it read again: for the files of old schemas that every later version must read. */
import {
  type ActivityNote,
  type CapabilityHash,
  type CreateToken,
  epochMs,
  type GroupId,
  type KnownServer,
  type LoadBalancerId,
  type NodeId,
  type PolicyId,
  type ServerId,
  type Store,
  seconds,
  type TenantId,
  type WebhookId,
} from '@lutra/core';
import type { NodeRecord } from '@lutra/core/stores';
import { newGroup } from '@lutra/core/testing';

const tenantId = 't1' as TenantId;
const ref = { tenantId, groupId: 'g1' as GroupId };
const gone = { tenantId, groupId: 'g2' as GroupId };
const now = epochMs(1_790_000_000_000);
const [policyId, hash] = ['p1' as PolicyId, 'c0ffee' as CapabilityHash];
const key = { tenantId, scope: 'create-group', key: 'k', fingerprint: 'f', keptFor: seconds(3600), most: 10 };
const webhook = { id: 'w1' as WebhookId, policyId, hash, definition: { name: 'hook', metadata: { a: 'b' } } };
const server = (n: number): KnownServer => ({
  ...{ id: `s${n}` as ServerId, state: 'ACTIVE', active: true, servicenetAddress: `10.0.0.${n}`, loadBalancers: ['7' as LoadBalancerId] },
  ...{ pooled: false, links: [], birth: null, unknownSince: null },
});
const noteOf = (sentence: string): ActivityNote => ({
  ...{ at: now, capacity: { desired: 2, active: 1, pending: 1 } },
  content: { kind: 'cause-ended', sentence },
});
const record: NodeRecord = {
  ...{ loadBalancerId: '7' as LoadBalancerId, address: '10.0.0.1', port: 80, at: now },
  ...{ groupId: ref.groupId, serverId: 's1' as ServerId },
} as NodeRecord;

const groupOf = ({ groupId }: typeof ref) =>
  newGroup(
    { tenantId, groupId },
    { name: 'web', cooldown: 0, minEntities: 0, maxEntities: 9, metadata: { a: 'b' } },
    { type: 'launch_server', args: { server: { flavorRef: '2', imageRef: 'i' } } },
    [{ id: policyId, definition: { name: 'up', cooldown: 0, type: 'webhook', change: 1 } }],
    now,
  );

/** Puts something into every table. The store is new. */
export async function fillEverything(store: Store): Promise<void> {
  const made = { at: now, ids: ['g1'], secrets: ['c0ffee'] };
  await store.createGroup(groupOf(ref), 9, { activity: [noteOf('one'), noteOf('two')], once: { ...key, made } });
  await store.createGroup(groupOf(gone), 9);
  await store.transact(ref, () => ({
    change: {
      servers: { put: [server(1), server(2)] },
      intents: {
        put: [
          { kind: 'create', token: 'token' as CreateToken, plannedAt: now, state: 'unknown' },
          { kind: 'drain', loadBalancerId: '7' as LoadBalancerId, nodeId: 'n1' as NodeId, since: now },
        ] as never,
      },
      webhooks: { put: [webhook] },
      schedules: { put: [{ policyId, policyVersion: 1, nextAt: epochMs(now + 60_000) }] as never },
      records: { put: [record] },
      creates: { count: 3, most: null },
      activity: [noteOf('three')],
    },
    answer: null,
  }));
  await store.transact(gone, () => ({ change: { removed: { tokens: ['token-2'] }, activity: [noteOf('gone')] }, answer: null }));
  await store.setCredentials(tenantId, { user: 'u', password: 's3cret' });
  await store.setTenantSuspended('t2' as TenantId, true);
  await store.setObserveOnly(tenantId, ref.groupId, { by: 'ann', reason: 'a first look' });
  await store.setObserveOnly('t2' as TenantId, undefined, { by: null, reason: null });
  await store.setStopAll({ by: 'ann', reason: 'nothing goes' });
}

/** Everything that is in it, as JSON. */
export async function readEverything(store: Store): Promise<unknown> {
  const owner = { host: 'h', incarnation: 'h-1' };
  await store.join(owner, seconds(10));
  const { epoch = 0 } = (await store.unownedTenant(tenantId)) ?? {};
  await store.claim(owner, tenantId, epoch);
  return JSON.parse(
    JSON.stringify({
      group: await store.readGroup(ref),
      due: await store.due(owner, epochMs(now + 3_600_000), 9),
      tenants: await store.tenants(),
      capability: await store.findCapability(hash),
      kept: await store.findKey(key),
      credentials: await store.credentials(tenantId),
      records: await store.nodeRecords(tenantId),
      tombstones: await store.tombstones(tenantId),
      creates: await store.createsWithin(tenantId, seconds(3600)),
      activity: await store.readActivity(tenantId, { after: 0, limit: 99 }),
      switches: await store.switches(),
      suspended: await isSuspended(store, 't2' as TenantId),
    }),
  );
}

async function isSuspended(store: Store, tenant: TenantId): Promise<boolean> {
  const probe = { ...groupOf(ref), tenantId: tenant, groupId: 'probe' as GroupId };
  await store.createGroup(probe, 9);
  return (await store.readGroup(probe))?.spec.suspended ?? false;
}

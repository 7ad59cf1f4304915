import type { TenantId } from '../model/identifiers.ts';
import type { HostIncarnation, Ownership } from '../model/ownership.ts';
import { type EpochMs, seconds } from '../model/time.ts';
import type { DueGroup, Store } from '../ports.ts';

/** The host of a test that has one. */
export const owner: HostIncarnation = { host: 'a', incarnation: 'a-1' };

/** Claims the tenant for a host that has joined. */
export async function claimed(store: Store, tenantId: TenantId, who = owner): Promise<Ownership> {
  const unowned = await store.unownedTenant(tenantId);
  const ownership = unowned && (await store.claim(who, tenantId, unowned.epoch));
  if (ownership === undefined) throw new Error(`${who.host} could not claim ${tenantId}`);
  return ownership;
}

/** What is due, to a host that owns every tenant for as long as any test takes. */
export async function dueOf(store: Store, now: EpochMs, limit: number, marker?: DueGroup): Promise<readonly DueGroup[]> {
  if ((await store.members()).length === 0) await store.join(owner, seconds(1e9));
  for (const { tenantId } of await store.unowned(99)) await claimed(store, tenantId);
  return store.due(owner, now, limit, marker);
}

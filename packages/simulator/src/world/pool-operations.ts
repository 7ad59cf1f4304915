import type { PoolMember } from '@lutra/core';
import type { Operations } from './operation.ts';
import { type Refusal, refusals } from './refusal.ts';
import type { Tenant } from './tenant.ts';

function missingPools(tenant: Tenant, members: readonly PoolMember[]): Refusal | undefined {
  const missing = [...new Set(members.map(({ poolId }) => poolId))].filter((id) => !tenant.pools.has(id));
  if (missing.length === 0) return undefined;
  return refusals.poolErrors(
    missing.map((id) => `Load Balancer Pool ${id.toUpperCase()} does not exist`),
    'pool-refused',
  );
}
const poolsOf = (_tenant: Tenant, { members }: { readonly members: readonly PoolMember[] }) => ({
  poolIds: members.map(({ poolId }) => poolId),
});
const tellMembers = (members: readonly PoolMember[]): readonly string[] => members.map(({ poolId, serverId }) => `${poolId} ${serverId}`);

/** What RackConnect v3 does, in its simplest form: members that are there already, or gone already, are no error. */
export const poolOperations: Operations<'pool_member.list' | 'pool_member.add' | 'pool_member.remove'> = {
  'pool_member.list': {
    key: () => '',
    validate: () => undefined,
    commit: ({ pools }) => pools.all(),
    tellValue: (members) => ({ members: members.length }),
  },
  'pool_member.add': {
    key: ({ members }) => members[0]?.poolId ?? '',
    subject: poolsOf,
    validate: (tenant, { members }) => missingPools(tenant, members),
    commit: ({ pools }, { members }) => {
      pools.add(members);
      return null;
    },
    tellParams: ({ members }) => tellMembers(members),
  },
  'pool_member.remove': {
    key: ({ members }) => members[0]?.poolId ?? '',
    subject: poolsOf,
    validate: () => undefined, // what is in no pool is in this one neither
    commit: ({ pools }, { members }) => {
      pools.remove(members);
      return null;
    },
    tellParams: ({ members }) => tellMembers(members),
  },
};

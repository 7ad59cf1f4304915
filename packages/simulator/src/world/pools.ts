import { byId, type PoolId, type PoolMember, type ServerId } from '@lutra/core';

/** One tenant's RackConnect v3 pools: none unless the scenario makes some. Server deletion leaves members behind, as in the real one. */
export class Pools {
  readonly #members = new Map<PoolId, Set<ServerId>>();

  make(id: PoolId): void {
    if (!this.#members.has(id)) this.#members.set(id, new Set());
  }

  has(id: PoolId): boolean {
    return this.#members.has(id);
  }

  /** By pool, then by server. */
  all(): readonly PoolMember[] {
    return [...this.#members]
      .sort(([a], [b]) => byId(a, b))
      .flatMap(([poolId, servers]) => [...servers].sort(byId).map((serverId) => ({ poolId, serverId })));
  }

  add(members: readonly PoolMember[]): void {
    for (const { poolId, serverId } of members) this.#members.get(poolId)?.add(serverId);
  }

  remove(members: readonly PoolMember[]): void {
    for (const { poolId, serverId } of members) this.#members.get(poolId)?.delete(serverId);
  }
}

import { byId, type EpochMs, later, type PoolId, type PoolMember, type ServerId, type TenantId } from '@lutra/core';
import type { Belongings } from './belongings.ts';
import type { NetworkRecord } from './nova-calls.ts';
import { drawDuration, paces } from './pace.ts';
import type { PoolNode, PoolRecord } from './pool-calls.ts';
import type { Surroundings } from './surroundings.ts';
import type { Actor } from './world-event.ts';

/** A node as it truly is: ADDING until `readyAt`, REMOVING from `leftAt` on, gone at `goneAt`. */
interface NodeRecord {
  readonly id: string;
  readonly serverId: ServerId;
  readonly createdAt: EpochMs;
  readonly readyAt: EpochMs;
  readonly leftAt?: EpochMs;
  readonly goneAt?: EpochMs;
}
interface Pool {
  readonly id: PoolId;
  readonly name: string;
  readonly virtualIp: string;
  /** That its servers must be on; undefined: any. */
  readonly networkId: string | undefined;
  status: PoolRecord['status'];
  readonly nodes: Map<ServerId, NodeRecord>;
  /** Nodes that were ever added. */
  added: number;
}

/**
 * One tenant's RackConnect v3 pools: one that every account with RackConnect has from the start, with an isolated network that its
 * servers must be on, and those that a scenario makes. Deleting a server leaves its node behind, as in the real one.
 */
export class Pools {
  readonly #tenantId: TenantId;
  readonly #around: Surroundings;
  readonly #belongings: Belongings;
  readonly #bought: boolean;
  readonly #pools = new Map<PoolId, Pool>();
  #furnished = false;

  /** `bought`: whether the account has RackConnect. */
  constructor(tenantId: TenantId, around: Surroundings, belongings: Belongings, bought: boolean) {
    this.#tenantId = tenantId;
    this.#around = around;
    this.#belongings = belongings;
    this.#bought = bought;
  }

  make(id: PoolId, name = `pool-${id.slice(0, 8)}`, networkId?: string): void {
    if (this.#pools.has(id)) return;
    const virtualIp = `203.0.113.${1 + Math.floor(this.#around.random.at('virtual ip', this.#tenantId, id) * 254)}`;
    this.#pools.set(id, { id, name, virtualIp, networkId, status: 'ACTIVE', nodes: new Map(), added: 0 });
  }

  has(id: PoolId): boolean {
    this.furnish();
    return this.#pools.has(id);
  }

  /** A pool that is INACTIVE takes no changes. */
  setStatus(id: PoolId, status: PoolRecord['status']): void {
    const pool = this.#pools.get(id);
    if (pool !== undefined) pool.status = status;
  }

  /** The pool, and the network, that the account has from the start: made when they are first asked for. */
  furnish(): void {
    if (this.#furnished || !this.#bought) return;
    this.#furnished = true;
    const id = this.#around.random.fork(`pool/${this.#tenantId}`).uuid() as PoolId;
    this.make(id, 'default', this.#belongings.makeNetwork('isolated', '192.168.0.0/16').id);
  }

  pools(): readonly PoolRecord[] {
    this.furnish();
    return [...this.#pools.values()].map((pool) => this.#show(pool));
  }
  pool(id: PoolId): PoolRecord | undefined {
    this.furnish();
    const pool = this.#pools.get(id);
    return pool && this.#show(pool);
  }
  /** Networks that pools are on. */
  networks(): readonly NetworkRecord[] {
    this.furnish();
    const ids = [...this.#pools.values()].map(({ networkId }) => networkId);
    return ids.flatMap((id) => (id === undefined ? [] : (this.#belongings.network(id) ?? [])));
  }
  networkOf(id: PoolId): NetworkRecord | undefined {
    const networkId = this.#pools.get(id)?.networkId;
    return networkId === undefined ? undefined : this.#belongings.network(networkId);
  }

  /** In the order of adding; with those that are leaving. */
  nodes(id: PoolId): readonly PoolNode[] {
    const pool = this.#pools.get(id);
    return pool === undefined ? [] : this.#present(pool).map((node) => this.#showNode(pool, node));
  }
  node(poolId: PoolId, serverId: ServerId): PoolNode | undefined {
    return this.nodes(poolId).find((node) => node.serverId === serverId);
  }

  /** Members that are not leaving: by pool, then by server. */
  all(): readonly PoolMember[] {
    return [...this.#pools.values()]
      .sort((a, b) => byId(a.id, b.id))
      .flatMap((pool) =>
        this.#present(pool)
          .filter(({ leftAt }) => leftAt === undefined)
          .map(({ serverId }) => serverId)
          .sort(byId)
          .map((serverId) => ({ poolId: pool.id, serverId })),
      );
  }

  /** Those that are new become nodes; the others stay. */
  add(members: readonly PoolMember[], by: Actor = 'caller'): readonly PoolNode[] {
    const { clock, random, pace } = this.#around;
    return members.flatMap(({ poolId, serverId }) => {
      const pool = this.#pools.get(poolId);
      if (pool === undefined) return [];
      const known = this.#present(pool).find((node) => node.serverId === serverId && node.leftAt === undefined);
      if (known !== undefined) return [this.#showNode(pool, known)];
      pool.added += 1;
      const now = clock.now();
      const keys = ['pool', this.#tenantId, poolId, pool.added] as const;
      const readyAt = later(now, drawDuration(pace.pool ?? paces.demo.pool, random, ...keys));
      const node = { id: random.fork(keys.join('/')).uuid(), serverId, createdAt: now, readyAt };
      pool.nodes.set(serverId, node);
      this.#tell('pool-member-added', poolId, serverId, by);
      return [this.#showNode(pool, node)];
    });
  }

  /** Members are ADDING until then. */
  readyAt(members: readonly PoolMember[], at: EpochMs): void {
    for (const { poolId, serverId } of members) {
      const nodes = this.#pools.get(poolId)?.nodes;
      const node = nodes?.get(serverId);
      if (node !== undefined) nodes?.set(serverId, { ...node, readyAt: at });
    }
  }

  /** Those that are members begin to leave. */
  remove(members: readonly PoolMember[], by: Actor = 'caller'): void {
    const { clock, random, pace } = this.#around;
    const now = clock.now();
    for (const { poolId, serverId } of members) {
      const node = this.#pools.get(poolId)?.nodes.get(serverId);
      if (node === undefined || node.leftAt !== undefined) continue;
      const goneAt = later(now, drawDuration(pace.pool ?? paces.demo.pool, random, 'leave', this.#tenantId, poolId, node.id));
      this.#pools.get(poolId)?.nodes.set(serverId, { ...node, leftAt: now, goneAt });
      this.#tell('pool-member-removed', poolId, serverId, by);
    }
  }

  snapshot(): PoolsSnapshot {
    const pools = [...this.#pools.values()].map(({ nodes, ...pool }) => ({ ...pool, nodes: [...nodes.values()] }));
    return { furnished: this.#furnished, pools };
  }
  restore({ furnished, pools }: PoolsSnapshot): void {
    this.#furnished = furnished;
    this.#pools.clear();
    for (const { nodes, ...pool } of pools) {
      this.#pools.set(pool.id, { ...pool, networkId: pool.networkId, nodes: new Map(nodes.map((node) => [node.serverId, node])) });
    }
  }

  #tell(kind: 'pool-member-added' | 'pool-member-removed', poolId: PoolId, serverId: ServerId, by: Actor): void {
    const { tell, clock } = this.#around;
    tell({ kind, at: clock.now(), tenantId: this.#tenantId, poolId, serverId, by });
  }

  /** Drops those that have left. */
  #present({ nodes }: Pool): readonly NodeRecord[] {
    const now = this.#around.clock.now();
    for (const [serverId, { goneAt }] of nodes) if (goneAt !== undefined && goneAt <= now) nodes.delete(serverId);
    return [...nodes.values()];
  }
  #show(pool: Pool): PoolRecord {
    const { id, name, status, virtualIp } = pool;
    // Those that have begun to leave are shown as nodes, and counted no more.
    const staying = this.#present(pool).filter(({ leftAt }) => leftAt === undefined);
    return { id, name, status, virtualIp, nodes: staying.length };
  }
  #showNode({ id: poolId }: Pool, { id, serverId, createdAt, readyAt, leftAt }: NodeRecord): PoolNode {
    const now = this.#around.clock.now();
    if (leftAt !== undefined) return { id, poolId, serverId, createdAt, status: 'REMOVING', updatedAt: leftAt };
    return { id, poolId, serverId, createdAt, ...(now < readyAt ? adding : { status: 'ACTIVE', updatedAt: readyAt }) };
  }
}
const adding = { status: 'ADDING', updatedAt: undefined } as const;

export interface PoolsSnapshot {
  readonly furnished: boolean;
  readonly pools: readonly (Omit<Pool, 'nodes'> & { readonly nodes: readonly NodeRecord[] })[];
}

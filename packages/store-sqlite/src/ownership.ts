/** Hosts and what they own, in their tables. Every function runs inside a transaction, and first ends the lives that have run out. */
import { type DurationMs, type EpochMs, epochMs, LutraError, later, milliseconds, type TenantId } from '@lutra/core';
import {
  type Heartbeat,
  type HostIncarnation,
  instantWithin,
  type Member,
  type MemberState,
  type Ownership,
  type UnownedTenant,
} from '@lutra/core/stores';
import type { Database, Row } from './database.ts';
import { SwitchTable } from './switches.ts';

/** Lives that have ended and are still known, so that none of them begins again. The eldest goes first. */
const mostEndedLives = 10_000;

export class OwnershipTables {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  join({ host, incarnation }: HostIncarnation, lease: DurationMs, now: EpochMs): Heartbeat {
    this.#endLives(now);
    const known = this.#database.get(
      `SELECT 1 AS known FROM members WHERE host = ?1 AND incarnation = ?2
       UNION ALL SELECT 1 FROM ended_lives WHERE host = ?1 AND incarnation = ?2`,
      ...[host, incarnation],
    );
    if (known !== undefined) throw new LutraError('host-barred', `Host ${host} joined as ${incarnation}, which has lived before`);
    this.#database.run(
      `INSERT INTO members (host, incarnation, until, lease, state) VALUES (?, ?, ?, ?, 'joining')`,
      ...[host, incarnation, later(now, lease), lease],
    );
    return this.#heartbeat({ host, incarnation }, now);
  }

  renew(member: HostIncarnation, lease: DurationMs, state: MemberState, isCloudHealthy: boolean, now: EpochMs): Heartbeat | undefined {
    this.#endLives(now);
    const { host, incarnation } = member;
    const renewed = this.#database.run(
      `UPDATE members SET until = ?, lease = ?, state = ?, cloud_healthy_at = coalesce(?, cloud_healthy_at)
       WHERE host = ? AND incarnation = ?`,
      ...[later(now, lease), lease, state, isCloudHealthy ? now : null, host, incarnation],
    );
    return renewed === 0 ? undefined : this.#heartbeat(member, now);
  }

  leave(member: HostIncarnation, now: EpochMs): void {
    this.#endLives(now);
    this.#endLife(member, now);
  }

  members(now: EpochMs): readonly Member[] {
    this.#endLives(now);
    return this.#database.all('SELECT * FROM members ORDER BY host, incarnation').map((row) => ({
      ...lifeIn(row),
      until: Number(row.until) as EpochMs,
      state: String(row.state) as MemberState,
      cloudHealthyAt: (row.cloud_healthy_at ?? null) as EpochMs | null,
    }));
  }

  ownedBy({ host, incarnation }: HostIncarnation, now: EpochMs): readonly Ownership[] {
    this.#endLives(now);
    return this.#database
      .all('SELECT tenant_id, epoch FROM tenants WHERE owner_host = ? AND owner_incarnation = ? ORDER BY tenant_id', host, incarnation)
      .map((row) => ({ tenantId: String(row.tenant_id) as TenantId, owner: { host, incarnation }, epoch: Number(row.epoch) }));
  }

  unowned(limit: number, now: EpochMs): readonly UnownedTenant[] {
    this.#endLives(now);
    return this.#database
      .all(
        `SELECT tenant_id, epoch, unowned_since FROM tenants WHERE owner_host IS NULL AND group_count > 0
         ORDER BY unowned_since, tenant_id LIMIT ?`,
        limit,
      )
      .map(unownedIn);
  }

  unownedTenant(tenantId: TenantId, now: EpochMs): UnownedTenant | undefined {
    this.#endLives(now);
    const row = this.#database.get(
      'SELECT tenant_id, epoch, unowned_since FROM tenants WHERE tenant_id = ? AND owner_host IS NULL AND group_count > 0',
      tenantId,
    );
    return row && unownedIn(row);
  }

  claim({ host, incarnation }: HostIncarnation, tenantId: TenantId, epoch: number, now: EpochMs): Ownership | undefined {
    this.#endLives(now);
    const isLive = this.#database.get(
      `SELECT 1 AS live FROM members WHERE host = ? AND incarnation = ? AND state IN ('live', 'joining')`,
      ...[host, incarnation],
    );
    if (isLive === undefined) return undefined;
    const next = this.#nextEpoch();
    const claimed = this.#database.run(
      `UPDATE tenants SET owner_host = ?, owner_incarnation = ?, epoch = ?
       WHERE tenant_id = ? AND epoch = ? AND owner_host IS NULL AND group_count > 0`,
      ...[host, incarnation, next, tenantId, epoch],
    );
    return claimed === 0 ? undefined : { tenantId, owner: { host, incarnation }, epoch: next };
  }

  release({ tenantId, owner, epoch }: Ownership, now: EpochMs): void {
    this.#endLives(now);
    this.#database.run(
      `UPDATE tenants SET owner_host = NULL, owner_incarnation = NULL, unowned_since = ?
       WHERE tenant_id = ? AND owner_host = ? AND owner_incarnation = ? AND epoch = ?`,
      ...[now, tenantId, owner.host, owner.incarnation, epoch],
    );
  }

  /** Whether the tenant is owned just so. */
  isOwned({ tenantId, owner, epoch }: Ownership): boolean {
    const row = this.#database.get(
      'SELECT 1 AS owned FROM tenants WHERE tenant_id = ? AND owner_host = ? AND owner_incarnation = ? AND epoch = ?',
      ...[tenantId, owner.host, owner.incarnation, epoch],
    );
    return row !== undefined;
  }

  /** Ends every life, and with it what it owned. */
  endAll(now: EpochMs): void {
    for (const row of this.#database.all('SELECT host, incarnation FROM members')) this.#endLife(lifeIn(row), now);
  }

  barAll(now: EpochMs): void {
    this.endAll(now);
    for (const { tenant_id: tenantId = '' } of this.#database.all('SELECT tenant_id FROM tenants')) {
      this.#database.run('UPDATE tenants SET epoch = ? WHERE tenant_id = ?', this.#nextEpoch(), tenantId);
    }
  }

  /** Epochs are counted over all tenants. */
  #nextEpoch(): number {
    this.#database.run(`INSERT INTO counters (name, value) VALUES ('epoch', 1) ON CONFLICT DO UPDATE SET value = value + 1`);
    return Number(this.#database.get(`SELECT value FROM counters WHERE name = 'epoch'`)?.value);
  }

  #heartbeat({ host, incarnation }: HostIncarnation, now: EpochMs): Heartbeat {
    const owned = this.#database.get(
      'SELECT count(*) AS count, coalesce(max(epoch), 0) AS epoch FROM tenants WHERE owner_host = ? AND owner_incarnation = ?',
      ...[host, incarnation],
    );
    const tenants = this.#database.get(
      'SELECT count(*) AS count, coalesce(sum(owner_host IS NULL), 0) AS unowned FROM tenants WHERE group_count > 0',
    );
    const hosts = this.#database.get(
      `SELECT count(*) AS live, max(CASE WHEN host = ? AND incarnation = ? THEN NULL ELSE cloud_healthy_at END) AS healthy
       FROM members WHERE state = 'live'`,
      ...[host, incarnation],
    );
    return {
      storeNow: now,
      owned: Number(owned?.count),
      highestEpoch: Number(owned?.epoch),
      tenants: Number(tenants?.count),
      unowned: Number(tenants?.unowned),
      liveHosts: Number(hosts?.live),
      healthyElsewhereAt: (hosts?.healthy ?? null) as EpochMs | null,
      stopAll: new SwitchTable(this.#database).stopAll(),
    };
  }

  #endLives(now: EpochMs): void {
    for (const row of this.#database.all('SELECT host, incarnation, until, lease FROM members')) {
      const until = instantWithin(epochMs(Number(row.until)), now, milliseconds(Number(row.lease)));
      if (until <= now) this.#endLife(lifeIn(row), until);
    }
  }

  #endLife({ host, incarnation }: HostIncarnation, at: EpochMs): void {
    this.#database.run(
      `UPDATE tenants SET owner_host = NULL, owner_incarnation = NULL, unowned_since = ? WHERE owner_host = ? AND owner_incarnation = ?`,
      ...[at, host, incarnation],
    );
    this.#database.run('DELETE FROM members WHERE host = ? AND incarnation = ?', host, incarnation);
    this.#database.run('INSERT OR IGNORE INTO ended_lives (host, incarnation) VALUES (?, ?)', host, incarnation);
    this.#database.run('DELETE FROM ended_lives WHERE number <= (SELECT max(number) FROM ended_lives) - ?', mostEndedLives);
  }
}

const lifeIn = (row: Row): HostIncarnation => ({ host: String(row.host), incarnation: String(row.incarnation) });

const unownedIn = (row: Row): UnownedTenant => ({
  tenantId: String(row.tenant_id) as TenantId,
  epoch: Number(row.epoch),
  since: Number(row.unowned_since) as EpochMs,
});

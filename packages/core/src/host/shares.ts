/** Which tenants a host takes and which it gives up (design, section 7). Pure: it is given what the store told. */
import type { UnownedTenant } from '../model/ownership.ts';
import { between, type DurationMs, type EpochMs } from '../model/time.ts';

/** How many tenants each live host is to run: all of them shared out evenly, rounded up. */
export const fairShare = (tenants: number, liveHosts: number): number => Math.ceil(tenants / Math.max(1, liveHosts));

/**
 * Those of the unowned tenants that a host takes which holds `held` of its `share`: up to its share whichever it finds, and beyond it
 * those that nobody has taken for more than `grace`.
 */
export function tenantsToClaim(
  unowned: readonly UnownedTenant[],
  {
    held,
    share,
    storeNow,
    grace,
  }: { readonly held: number; readonly share: number; readonly storeNow: EpochMs; readonly grace: DurationMs },
): readonly UnownedTenant[] {
  const left = unowned.filter(({ since }) => between(since, storeNow) > grace);
  const fresh = unowned.filter(({ since }) => between(since, storeNow) <= grace);
  return [...left, ...fresh.slice(0, Math.max(0, share - held - left.length))];
}

/**
 * Those of its tenants that a host gives up, the oldest held first. It keeps its share and a tenth more, at least one more: hosts that
 * come and go do not push tenants to and fro. None that it has held for less than `atLeast` goes.
 */
export function tenantsToRelease<T extends { readonly since: EpochMs }>(
  held: readonly T[],
  { share, now, atLeast }: { readonly share: number; readonly now: EpochMs; readonly atLeast: DurationMs },
): readonly T[] {
  const excess = held.length - share - Math.max(1, Math.floor(share / 10));
  if (excess <= 0) return [];
  return [...held]
    .sort((a, b) => a.since - b.since)
    .filter(({ since }) => between(since, now) >= atLeast)
    .slice(0, excess);
}

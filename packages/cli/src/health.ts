import { between, type Clock, type DurationMs, formatInstant, type Store, seconds } from '@lutra/core';
import type { HealthReport, StoreFile } from '@lutra/rest';
import { firstValueFrom, from, map, race } from 'rxjs';

/** The store must answer within this time. */
const storeDeadline = seconds(5);
/** A group may be overdue by this much before the engine counts as stuck (the documents' health check does the same). */
const mostOverdue: DurationMs = seconds(60);

/** A host to look at: its store, its name, how the store's file is, if it has one, and whether the host is only to observe. */
export interface LookedAt {
  readonly store: Store;
  readonly host: string;
  readonly status?: () => StoreFile & { readonly isFailing?: boolean };
  readonly observeOnly?: boolean;
}

/**
 * How a host is: whether its store answers and takes what is written, whether it runs tenants, whether their groups that are due are looked at, and whether it is
 * stopping. A host whose writes are held back by operators is well: it does as it is told.
 */
export async function healthOf(
  { store, host, status, observeOnly = false }: LookedAt,
  clock: Clock,
  stopping: boolean,
): Promise<HealthReport> {
  const begun = clock.now();
  const ask = async () => {
    const member = (await store.members()).find((one) => one.host === host);
    const [oldest] = member === undefined ? [] : await store.due(member, begun, 1);
    const overdue = oldest === undefined ? 0 : Math.max(0, between(oldest.dueAt, begun));
    const { stopAll } = await store.switches();
    return { runs: member !== undefined && member.state !== 'skewed', overdue, stopAll };
  };
  const asked = ask().catch(() => undefined); // a store that throws rejects too
  const found = await firstValueFrom(race(from(asked), clock.after(storeDeadline).pipe(map(() => undefined))));
  const isStored = found !== undefined && status?.().isFailing !== true;
  const storeCheck = { healthy: isStored, details: { ms: between(begun, clock.now()), ...(status && fileDetails(status())) } };
  const engine = { healthy: found?.runs === true && found.overdue <= mostOverdue, details: { oldestDueMs: found?.overdue ?? null } };
  const since = found?.stopAll ? formatInstant(found.stopAll.since) : null; // by whom and why is for operators
  const writes = { stopped: found === undefined ? null : since !== null, since, observeOnly };
  return { healthy: storeCheck.healthy && engine.healthy && !stopping, store: storeCheck, engine, writes, stopping };
}

/** Where the file is is nobody's business: everybody may ask. */
const fileDetails = ({ bytes, logBytes, lastCommit }: StoreFile): object => ({ bytes, logBytes, lastCommitMs: lastCommit });

/** What operators ask of all hosts, and of tenants and groups that are to be only observed. The log says who asked, also where that changes nothing. */
import type { Caller } from '../model/activity.ts';
import { cutTo } from '../model/characters.ts';
import type { GroupId, TenantId } from '../model/identifiers.ts';
import { longestReason, type SwitchNote } from '../model/switches.ts';
import type { SwitchStore } from '../ports/store.ts';
import type { Log } from '../ports.ts';
import type { Supervisor } from './supervisor.ts';

/** What it works with. */
export interface SwitchingPorts {
  readonly store: SwitchStore;
  readonly log: Log;
  readonly supervisor: Pick<Supervisor, 'stopHeard'>;
}

/** Stops all hosts, or lifts that. This host tells of it at once. Rejects as the store does. Idempotent. */
export async function switchStopAll(
  { store, log, supervisor }: SwitchingPorts,
  { requestId, user }: Caller,
  asked: 'stop' | 'resume',
  reason?: string,
): Promise<void> {
  const note = asked === 'stop' ? noteOf(user, reason) : null;
  log.warn({ requestId, user, ...(note && { reason: note.reason }) }, `an operator asks to ${asked} all hosts`);
  await store.setStopAll(note);
  supervisor.stopHeard((await store.switches()).stopAll);
}

/** Has a tenant, or one of its groups, only observed, or lifts that. Rejects as the store does. Idempotent. */
export async function switchObserveOnly(
  { store, log }: SwitchingPorts,
  { requestId, user }: Caller,
  { tenantId, groupId }: { readonly tenantId: TenantId; readonly groupId?: GroupId | undefined },
  asked: 'observe' | 'end',
  reason?: string,
): Promise<void> {
  const note = asked === 'observe' ? noteOf(user, reason) : null;
  await store.setObserveOnly(tenantId, groupId, note);
  const who = { tenantId, ...(groupId && { groupId }), requestId, user, ...(note && { reason: note.reason }) };
  const what = groupId === undefined ? 'a tenant' : 'a group';
  log.warn(who, note === null ? `an operator lets ${what} be written for again` : `an operator has ${what} only observed from now on`);
}

const noteOf = (by: string | null, reason: string | undefined): SwitchNote => ({
  by,
  reason: reason === undefined || reason === '' ? null : cutTo(reason, longestReason, '…'),
});

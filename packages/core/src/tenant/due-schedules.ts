/** Runs what is due of a group's schedules: commands of the tenant's owner. */
import { dueSchedules } from '../commands/creating.ts';
import { type Decided, decide } from '../commands/decide.ts';
import { bySchedule, commandNotes } from '../commands/telling.ts';
import { changeBetween } from '../model/group-change.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { epochMs, later } from '../model/time.ts';
import type { Decision } from '../ports.ts';
import type { EngineHost } from './engine-host.ts';
import type { HeldOwnership } from './held-ownership.ts';

/** What running schedules needs. */
export type SchedulePorts = Pick<EngineHost, 'store' | 'clock' | 'options' | 'emit' | 'log'>;

/**
 * Runs the due schedules of a group; whether there was any. A refusal is how a schedule meets a pause or no change. The clock of this host may
 * have jumped since the last heartbeat, so it is not believed further than `hostClockSkew` beyond what the store said then: what is due later than
 * that waits for the next heartbeat. Rejects with the LutraError of a store that fails; what was run by then is committed, and is not run again.
 */
export async function runDueSchedules(group: ScalingGroup, held: HeldOwnership, ports: SchedulePorts): Promise<boolean> {
  const { store, clock, options, emit, log } = ports;
  if (!held.isGood()) return false;
  const now = epochMs(Math.min(clock.now(), later(held.heardAt(), options.hostClockSkew)));
  const due = dueSchedules(group, now);
  for (const { policyId, policyVersion, nextAt: occurrence } of due) {
    const command = { kind: 'run-schedule', policyId, policyVersion, occurrence } as const;
    const change = (current: ScalingGroup): Decision<Decided> => {
      const result = decide(current, command, { now, options });
      const activity = commandNotes(command, bySchedule, current, result, now, options);
      return { change: { ...changeBetween(current, result.group), activity }, answer: result };
    };
    const decided = await store.transact(group, change, held.ownership);
    for (const event of decided.events) emit(event);
    if (decided.refused !== undefined) log.info({ tenantId: group.tenantId, groupId: group.groupId, policyId }, decided.refused.message);
  }
  return due.length > 0;
}

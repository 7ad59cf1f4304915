import { byId, type GroupId, type PolicyId } from '../model/identifiers.ts';
import type { LaunchConfiguration } from '../model/launch-configuration.ts';
import type { Policy, PolicyDefinition, Schedule } from '../model/policy.ts';
import type { Births, GroupConfiguration, GroupProgress, GroupRef, ScalingGroup } from '../model/scaling-group.ts';
import type { EpochMs } from '../model/time.ts';
import { clamp } from '../policy/adjustment.ts';
import { firstOccurrence } from '../policy/schedule.ts';

/** No server has failed at its birth. */
const noBirths: Births = { failures: 0, creates: 0, fault: '', nextAt: null, batches: {} };

/** A group that no pass has looked at yet. */
export const untouched: GroupProgress = {
  causes: [],
  resets: 0,
  createResets: 0,
  triedGeneration: 0,
  convergedGeneration: 0,
  failedGeneration: 0,
  recheckAt: null,
  waits: {},
  births: noBirths,
  faults: 0,
  refusals: 0,
  createBurst: 1,
  brake: null,
};

/** A policy as it is made. */
export const newPolicy = (id: PolicyId, definition: PolicyDefinition): Policy => ({ id, definition, version: 1, touchedAt: null });

/** A new group: desired capacity at its minimum, and the first generation, so that it converges. */
export function newGroup(
  ref: GroupRef & { readonly groupId: GroupId },
  configuration: GroupConfiguration,
  launchConfiguration: LaunchConfiguration,
  policies: readonly { readonly id: PolicyId; readonly definition: PolicyDefinition }[],
  now: EpochMs,
): ScalingGroup {
  const made = policies.map(({ id, definition }): readonly [PolicyId, Policy] => [id, newPolicy(id, definition)]);
  const schedules: (readonly [PolicyId, Schedule])[] = [];
  for (const [order, { id, definition }] of policies.entries()) {
    const nextAt = firstOccurrence(definition, now);
    if (nextAt !== undefined) schedules.push([id, { policyId: id, policyVersion: 1, nextAt, order }]);
  }
  return {
    tenantId: ref.tenantId,
    groupId: ref.groupId,
    spec: {
      version: 1,
      createdAt: now,
      configuration,
      launchConfiguration,
      desired: clamp(0, { min: configuration.minEntities, max: configuration.maxEntities }),
      paused: false,
      suspended: false,
      deleting: false,
      removals: {},
      touchedAt: null,
      generation: 1,
      raisedAt: now,
      resets: 0,
      createResets: 0,
      releases: 0,
      policiesMade: policies.length,
    },
    progress: untouched,
    intents: {},
    policies: Object.fromEntries(made),
    webhooks: {},
    schedules: Object.fromEntries(schedules),
    servers: {},
  };
}

/** Schedules that have occurred, in the order in which they run: occurrence, then creation. */
export const dueSchedules = (group: ScalingGroup, now: EpochMs): readonly Schedule[] =>
  Object.values(group.schedules)
    .filter((schedule) => schedule.nextAt <= now)
    .sort((a, b) => a.nextAt - b.nextAt || a.order - b.order || byId(a.policyId, b.policyId));

/** What a group is after a pass: its intents settled by the answers, its servers as they are known now. Pure. */

import { intentKey } from '../model/group-change.ts';
import type { ServerId } from '../model/identifiers.ts';
import { desiredLoadBalancersOf, type LaunchConfiguration } from '../model/launch-configuration.ts';
import { own } from '../model/own.ts';
import type { GroupProgress, Intent, KnownServer, ScalingGroup } from '../model/scaling-group.ts';
import { withValues } from '../model/tables.ts';
import type { EpochMs } from '../model/time.ts';
import type { WritingStep } from '../planner/steps.ts';
import type { ServerRequest } from '../ports.ts';
import type { StepResult } from './executing.ts';
import type { PassOutcome } from './outcome.ts';
import { type GroupView, knownPlaces } from './viewing.ts';

/** A write that a pass is about to make, with the intent that covers it. */
export interface PlannedWrite {
  readonly step: WritingStep;
  readonly intent: Intent | undefined;
  readonly request: ServerRequest | undefined;
}

/** Open intents after the answers: a refused or unsent write is none; an accepted create is a known server; what is unknown stays. */
export function settleIntents(
  open: GroupView['intents'],
  writes: readonly PlannedWrite[],
  results: readonly StepResult[],
  now: EpochMs,
): GroupView['intents'] {
  const left: Intent[] = [];
  for (const [index, { intent }] of writes.entries()) {
    const effect = results[index]?.effect ?? 'unsent';
    if (intent === undefined) continue;
    if (intent.kind === 'create') {
      if (effect === 'unknown') left.push({ ...intent, plannedAt: now, state: 'unknown' });
    } else if (effect === 'accepted' || effect === 'unknown') left.push(intent);
  }
  return withValues(open, left, intentKey);
}

/** Known servers after the answers: those just created, as the `batch` of this pass, not seen yet; and none active whose delete was accepted. */
export function settleServers(
  known: GroupView['known'],
  launch: LaunchConfiguration,
  writes: readonly PlannedWrite[],
  results: readonly StepResult[],
  batch: string,
  now: EpochMs,
): GroupView['known'] {
  const settled: KnownServer[] = [];
  for (const [index, { step }] of writes.entries()) {
    const result = results[index];
    if (result?.created !== undefined) {
      const { id, links } = result.created;
      const places = knownPlaces(desiredLoadBalancersOf(launch));
      settled.push({
        id,
        state: 'BUILD',
        active: false,
        servicenetAddress: '',
        ...places,
        links,
        birth: { batch, activeSince: null },
        unknownSince: null,
        doubt: { kind: 'unseen', since: now },
      });
    }
    if (step.kind === 'delete-server' && result?.effect === 'accepted') {
      const server = own(known, step.serverId);
      if (server?.active === true) settled.push({ ...server, active: false });
    }
  }
  return withValues(known, settled, ({ id }) => id);
}

/** A removal that the pass knew of is settled when its server is gone, or no longer the group's, and the cloud has said so. */
export function withoutSettledRemovals(
  spec: ScalingGroup['spec'],
  read: ScalingGroup['spec'],
  servers: GroupView['known'],
  unconfirmed: GroupView['unconfirmed'],
): ScalingGroup['spec'] {
  const open = Object.entries(spec.removals).filter(
    ([id]) => Object.hasOwn(servers, id) || unconfirmed.has(id as ServerId) || !Object.hasOwn(read.removals, id),
  );
  return open.length === Object.keys(spec.removals).length ? spec : { ...spec, removals: Object.fromEntries(open) };
}

/** Under the brake a vanished server is not forgotten: it goes on counting as lost until somebody has looked. */
export const vanishedOf = (group: ScalingGroup, view: Pick<GroupView, 'known'>): readonly KnownServer[] =>
  Object.values(group.servers).flatMap((known) => {
    const isLost = known.state !== 'DELETED' && (own(view.known, known.id)?.state ?? 'DELETED') === 'DELETED';
    return isLost ? [{ ...known, active: false }] : [];
  });

/** The brake after a pass: engaged, released by somebody who looked until the group has converged, or off. `releases`: of the spec that the pass read. */
export function nextBrake(
  before: GroupProgress['brake'],
  braked: boolean,
  outcome: PassOutcome['kind'],
  releases: number,
): GroupProgress['brake'] {
  if (braked) return { releases, released: false };
  if (before === null || outcome === 'converged') return null;
  if (before.released) return before;
  return releases > before.releases ? { ...before, released: true } : null;
}

/** Slow start remembered: doubled by a pass whose creates all went well, back to one by the first that did not. */
export function nextBurst(before: number, results: readonly StepResult[], writes: readonly PlannedWrite[]): number {
  const creates = results.filter(({ effect }, index) => effect !== 'unsent' && writes[index]?.step.kind === 'create-server');
  if (creates.length === 0) return before;
  if (creates.some(({ effect }) => effect === 'refused' || effect === 'unknown')) return 1;
  let burst = before;
  for (let left = creates.length; left >= burst; burst *= 2) left -= burst;
  return burst;
}

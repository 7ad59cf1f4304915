/**
 * What is believed of a known server when an answer, from a listing or by id, contradicts what is known of it (spec/planner.md, D24): it is
 * asked again, not acted on. Until two answers taken at least `createVisibility` apart agree, the server is what it was.
 */
import type { ServerId } from '../model/identifiers.ts';
import type { Doubt, KnownServer, ScalingGroup } from '../model/scaling-group.ts';
import type { Server, ServerState } from '../model/server.ts';
import { between, type EpochMs, elapsedSince, epochMs, later, milliseconds } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { Observation } from '../planner/desired.ts';

/** A server as it is believed to be, and what is in doubt about it; undefined: nothing is. */
export interface Belief {
  readonly server: Server;
  readonly doubt: Doubt | undefined;
}

/** When an answer was taken, on our clock: not before `from`, not after `to`. */
export interface Taken {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** A server that was in service is not being built, and one that was being deleted is not in service: an answer that says so waits for another. */
export function contradicts(known: KnownServer, shown: ServerState): boolean {
  if (shown === 'ACTIVE') return known.state === 'DELETED';
  return shown === 'BUILD' && wasBuilt(known);
}

/** Whether its build was over. A status that we do not know tells nothing of that; there its birth says whether it was ever ACTIVE. */
const wasBuilt = ({ state, birth }: KnownServer): boolean =>
  state !== 'BUILD' && (!isUnknown(state) || birth === null || birth.activeSince !== null);

/** Nothing can be said of a server in such a status (D19). */
export const isUnknown = (state: ServerState): boolean => state === 'UNKNOWN' || state === 'UNRECOGNISED';

/**
 * What an answer makes of a known server. An address once known is given up for another one only. `isDeleted`: we asked to delete it; then
 * it does not count, whatever it shows, and there is nothing to doubt.
 */
export function believe(
  shown: Server,
  known: KnownServer | undefined,
  { from, to }: Taken,
  isDeleted: boolean,
  { createVisibility }: Pick<Options, 'createVisibility'>,
): Belief {
  if (known === undefined) return { server: shown, doubt: undefined };
  const isAddressLost = shown.servicenetAddress === '' && known.servicenetAddress !== '';
  const server = isAddressLost ? { ...shown, servicenetAddress: known.servicenetAddress } : shown;
  if (isDeleted) return { server, doubt: undefined };
  const before = known.doubt;
  if (!contradicts(known, shown.state)) {
    return { server, doubt: before?.kind === 'building-again' && shown.state === 'BUILD' ? before : undefined };
  }
  const isSaidAgain = before?.kind === 'contradicted' && before.state === shown.state;
  const since = isSaidAgain ? asPast(before.since, to) : to;
  if (isSaidAgain && between(since, from) >= createVisibility) {
    return { server, doubt: shown.state === 'BUILD' ? { kind: 'building-again', since } : undefined };
  }
  return { server: { ...server, state: known.state }, doubt: { kind: 'contradicted', state: shown.state, since } };
}

type LookOptions = Pick<Options, 'createVisibility' | 'maxClockSkew'>;

/** Whether "there is none" is no answer yet: the server's create was accepted a short while ago, and nothing has shown it since. */
export const isTooNew = ({ doubt }: KnownServer, now: EpochMs, { createVisibility, maxClockSkew }: LookOptions): boolean =>
  doubt?.kind === 'unseen' && elapsedSince(doubt.since, now, maxClockSkew) < createVisibility;

/** Whether a server that is gone from the listing may show once more: Nova tells of one that it deletes while it builds that it is ACTIVE, for a moment. */
export const mayShowAgain = (
  { id }: KnownServer,
  { spec, intents }: ScalingGroup,
  now: EpochMs,
  { createVisibility, maxClockSkew }: LookOptions,
): boolean => {
  const intent = intents[`delete:${id}`];
  return intent?.kind === 'delete' && !spec.deleting && elapsedSince(intent.plannedAt, now, maxClockSkew) < createVisibility;
};

/** A clock that was ahead may have stored it. */
const asPast = (since: EpochMs, now: EpochMs): EpochMs => epochMs(Math.min(since, now));

/**
 * What the planner is told of doubts: until when each server is what it was, on our clock (then even an answer that others share is late
 * enough); and since when others build again, in the cloud's time.
 */
export function doubtsForPlan(
  known: ScalingGroup['servers'],
  now: EpochMs,
  cloudNow: EpochMs,
  { createVisibility, observationMaxAge }: Pick<Options, 'createVisibility' | 'observationMaxAge'>,
): Pick<Observation, 'contradicted' | 'buildingAgain'> {
  const untilAgain = milliseconds(createVisibility + observationMaxAge);
  const contradicted = new Map<ServerId, { readonly state: ServerState; readonly until: EpochMs }>();
  const buildingAgain = new Map<ServerId, EpochMs>();
  for (const { id, doubt } of Object.values(known)) {
    if (doubt?.kind === 'contradicted') contradicted.set(id, { state: doubt.state, until: later(doubt.since, untilAgain) });
    else if (doubt?.kind === 'building-again') buildingAgain.set(id, later(cloudNow, between(now, doubt.since)));
  }
  return { contradicted, buildingAgain };
}

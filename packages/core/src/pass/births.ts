/**
 * Servers that fail at their birth (spec/planner.md, D17): those that we made and that end in ERROR or SHUTOFF, vanish, or build for too long
 * before they have been ACTIVE for `steadyAfter`, though nobody asked them to go. After one, servers are made one at a time, ever later,
 * until one stays. So a cloud on which nothing lives is not asked for servers without end.
 */
import type { ServerId } from '../model/identifiers.ts';
import { own } from '../model/own.ts';
import type { Birth, Births, KnownServer, ScalingGroup } from '../model/scaling-group.ts';
import type { Server } from '../model/server.ts';
import { withValues } from '../model/tables.ts';
import { between, type DurationMs, type EpochMs, epochMs, instantWithin, later, milliseconds } from '../model/time.ts';
import type { Options } from '../options.ts';
import type { RestrainingBirths } from '../planner/desired.ts';
import type { FoundCause } from './causes.ts';

/** The options that births depend on. */
export type BirthOptions = 'steadyAfter' | 'buildTimeout' | 'backoffFirst' | 'backoffMost';

/** What births are judged by. */
export interface BirthFacts {
  readonly servers: readonly Server[];
  readonly unconfirmed: ReadonlySet<ServerId>;
  /** Servers in BUILD whose build was over before: since when, in the cloud's time (D24); absent = none. */
  readonly buildingAgain?: ReadonlyMap<ServerId, EpochMs> | undefined;
  /** The cloud's time. */
  readonly cloudNow: EpochMs;
  /** Our clock. */
  readonly now: EpochMs;
  /** 0 <= n < 1, for jitter. */
  readonly spread: number;
  readonly options: Pick<Options, BirthOptions>;
}

type Known = ScalingGroup['servers'];
/** What has become of a new server: it stays, it failed and why, it is no longer of interest; or nothing yet. */
type Fate = 'stays' | { readonly fault: string } | 'left' | Birth;

/** Failures in a row after which the group says so. */
const failuresToSay = 5;
const nothingFailed = { failures: 0, creates: 0, fault: '', nextAt: null } as const;

/** Births start again: what new servers come to is still counted once for each batch. */
export const unbornAgain = ({ batches }: Births): Births => ({ ...nothingFailed, batches });

/** Judges the new servers of a group. `known`: the servers as this pass sees them. */
export function judgeBirths(group: ScalingGroup, known: Known, facts: BirthFacts): { readonly births: Births; readonly known: Known } {
  const before = group.progress.births;
  const shown = Object.values(known).filter(({ id }) => !Object.hasOwn(group.servers, id)); // of creates whose answer never came
  const young = [...Object.values(group.servers), ...shown].flatMap(({ id, birth }) => (birth === null ? [] : [{ id, birth }]));
  const byId = new Map(facts.servers.map((server) => [server.id, server]));
  const fates = young.map(({ id, birth }) => ({ id, birth, fate: fateOf(group, id, birth, byId.get(id), facts) }));
  const changed = fates.flatMap(({ id, fate }): readonly KnownServer[] => {
    const server = own(known, id);
    return server === undefined ? [] : [{ ...server, birth: typeof fate === 'object' && 'batch' in fate ? fate : null }];
  });
  return { births: countBirths(before, fates, facts), known: withValues(known, changed, ({ id }) => id) };
}

function fateOf(group: ScalingGroup, id: ServerId, birth: Birth, server: Server | undefined, facts: BirthFacts): Fate {
  const { now, cloudNow, options, unconfirmed, buildingAgain } = facts;
  if (`delete:${id}` in group.intents || Object.hasOwn(group.spec.removals, id) || group.spec.deleting) return 'left';
  if (server === undefined && unconfirmed.has(id)) return birth;
  if (server === undefined || server.state === 'DELETED') return { fault: `Server ${id} is gone though nobody asked it to go` };
  if (server.state === 'ERROR' || server.state === 'SHUTOFF') return { fault: server.fault || `Server ${id} is in state ${server.state}` };
  if (server.state === 'BUILD' && between(buildingAgain?.get(id) ?? server.createdAt, cloudNow) >= options.buildTimeout) {
    return { fault: `Server ${id} has been building for ${Math.trunc(options.buildTimeout / 1000)} seconds or more` };
  }
  if (server.state !== 'ACTIVE') return birth;
  if (birth.activeSince === null || birth.activeSince > now) return { ...birth, activeSince: now };
  return between(birth.activeSince, now) >= options.steadyAfter ? 'stays' : birth;
}

/** Builds begun in one pass count as one failure if any failed and none stayed; one that stays ends the row. */
function countBirths(before: Births, fates: readonly { readonly birth: Birth; readonly fate: Fate }[], facts: BirthFacts): Births {
  const batches: Record<string, 'failed' | 'well'> = { ...before.batches };
  let births: Omit<Births, 'batches'> = before;
  for (const { birth, fate } of fates) {
    if (fate !== 'stays') continue;
    batches[birth.batch] = 'well';
    births = nothingFailed;
  }
  for (const { birth, fate } of fates) {
    if (typeof fate !== 'object' || !('fault' in fate)) continue;
    if (batches[birth.batch] === undefined) {
      batches[birth.batch] = 'failed';
      const failures = births.failures + 1;
      births = { ...births, failures, nextAt: later(facts.now, pauseOf({ ...births, failures }, facts.options, facts.spread)) };
    }
    if (batches[birth.batch] === 'failed') births = { ...births, fault: fate.fault };
  }
  const open = new Set(fates.flatMap(({ birth, fate }) => (typeof fate === 'object' && 'batch' in fate ? [birth.batch] : [])));
  const left = Object.entries(batches).filter(([batch]) => open.has(batch));
  return { ...births, batches: Object.fromEntries(left) };
}

/** The time until the next server: doubling with every failure, and with every server made meanwhile, whose end is not known yet. */
function pauseOf(
  { failures, creates }: Pick<Births, 'failures' | 'creates'>,
  { backoffFirst, backoffMost }: Pick<Options, 'backoffFirst' | 'backoffMost'>,
  spread: number,
): DurationMs {
  const doublings = Math.min(30, Math.max(failures - 1, creates));
  return milliseconds(Math.round(Math.min(backoffMost, backoffFirst * 2 ** doublings) * (0.5 + spread / 2)));
}

/** Births after a pass that made so many servers. */
export function bornNow(births: Births, made: number, now: EpochMs, options: Pick<Options, BirthOptions>, spread: number): Births {
  if (births.failures === 0 || made === 0) return births;
  const creates = births.creates + made;
  return { ...births, creates, nextAt: later(now, pauseOf({ ...births, creates }, options, spread)) };
}

/** What births mean for the plan; undefined = nothing. */
export function birthsRestraint(
  births: Births,
  known: Known,
  now: EpochMs,
  { steadyAfter, backoffMost }: Pick<Options, BirthOptions>,
): RestrainingBirths | undefined {
  if (births.failures === 0) return undefined;
  const nextAt = births.nextAt === null ? now : instantWithin(births.nextAt, now, backoffMost);
  const steady = Object.values(known).flatMap(({ birth }) => {
    const activeSince = birth?.activeSince ?? null;
    return activeSince === null ? [] : later(activeSince, steadyAfter);
  });
  const toCome = steady.filter((at) => at > now); // one that is no longer ACTIVE, or of which the cloud says nothing, has no such instant
  return {
    until: nextAt > now ? nextAt : undefined,
    steadyAt: toCome.length === 0 ? undefined : epochMs(Math.min(...toCome)),
  };
}

/** What the group says of births that fail again and again. */
export const birthsCause = ({ failures, fault }: Births): readonly FoundCause[] =>
  failures < failuresToSay
    ? []
    : [
        {
          kind: 'births',
          sentence: `The last ${failuresToSay} servers failed before they were in service: ${fault.replace(/[.\s]+$/, '')}. Another is tried at most every 5 minutes.`,
          counter: 'createResets',
        },
      ];

import type { Autoscaler, EpochMs, Random, TenantId } from '@lutra/core';
import type { World } from '@lutra/simulator';
import type { ServerRecord } from '@lutra/simulator/truth';
import type { GroupTruths, WatchedGroup } from './group-truths.ts';
import type { ServerSets } from './server-sets.ts';
import type { ScenarioEvent } from './trace.ts';

/** What the entries of a timeline act on. */
export interface Play {
  readonly world: World;
  readonly autoscaler: Autoscaler;
  readonly truths: GroupTruths;
  readonly sets: ServerSets;
  readonly random: Random;
  /** The groups that a name means, one or all copies of a group, as far as they exist. */
  readonly groupsCalled: (name: string) => readonly WatchedGroup[];
  /** Names of those that it means, and that do not exist yet. */
  readonly notYet: (name: string) => readonly string[];
  readonly groups: () => readonly WatchedGroup[];
  readonly tell: (event: Omit<ScenarioEvent, 'at'>) => void;
  readonly violate: (checker: string, message: string, group: string) => void;
  readonly now: () => EpochMs;
}

/** A server of a group, with what is needed to do something to it. */
export interface GroupServer {
  readonly server: ServerRecord;
  readonly tenantId: TenantId;
}

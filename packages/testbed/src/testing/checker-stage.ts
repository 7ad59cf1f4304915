/** A cloud with one group under a checker, for tests of checkers. Not part of the public API. */
import { type GroupId, type ServerId, seconds } from '@lutra/core';
import { groupId, type SmallCloud, smallCloud, tenantId } from '@lutra/simulator/testing';
import type { ServerRecord } from '@lutra/simulator/truth';
import type { CheckerContext, CheckerKind } from '../checkers/checker.ts';
import { GroupTruths, type WatchedGroup } from '../group-truths.ts';
import type { Happening } from '../trace.ts';

export interface Stage extends SmallCloud {
  readonly group: WatchedGroup;
  readonly violations: string[];
  /** Commits another desired capacity, as the engine would tell it. */
  readonly desire: (to: number) => void;
  readonly tell: (happening: Happening) => void;
  readonly end: () => readonly string[];
}

/** A cloud with one group under a checker; no engine: whoever plays its part may break every rule. */
export function stageFor(
  kind: CheckerKind,
  {
    desired,
    maxOvershoot = 0,
    faults = [],
    context = {},
  }: { desired: number; maxOvershoot?: number; faults?: readonly object[]; context?: Partial<CheckerContext> },
): Stage {
  const small = smallCloud({ faults });
  const group: WatchedGroup = {
    name: 'web',
    ref: { tenantId, groupId },
    desired,
    status: 'ACTIVE',
    errors: [],
    paused: false,
    deleted: false,
  };
  const truths = new GroupTruths(small.world);
  const violations: string[] = [];
  const checker = kind.make({
    world: small.world,
    truths,
    groups: new Map<GroupId, WatchedGroup>([[groupId, group]]),
    decidedWithin: seconds(60),
    writesStopWithin: seconds(1),
    callDeadline: seconds(45),
    mostInFlight: { 'server.create': 3 },
    patience: seconds(600),
    buildTimeout: seconds(3600),
    unknownStatusGrace: seconds(300),
    maxOvershoot,
    expectedStatus: () => 'ACTIVE',
    drainingTimeout: () => seconds(60),
    now: () => small.clock.now(),
    ...context,
    violate: (message, of) => violations.push(`${of?.name ?? '-'}: ${message}`),
  });
  const tell = (happening: Happening): void => {
    if (happening.of === 'cloud') truths.saw(happening.event);
    checker.saw?.(happening);
  };
  small.world.events$.subscribe((event) => tell({ of: 'cloud', event }));
  return {
    ...small,
    group,
    violations,
    tell,
    desire: (to) => {
      const from = group.desired;
      group.desired = to;
      tell({ of: 'engine', event: { tenantId, groupId, at: small.clock.now(), kind: 'desired-changed', from, to, policyId: undefined } });
    },
    end: () => {
      checker.ended?.();
      return violations;
    },
  };
}
/** The server as it truly is. */
export const truthOf = ({ world }: Stage, id: ServerId): ServerRecord => {
  const found = world.tenant(tenantId).compute.servers.find(id);
  if (found === undefined) throw new Error(`There is no server ${id}.`);
  return found;
};

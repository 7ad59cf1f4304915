import { describe, expect, it } from 'vitest';
import type { ServerId } from '../model/identifiers.ts';
import { epochMs, seconds } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { aNode, aServer } from '../testing/parts.ts';
import type { DesiredGroup, Observation } from './desired.ts';
import { unboundedHealing } from './healing.ts';
import { planGroup } from './planning.ts';
import { sentenceOf } from './reasons.ts';

const desired: DesiredGroup = {
  capacity: 1,
  drainingTimeout: seconds(0),
  removals: new Map(),
  deletions: new Map(),
  healing: unboundedHealing,
};
const s1 = 's1' as ServerId;
const hour = 3_600_000;
const planned = (observed: Partial<Observation>, now = 0) =>
  planGroup(
    desired,
    {
      servers: [aServer(1)],
      nodes: [aNode(1)],
      poolMembers: [],
      healthMonitors: new Map([[aNode(1).loadBalancerId, false]]),
      unseen: 0,
      unconfirmed: [],
      vanished: 0,
      ...observed,
    },
    epochMs(now),
    options,
  );

describe('planGroup of a server that the cloud contradicts', () => {
  it('takes it as it was, says so, and looks again when a second answer may be believed', () => {
    const [step, ...more] = planned({ contradicted: new Map([[s1, { state: 'BUILD', until: epochMs(181_000) }]]) });
    expect([step, more]).toMatchObject([{ kind: 'converge-later', limited: false, until: 181_000 }, []]);
    expect(step?.because.map(sentenceOf)).toEqual([
      'Server s1 shows as BUILD, which is not what it was; that is believed once it shows so again',
    ]);
    expect(planned({})).toEqual([]);
  });

  it('waits for one that builds again for as long as for any other build', () => {
    const builds = { servers: [aServer(1, { state: 'BUILD', createdAt: epochMs(0) })], buildingAgain: new Map([[s1, epochMs(10 * hour)]]) };
    const kinds = (now: number) => planned(builds, now).map(({ kind }) => kind);
    expect(kinds(11 * hour - 1)).toEqual(['converge-later']);
    expect(kinds(11 * hour)).toContain('delete-server');
  });
});

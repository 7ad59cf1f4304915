/** Single rules of the planner (spec/planner.md, section 8), each in its smallest case. */
import { describe, expect, it } from 'vitest';
import type { LoadBalancerId, NodeId, ServerId } from '../model/identifiers.ts';
import { epochMs, milliseconds } from '../model/time.ts';
import { defaultOptions } from '../options.ts';
import { aNode, aServer, balancer } from '../testing/parts.ts';
import type { DesiredGroup, Observation } from './desired.ts';
import { unboundedHealing } from './healing.ts';
import { planGroup } from './planning.ts';

const now = epochMs(10_000_000);
const options = { ...defaultOptions, buildTimeout: milliseconds(1_000_000), offlineTimeout: milliseconds(2_000_000) };

/** The plan for a group of so many servers, in short. */
function plan(capacity: number, observed: Partial<Observation>, desired: Partial<DesiredGroup> = {}): readonly string[] {
  const group: DesiredGroup = {
    ...{ capacity, drainingTimeout: milliseconds(0), healing: unboundedHealing },
    ...{ removals: new Map(), deletions: new Map() },
    ...desired,
  };
  const all: Observation = {
    ...{ servers: [], nodes: [], poolMembers: [], healthMonitors: new Map([[balancer, false]]) },
    ...{ unseen: 0, unconfirmed: [], vanished: 0 },
    ...observed,
  };
  return planGroup(group, all, now, options).map((step) => {
    const what = step.kind === 'remove-nodes' ? ` ${step.nodeIds}` : 'serverId' in step ? ` ${step.serverId}` : '';
    return `${step.kind}${what}`;
  });
}

describe('the planner', () => {
  it('takes an extra node off, unless another server of the group that has the address is to be there (D1, D8)', () => {
    const place = aServer(1).desiredLoadBalancers[0];
    const elsewhere = '9' as LoadBalancerId;
    const extra = aNode(1, { id: 'x' as NodeId, loadBalancerId: elsewhere });
    const servers = [aServer(1)];
    expect(plan(1, { servers, nodes: [aNode(1), extra] })).toEqual(['remove-nodes x']);
    const other = aServer(2, { servicenetAddress: '10.0.0.1', desiredLoadBalancers: [{ ...place, loadBalancerId: elsewhere } as never] });
    const healthMonitors = new Map([balancer, elsewhere].map((id) => [id, false]));
    expect(plan(2, { servers: [aServer(1), other], nodes: [aNode(1), extra], healthMonitors })).toEqual([]);
  });

  it('takes the nodes of a server that builds for too long off in the plan that deletes it (D2)', () => {
    const servers = [aServer(1, { state: 'BUILD', createdAt: epochMs(now - 1_000_000) })];
    expect(plan(0, { servers, nodes: [aNode(1)] })).toEqual(['delete-server s1', 'remove-nodes n1']);
  });

  it('matches nothing with an empty address (D8)', () => {
    const servers = [aServer(1, { servicenetAddress: '', desiredLoadBalancers: [] })];
    expect(plan(1, { servers, nodes: [aNode(1, { address: '' })] })).toEqual([]);
  });

  it('fails for a node that is OFFLINE for longer than the offline timeout, not than the build timeout (D10)', () => {
    const offline = (since: number) =>
      plan(1, {
        servers: [aServer(1)],
        nodes: [aNode(1, { condition: 'DRAINING', status: 'OFFLINE', drainingSince: epochMs(now - since) })],
        healthMonitors: new Map([[balancer, true]]),
      });
    expect([offline(1_000_001), offline(2_000_000), offline(2_000_001)]).toEqual([['converge-later'], ['converge-later'], ['fail']]);
  });

  it('makes one server at a time after servers have failed at their birth, and none before its time (D17)', () => {
    const after = (until: number | undefined) =>
      plan(3, {}, { restraints: { blocks: [], holds: {}, births: { until: until as never, steadyAt: undefined } } });
    expect([after(undefined), after(now + 1)]).toEqual([['converge-later', 'create-server'], ['converge-later']]);
  });

  it('leaves a server in a status that it does not know alone for a while, and replaces it then (D19)', () => {
    const servers = [aServer(1, { state: 'UNRECOGNISED' })];
    const pondered = new Map([['s1' as ServerId, epochMs(now + 1)]]);
    expect(plan(1, { servers, pondered })).toEqual(['converge-later']);
    expect(plan(1, { servers })).toEqual(['create-server']);
  });
});

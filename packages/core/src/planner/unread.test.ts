import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoadBalancerId, NodeId, PoolId, ServerId } from '../model/identifiers.ts';
import type { DesiredLoadBalancer } from '../model/load-balancer.ts';
import type { Server } from '../model/server.ts';
import { epochMs, seconds } from '../model/time.ts';
import { allPools, type Unread } from '../model/unread.ts';
import { defaultOptions } from '../options.ts';
import { aNode, aServer, balancer } from '../testing/parts.ts';
import type { DesiredGroup, Observation } from './desired.ts';
import { unboundedHealing } from './healing.ts';
import { planGroup } from './planning.ts';
import { sentenceOf } from './reasons.ts';
import { isWriting, type Step } from './steps.ts';

const now = epochMs(10_000_000);
const other = '8' as LoadBalancerId;
const silent: Unread = { reason: '500', missing: false };
const at = (loadBalancerId: LoadBalancerId): DesiredLoadBalancer => ({
  kind: 'clb',
  loadBalancerId,
  port: 80,
  weight: 1,
  condition: 'ENABLED',
  type: 'PRIMARY',
});
const inPool: DesiredLoadBalancer = { kind: 'rcv3', poolId: 'p' as PoolId };
const onBoth = (n: number, changes: Partial<Server> = {}): Server =>
  aServer(n, { desiredLoadBalancers: [at(balancer), at(other)], ...changes });
const onOther = (n: number) => aNode(n, { id: `m${n}` as NodeId, loadBalancerId: other });

const group = (capacity: number, changes: Partial<DesiredGroup> = {}): DesiredGroup => ({
  capacity,
  drainingTimeout: seconds(0),
  removals: new Map(),
  deletions: new Map(),
  healing: unboundedHealing,
  ...changes,
});
/** Load balancer 7 is unread, and 8 was read. */
const seen = (servers: readonly Server[], changes: Partial<Observation> = {}): Observation => ({
  servers,
  nodes: [],
  poolMembers: [],
  healthMonitors: new Map([[other, false]]),
  unread: { loadBalancers: new Map([[balancer, silent]]), pools: undefined },
  unseen: 0,
  unconfirmed: [],
  vanished: 0,
  ...changes,
});
const plan = (desired: DesiredGroup, observed: Observation): readonly Step[] => planGroup(desired, observed, now, defaultOptions);
const told = (steps: readonly Step[]): readonly string[] =>
  steps.map(({ kind, because: [{ rule, serverId = '', loadBalancerId = '' }] }) => `${kind} ${rule} ${serverId} ${loadBalancerId}`.trim());
const unreadWait = `converge-later load-balancer-unread  ${balancer}`;

describe('planGroup beside a load balancer that could not be read', () => {
  it('does nothing there, is not converged, and says why without a limit', () => {
    const steps = plan(group(1), seen([onBoth(1)], { nodes: [onOther(1)] }));
    expect(told(steps)).toEqual([unreadWait]);
    expect(steps).toMatchObject([{ limited: false }]);
    expect(steps.flatMap(({ because }) => because.map(sentenceOf))).toEqual(['load balancer 7 cannot be read: 500']);
  });

  it('tells it from one that is not there', () => {
    const absent = plan(group(1), seen([onBoth(1)], { nodes: [onOther(1)], unread: { loadBalancers: new Map(), pools: undefined } }));
    expect(told(absent)).toEqual([`fail no-health-monitor-information s1 ${balancer}`]);
  });

  it('goes on with everything else of the group: servers are made, healed, and put on others', () => {
    const dead = onBoth(2, { state: 'ERROR', servicenetAddress: '' });
    const steps = told(plan(group(3), seen([onBoth(1), dead])));
    expect(steps).toContain('create-server missing-capacity');
    expect(steps).toContain('delete-server unusable s2'); // it never had an address, so it is on no load balancer
    expect(steps).toContain(`add-nodes not-on-load-balancer s1 ${other}`);
  });

  it('is no matter of a group that is not on it', () => {
    const elsewhere = aServer(1, { desiredLoadBalancers: [at(other)] });
    expect(plan(group(1), seen([elsewhere], { nodes: [onOther(1)] }))).toEqual([]);
    expect(plan(group(0), seen([elsewhere], { nodes: [onOther(1)] })).filter(({ kind }) => kind === 'delete-server')).toHaveLength(1);
    expect(told(plan(group(0, { places: [at(balancer)] }), seen([])))).toEqual([unreadWait]); // but new servers would be
  });

  it('keeps a server that must go until its nodes can be seen, and takes it off the others meanwhile', () => {
    const steps = told(plan(group(0), seen([onBoth(1)], { nodes: [onOther(1)] })));
    expect(steps).toEqual([
      `remove-nodes surplus s1 ${other}`,
      `converge-later held-by-unread s1 ${balancer}`,
      'mark-server surplus s1',
      unreadWait,
    ]);
    for (const state of ['ERROR', 'SHUTOFF'] as const) {
      expect(told(plan(group(0), seen([onBoth(1, { state })])))).toEqual([`converge-later held-by-unread s1 ${balancer}`, unreadWait]);
    }
    const overdue = onBoth(1, { state: 'BUILD', createdAt: epochMs(now - defaultOptions.buildTimeout) });
    expect(told(plan(group(0), seen([overdue])))).toEqual([`converge-later held-by-unread s1 ${balancer}`, unreadWait]);
  });

  it('asks again for a server to go whose nodes were seen to before', () => {
    const steps = told(plan(group(0, { deletions: new Map([['s1' as ServerId, true]]) }), seen([onBoth(1)])));
    expect(steps).toContain('delete-server delete-again s1');
  });

  it('keeps what must go only until the load balancer has held it back for too long', () => {
    const stuck = new Set([balancer]);
    expect(told(plan(group(0, { deleting: true, stuck }), seen([onBoth(1)])))).toEqual(['delete-server surplus s1']);
    const removals = new Map([['s1' as ServerId, true]]);
    expect(told(plan(group(0, { removals, stuck }), seen([onBoth(1)])))).toEqual(['delete-server removal-asked s1']);
    expect(told(plan(group(0, { stuck }), seen([onBoth(1)])))).toContain(`converge-later held-by-unread s1 ${balancer}`); // nobody asked
  });

  it('says of a service that the account lacks that it does', () => {
    const lacking = new Map([[balancer, { reason: 'Could not locate service cloudLoadBalancers', missing: true }]]);
    const steps = plan(group(1), seen([onBoth(1)], { nodes: [onOther(1)], unread: { loadBalancers: lacking, pools: undefined } }));
    expect(steps).toMatchObject([{ kind: 'fail', because: [{ sentence: 'Could not locate service cloudLoadBalancers' }] }]);
  });

  it('does the same for pools, which are read all at once', () => {
    const unread = { loadBalancers: new Map(), pools: silent };
    const server = aServer(1, { desiredLoadBalancers: [inPool] });
    expect(told(plan(group(1), seen([server], { unread })))).toEqual([`converge-later load-balancer-unread  ${allPools}`]);
    expect(told(plan(group(0), seen([server], { unread })))).toContain(`converge-later held-by-unread s1 ${allPools}`);
    const stuck = new Set([allPools]);
    expect(told(plan(group(0, { deleting: true, stuck }), seen([server], { unread })))).toEqual(['delete-server surplus s1']);
  });

  it('never touches it, and deletes no server that may be on it', () => {
    const anyServer = (n: number) =>
      fc
        .record({
          state: fc.constantFrom('ACTIVE' as const, 'BUILD' as const, 'ERROR' as const, 'SHUTOFF' as const, 'REBOOT' as const),
          marked: fc.boolean(),
          createdAt: fc.constantFrom(epochMs(0), epochMs(now - 1)),
          desiredLoadBalancers: fc.subarray([at(balancer), at(other)]),
        })
        .map((changes) => aServer(n, changes));
    const anyGroup = fc.tuple(fc.tuple(...[1, 2, 3, 4].map(anyServer)), fc.nat(5), fc.subarray([1, 2, 3, 4]));
    fc.assert(
      fc.property(anyGroup, ([servers, capacity, placed]) => {
        const steps = plan(group(capacity), seen(servers, { nodes: placed.map(onOther) }));
        for (const step of steps.filter(isWriting)) {
          expect('loadBalancerId' in step && step.loadBalancerId === balancer).toBe(false);
          if (step.kind !== 'delete-server') continue;
          const { desiredLoadBalancers = [] } = servers.find(({ id }) => id === step.serverId) ?? {};
          expect(desiredLoadBalancers.some((place) => place.kind === 'clb' && place.loadBalancerId === balancer)).toBe(false);
        }
        const isConcerned = servers.some(({ desiredLoadBalancers: [first] }) => first?.kind === 'clb' && first.loadBalancerId === balancer);
        expect(steps.some(({ because }) => because.some(({ rule }) => rule === 'load-balancer-unread'))).toBe(isConcerned);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockSubject } from '../model/cause.ts';
import type { PoolId, ServerId } from '../model/identifiers.ts';
import { epochMs, seconds } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { aNode, aServer, balancer } from '../testing/parts.ts';
import type { DesiredGroup, Observation, Restraints } from './desired.ts';
import { unboundedHealing } from './healing.ts';
import { planGroup } from './planning.ts';
import { unrestrained } from './restraining.ts';
import type { Step } from './steps.ts';

const now = epochMs(1000);
const observe = (servers: Observation['servers'], nodes: Observation['nodes'] = [], count = nodes.length): Observation => ({
  servers,
  nodes,
  poolMembers: [],
  healthMonitors: new Map([[balancer, false]]),
  unseen: 0,
  unconfirmed: [],
  vanished: 0,
  nodeCounts: new Map([[balancer, count]]),
});
const plan = (capacity: number, observed: Observation, restraints: Restraints, draining = 0): readonly Step[] => {
  const desired: DesiredGroup = {
    capacity,
    drainingTimeout: seconds(draining),
    removals: new Map(),
    deletions: new Map(),
    healing: unboundedHealing,
    restraints,
  };
  return planGroup(desired, observed, now, options);
};
const blocked = (...subjects: readonly BlockSubject[]): Restraints => ({
  ...unrestrained,
  blocks: subjects.map((subject) => ({ subject, sentence: 'No' })),
});
const count = (steps: readonly Step[], kind: Step['kind']): number => steps.filter((step) => step.kind === kind).length;
const failing = { kind: 'fail', because: [{ rule: 'blocked', sentence: 'No' }] };

describe('a plan after failed births', () => {
  it('looks again when the new servers will have stayed, though nothing is missing: only then it is known that they did', () => {
    const restraints: Restraints = { ...unrestrained, births: { until: undefined, steadyAt: epochMs(65_000) } };
    const observed = observe([aServer(1)], [aNode(1)]);
    expect(plan(1, observed, restraints)).toMatchObject([{ kind: 'converge-later', limited: false, until: 65_000 }]);
    expect(plan(1, observed, unrestrained)).toEqual([]);
  });
});

describe('a blocked plan', () => {
  it('heals up to the servers that the quota has room for, and fails for the rest', () => {
    const quota = blocked({ of: 'quota', servers: 4 });
    const three = plan(6, observe([aServer(1), aServer(2), aServer(3)]), quota);
    expect([count(three, 'create-server'), three.filter(({ kind }) => kind === 'fail')]).toEqual([1, [failing]]);
    expect(count(plan(6, observe([1, 2, 3, 4].map((n) => aServer(n))), quota), 'create-server')).toBe(0);
    expect(plan(4, observe([1, 2, 3, 4].map((n) => aServer(n, { desiredLoadBalancers: [] }))), quota)).toEqual([]);
  });

  it('creates nothing from a launch configuration that is invalid', () => {
    const steps = plan(6, observe([aServer(1)]), blocked({ of: 'launch-configuration' }));
    expect([count(steps, 'create-server'), count(steps, 'add-nodes'), count(steps, 'fail')]).toEqual([0, 1, 1]);
  });

  it('puts as many on a load balancer as fit, and fails once for all others', () => {
    const servers = [1, 2, 3, 4].map((n) => aServer(n));
    const limit = blocked({ of: 'nodes', loadBalancerId: balancer, most: 25, seen: 25 });
    const steps = plan(4, observe(servers, [], 23), limit);
    expect([count(steps, 'add-nodes'), count(steps, 'fail')]).toEqual([2, 1]);
    expect(count(plan(4, observe(servers, [], 21), limit), 'add-nodes')).toBe(4);
  });

  it('writes nothing to a load balancer that refuses it but what takes servers off it', () => {
    const missing = blocked({ of: 'load-balancer', loadBalancerId: balancer });
    const differs = plan(2, observe([aServer(1), aServer(2)], [aNode(1, { weight: 5 })]), missing);
    expect(differs).toEqual([failing]);
    const leaves = plan(0, observe([aServer(1)], [aNode(1)]), missing);
    expect(leaves.map(({ kind }) => kind)).toEqual(['remove-nodes', 'delete-server']);
    const drains = plan(0, observe([aServer(1)], [aNode(1)]), missing, 30);
    expect(drains.map(({ kind }) => kind)).toEqual(['change-node', 'mark-server']);
  });

  it('puts nobody into a pool that refuses it, and others into theirs', () => {
    const pools = ['p', 'q'].map((poolId) => ({ kind: 'rcv3', poolId: poolId as PoolId }) as const);
    const steps = plan(1, observe([aServer(1, { desiredLoadBalancers: pools })]), blocked({ of: 'pool', poolId: 'p' as PoolId }));
    expect(steps.flatMap((step) => (step.kind === 'add-pool-members' ? step.members : []))).toMatchObject([{ poolId: 'q' }]);
    expect(count(steps, 'fail')).toBe(1);
  });

  it('differs from the free plan in nothing but what is blocked', () => {
    const anyBlocks = fc.subarray<BlockSubject>([
      { of: 'quota', servers: 2 },
      { of: 'launch-configuration' },
      { of: 'nodes', loadBalancerId: balancer, most: 2, seen: 2 },
      { of: 'load-balancer', loadBalancerId: balancer },
    ]);
    const anyServer = fc.record({
      state: fc.constantFrom('ACTIVE' as const, 'BUILD' as const, 'ERROR' as const, 'RESIZE' as const, 'DELETED' as const),
      marked: fc.boolean(),
      node: fc.constantFrom(undefined, 'ENABLED' as const, 'DRAINING' as const),
    });
    fc.assert(
      fc.property(fc.array(anyServer, { maxLength: 5 }), fc.nat(6), anyBlocks, (servers, capacity, subjects) => {
        const observed = observe(
          servers.map(({ state, marked }, n) => aServer(n, { state, marked })),
          servers.flatMap(({ node }, n) => (node === undefined ? [] : [aNode(n, { condition: node })])),
        );
        const free = plan(capacity, observed, unrestrained);
        const bound = plan(capacity, observed, blocked(...subjects));
        const mayLack: ReadonlySet<Step['kind']> = new Set(['create-server', 'add-nodes', 'change-node']);
        const rest = (steps: readonly Step[]) => steps.filter(({ kind }) => !mayLack.has(kind) && kind !== 'fail');
        expect(rest(bound)).toEqual(rest(free));
        const lacks = free.filter(({ kind }) => mayLack.has(kind)).length - bound.filter(({ kind }) => mayLack.has(kind)).length;
        expect(lacks).toBeGreaterThanOrEqual(0);
        if (lacks > 0) expect(bound).toContainEqual(failing);
      }),
    );
  });
});

describe('a plan in which something is held back', () => {
  const held = (key: string, until: number | undefined, most?: number): Restraints => ({
    blocks: [],
    holds: { [key]: { sentence: 'Full', until: until === undefined ? undefined : epochMs(until), most } },
  });

  it('waits, not for ever, until it may be tried again', () => {
    const waits = plan(3, observe([aServer(1)], [aNode(1)]), held('creates', 9000));
    expect(waits).toEqual([
      { kind: 'converge-later', limited: true, until: 9000, because: [{ rule: 'held', key: 'creates', sentence: 'Full' }] },
    ]);
    expect(count(plan(3, observe([aServer(1)], [aNode(1)]), held('creates', undefined)), 'create-server')).toBe(2);
  });

  it('adds nodes of one port, and members of one pool, where several were refused together', () => {
    const places = [
      ...[80, 81].map(
        (port) => ({ kind: 'clb', loadBalancerId: balancer, port, weight: 1, condition: 'ENABLED', type: 'PRIMARY' }) as const,
      ),
      ...['p', 'q'].map((poolId) => ({ kind: 'rcv3', poolId: poolId as PoolId }) as const),
    ];
    const observed = observe([1, 2].map((n) => aServer(n, { desiredLoadBalancers: places })));
    const added = (restraints: Restraints): readonly (number | string)[] =>
      plan(2, observed, restraints).flatMap((step): readonly (number | string)[] => {
        if (step.kind === 'add-nodes') return step.nodes.map(({ port }) => port);
        return step.kind === 'add-pool-members' ? step.members.map(({ poolId }) => poolId) : [];
      });
    expect(new Set(added(unrestrained))).toEqual(new Set([80, 81, 'p', 'q']));
    expect(new Set(added(held('ports:7', undefined)))).toEqual(new Set([80, 'p', 'q']));
    expect(new Set(added(held('pools', undefined)))).toEqual(new Set([80, 81, 'p']));
    const steps = plan(2, observed, held('ports:7', undefined));
    expect(steps).toContainEqual({ kind: 'converge-later', limited: false, because: [{ rule: 'more-to-do' }] });
    expect(new Set(added(blocked({ of: 'port', loadBalancerId: balancer, port: 80 })))).toEqual(new Set([81, 'p', 'q']));
  });

  it('puts what fits on a load balancer all the same', () => {
    const servers = [1, 2, 3].map((n) => aServer(n));
    const steps = plan(3, observe(servers, [], 24), held('nodes:7', 9000, 25));
    expect([count(steps, 'add-nodes'), count(steps, 'converge-later')]).toEqual([1, 1]);
  });

  it('leaves alone the one server that refused, and no other', () => {
    const servers = [1, 2].map((n) => aServer(n, { state: 'ERROR' }));
    const steps = plan(0, observe(servers), held('server:s1', 9000));
    expect(steps.flatMap((step) => (step.kind === 'delete-server' ? step.serverId : []))).toEqual(['s2' as ServerId]);
    expect(count(steps, 'converge-later')).toBe(1);
  });
});

describe('a plan for servers without an address', () => {
  it('says which of them lack one for which load balancer, and does not wait for ever', () => {
    const without = (n: number) => aServer(n, { servicenetAddress: '' });
    const sentences = (...servers: Observation['servers']) =>
      plan(servers.length, observe(servers), unrestrained).flatMap((step) =>
        step.kind === 'converge-later' && step.limited ? step.because.map(({ sentence }) => sentence) : [],
      );
    expect(sentences(without(2), without(1))).toEqual(['servers s1, s2 have no address for load balancer 7.']);
    expect(sentences(without(1))).toEqual(['server s1 has no address for load balancer 7.']);
    expect(sentences(...Array.from({ length: 12 }, (_, n) => without(n + 10)))).toEqual([
      expect.stringMatching(/^servers s10, .*s19 and 2 more have no address/),
    ]);
  });
});

describe('a plan for servers that must go, on a load balancer that lets no node go', () => {
  const leave = (node: Parameters<typeof aNode>[1], changes: Partial<DesiredGroup>) => {
    const desired: DesiredGroup = {
      capacity: 0,
      drainingTimeout: seconds(60),
      removals: new Map(),
      deletions: new Map(),
      healing: unboundedHealing,
      stuck: new Set([balancer]),
      ...changes,
    };
    return planGroup(desired, observe([aServer(1)], [aNode(1, node)]), now, options).map(({ kind }) => kind);
  };

  it('deletes them and leaves the nodes, of a group that is deleted and of a removal that a tenant asked for only', () => {
    expect(leave({}, { deleting: true })).toEqual(['delete-server']);
    expect(leave({}, { removals: new Map([['s1' as ServerId, true]]) })).toEqual(['delete-server']);
    expect(leave({}, {})).toEqual(['change-node', 'mark-server']);
  });

  it('never cuts a drain that is running', () => {
    expect(leave({ condition: 'DRAINING', drainingSince: now }, { deleting: true })).toEqual(['converge-later', 'mark-server']);
    expect(leave({ condition: 'DRAINING', drainingSince: epochMs(now - 60_000) }, { deleting: true })).toEqual(['delete-server']);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GroupId, LoadBalancerId, NodeId, ServerId } from '../model/identifiers.ts';
import type { DesiredLoadBalancer, Node } from '../model/load-balancer.ts';
import { novaStatuses, type Server } from '../model/server.ts';
import { type EpochMs, epochMs, later, seconds } from '../model/time.ts';
import { defaultOptions } from '../options.ts';
import type { DesiredGroup, Observation, PlanOptions } from './desired.ts';
import { unboundedHealing } from './healing.ts';
import { planGroup } from './planning.ts';
import { sentenceOf } from './reasons.ts';
import { isWriting, type Step } from './steps.ts';
import { transform } from './transforming.ts';

const now = epochMs(1_790_000_000_000);
const options: PlanOptions = defaultOptions;
const limits = { creates: 100, others: 200, bulkAdd: 25, bulkRemove: 10 };
const loadBalancers = ['10', '20', '30'] as LoadBalancerId[];

const anyPlace: fc.Arbitrary<DesiredLoadBalancer> = fc
  .tuple(fc.constantFrom(...loadBalancers), fc.constantFrom(80, 443))
  .map(([loadBalancerId, port]) => ({ kind: 'clb', loadBalancerId, port, weight: 1, condition: 'ENABLED', type: 'PRIMARY' }));

const anyServer = (n: number): fc.Arbitrary<Server> =>
  fc
    .record({
      state: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom('ACTIVE' as const, 'ACTIVE' as const, 'BUILD' as const) },
        { weight: 2, arbitrary: fc.constantFrom(...novaStatuses) },
      ),
      age: fc.constantFrom(1, 1, 60, 3599, 3600, 7200),
      desiredLoadBalancers: fc.array(anyPlace, { maxLength: 3 }),
      marked: fc.boolean(),
      addressed: fc.boolean(),
    })
    .map(({ age, addressed, ...rest }) => ({
      ...rest,
      id: `s${n}` as ServerId,
      name: `s${n}`,
      createdAt: epochMs(now - age * 1000),
      servicenetAddress: addressed || rest.state === 'ACTIVE' ? `10.0.0.${n}` : '',
      groupId: 'g' as GroupId,
      createToken: undefined,
      links: [],
    }));

const anyServers = fc.integer({ min: 0, max: 8 }).chain((count) => fc.tuple(...Array.from({ length: count }, (_, n) => anyServer(n))));

/** Nodes at the addresses of up to ten servers, and at strangers'. */
const anyNodes: fc.Arbitrary<readonly Node[]> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...loadBalancers), fc.integer({ min: 0, max: 10 }), fc.constantFrom(80, 443, 8080)), {
    maxLength: 14,
    selector: (place) => place.join(),
  })
  .chain((places) =>
    fc.tuple(
      ...places.map(([loadBalancerId, n, port], index) =>
        fc.record({
          id: fc.constant(`${index}` as NodeId),
          loadBalancerId: fc.constant(loadBalancerId),
          address: fc.constant(n > 8 ? `192.168.0.${n}` : `10.0.0.${n}`),
          port: fc.constant(port),
          weight: fc.constantFrom(1, 1, 5),
          condition: fc.constantFrom('ENABLED' as const, 'ENABLED' as const, 'DRAINING' as const, 'DISABLED' as const),
          status: fc.constantFrom('ONLINE' as const, 'OFFLINE' as const),
          type: fc.constantFrom('PRIMARY' as const, 'SECONDARY' as const),
          connections: fc.constantFrom(undefined, 0, 3),
          drainingSince: fc.constantFrom(undefined, epochMs(now - 10_000), epochMs(now - 59_999), epochMs(now - 60_000)),
        }),
      ),
    ),
  );

const anyDesired: fc.Arbitrary<DesiredGroup> = fc
  .record({
    capacity: fc.integer({ min: 0, max: 8 }),
    drainingTimeout: fc.constantFrom(seconds(0), seconds(30), seconds(60)),
    removed: fc.subarray(['s0', 's1', 's2'] as ServerId[]),
    purge: fc.boolean(),
    deleted: fc.subarray(['s3', 's4'] as ServerId[]),
  })
  .map(({ removed, purge, deleted, ...rest }) => ({
    ...rest,
    removals: new Map(removed.map((id) => [id, purge])),
    deletions: new Map(deleted.map((id, n) => [id, n === 0])),
    healing: unboundedHealing,
  }));

const anyObserved: fc.Arbitrary<Observation> = fc
  .record({ servers: anyServers, nodes: anyNodes, monitored: fc.boolean(), unseen: fc.integer({ min: 0, max: 2 }) })
  .map(({ servers, nodes, monitored, unseen }) => ({
    servers,
    nodes,
    poolMembers: [],
    healthMonitors: new Map(loadBalancers.map((id) => [id, monitored])),
    unseen,
    unconfirmed: [],
    vanished: 0,
  }));

const countsTowardsCapacity = new Set([
  'ACTIVE',
  'BUILD',
  'HARD_REBOOT',
  'MIGRATING',
  'PASSWORD',
  'REBUILD',
  'RESIZE',
  'REVERT_RESIZE',
  'RESCUE',
  'VERIFY_RESIZE',
  'SUSPENDED',
  'PAUSED',
  'REBOOT',
]);

/** A server that takes traffic, as far as we know: whoever takes it away must let its nodes drain. */
const drains = ({ state }: Server): boolean => countsTowardsCapacity.has(state) && state !== 'BUILD';

describe('planGroup', () => {
  it('gives the same plan whatever order the cloud lists servers and nodes in, and however often', () => {
    const shuffled = anyObserved.chain((observed) =>
      fc.tuple(
        fc.constant(observed),
        fc.shuffledSubarray([...observed.servers, ...observed.servers], { minLength: observed.servers.length * 2 }),
        fc.shuffledSubarray([...observed.nodes, ...observed.nodes], { minLength: observed.nodes.length * 2 }),
      ),
    );
    const asSet = (steps: readonly Step[]): string[] => steps.map((step) => JSON.stringify(step)).sort();
    fc.assert(
      fc.property(anyDesired, shuffled, (desired, [observed, servers, nodes]) => {
        expect(asSet(planGroup(desired, { ...observed, servers, nodes }, now, options))).toEqual(
          asSet(planGroup(desired, observed, now, options)),
        );
      }),
    );
  });

  it('never creates more servers than capacity is missing', () => {
    fc.assert(
      fc.property(anyDesired, anyObserved, (desired, observed) => {
        const creates = planGroup(desired, observed, now, options).filter(({ kind }) => kind === 'create-server').length;
        const counting = observed.servers.filter(
          ({ id, state, marked, createdAt }) =>
            countsTowardsCapacity.has(state) &&
            !desired.deletions.has(id) &&
            !desired.removals.has(id) &&
            !(marked && (state === 'ACTIVE' || state === 'BUILD')) &&
            !(state === 'BUILD' && now - createdAt >= options.buildTimeout),
        ).length;
        expect(creates).toBe(Math.max(0, desired.capacity - counting - observed.unseen));
      }),
    );
  });

  it("never touches a server or a node that is not the group's", () => {
    fc.assert(
      fc.property(anyDesired, anyObserved, (desired, observed) => {
        const servers = new Set(observed.servers.map(({ id }) => id));
        const addresses = new Set(observed.servers.map(({ servicenetAddress }) => servicenetAddress).filter((address) => address !== ''));
        const ours = new Set(
          observed.nodes.filter(({ address }) => addresses.has(address)).map(({ loadBalancerId, id }) => `${loadBalancerId}/${id}`),
        );
        for (const step of planGroup(desired, observed, now, options)) {
          if ('serverId' in step) expect(servers).toContain(step.serverId);
          if (step.kind === 'remove-nodes') for (const id of step.nodeIds) expect(ours).toContain(`${step.loadBalancerId}/${id}`);
          if (step.kind === 'change-node') expect(ours).toContain(`${step.loadBalancerId}/${step.nodeId}`);
          if (step.kind === 'add-nodes') for (const { address } of step.nodes) expect(addresses).toContain(address);
        }
      }),
    );
  });

  it('never cuts draining short, whyever the server leaves', () => {
    let judged = 0;
    fc.assert(
      fc.property(anyDesired, anyObserved, (anyhow, observed) => {
        const desired = { ...anyhow, drainingTimeout: seconds(60) };
        const leaving = new Map(
          observed.servers
            .filter((server) => drains(server) && !desired.deletions.has(server.id))
            .map((each) => [each.servicenetAddress, each]),
        );
        const removed = new Set(
          planGroup(desired, observed, now, options).flatMap((step) =>
            step.kind === 'remove-nodes' && step.because[0].rule !== 'extra-node'
              ? step.nodeIds.map((id) => `${step.loadBalancerId}/${id}`)
              : [],
          ),
        );
        for (const node of observed.nodes) {
          if (!leaving.has(node.address) || !removed.has(`${node.loadBalancerId}/${node.id}`)) continue;
          judged += 1;
          const drained = node.connections === 0 || (node.drainingSince !== undefined && now - node.drainingSince >= 60_000);
          expect(node.condition === 'DISABLED' || (node.condition === 'DRAINING' && drained)).toBe(true);
        }
      }),
    );
    expect(judged).toBeGreaterThan(0);
  });

  it('deletes a server in use only when none of its nodes stays on a load balancer', () => {
    fc.assert(
      fc.property(anyDesired, anyObserved, (anyhow, observed) => {
        const desired = { ...anyhow, drainingTimeout: seconds(60) };
        const steps = planGroup(desired, observed, now, options);
        const removed = new Set(
          steps.flatMap((step) => (step.kind === 'remove-nodes' ? step.nodeIds.map((id) => `${step.loadBalancerId}/${id}`) : [])),
        );
        const deleted = new Set(steps.flatMap((step) => (step.kind === 'delete-server' ? [step.serverId] : [])));
        for (const server of observed.servers.filter((each) => deleted.has(each.id) && drains(each))) {
          const left = observed.nodes.filter(
            ({ address, loadBalancerId, id }) => address === server.servicenetAddress && !removed.has(`${loadBalancerId}/${id}`),
          );
          expect(server.servicenetAddress === '' ? [] : left).toEqual([]);
        }
      }),
    );
  });

  it('gives every step a reason that can be said in a sentence', () => {
    fc.assert(
      fc.property(anyDesired, anyObserved, (desired, observed) => {
        for (const step of transform(planGroup(desired, observed, now, options), limits)) {
          for (const reason of step.because) expect(sentenceOf(reason)).not.toMatch(/undefined|NaN|^$/);
        }
      }),
    );
  });

  it('brings a perfect cloud to the desired state in a bounded number of passes, and then plans nothing', () => {
    fc.assert(
      fc.property(anyDesired, anyObserved, (desired, observed) => {
        const cloud = new PerfectCloud(desired, observed);
        for (let pass = 0; pass < 60 && !cloud.atRest; pass += 1) cloud.pass();
        expect(cloud.atRest).toBe(true);
        const counted = cloud.servers.filter(({ state }) => countsTowardsCapacity.has(state));
        expect(counted).toHaveLength(desired.capacity);
        for (const server of cloud.servers.filter(({ state }) => state === 'ACTIVE')) {
          const places = new Set(
            server.desiredLoadBalancers.map((place) => (place.kind === 'clb' ? `${place.loadBalancerId}:${place.port}` : '')),
          );
          const at = cloud.nodes.filter(({ address }) => server.servicenetAddress !== '' && address === server.servicenetAddress);
          expect(new Set(at.map(({ loadBalancerId, port }) => `${loadBalancerId}:${port}`))).toEqual(
            server.servicenetAddress === '' ? new Set() : places,
          );
          for (const node of at) expect([node.condition, node.weight, node.type]).toEqual(['ENABLED', 1, 'PRIMARY']);
        }
        const strangers = (nodes: readonly Node[]) =>
          nodes
            .filter(({ address }) => address.startsWith('192.168.'))
            .map(({ id, loadBalancerId, condition, weight, type }) => [loadBalancerId, id, condition, weight, type]);
        expect(strangers(cloud.nodes)).toEqual(strangers(observed.nodes));
      }),
    );
  });
});

/** A cloud that does at once and exactly what it is told; servers build, waits end and probes succeed within a pass. */
class PerfectCloud {
  readonly #desired: DesiredGroup;
  readonly #healthMonitors: Observation['healthMonitors'];
  #now: EpochMs = now;
  #made = 100;
  servers: readonly Server[];
  nodes: readonly Node[];
  atRest = false;

  constructor(desired: DesiredGroup, observed: Observation) {
    this.#desired = desired;
    this.#healthMonitors = observed.healthMonitors;
    // nobody but the rule itself may end an OFFLINE wait, and unknown starts are dated by the observer
    this.nodes = observed.nodes.map((node) => ({ ...node, drainingSince: node.drainingSince ?? now }));
    this.servers = observed.servers.filter(({ state }) => state !== 'UNKNOWN');
  }

  pass(): void {
    const observed = {
      servers: this.servers,
      nodes: this.nodes,
      poolMembers: [],
      healthMonitors: this.#healthMonitors,
      unseen: 0,
      unconfirmed: [],
      vanished: 0,
    };
    const present = new Set(this.servers.map(({ id }) => id));
    const removals = new Map([...this.#desired.removals].filter(([id]) => present.has(id)));
    const deletions = new Map([...this.#desired.deletions].filter(([id]) => present.has(id)).map(([id]) => [id, true] as const));
    const steps = transform(planGroup({ ...this.#desired, removals, deletions }, observed, this.#now, options), limits);
    this.atRest = steps.length === 0;
    for (const step of steps) if (isWriting(step)) this.#apply(step);
    this.#now = later(this.#now, seconds(10));
    this.nodes = this.nodes.map((node) => ({ ...node, status: 'ONLINE' }));
    this.servers = this.servers.map((server) => this.#recovered(server));
  }

  #recovered(server: Server): Server {
    const resting = ['ACTIVE', 'ERROR', 'SHUTOFF', 'DELETED', 'RESCUE', 'VERIFY_RESIZE', 'SUSPENDED', 'PAUSED'].includes(server.state);
    return resting
      ? server
      : {
          ...server,
          state: 'ACTIVE',
          servicenetAddress: server.servicenetAddress === '' ? `10.1.0.${this.#made++}` : server.servicenetAddress,
        };
  }

  #apply(step: Step): void {
    if (step.kind === 'create-server') {
      const n = this.#made++;
      const place: DesiredLoadBalancer = {
        kind: 'clb',
        loadBalancerId: '10' as LoadBalancerId,
        port: 80,
        weight: 1,
        condition: 'ENABLED',
        type: 'PRIMARY',
      };
      const server: Server = {
        id: `new${n}` as ServerId,
        name: '',
        state: 'BUILD',
        createdAt: this.#now,
        servicenetAddress: `10.2.0.${n}`,
        groupId: 'g' as GroupId,
        desiredLoadBalancers: [place],
        marked: false,
        createToken: undefined,
        links: [],
      };
      this.servers = [...this.servers, server];
    } else if (step.kind === 'delete-server' || step.kind === 'release-server') {
      this.servers = this.servers.filter(({ id }) => id !== step.serverId);
    } else if (step.kind === 'mark-server') {
      this.servers = this.servers.map((server) => (server.id === step.serverId ? { ...server, marked: true } : server));
    } else if (step.kind === 'add-nodes') {
      const added = step.nodes.map(
        (node): Node => ({
          ...node,
          id: `n${this.#made++}` as NodeId,
          loadBalancerId: step.loadBalancerId,
          status: 'OFFLINE',
          connections: undefined,
          drainingSince: this.#now,
        }),
      );
      this.nodes = [...this.nodes, ...added];
    } else if (step.kind === 'remove-nodes') {
      const gone = new Set(step.nodeIds);
      this.nodes = this.nodes.filter(({ id, loadBalancerId }) => loadBalancerId !== step.loadBalancerId || !gone.has(id));
    } else if (step.kind === 'change-node') {
      this.nodes = this.nodes.map((node) =>
        node.id === step.nodeId && node.loadBalancerId === step.loadBalancerId
          ? { ...node, ...step.change, drainingSince: this.#now }
          : node,
      );
    }
  }
}

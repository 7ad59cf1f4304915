import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoadBalancerId, PoolId, ServerId } from '../model/identifiers.ts';
import type { GroupRows, Intent, KnownServer } from '../model/scaling-group.ts';
import { novaStatuses, type Server } from '../model/server.ts';
import { sameTable } from '../model/tables.ts';
import { epochMs } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { aCreate, aDelete, aKnown, aNode, anObservation, aServer, someRows } from '../testing/parts.ts';
import { compareWithListing, doubtfulServers, overdueCreates } from './discrepancies.ts';
import { GroupMemory } from './group-memory.ts';
import { indexLoadBalancers, type Observation } from './observation.ts';
import { type Confirmation, intentKey, viewGroup } from './observing.ts';
import { planGroup } from './planning.ts';
import { transform } from './transforming.ts';

const limits = { creates: 100, others: 200, bulkAdd: 25, bulkRemove: 10 };
const intents = (...open: readonly Intent[]) => ({ intents: Object.fromEntries(open.map((intent) => [intentKey(intent), intent])) });

/** What a pass that remembers nothing sees and plans; whoever is asked for by id is what `told` says, or gone. */
function passOver(rows: GroupRows, observation: Observation, now = epochMs(0), told: Readonly<Record<string, Confirmation>> = {}) {
  const discrepancies = compareWithListing(rows, observation);
  const asked = doubtfulServers(discrepancies);
  const sightings = new Map(overdueCreates(rows, observation, options).map(({ token }) => [token, 'gone' as const]));
  const confirmations = new Map(asked.map((id) => [id, told[id] ?? 'gone']));
  const view = viewGroup(rows, observation, { discrepancies, confirmations, sightings }, now, options);
  const steps = transform(planGroup(view.desired, view.observed, observation.cloudNow, options), limits, observation.locked);
  return { observation, view, steps, asked: asked.length + sightings.size > 0 };
}

/** The rows as such a pass leaves them, but for what says when to look again. */
const settled = (rows: GroupRows, { view }: ReturnType<typeof passOver>): GroupRows => ({
  ...rows,
  progress: { ...rows.progress, intents: sameTable(rows.progress.intents, view.intents) },
  servers: sameTable(rows.servers, view.known),
});

/** A group that waits for its second server, and how the cloud shows it to a pass that follows up. */
const building = { state: 'BUILD', active: false, servicenetAddress: '' } as const;
const waitingRows = () => someRows([aKnown(1), aKnown(2, building)]);
const asShown = (changes: Partial<Observation> = {}) =>
  anObservation([aServer(1), aServer(2, { state: 'BUILD', servicenetAddress: '' })], { nodes: [aNode(1)], scope: 'servers', ...changes });

/** A memory of a pass over the group. */
function remembering(rows: GroupRows, observation: Observation, told?: Readonly<Record<string, Confirmation>>): GroupMemory {
  const memory = new GroupMemory();
  memory.keep(rows, passOver(rows, observation, epochMs(0), told), options);
  return memory;
}

describe('GroupMemory', () => {
  it('recalls what a pass saw that only waited for servers, while it is shown the same', () => {
    const [rows, observation] = [waitingRows(), asShown()];
    const later = { ...observation, cloudNow: epochMs(10_000), begunAt: epochMs(10_000) };
    const recalled = remembering(rows, observation).recall(
      { ...rows, progress: { ...rows.progress, recheckAt: epochMs(9) } },
      later,
      epochMs(0),
    );
    expect(recalled?.steps).toEqual([{ kind: 'converge-later', limited: false, because: [{ rule: 'waiting-for-build' }] }]);
    expect(recalled?.view.known).toBe(rows.servers);
    expect(recalled?.view.intents).toBe(rows.progress.intents);
  });

  it('recalls nothing of which anything is another object', () => {
    const [rows, observation] = [waitingRows(), asShown()];
    const memory = remembering(rows, observation);
    const { nodesByAddress, healthMonitors, locked } = indexLoadBalancers([]);
    const others: readonly (readonly [GroupRows, Observation])[] = [
      [{ ...rows, wish: { ...rows.wish } }, observation],
      [{ ...rows, servers: { ...rows.servers } }, observation],
      [{ ...rows, progress: { ...rows.progress, intents: {} } }, observation],
      [{ ...rows, progress: { ...rows.progress, brake: { revision: 1, released: false } } }, observation],
      [rows, { ...observation, serversOf: () => [...observation.servers] }],
      [rows, { ...observation, nodesByAddress }],
      [rows, { ...observation, healthMonitors }],
      [rows, { ...observation, locked }],
      [rows, { ...observation, membersByServer: new Map() }],
    ];
    expect(others.map((other) => memory.recall(...other, epochMs(0)))).toEqual(others.map(() => undefined));
    expect(memory.recall(rows, observation, epochMs(0))).toBeDefined();
  });

  it('recalls nothing for a look at everything, which has more to clean up after', () => {
    const [rows, observation] = [waitingRows(), asShown()];
    expect(remembering(rows, observation).recall(rows, { ...observation, scope: 'tenant' }, epochMs(0))).toBeUndefined();
  });

  it('recalls nothing once a server has built for too long, or a delete is to be sent again', () => {
    const [rows, observation] = [waitingRows(), asShown()];
    const memory = remembering(rows, observation);
    const at = (cloudNow: number) => memory.recall(rows, { ...observation, cloudNow: epochMs(cloudNow) }, epochMs(0));
    expect([at(options.buildTimeout + 1), at(options.buildTimeout + 2)].map((recalled) => recalled !== undefined)).toEqual([true, false]);

    const deleting = someRows([aKnown(1, { active: false })], { progress: intents(aDelete(1, 500)), wish: { desired: 0 } });
    const shown = anObservation([aServer(1)], { scope: 'servers' });
    const other = remembering(deleting, shown);
    expect([499, 500].map((now) => other.recall(deleting, shown, epochMs(now)) !== undefined)).toEqual([true, false]);
  });

  it.each<[string, GroupRows, Observation]>([
    ['has something to do', someRows([aKnown(1)]), anObservation([aServer(1)], { scope: 'servers' })],
    ['has nothing to do', someRows([aKnown(1)]), anObservation([aServer(1)], { nodes: [aNode(1)], scope: 'servers' })],
    ['changes what is known', someRows([aKnown(1, { active: false }), aKnown(2, building)]), asShown()],
    ['changes an intent', someRows([aKnown(1), aKnown(2, building)], { progress: intents(aDelete(9, 500)) }), asShown()],
    [
      'sees in a pool what may be another server by now',
      someRows([aKnown(1), aKnown(2, building), aKnown(3, { state: 'DELETED', active: false })], { wish: { desired: 2 } }),
      anObservation([aServer(1), aServer(2, { state: 'BUILD', servicenetAddress: '' }), aServer(3, { groupId: undefined })], {
        nodes: [aNode(1)],
        members: [{ poolId: 'p' as PoolId, serverId: 's3' as ServerId }],
        scope: 'servers',
      }),
    ],
    ['asks for a server that is gone', someRows([aKnown(1), aKnown(2, building), aKnown(3)]), asShown()],
    [
      'waits for a create',
      someRows([aKnown(1)], { progress: intents(aCreate('a')), wish: { desired: 2 } }),
      anObservation([aServer(1)], { nodes: [aNode(1)], scope: 'servers' }),
    ],
    [
      'sees something where a server was that is gone',
      someRows([aKnown(1), aKnown(2, building), aKnown(3, { state: 'DELETED', active: false })], { wish: { desired: 2 } }),
      anObservation(
        [
          aServer(1),
          aServer(2, { state: 'BUILD', servicenetAddress: '' }),
          aServer(4, { groupId: undefined, servicenetAddress: '10.0.0.3' }),
        ],
        {
          nodes: [aNode(1), aNode(3)],
          scope: 'servers',
        },
      ),
    ],
  ])('keeps nothing of a pass that %s', (_about, rows, observation) => {
    expect(remembering(rows, observation).recall(rows, observation, epochMs(0))).toBeUndefined();
  });

  it('keeps nothing of a pass that had to ask for a server which the listing shows as it was', () => {
    const rows = waitingRows();
    const listed = [1, 2].map((n) => aServer(n, { state: 'BUILD', servicenetAddress: '' }));
    const lagging = asShown({ serversOf: () => listed });
    const told = { s1: aServer(1) };
    expect(passOver(rows, lagging, epochMs(0), told).view.known).toEqual({ ...rows.servers });
    expect(remembering(rows, lagging, told).recall(rows, lagging, epochMs(0))).toBeUndefined();
  });

  it('forgets what it kept when a pass does anything but wait', () => {
    const [rows, observation] = [waitingRows(), asShown()];
    const memory = remembering(rows, observation);
    memory.keep(rows, passOver(rows, anObservation([aServer(1)])), options);
    expect(memory.recall(rows, observation, epochMs(0))).toBeUndefined();
  });

  it('never recalls anything but what a pass without memory would see and plan', () => {
    const anyState = fc.oneof(fc.constantFrom('ACTIVE' as const, 'BUILD' as const), fc.constantFrom(...novaStatuses));
    const anyServer = fc.record({
      listed: fc.boolean(),
      known: fc.option(anyState),
      state: anyState,
      marked: fc.boolean(),
      node: fc.constantFrom('none', 'ENABLED', 'DRAINING'),
      deleteAgainAt: fc.option(fc.constantFrom(5, 500, 5000)),
      createdAt: fc.constantFrom(0, 100, 1000),
    });
    const anySetting = fc.record({
      servers: fc.array(anyServer, { minLength: 1, maxLength: 4 }),
      desired: fc.nat(5),
      scope: fc.constantFrom('tenant' as const, 'group' as const, 'servers' as const),
      monitored: fc.boolean(),
      create: fc.option(fc.constantFrom(0, 1000), { freq: 1 }),
      // usually the group has become what it is to be, or the memory would hold little
      quiet: fc.boolean(),
    });
    const anyLater = fc.record({
      passed: fc.constantFrom(0, 4, 499, 10_000, options.buildTimeout, options.buildTimeout + 101, options.createVisibility + 1),
      scope: fc.constantFrom('tenant' as const, 'group' as const, 'servers' as const),
      other: fc.constantFrom('nothing', 'listing', 'nodes', 'wish', 'servers'),
    });
    let recalled = 0;
    fc.assert(
      fc.property(anySetting, anyLater, (setting, { passed, scope, other }) => {
        const shown: Server[] = [];
        const known: KnownServer[] = [];
        const open: Intent[] = setting.create === null ? [] : [aCreate('t', setting.create)];
        const nodes: ReturnType<typeof aNode>[] = [];
        for (const [n, server] of setting.servers.entries()) {
          const state = setting.quiet && server.state !== 'BUILD' ? 'ACTIVE' : server.state;
          const address = state === 'BUILD' ? '' : `10.0.0.${n}`;
          if (server.listed || setting.quiet) {
            shown.push(
              aServer(n, {
                state,
                marked: server.marked && !setting.quiet,
                createdAt: epochMs(server.createdAt),
                servicenetAddress: address,
              }),
            );
          }
          if (server.known !== null || setting.quiet) {
            const before = setting.quiet ? state : (server.known ?? state);
            known.push(aKnown(n, { state: before, active: before === 'ACTIVE', servicenetAddress: address }));
          }
          if (server.node !== 'none' || setting.quiet)
            nodes.push(aNode(n, { condition: setting.quiet || server.node === 'none' ? 'ENABLED' : (server.node as 'ENABLED') }));
          if (server.deleteAgainAt !== null && !setting.quiet) open.push(aDelete(n, server.deleteAgainAt));
        }
        const balancers = [{ id: '7' as LoadBalancerId, status: 'ACTIVE', healthMonitor: setting.monitored, nodes }] as const;
        const first: Observation = {
          ...anObservation(shown, { scope: setting.scope }),
          ...indexLoadBalancers(balancers as never),
        };
        let rows = someRows(known, { wish: { desired: setting.quiet ? known.length : setting.desired }, progress: intents(...open) });
        for (let passes = 0; passes < 2; passes += 1) rows = settled(rows, passOver(rows, first));
        const memory = remembering(rows, first);

        const now = epochMs(passed);
        const again: Observation = { ...first, scope, cloudNow: now, begunAt: now };
        const changed = shown.map((server) => ({ ...server, state: server.state === 'BUILD' ? ('ACTIVE' as const) : server.state }));
        const observation: Observation =
          other === 'listing'
            ? { ...anObservation(changed, { scope, cloudNow: now, begunAt: now }), ...indexLoadBalancers(balancers as never) }
            : other === 'nodes'
              ? { ...again, ...indexLoadBalancers([]) }
              : again;
        const rowsNow: GroupRows =
          other === 'wish'
            ? { ...rows, wish: { ...rows.wish, desired: rows.wish.desired + 1 } }
            : other === 'servers'
              ? { ...rows, servers: Object.fromEntries(Object.entries(rows.servers).slice(1)) as Record<ServerId, KnownServer> }
              : rows;
        const sight = memory.recall(rowsNow, observation, now);
        if (sight === undefined) return;
        recalled += 1;
        const fresh = passOver(rowsNow, observation, now);
        expect(sight.steps).toEqual(fresh.steps);
        expect(fresh.asked).toBe(false);
        expect({ ...sight.view.known }).toEqual({ ...fresh.view.known });
        expect({ ...sight.view.intents }).toEqual({ ...fresh.view.intents });
        expect(sight.view.observed).toEqual(fresh.view.observed);
        expect(sight.view.desired).toEqual(fresh.view.desired);
      }),
      { numRuns: 5000 },
    );
    expect(recalled).toBeGreaterThan(50);
  });
});

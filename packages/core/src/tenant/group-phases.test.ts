import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { CloudError, LutraError } from '../errors.ts';
import type { GroupEvent } from '../model/events.ts';
import { changeGroup } from '../model/group-change.ts';
import { nodeRecordsOf } from '../model/node-record.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { milliseconds } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import type { Expectation } from '../pass/expecting.ts';
import type { Listing, ListingScope } from '../pass/listing.ts';
import { type Decision, noMetrics, silentLog } from '../ports.ts';
import { seededRandom } from '../random.ts';
import { asking } from '../testing/asking.ts';
import { HandClock, settled } from '../testing/hand-clock.ts';
import { aGroup, aKnown, aListing, aNode, aRecord, aServer } from '../testing/parts.ts';
import type { AddressHolders } from './address-holders.ts';
import { bindMachine, type Phases, phaseDeadlines } from './bound-machine.ts';
import { FairSlots } from './fair-slots.ts';
import { Freshness } from './freshness.ts';
import { type GroupFacts, nothingToDo } from './group-facts.ts';
import { GroupPhases, type GroupPhasesParts } from './group-phases.ts';
import { groupActorId } from './scaling-group-machine.ts';
import { Setbacks } from './setbacks.ts';
import { ReadCounter } from './shared-read.ts';
import type { TenantRecords } from './tenant-records.ts';

const ref = { tenantId: aGroup([]).tenantId, groupId: aGroup([]).groupId };
const ownership = { tenantId: ref.tenantId, owner: { host: 'here', incarnation: 'here-1' }, epoch: 1 };
/** A group in its place: one server, on its load balancer. */
const whole = aGroup([aKnown(1)], { progress: { triedGeneration: 1, convergedGeneration: 1 } });

/** The group lacks its one server, of which nothing is known yet. */
const lacking = aGroup([], { spec: { desired: 1 } });
const nobody = () => aListing([], { nodes: [], scope: 'tenant' });

/** The same, and no pass has looked at it yet: the first one has something to store. */
const untried = aGroup([aKnown(1)]);

/** Passes over a store that answers so; of a tenant that is ours, unless `isLost`. */
function setUp({ group = whole, isLost = false, reading, committing, shows, stuck, answers, mayConverge = true }: Setting = {}) {
  const clock = new HandClock();
  const counter = new ReadCounter();
  const freshness = new Freshness(counter);
  freshness.entered(ref.groupId, 0);
  const [scopes, ends, facts]: [ListingScope[], string[], GroupFacts[]] = [[], [], []];
  const watched: unknown[] = [];
  const logged: string[] = [];
  const emitted: GroupEvent[] = [];
  const passSlots = new FairSlots<string>(1, 1);
  /** Calls, each with the state in which it was made. */
  const calls: string[] = [];
  let state = (): string => 'none';
  const note = (call: string) => void calls.push(`${state()}: ${call}`);
  let stored: ScalingGroup | undefined = group;
  const store = {
    readGroup: async () => {
      note('readGroup');
      reading?.();
      return stored;
    },
    switches: async () => ({ stopAll: null, observedTenants: [], observedGroups: [] }),
    mayConverge: async () => {
      note('mayConverge');
      return mayConverge;
    },
    createsWithin: async () => {
      note('createsWithin');
      return { count: 0, since: undefined };
    },
    transact: async (_: unknown, decide: (before: ScalingGroup) => Decision<unknown>) => {
      note('transact');
      committing?.();
      if (stuck !== undefined) await stuck;
      if (stored === undefined) throw new LutraError('no-such-group' as never, 'gone');
      const decided = decide(stored);
      stored = decided.change.removed === undefined ? changeGroup(stored, decided.change) : undefined;
      return decided.answer;
    },
  };
  const log = {
    ...silentLog,
    warn: (_: object, message: string) => void logged.push(`warn: ${message}`),
    error: (_: object, message: string) => void logged.push(`error: ${message}`),
  };
  const host = {
    ...{ store, clock, options, log, passSlots },
    random: seededRandom(1),
    metrics: { ...noMetrics, passEnded: (end: string) => void ends.push(end) },
    emit: (event: GroupEvent) => void emitted.push(event),
  };
  const observer = {
    leftLately: () => false,
    mark: 0,
    observe: async ({ scope }: { scope: ListingScope }) => {
      note('observe');
      scopes.push(scope);
      counter.next();
      if (shows !== undefined) return shows();
      return aListing([aServer(1)], { nodes: [aNode(1)], scope: scope === 'tenant' ? 'tenant' : 'group' });
    },
  };
  let made = 1;
  const cloud = asking({
    getServer: async () => aServer(1),
    createServer: async () => {
      note('createServer');
      await answers;
      made += 1;
      return { id: `s${made}`, links: [] };
    },
  });
  const records = {
    lookedAfterBy: async () => nodeRecordsOf([aRecord(1)]),
    byPlace: async () => () => [],
    changed: () => undefined,
    forget: () => undefined,
  } as unknown as TenantRecords;
  const phases = new GroupPhases({
    records,
    holders: { whoHas: async () => new Map() } as unknown as AddressHolders,
    ...host,
    held: { ownership, isGood: () => !isLost, heardAt: () => clock.now() },
    ...{ cloud, observer, freshness },
    watch: {
      begun: () => void watched.push('begun'),
      ended: () => void watched.push('ended'),
      settled: (_: unknown, expected: Expectation, after: number) => void watched.push([...expected.servers.keys(), after]),
      forget: () => void watched.push('forgotten'),
    },
    writer: {
      write: async () => {
        note('writeLoadBalancer');
        await answers;
        return { status: 'retry', effect: 'accepted', reason: 'taken', fault: false };
      },
    },
    setbacks: new Setbacks(() => milliseconds(700)),
  } as unknown as GroupPhasesParts);
  const bound: Phases = {
    observe: (input) => phases.observe(input),
    plan: (input, control) => phases.plan(input, control),
    takeSlot: (of, signal) => phases.takeSlot(of, signal),
    execute: (input, control) => phases.execute(input, control),
    settle: async (input, control) => {
      const settledTo = await phases.settle(input, control);
      facts.push(settledTo);
      return { ...settledTo, due: false, nextPassAt: undefined }; // one pass at a time
    },
  };
  /** Begins a pass over the group. */
  const begin = () => {
    const due: GroupFacts = { phase: 'converging', nextPassAt: clock.now(), due: true, backingOff: false };
    const actor = createActor(bindMachine(clock, options, bound), { input: { ref, facts: due }, systemId: groupActorId });
    const visited: string[] = [];
    const stateOf = ({ value }: { readonly value: string | Readonly<Record<string, unknown>> }): string =>
      typeof value === 'string' ? value : String(Object.values(value)[0]);
    state = () => stateOf(actor.getSnapshot() as never);
    actor.subscribe((snapshot) => visited.at(-1) === stateOf(snapshot as never) || visited.push(stateOf(snapshot as never)));
    actor.start();
    return { actor, visited };
  };
  const run = async () => {
    const begun = begin();
    await settled();
    return begun;
  };
  return {
    clock,
    phases,
    passSlots,
    begin,
    run,
    facts,
    freshness,
    scopes,
    ends,
    watched,
    logged,
    emitted,
    calls,
    take: () => (stored = undefined),
  };
}
type Begun = ReturnType<ReturnType<typeof setUp>['begin']>;

interface Setting {
  readonly group?: ScalingGroup;
  readonly isLost?: boolean;
  /** Called at every read of the group, and before every commit. */
  readonly reading?: () => void;
  readonly committing?: () => void;
  /** What a commit waits for. */
  readonly stuck?: Promise<void>;
  /** What the cloud shows, in the place of a group that is whole. */
  readonly shows?: () => Listing;
  /** What the answers to writes wait for. */
  readonly answers?: Promise<void>;
  /** What the store says when it is asked. */
  readonly mayConverge?: boolean | Promise<boolean>;
}
const unreachable = (): never => {
  throw new LutraError('store-unavailable' as never, 'the store is away');
};

const unstored = 'warn: a pass could not read or store its group; it is tried again';

describe('GroupPhases', () => {
  it('tells the actor what the group says once its pass has ended', async () => {
    const { run, facts, ends } = setUp();
    await run();
    expect(facts).toEqual([{ phase: 'active', nextPassAt: undefined, due: false, backingOff: false }]);
    expect(ends).toEqual(['converged']);
  });

  it('tells the watch what a pass that has settled expects, by readings of then; otherwise only that it has ended', async () => {
    let away = false;
    const { run, watched, freshness } = setUp({ group: untried, committing: () => (away ? unreachable() : undefined) });
    freshness.hinted(ref.groupId, 7, false);
    away = true;
    await run();
    expect(new Set(watched)).toEqual(new Set(['begun', 'ended']));
    away = false;
    watched.length = 0;
    await run();
    expect(watched).toEqual(['begun', ['s1', 7]]);
  });

  it('has the watch forget a group that is paused or gone', async () => {
    const paused = setUp({ group: aGroup([aKnown(1)], { spec: { paused: true } }) });
    await paused.run();
    const gone = setUp();
    gone.take();
    await gone.run();
    expect([paused.watched.at(-1), gone.watched.at(-1)]).toEqual(['forgotten', 'forgotten']);
  });

  it('tells it that the group is gone, or that there is nothing for us to do where the tenant was lost', async () => {
    const gone = setUp();
    gone.take();
    await gone.run();
    expect(gone.facts).toMatchObject([{ phase: 'removed' }]);
    const elsewhere = setUp({ isLost: true });
    await elsewhere.run();
    expect(elsewhere.facts).toMatchObject([{ phase: 'active', nextPassAt: undefined }]);
    expect([...gone.ends, ...elsewhere.ends]).toEqual(['removed', 'not ours']);
  });

  it.each([
    ['could not be stored', { committing: unreachable }, 'unstored', [unstored]],
    ['could not be read', { reading: unreachable }, 'unstored', [unstored]],
    [
      'broke',
      {
        committing: () => {
          throw new Error('a mistake');
        },
      },
      'broken',
      ['error: a pass failed in a way that it should not'],
    ],
  ] as const)('backs off from a group whose pass %s', async (_about, setting, end, logged) => {
    const { run, facts, ends, logged: said } = setUp({ group: untried, ...setting });
    await run();
    expect(facts).toEqual([{ phase: 'converging', nextPassAt: 700, due: false, backingOff: true }]);
    expect(ends).toEqual([end]);
    expect(said).toEqual(logged);
  });

  it('stores and says nothing more of a pass that was given up', async () => {
    let free = (): void => {};
    const stuck = new Promise<void>((resolve) => {
      free = resolve;
    });
    const { run, clock, facts, ends, logged, emitted, passSlots } = setUp({ group: lacking, shows: nobody, stuck });
    await run();
    await clock.pass(phaseDeadlines(options).plan);
    expect(facts).toMatchObject([{ phase: 'converging', nextPassAt: 90_700, backingOff: true }]);
    expect([ends, logged]).toEqual([['broken'], ['error: a pass failed in a way that it should not']]);
    free();
    await settled();
    expect(clock.armed).toBe(0);
    expect(emitted.map(({ kind }) => kind)).toEqual(['pass-planned']); // its intents, which were on their way
    expect(passSlots.takeNow('another tenant')).toBeDefined();
  });

  it('begins no commit of a pass that was given up', async () => {
    let free = (): void => {};
    const mayConverge = new Promise<boolean>((resolve) => {
      free = () => resolve(true);
    });
    const { run, clock, calls, ends } = setUp({ group: lacking, shows: nobody, mayConverge });
    await run();
    await clock.pass(phaseDeadlines(options).plan);
    free();
    await settled();
    expect([ends, calls.filter((call) => call.endsWith('transact'))]).toEqual([['broken'], []]);
  });

  it('has a group look at everything until a pass that did is stored', async () => {
    let away = true;
    const { run, scopes, freshness } = setUp({ group: untried, committing: () => (away ? unreachable() : undefined) });
    freshness.hinted(ref.groupId, 0, true);
    await run();
    expect(freshness.asksForWhole(ref.groupId)).toBe(true);
    away = false;
    await run();
    await run();
    expect(freshness.asksForWhole(ref.groupId)).toBe(false);
    expect(scopes.map((scope) => scope === 'tenant')).toEqual([true, true, ...scopes.slice(2).map(() => false)]);
    expect(scopes.length).toBeGreaterThan(2);
  });

  it('tells how many servers are active each time', async () => {
    const nodes = [aNode(1), aNode(2)];
    let shown = aListing([aServer(1), aServer(2, { state: 'BUILD', servicenetAddress: '' })], { nodes, scope: 'group' });
    const group = aGroup([aKnown(1), aKnown(2, { state: 'BUILD', active: false, servicenetAddress: '' })], {
      progress: { triedGeneration: 1, convergedGeneration: 1 },
    });
    const { run, ends, emitted } = setUp({ group, shows: () => shown });
    for (let n = 0; n < 2; n += 1) await run();
    shown = aListing([aServer(1), aServer(2)], { nodes, scope: 'group' });
    await run();
    expect(ends).toEqual(['retry', 'retry', 'converged']);
    const told = emitted.flatMap((event) => (event.kind === 'pass-ended' ? [[event.active, event.servers, event.reasons.length]] : []));
    expect(told).toEqual([
      [1, 2, 1],
      [1, 2, 1],
      [2, 2, 0],
    ]);
  });

  it('tells which servers are gone', async () => {
    const group = aGroup([aKnown(1), aKnown(2, { state: 'DELETED', active: false })], {
      progress: { triedGeneration: 1, convergedGeneration: 1 },
      spec: { desired: 1 },
    });
    const { run, emitted } = setUp({ group, shows: () => aListing([aServer(1)], { nodes: [aNode(1)] }) });
    await run();
    expect(emitted.filter(({ kind }) => kind === 'server-deleted')).toMatchObject([{ serverId: 's2' }]);
  });

  it('makes each call in the state that it belongs to', async () => {
    const { run, calls, ends, emitted } = setUp({ group: lacking, shows: nobody });
    const { visited } = await run();
    expect(calls).toEqual([
      'observing: readGroup',
      'observing: observe',
      'planning: createsWithin',
      'planning: mayConverge',
      'planning: transact',
      'executing: mayConverge',
      'executing: createServer',
      'settling: transact',
      'settling: readGroup',
    ]);
    expect([visited, ends]).toEqual([['observing', 'planning', 'executing', 'settling', 'active'], ['retry']]);
    expect(emitted.map(({ kind }) => kind)).toEqual(['pass-planned', 'server-created', 'pass-ended']);
  });

  it.each([
    ['has nothing to write', {}, 'converged'],
    ['may not write', { group: lacking, shows: nobody, mayConverge: false }, 'waiting'],
  ] as const)('needs no slot for a pass that %s', async (_about, setting, end) => {
    const { run, passSlots, ends } = setUp(setting);
    passSlots.takeNow('another tenant');
    const { visited } = await run();
    expect([ends, visited]).toEqual([[end], ['observing', 'planning', 'settling', 'active']]);
  });

  it('waits for a slot without what it saw, and looks again before it announces anything', async () => {
    const { run, passSlots, ends, calls } = setUp({ group: lacking, shows: nobody });
    const taken = passSlots.takeNow('another tenant');
    const { visited } = await run();
    expect([visited.at(-1), ends]).toEqual(['queueing', []]);
    expect(calls).not.toContain('planning: transact');
    taken?.giveBack();
    await settled();
    expect(visited).toEqual(['observing', 'planning', 'queueing', 'observing', 'planning', 'executing', 'settling', 'active']);
    expect(calls.filter((call) => call === 'observing: readGroup')).toHaveLength(2);
    expect(passSlots.takeNow('another tenant')).toBeDefined();
  });

  it.each([
    ['told to stop', ({ actor }: Begun) => actor.send({ type: 'stop.requested' })],
    ['paused', ({ actor }: Begun) => actor.send({ type: 'group.read', facts: { ...nothingToDo, phase: 'paused' } })],
  ] as const)('no longer waits for a slot once it is %s, and is in the way of none', async (_about, tell) => {
    const { run, passSlots, ends } = setUp({ group: lacking, shows: nobody });
    const taken = passSlots.takeNow('another tenant');
    const begun = await run();
    tell(begun);
    await settled();
    expect(ends).toEqual(['stopped']);
    taken?.giveBack();
    expect(passSlots.takeNow('a third tenant')).toBeDefined();
  });

  it('gives a slot that it waited for back when nothing is left to write', async () => {
    let shown = nobody();
    const { run, passSlots, ends } = setUp({ group: lacking, shows: () => shown });
    const taken = passSlots.takeNow('another tenant');
    await run();
    shown = aListing([aServer(1)], { nodes: [aNode(1)], scope: 'tenant' });
    taken?.giveBack();
    await settled();
    expect(ends).toEqual(['converged']);
    expect(passSlots.takeNow('another tenant')).toBeDefined();
  });

  it('gives a slot that it waited for back when it sees nothing then', async () => {
    let show = nobody;
    const { run, passSlots, ends } = setUp({ group: lacking, shows: () => show() });
    const taken = passSlots.takeNow('another tenant');
    await run();
    show = () => {
      throw new CloudError('unreachable', 'no route');
    };
    taken?.giveBack();
    await settled();
    expect(ends).toEqual(['retry']);
    expect(passSlots.takeNow('another tenant')).toBeDefined();
  });

  it('keeps its slot while its writes are under way, but not while it waits for load balancers', async () => {
    let answer = (): void => {};
    const answers = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const creating = setUp({ group: lacking, shows: nobody, answers });
    await creating.run();
    expect(creating.passSlots.takeNow('another tenant')).toBeUndefined();
    const adding = setUp({ answers, shows: () => aListing([aServer(1)], { nodes: [], scope: 'group' }) });
    const { visited } = await adding.run();
    expect(adding.calls).toContain('executing: writeLoadBalancer');
    expect([visited.at(-1), adding.passSlots.takeNow('another tenant') !== undefined]).toEqual(['executing', true]);
    answer();
    await settled();
    expect(creating.passSlots.takeNow('another tenant')).toBeDefined();
    expect([creating.ends, adding.ends]).toEqual([['retry'], ['retry']]);
  });

  it('keeps the slot of writes that were given up until they have ended', async () => {
    let answer = (): void => {};
    const answers = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { run, clock, passSlots, ends } = setUp({ group: lacking, shows: nobody, answers });
    await run();
    await clock.pass(phaseDeadlines(options).execute);
    expect([ends, passSlots.takeNow('another tenant')]).toEqual([['broken'], undefined]);
    answer();
    await settled();
    expect(passSlots.takeNow('another tenant')).toBeDefined();
  });

  it('announces nothing when it was told to stop while it looked', async () => {
    const { begin, calls, ends, emitted } = setUp({ group: lacking, shows: nobody });
    const { actor, visited } = begin();
    actor.send({ type: 'stop.requested' });
    await settled();
    expect([visited.at(-1), ends, emitted]).toEqual(['stopped', ['stopped'], []]);
    expect(calls).toEqual(['observing: readGroup', 'observing: observe', 'settling: readGroup']);
  });

  it('sends nothing when it was told to stop while it announced, and settles what it announced', async () => {
    const stop: { now?: () => void } = {};
    const { begin, calls, ends, freshness } = setUp({ group: lacking, shows: nobody, committing: () => stop.now?.() });
    freshness.hinted(ref.groupId, 0, true);
    const { actor } = begin();
    stop.now = () => actor.send({ type: 'stop.requested' });
    await settled();
    expect(ends).toEqual(['stopped']);
    expect(calls.filter((call) => call.endsWith('transact'))).toEqual(['planning: transact', 'settling: transact']);
    expect(calls).not.toContain('executing: createServer');
    expect(freshness.asksForWhole(ref.groupId)).toBe(true); // it did not act on all that it saw
  });
});

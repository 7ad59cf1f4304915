import { describe, expect, it } from 'vitest';
import { LutraError } from '../errors.ts';
import type { GroupEvent } from '../model/events.ts';
import { changeGroup } from '../model/group-change.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { milliseconds } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import type { Listing, ListingScope } from '../pass/listing.ts';
import { type Decision, noMetrics, silentLog } from '../ports.ts';
import { seededRandom } from '../random.ts';
import { HandClock, settled } from '../testing/hand-clock.ts';
import { aGroup, aKnown, aListing, aNode, aServer } from '../testing/parts.ts';
import { FairSlots } from './fair-slots.ts';
import { Freshness } from './freshness.ts';
import { PassRunner, type PassRunnerParts } from './pass-runner.ts';
import type { GroupMachineEvent } from './scaling-group-machine.ts';
import { Setbacks } from './setbacks.ts';
import { ReadCounter } from './shared-read.ts';

const ref = { tenantId: aGroup([]).tenantId, groupId: aGroup([]).groupId };
const ownership = { tenantId: ref.tenantId, owner: { host: 'here', incarnation: 'here-1' }, epoch: 1 };
/** A group in its place: one server, on its load balancer. */
const whole = aGroup([aKnown(1)], { progress: { triedGeneration: 1, convergedGeneration: 1 } });

/** The same, and no pass has looked at it yet: the first one has something to store. */
const untried = aGroup([aKnown(1)]);

/** A runner over a store that answers so; of a tenant that is ours, unless `isLost`. */
function setUp({ group = whole, isLost = false, reading, committing, shows, stuck }: Setting = {}) {
  const clock = new HandClock();
  const counter = new ReadCounter();
  const freshness = new Freshness(counter);
  freshness.entered(ref.groupId, 0);
  const [scopes, ends, said]: [ListingScope[], string[], GroupMachineEvent[]] = [[], [], []];
  const logged: string[] = [];
  const emitted: GroupEvent[] = [];
  let stored: ScalingGroup | undefined = group;
  const store = {
    readGroup: async () => {
      reading?.();
      return stored;
    },
    transact: async (_: unknown, decide: (before: ScalingGroup) => Decision<unknown>) => {
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
    store,
    clock,
    random: seededRandom(1),
    options,
    log,
    metrics: { ...noMetrics, passEnded: (end: string) => void ends.push(end) },
    emit: (event: GroupEvent) => void emitted.push(event),
    passSlots: new FairSlots(1, 1),
  };
  const observer = {
    leftLately: () => false,
    mark: 0,
    observe: async ({ scope }: { scope: ListingScope }) => {
      scopes.push(scope);
      counter.next();
      if (shows !== undefined) return shows();
      return aListing([aServer(1)], { nodes: [aNode(1)], scope: scope === 'tenant' ? 'tenant' : 'group' });
    },
  };
  const parts = {
    held: { ownership, isGood: () => !isLost, heardAt: () => clock.now() },
    cloud: {},
    observer,
    freshness,
    setbacks: new Setbacks(() => milliseconds(700)),
  };
  const runner = new PassRunner({ ...host, ...parts } as unknown as PassRunnerParts);
  const run = async (): Promise<void> => {
    runner.run(ref, { stop: false }, (event) => void said.push(event));
    await settled();
  };
  const facts = () => said.flatMap((event) => (event.type === 'pass.settled' ? [event.facts] : []));
  return { clock, runner, run, facts, freshness, scopes, ends, logged, emitted, take: () => (stored = undefined) };
}
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
}
const unreachable = (): never => {
  throw new LutraError('store-unavailable' as never, 'the store is away');
};

describe('PassRunner', () => {
  it('tells the actor what the group says once its pass has ended', async () => {
    const { run, facts, ends, runner } = setUp();
    await run();
    expect(facts()).toEqual([{ phase: 'active', nextPassAt: undefined, due: false, backingOff: false }]);
    expect(ends).toEqual(['converged']);
    expect(runner.busy).toBe(0);
  });

  it('tells it that the group is gone, or that there is nothing for us to do where the tenant was lost', async () => {
    const gone = setUp();
    gone.take();
    await gone.run();
    expect(gone.facts()).toMatchObject([{ phase: 'removed' }]);
    const elsewhere = setUp({ isLost: true });
    await elsewhere.run();
    expect(elsewhere.facts()).toMatchObject([{ phase: 'active', nextPassAt: undefined }]);
    expect([...gone.ends, ...elsewhere.ends]).toEqual(['removed', 'not ours']);
  });

  it.each([
    ['could not be stored', { committing: unreachable }, 'unstored', []],
    ['could not be read', { reading: unreachable }, 'unstored', []],
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
    expect(facts()).toEqual([{ phase: 'converging', nextPassAt: 700, due: false, backingOff: true }]);
    expect(ends).toEqual([end]);
    expect(said).toEqual(logged);
  });

  it('gives up a pass that does not end, which then says and stores nothing more, and keeps its slot until it has ended', async () => {
    let free = (): void => {};
    const stuck = new Promise<void>((resolve) => {
      free = resolve;
    });
    const { run, clock, facts, ends, logged, emitted, runner } = setUp({ group: untried, stuck });
    await run();
    await clock.pass(279_999);
    expect(facts()).toEqual([]);
    await clock.pass(1);
    await settled();
    expect(facts()).toMatchObject([{ phase: 'converging', nextPassAt: 280_700, backingOff: true }]);
    expect([ends, logged]).toEqual([['broken'], ['error: a pass failed in a way that it should not']]);
    await run();
    expect(facts()).toHaveLength(1); // the next one waits for the slot
    emitted.length = 0;
    free();
    await settled();
    expect(facts()).toHaveLength(2);
    expect([runner.busy, clock.armed]).toEqual([0, 0]);
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

  it('has ended when every pass that was under way has', async () => {
    const { runner, facts } = setUp();
    for (let n = 0; n < 3; n += 1) runner.run(ref, { stop: false }, () => {});
    expect(runner.busy).toBe(3); // one has a slot, two wait for it
    await runner.ended();
    expect(runner.busy).toBe(0);
    expect(facts()).toEqual([]);
  });
});

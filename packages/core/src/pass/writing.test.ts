import { describe, expect, it } from 'vitest';
import { CloudError, LutraError } from '../errors.ts';
import type { WritePermit } from '../guards/write-permit.ts';
import type { GroupId, ServerId } from '../model/identifiers.ts';
import { epochMs } from '../model/time.ts';
import { defaultOptions } from '../options.ts';
import type { WritingStep } from '../planner/steps.ts';
import { asking } from '../testing/asking.ts';
import { HandClock, settled } from '../testing/hand-clock.ts';
import { balancer } from '../testing/parts.ts';
import type { StepResult } from './executing.ts';
import type { PlannedWrite } from './settling.ts';
import { executeWrites } from './writing.ts';

const because = [{ rule: 'surplus' }] as const;
const creates = (count: number): readonly PlannedWrite[] =>
  Array.from({ length: count }, (_, n) => ({
    step: { kind: 'create-server', because },
    intent: undefined,
    request: { server: { name: `${n}` } },
  }));
const other = (step: WritingStep): PlannedWrite => ({ step, intent: undefined, request: undefined });
const remove = (id: string) => other({ kind: 'delete-server', serverId: id as ServerId, because });
const unplug = other({ kind: 'remove-nodes', loadBalancerId: balancer, nodeIds: [], because });

/** A cloud that does what it is asked as time passes, a second for each call, but for what is in `refusals`. */
function setUp(refusals: Readonly<Record<string, CloudError>> = {}) {
  const clock = new HandClock();
  const sent: (readonly [at: number, what: string])[] = [];
  let wrote = 0;
  const call = async (what: string): Promise<void> => {
    sent.push([clock.now() / 1000, what]);
    await new Promise<void>((resolve) => void clock.after(1000 as never).subscribe(resolve));
    const refused = refusals[what];
    if (refused !== undefined) throw refused;
  };
  const cloud = asking({
    createServer: async ({ server }: { readonly server: { readonly name: string } }) => {
      await call(server.name);
      return { id: server.name, links: [] };
    },
    deleteServer: call,
  });
  const ports = {
    clock,
    cloud,
    inTurn: <T>(_step: WritingStep, write: () => Promise<T>) => write(),
    waits: () => {},
    writeLoadBalancer: async (_step: WritingStep, permit: WritePermit): Promise<StepResult> => {
      const effect = (await permit.renew()) ? 'accepted' : 'unsent';
      return { status: 'retry', effect, reason: 'by the writer', fault: false };
    },
    options: defaultOptions,
    goesOn: () => true,
    mayConverge: async () => true,
    wrote: () => {
      wrote += 1;
    },
  };
  /** Carries the writes out, however long that takes. */
  const write = async (writes: readonly PlannedWrite[], burst = 1, deadline = 1e6, over: Partial<typeof ports> = {}) => {
    const results = executeWrites(writes, { ...ports, ...over }, burst, epochMs(deadline), {
      groupId: 'g' as GroupId,
      pass: epochMs(0),
    });
    results.catch(() => {});
    await clock.pass(60_000);
    return (await results).map(({ effect }) => effect);
  };
  const perSecond = () => [...Map.groupBy(sent, ([at]) => at).values()].map((those) => those.length);
  return { clock, sent, write, perSecond, wrote: () => wrote };
}

describe('executeWrites', () => {
  it('creates one server, then two, then four, each batch when the one before is done', async () => {
    const { write, perSecond } = setUp();
    expect(await write(creates(9))).toEqual(Array.from({ length: 9 }, () => 'accepted'));
    expect(perSecond()).toEqual([1, 2, 4, 2]);
  });

  it('begins with as many as it may', async () => {
    const { write, perSecond } = setUp();
    await write(creates(13), 4);
    expect(perSecond()).toEqual([4, 8, 1]);
  });

  it.each(['over-quota', 'rate-limited', 'timeout'] as const)('creates no more after one that comes to %s', async (kind) => {
    const error = new CloudError(kind, 'no');
    const { write, sent } = setUp({ 1: error });
    expect(await write(creates(7))).toEqual(['accepted', error.effect, 'accepted', 'unsent', 'unsent', 'unsent', 'unsent']);
    expect(sent).toHaveLength(3);
  });

  it('does all else at once, whatever comes of the creates, and answers in the order of the writes', async () => {
    const { write, sent } = setUp({ 0: new CloudError('over-quota', 'no'), b: new CloudError('timeout', 'no') });
    const effects = await write([...creates(2), remove('a'), remove('b'), unplug]);
    expect(effects).toEqual(['refused', 'unsent', 'accepted', 'unknown', 'accepted']);
    expect(sent).toEqual([
      [0, '0'],
      [0, 'a'],
      [0, 'b'],
    ]);
  });

  it('begins nothing once its time is up', async () => {
    const { write, sent } = setUp();
    expect(await write(creates(7), 1, 2000)).toEqual(['accepted', 'accepted', 'accepted', ...Array.from({ length: 4 }, () => 'unsent')]);
    expect(sent.map(([at]) => at)).toEqual([0, 1, 1]);
    expect(await setUp().write([remove('a'), unplug], 1, 0)).toEqual(['unsent', 'unsent']);
  });

  it('asks right before every write whether it may go on', async () => {
    let left = 3;
    const mayConverge = async () => left-- > 0;
    const { write, sent } = setUp();
    expect(await write(creates(7), 1, 1e6, { mayConverge })).toEqual([
      ...['accepted', 'accepted', 'accepted'],
      ...['unsent', 'unsent', 'unsent', 'unsent'],
    ]);
    expect(sent).toHaveLength(3);
  });

  it('asks that when its turn has come, not before', async () => {
    let mayGo = true;
    const mayConverge = async () => mayGo;
    const inTurn = async <T>(_step: WritingStep, turn: () => Promise<T>): Promise<T> => {
      await settled();
      mayGo = false;
      return turn();
    };
    const { write, sent } = setUp();
    expect(await write([remove('a')], 1, 1e6, { mayConverge, inTurn })).toEqual(['unsent']);
    expect(sent).toEqual([]);
  });

  it('does not go on without knowing whether it may', async () => {
    const mayConverge = () => Promise.reject(new LutraError('unavailable', 'store away'));
    const { write, sent } = setUp();
    expect(await write([...creates(2), remove('a'), unplug], 1, 1e6, { mayConverge })).toEqual(['unsent', 'unsent', 'unsent', 'unsent']);
    expect(sent).toEqual([]);
    const broken = () => Promise.reject(new TypeError('oops'));
    await expect(setUp().write(creates(1), 1, 1e6, { mayConverge: broken })).rejects.toThrow('oops');
  });

  it('tells of every write that was sent, done or not, and of no other', async () => {
    const { write, wrote } = setUp({ 0: new CloudError('rate-limited', 'no'), a: new CloudError('timeout', 'no') });
    await write([...creates(4), remove('a'), remove('b'), unplug]);
    expect(wrote()).toBe(4);
    const stopped = setUp();
    await stopped.write([...creates(1), remove('a'), unplug], 1, 0);
    expect(stopped.wrote()).toBe(0);
  });

  it('sends what is for a load balancer through its one writer only', async () => {
    const { write, sent } = setUp();
    const turns: string[] = [];
    const inTurn = <T>({ kind }: WritingStep, turn: () => Promise<T>): Promise<T> => {
      turns.push(kind);
      return turn();
    };
    expect(await write([...creates(1), remove('a'), unplug], 1, 1e6, { inTurn })).toEqual(['accepted', 'accepted', 'accepted']);
    expect(turns).toEqual(['create-server', 'delete-server']);
    expect(sent.map(([, what]) => what)).toEqual(['0', 'a']);
  });
});

import { describe, expect, it } from 'vitest';
import { CloudError, LutraError } from '../errors.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { epochMs, seconds } from '../model/time.ts';
import { defaultOptions } from '../options.ts';
import { seededRandom } from '../random.ts';
import { asking } from '../testing/asking.ts';
import { HandClock, settled } from '../testing/hand-clock.ts';
import { aGroup, aKnown, aListing, aNode, aServer } from '../testing/parts.ts';
import { type BeginPorts, beginPass } from './beginning.ts';

const whole = aGroup([aKnown(1)]);

/** Begins a pass over a group that the cloud shows as it is, unless `over` says otherwise. */
function begin(group: ScalingGroup | undefined, over: Partial<BeginPorts> = {}) {
  const clock = new HandClock();
  const woken: number[] = [];
  const begun = beginPass({
    clock,
    random: seededRandom(1),
    options: defaultOptions,
    metrics: { wokeUp: (late) => void woken.push(late) },
    cloud: asking({}) as BeginPorts['cloud'],
    readGroup: async () => group,
    readRecords: async () => ({}),
    recordsAt: async () => () => [],
    whoHas: async () => new Map(),
    observe: async () => aListing([aServer(1)], { nodes: [aNode(1)] }),
    ...over,
  });
  return { begun, clock, woken };
}

describe('beginPass', () => {
  it('takes the group up as it was read, and looks at it', async () => {
    const { begun, woken } = begin(whole);
    expect(await begun).toMatchObject({
      kind: 'seen',
      pass: {
        group: { groupId: whole.groupId },
        begun: 0,
        deadline: defaultOptions.passDeadline,
        stored: { servers: whole.servers },
        hasCommitted: false,
      },
      view: { servers: [{ id: 's1' }] },
    });
    expect(woken).toHaveLength(1);
  });

  it('asks the cloud nothing about a group that is gone or paused', async () => {
    const unasked = { observe: () => Promise.reject(new Error('asked')) };
    expect(await begin(undefined, unasked).begun).toEqual({ kind: 'removed' });
    expect(await begin(aGroup([], { spec: { paused: true } }), unasked).begun).toEqual({ kind: 'paused' });
  });

  it('says why the group could not be observed', async () => {
    const error = new CloudError('unreachable', 'no route');
    expect(await begin(whole, { observe: () => Promise.reject(error) }).begun).toMatchObject({ kind: 'unobserved', error });
  });

  it('rejects as a store that cannot be read, and with mistakes of ours', async () => {
    const away = new LutraError('unavailable', 'the store is away');
    await expect(begin(whole, { readGroup: () => Promise.reject(away) }).begun).rejects.toBe(away);
    const mistake = new TypeError('a mistake');
    await expect(begin(whole, { observe: () => Promise.reject(mistake) }).begun).rejects.toBe(mistake);
  });

  it.each([
    ['observeDeadline', defaultOptions.observeDeadline, {}],
    ['the deadline of the pass, if that is sooner', 20_000, { passDeadline: seconds(20) }],
  ] as const)('gives a look up after %s', async (_about, within, options) => {
    const { begun, clock } = begin(whole, { options: { ...defaultOptions, ...options }, observe: () => new Promise(() => {}) });
    let came: unknown;
    void begun.then((ending) => {
      came = ending;
    });
    await clock.pass(within - 1);
    expect(came).toBeUndefined();
    await clock.pass(1);
    await settled();
    expect(came).toMatchObject({ kind: 'unobserved', error: { kind: 'timeout' }, pass: { begun: epochMs(0) } });
    expect(clock.armed).toBe(0);
  });
});

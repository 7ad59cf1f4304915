import { describe, expect, it } from 'vitest';
import { epochMs, milliseconds, seconds } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import type { Reason } from '../planner/reasons.ts';
import type { Step } from '../planner/steps.ts';
import { noProgress } from '../testing/parts.ts';
import { type StepResult, toldToStop, unsent } from './executing.ts';
import { afterFault, backoff, outcomeOf } from './outcome.ts';

const later = (rule: Reason['rule'], limited: boolean): Step => ({ kind: 'converge-later', limited, because: [{ rule, state: 'RESIZE' }] });
const building = later('waiting-for-build', false);
const rebooting = later('waiting-for-server', true);
const failing: Step = { kind: 'fail', because: [{ rule: 'no-health-monitor-information', loadBalancerId: '7' as never }] };
const creating: Step = { kind: 'create-server', because: [{ rule: 'missing-capacity' }] };
const removing: Step = { kind: 'remove-nodes', loadBalancerId: '7' as never, nodeIds: [], because: [{ rule: 'surplus' }] };

const accepted: StepResult = { status: 'retry', effect: 'accepted', reason: 'accepted', fault: false };
const faulty: StepResult = { status: 'retry', effect: 'refused', reason: '503', fault: true };
const refused: StepResult = { ...faulty, refusedFor: 'The cloud keeps refusing' };

const usual = { faults: 0, refusals: 0, spread: 0.5, stopped: false, instants: [] as readonly number[], unlocks: false };
const sum = (steps: readonly Step[], results: readonly StepResult[], changes: Partial<typeof usual> = {}) => {
  const { faults, refusals, spread, stopped, instants, unlocks } = { ...usual, ...changes };
  const facts = { stopped, now: epochMs(0), instants: instants.map(epochMs), unlocks, unread: new Set<never>() };
  return outcomeOf(steps, results, { ...noProgress, faults, refusals }, options, spread, facts);
};

describe('outcomeOf', () => {
  it('is the worst of what came of the steps', () => {
    expect(sum([], []).kind).toBe('converged');
    expect(sum([rebooting], []).kind).toBe('waiting');
    expect(sum([rebooting, building], []).kind).toBe('retry');
    expect(sum([rebooting, creating], [accepted]).kind).toBe('retry');
    expect(sum([building, creating], [toldToStop], { stopped: true }).kind).toBe('stopped');
    expect(sum([creating, building], [toldToStop, accepted], { stopped: true }).kind).toBe('stopped');
  });

  it('goes on with everything else where a part has failed, and rests where nothing else is left', () => {
    expect(sum([failing, building], [accepted], { spread: 0 })).toMatchObject({ kind: 'retry', recheckIn: options.waitingFallback });
    expect(sum([failing, rebooting], []).kind).toBe('waiting');
    expect(sum([failing], [])).toMatchObject({ kind: 'failed', recheckIn: undefined });
  });

  it('backs off from a load balancer that cannot be read, though not for long, and goes on with the rest as ever', () => {
    const unread = [later('load-balancer-unread', false), later('held-by-unread', false)];
    expect(sum(unread, [], { faults: 1, spread: 1 })).toMatchObject({
      kind: 'retry',
      fault: true,
      recheckIn: 2 * options.backoffFirst,
      causes: [],
    });
    expect(sum(unread, [], { faults: 20 }).recheckIn).toBe(54_000);
    expect(sum([...unread, building], [], { spread: 0 })).toMatchObject({ fault: false, recheckIn: options.waitingFallback });
  });

  it('finds a cause in what is out of order, but not in what is blocked: that stands by itself', () => {
    const sentence = 'Could not find health monitor configuration of Cloud Load Balancer 7';
    const blocked: Step = { kind: 'fail', because: [{ rule: 'blocked', sentence: 'No quota' }] };
    expect(sum([creating, building, failing, blocked], [accepted]).causes).toEqual([
      { kind: 'waited', key: sentence, sentence, counter: 'resets' },
    ]);
    const braked: Step = { kind: 'fail', because: [{ rule: 'mass-failure', dead: 3, of: 4 }] };
    expect(sum([braked], []).causes).toMatchObject([{ kind: 'braked', counter: 'resets' }]);
  });

  it('says what is waited for, but not for ever', () => {
    const other = later('drain-start-unknown', true);
    expect(sum([rebooting, other, building], []).waits.map(({ key }) => key)).toEqual([
      expect.stringContaining('to transition to ACTIVE from RESIZE'),
      expect.stringContaining('since when it has been DRAINING is not known'),
    ]);
  });

  it('looks again at the instant that is waited for, and at the latest after a minute', () => {
    const until = (n: number): Step => ({ kind: 'converge-later', limited: true, until: epochMs(n), because: [{ rule: 'held' }] });
    expect(sum([until(7000)], []).recheckIn).toBe(7000);
    expect(sum([until(7000), until(3000)], []).recheckIn).toBe(3000);
    expect(sum([building], [], { instants: [9000, 5000] }).recheckIn).toBe(5000);
    expect(sum([until(200_000)], [], { spread: 0, instants: [300_000] }).recheckIn).toBe(options.waitingFallback);
    expect(sum([until(0)], []).recheckIn).toBe(250); // one that has come already: never at once, for it may come again and again
  });

  it('counts a write that the cloud took as progress, and nothing else', () => {
    expect(sum([creating], [faulty, accepted])).toMatchObject({ progressed: true, fault: true });
    expect(sum([creating], [faulty, unsent('left out'), { ...faulty, effect: 'unknown' }])).toMatchObject({
      progressed: false,
      fault: true,
    });
    expect(sum([creating], [unsent('left out')])).toMatchObject({ progressed: false, fault: false });
  });

  it('backs off for questions that are not answered where nothing else is left, and not where something is', () => {
    const unanswered = later('unconfirmed-server', false);
    expect(sum([unanswered, unanswered], [], { faults: 3 })).toMatchObject({
      kind: 'retry',
      fault: true,
      recheckIn: 8000,
      refusals: 'unasked',
    });
    expect(sum([unanswered, building], [], { faults: 3, spread: 0 })).toMatchObject({ fault: false, recheckIn: options.watchCeiling });
    expect(sum([unanswered], [accepted])).toMatchObject({ fault: false });
  });

  it('finds a cause in a refusal that is bounded by tries when these are over, and tries on', () => {
    expect(sum([creating], [refused], { faults: 99, refusals: 18 }).kind).toBe('retry');
    expect(sum([creating], [refused], { faults: 99, refusals: 18 }).causes).toEqual([]);
    expect(sum([creating], [refused], { refusals: 19 })).toMatchObject({
      kind: 'retry',
      causes: [{ sentence: 'The cloud keeps refusing' }],
    });
    expect(sum([creating], [faulty], { faults: 1000, refusals: 1000 }).causes).toEqual([]);
  });

  it('leaves what shows to the watch, and looks by itself within a minute, up to a fifth sooner', () => {
    const recheck = (steps: readonly Step[], results: readonly StepResult[], spread: number) => sum(steps, results, { spread }).recheckIn;
    expect([0, 0.5, 1].map((spread) => recheck([building], [], spread))).toEqual([60_000, 54_000, 48_000]);
    for (const waiting of [rebooting, later('waiting-for-node', false)]) expect(recheck([waiting], [], 0)).toBe(60_000);
    expect(recheck([creating], [accepted], 0)).toBe(60_000);
    expect(recheck([removing, building], [accepted], 0)).toBe(60_000);
  });

  it('looks again soon where nothing will show: a part of the plan was put off, or only marks were set', () => {
    const marking: Step = { kind: 'mark-server', serverId: 's' as never, because: [{ rule: 'surplus' }] };
    for (const [steps, results] of [
      [[later('more-to-do', false)], []],
      [[creating], [unsent('left out')]],
      [[marking], [accepted]],
    ] as const) {
      expect(sum(steps, results, { spread: 0 }).recheckIn).toBe(options.watchFloor);
    }
    expect(sum([later('more-to-do', false)], [], { spread: 0, unlocks: true }).recheckIn).toBe(options.waitingFallback);
    expect(sum([creating], [{ ...faulty, fault: false }], { spread: 0 }).recheckIn).toBe(options.watchCeiling);
  });

  it('backs off after a fault, whatever else there is to wait for', () => {
    expect(sum([building, removing], [accepted, faulty], { faults: 3, spread: 0.5 }).recheckIn).toBe(8000);
    expect(sum([creating], [{ ...faulty, retryAfter: seconds(60) }]).recheckIn).toBe(60_000);
  });

  it('looks again at once when it was told to stop, but not where it met a fault', () => {
    expect(sum([creating], [toldToStop], { stopped: true }).recheckIn).toBe(0);
    expect(sum([creating], [toldToStop, faulty], { stopped: true, faults: 1 }).recheckIn).toBe(2000);
  });
});

describe('backoff', () => {
  it('doubles its ceiling from 2 s to 300 s with every fault', () => {
    const ceilings = [0, 1, 2, 3, 7, 8, 5000].map((faults) => backoff(faults, options, 1));
    expect(ceilings).toEqual([2000, 4000, 8000, 16_000, 256_000, 300_000, 300_000]);
  });

  it('is spread over all of the time below it, but is never none', () => {
    expect([0, 0.01, 0.25, 0.75].map((spread) => backoff(2, options, spread))).toEqual([250, 250, 2000, 6000]);
  });
});

describe('afterFault', () => {
  const after = (asked: readonly number[], faults: number, spread = 1) => afterFault(asked, { ...noProgress, faults }, options, spread);

  it('stays away for as long as the cloud asks, by the longest that it asked for', () => {
    expect(after([0, 90_000, 30_000], 0)).toBe(90_000);
  });

  it('stays away for no less than the backoff', () => {
    expect(after([1000], 5)).toBe(64_000);
    expect(after([], 1)).toBe(4000);
  });

  it('does not stay away for longer than it obeys a cloud', () => {
    expect(after([86_400_000], 0)).toBe(options.retryAfterMost);
    expect(afterFault([50_000], noProgress, { ...options, retryAfterMost: milliseconds(5000) }, 0.5)).toBe(5000);
  });
});

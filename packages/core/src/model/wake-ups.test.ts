import { describe, expect, it } from 'vitest';
import { aGroup } from '../testing/parts.ts';
import { epochMs } from './time.ts';
import { dueAtOf, nextPassAt } from './wake-ups.ts';

const now = epochMs(1_000_000);
const rechecked = (recheckAt: number) => aGroup([], { progress: { triedGeneration: 1, recheckAt: epochMs(recheckAt) } });
const raised = (raisedAt: number) => aGroup([], { spec: { raisedAt: epochMs(raisedAt) } });

describe('nextPassAt', () => {
  it('takes a look for due that a clock that was ahead has put off for more than ten minutes', () => {
    expect([0, 1_600_000, 1_600_001].map((at) => nextPassAt(rechecked(at), now))).toEqual([0, 1_600_000, now]);
  });
  it('never takes a command for one to come', () => {
    expect([999_999, 1_000_001].map((at) => nextPassAt(raised(at), now))).toEqual([999_999, now]);
  });
});

describe('dueAtOf', () => {
  it('has a group due within ten minutes of the clock of the store, whatever clock wrote the group', () => {
    expect([0, 1_600_000, 864_000_000].map((at) => dueAtOf(rechecked(at), now))).toEqual([0, 1_600_000, 1_600_000]);
    expect(dueAtOf(raised(864_000_000), now)).toBe(now);
  });
});

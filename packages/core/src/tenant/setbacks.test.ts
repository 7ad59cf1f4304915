import { describe, expect, it } from 'vitest';
import type { GroupId } from '../model/identifiers.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { epochMs, seconds } from '../model/time.ts';
import { Setbacks } from './setbacks.ts';

const groupId = 'g' as GroupId;
const group = (generation: number) => ({ groupId, spec: { generation } }) as ScalingGroup;
const setUp = (): Setbacks => new Setbacks((tries) => seconds(2 ** tries));

describe('Setbacks', () => {
  it('holds a group back for longer with every pass in a row that came to nothing', () => {
    const setbacks = setUp();
    expect(setbacks.untilOf(group(1))).toBeUndefined();
    expect(setbacks.noted(groupId, epochMs(0))).toBe(2000);
    expect(setbacks.noted(groupId, epochMs(2000))).toBe(6000);
    expect(setbacks.untilOf(group(1))).toBe(6000);
    setbacks.cleared(groupId);
    expect(setbacks.untilOf(group(1))).toBeUndefined();
    expect(setbacks.noted(groupId, epochMs(9000))).toBe(11_000);
  });

  it('lets a newer generation go on at once', () => {
    const setbacks = setUp();
    setbacks.noted(groupId, epochMs(0));
    expect(setbacks.untilOf(group(4))).toBe(2000);
    setbacks.noted(groupId, epochMs(2000));
    expect(setbacks.untilOf(group(4))).toBe(6000);
    expect(setbacks.untilOf(group(5))).toBeUndefined();
    expect(setbacks.untilOf(group(5))).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import type { GroupId } from '../model/identifiers.ts';
import { Freshness } from './freshness.ts';
import { ReadingCounter } from './shared-read.ts';

const groupId = 'g' as GroupId;
const other = 'h' as GroupId;

/** A tenant that has been read so often already. */
function setUp(read: number) {
  const counter = new ReadingCounter();
  const readings = (count: number): void => {
    for (let n = 0; n < count; n += 1) counter.next();
  };
  readings(read);
  return { freshness: new Freshness(counter), readings };
}

describe('Freshness', () => {
  it('has a group that nothing is known of wait for a reading that begins later', () => {
    const { freshness, readings } = setUp(3);
    expect(freshness.after(groupId)).toBe(3);
    readings(2);
    expect(freshness.after(groupId)).toBe(5);
  });

  it('lets a new actor share what was read after the mark that it was made for', () => {
    const { freshness, readings } = setUp(3);
    readings(2);
    freshness.entered(groupId, 3);
    readings(1);
    expect(freshness.after(groupId)).toBe(3);
  });

  it('asks for what began after the last write', () => {
    const { freshness, readings } = setUp(3);
    freshness.entered(groupId, 3);
    readings(4);
    freshness.wrote(groupId);
    readings(1);
    expect(freshness.after(groupId)).toBe(7);
    expect(freshness.after(other)).toBe(8);
  });

  it('forgets what a dropped actor wrote only by asking all later ones for what began since', () => {
    const { freshness, readings } = setUp(3);
    freshness.entered(groupId, 3);
    readings(2);
    freshness.wrote(groupId);
    freshness.left(groupId);
    readings(1);
    freshness.entered(groupId, 0);
    expect(freshness.after(groupId)).toBe(5);
    freshness.entered(other, 6);
    expect(freshness.after(other)).toBe(6);
  });

  it('is never set back by a hint', () => {
    const { freshness, readings } = setUp(3);
    freshness.entered(groupId, 0);
    readings(2);
    freshness.wrote(groupId);
    freshness.hinted(groupId, 1, false);
    expect(freshness.after(groupId)).toBe(5);
    readings(1);
    freshness.hinted(groupId, 6, false);
    expect(freshness.after(groupId)).toBe(6);
  });

  it('keeps a wish for a look at everything that came after the look had begun', () => {
    const { freshness } = setUp(3);
    freshness.hinted(groupId, 3, true);
    const asked = freshness.wholeAfter(groupId);
    freshness.hinted(groupId, 4, true);
    freshness.lookedWhole(groupId, asked);
    expect(freshness.wholeAfter(groupId)).toBe(4);
    freshness.lookedWhole(groupId, 4);
    expect(freshness.wholeAfter(groupId)).toBeUndefined();
  });

  it('drops the wish for a look at everything with the actor', () => {
    const { freshness } = setUp(3);
    freshness.hinted(groupId, 3, true);
    freshness.hinted(groupId, 3, false);
    expect(freshness.wholeAfter(groupId)).toBe(3);
    freshness.left(groupId);
    expect(freshness.wholeAfter(groupId)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import type { GroupId } from '../model/identifiers.ts';
import { Freshness } from './freshness.ts';
import { ReadCounter } from './shared-read.ts';

const groupId = 'g' as GroupId;
const other = 'h' as GroupId;

/** A tenant that has been read so often already. */
function setUp(read: number) {
  const counter = new ReadCounter();
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

  it('keeps asking for a look at everything until one was served that began after every hint', () => {
    const { freshness, readings } = setUp(3);
    freshness.hinted(groupId, 3, true);
    readings(1);
    freshness.hinted(groupId, 4, true);
    freshness.hinted(groupId, 3, true); // one that comes late
    freshness.lookedWhole(groupId, 3);
    expect(freshness.asksForWhole(groupId)).toBe(true);
    expect(freshness.after(groupId)).toBe(4);
    freshness.lookedWhole(groupId, 4);
    expect(freshness.asksForWhole(groupId)).toBe(false);
  });

  it('asks for no look at everything that a later one has covered', () => {
    const { freshness, readings } = setUp(9);
    freshness.hinted(groupId, 8, true);
    freshness.hinted(groupId, 9, false);
    freshness.lookedWhole(groupId, 9);
    expect(freshness.asksForWhole(groupId)).toBe(false);
    readings(1);
    freshness.lookedWhole(other, 9);
    expect(freshness.asksForWhole(other)).toBe(false);
  });

  it('keeps what it knows of a group when its actor is made', () => {
    const { freshness } = setUp(5);
    freshness.hinted(groupId, 4, false);
    freshness.entered(groupId, 2);
    expect(freshness.after(groupId)).toBe(4);
  });

  it('asks for no look at everything for an actor that is dropped', () => {
    const { freshness } = setUp(3);
    freshness.hinted(groupId, 3, true);
    freshness.hinted(groupId, 3, false);
    expect(freshness.asksForWhole(groupId)).toBe(true);
    freshness.left(groupId);
    expect(freshness.asksForWhole(groupId)).toBe(false);
  });
});

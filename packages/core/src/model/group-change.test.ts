import { describe, expect, it } from 'vitest';
import { aCreate, aDelete, aGroup, aKnown } from '../testing/parts.ts';
import { changeBetween, changeGroup, intentKey, isNoChange, tableChanges } from './group-change.ts';

describe('changeBetween', () => {
  const before = aGroup([aKnown(1), aKnown(2)], { intents: { 'create:a': aCreate('a') } });

  it('is nothing between equal groups, though no object is the same', () => {
    expect(isNoChange(changeBetween(before, structuredClone(before)))).toBe(true);
  });

  it('names what differs, and nothing else', () => {
    const changed = { ...aKnown(2), active: false };
    const after = { ...before, servers: { s1: aKnown(1), s2: changed, s3: aKnown(3) }, intents: {} };
    expect(changeBetween(before, after)).toEqual({
      servers: { put: [changed, aKnown(3)] },
      intents: { deleted: ['create:a'] },
    });
  });

  it('turns the one into the other', () => {
    const after = {
      ...aGroup([aKnown(2, { state: 'ERROR' }), aKnown(3)], { spec: { paused: true }, progress: { faults: 3 } }),
      intents: { [intentKey(aDelete(2))]: aDelete(2) },
    };
    expect(changeGroup(before, changeBetween(before, after))).toEqual(after);
    expect(changeGroup(before, {})).toEqual(before);
  });

  it('takes an id for what every object has by that name as an id', () => {
    const odd = { ...aKnown(1), id: 'constructor' as never };
    expect(tableChanges({ servers: {} }, { servers: { constructor: odd } as never })).toEqual({ servers: { put: [odd] } });
  });
});

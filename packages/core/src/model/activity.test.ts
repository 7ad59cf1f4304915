import { describe, expect, it } from 'vitest';
import { type ActivityContent, type ActivityEntry, type ActivityNote, noteEntry } from './activity.ts';
import type { GroupId, PolicyId, TenantId } from './identifiers.ts';
import { epochMs } from './time.ts';

const noteOf = (content: ActivityContent, active = 0, at = 0): ActivityNote => ({
  at: epochMs(at),
  capacity: { desired: 1, active, pending: 0 },
  content,
});
type Command = Extract<ActivityContent, { kind: 'command' }>;
const command = (changes: Partial<Command>): Command => ({
  ...{ kind: 'command', command: 'execute-policy', policyId: 'p' as PolicyId, refused: 'Cooldowns not met.' },
  origin: { requestId: null, user: null, by: 'user' },
  ...changes,
});
type Pass = Extract<ActivityContent, { kind: 'pass' }>;
const pass = (changes: Partial<Pass> = {}): Pass => ({
  kind: 'pass',
  outcome: 'waiting',
  answers: [],
  more: 0,
  reasons: ['x'],
  ...changes,
});

const plan = { steps: [{ kind: 'create-server', why: 'too few' }], more: 0 };
const ref = { tenantId: 't' as TenantId, groupId: 'g' as GroupId };
const entryOf = (note: ActivityNote, sequence = 1): ActivityEntry => noteEntry(ref, note, sequence, []).entry;

describe('noteEntry', () => {
  /** Whether the second of two notes becomes one entry with the first. */
  const repeats = (note: ActivityNote, before: ActivityNote): boolean => noteEntry(ref, note, 2, [entryOf(before)]).entry.times === 2;

  it('repeats a command that is refused again for the same reason, whoever asks and whenever', () => {
    const again = command({ origin: { requestId: '2', user: 'ann', by: 'user' } });
    expect(repeats(noteOf(again, 1, 9), noteOf(command({})))).toBe(true);
  });

  it('repeats no command that is accepted, and none of another command, policy or reason', () => {
    expect(repeats(noteOf(command({ refused: null })), noteOf(command({ refused: null })))).toBe(false);
    for (const changes of [{ command: 'run-schedule' }, { policyId: 'q' as PolicyId }, { refused: 'No change in servers' }]) {
      expect(repeats(noteOf(command(changes)), noteOf(command({})))).toBe(false);
    }
  });

  it('repeats a pass that planned the same and came to the same, with the same capacity', () => {
    expect(repeats(noteOf(pass(), 0, 9), noteOf(pass()))).toBe(true);
    const answers = [{ step: 'create-server', effect: 'refused', reason: 'no', count: 1 }] as const;
    for (const changes of [{ outcome: 'retry' }, { answers }, { reasons: [] }, { plan }] as const) {
      expect(repeats(noteOf(pass(changes)), noteOf(pass()))).toBe(false);
    }
    expect(repeats(noteOf(pass(), 1), noteOf(pass()))).toBe(false);
  });

  it('repeats nothing else', () => {
    expect(repeats(noteOf({ kind: 'plan', ...plan }), noteOf({ kind: 'plan', ...plan }))).toBe(false);
    expect(repeats(noteOf(pass()), noteOf(command({})))).toBe(false);
  });

  it('counts what repeats, from when the first of them was', () => {
    const first = noteEntry(ref, noteOf(pass(), 0, 1), 5, []);
    expect(first).toEqual({ entry: { ...noteOf(pass(), 0, 1), ...ref, sequence: 5, times: 1, firstAt: 1 }, replaced: [] });
    const second = noteEntry(ref, noteOf(pass(), 0, 2), 7, [first.entry]);
    const third = noteEntry(ref, noteOf(pass(), 0, 3), 9, [second.entry, entryOf(noteOf(command({})))]);
    expect(third).toEqual({
      entry: { ...noteOf(pass(), 0, 3), ...ref, sequence: 9, times: 3, firstAt: 1 },
      replaced: [second.entry],
    });
  });

  it('puts a pass in the place of its own plan, and counts it with an equal one before that', () => {
    const planned = entryOf(noteOf({ kind: 'plan', ...plan }), 3);
    const before = entryOf(noteOf(pass({ plan }), 0, 1), 2);
    expect(noteEntry(ref, noteOf(pass({ plan }), 0, 5), 4, [planned, before])).toEqual({
      entry: { ...noteOf(pass({ plan }), 0, 5), ...ref, sequence: 4, times: 2, firstAt: 1 },
      replaced: [planned, before],
    });
    const other = noteEntry(ref, noteOf(pass({ plan, outcome: 'failed' })), 4, [planned, before]);
    expect([other.entry.times, other.replaced]).toEqual([1, [planned]]);
  });

  it('leaves the plan of another pass, which nobody ended, and one with something after it', () => {
    const planned = entryOf(noteOf({ kind: 'plan', ...plan }), 3);
    const wrote = noteOf(pass({ plan: { steps: [], more: 1 } }));
    expect([noteEntry(ref, wrote, 4, [planned]).replaced, noteEntry(ref, noteOf(pass()), 4, [planned]).replaced]).toEqual([[], []]);
    expect(noteEntry(ref, noteOf(pass({ plan })), 5, [entryOf(noteOf(command({})), 4), planned]).replaced).toEqual([]);
  });
});

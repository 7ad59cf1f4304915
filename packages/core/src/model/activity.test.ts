import { describe, expect, it } from 'vitest';
import { type ActivityContent, type ActivityNote, entryOf, repeats } from './activity.ts';
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
  origin: { requestId: null, user: null },
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

describe('repeats', () => {
  it('is true of a command that is refused again for the same reason, whoever asks and whenever', () => {
    const again = command({ origin: { requestId: '2', user: 'ann' } });
    expect(repeats(noteOf(again, 1, 9), noteOf(command({})))).toBe(true);
  });

  it('is false of a command that is accepted, and of another command, policy or reason', () => {
    expect(repeats(noteOf(command({ refused: null })), noteOf(command({ refused: null })))).toBe(false);
    for (const changes of [{ command: 'run-schedule' }, { policyId: 'q' as PolicyId }, { refused: 'No change in servers' }]) {
      expect(repeats(noteOf(command(changes)), noteOf(command({})))).toBe(false);
    }
  });

  it('is true of a pass that came to the same with the same capacity', () => {
    expect(repeats(noteOf(pass(), 0, 9), noteOf(pass()))).toBe(true);
    const answers = [{ step: 'create-server', effect: 'refused', reason: 'no', count: 1 }] as const;
    for (const changes of [{ outcome: 'retry' }, { answers }, { reasons: [] }] as const) {
      expect(repeats(noteOf(pass(changes)), noteOf(pass()))).toBe(false);
    }
    expect(repeats(noteOf(pass(), 1), noteOf(pass()))).toBe(false);
  });

  it('is false of everything else', () => {
    const plan: ActivityContent = { kind: 'plan', steps: [], more: 0 };
    expect(repeats(noteOf(plan), noteOf(plan))).toBe(false);
    expect(repeats(noteOf(pass()), noteOf(command({})))).toBe(false);
  });
});

describe('entryOf', () => {
  const ref = { tenantId: 't' as TenantId, groupId: 'g' as GroupId };

  it('counts what repeats, from when the first of them was', () => {
    const first = entryOf(ref, noteOf(pass(), 0, 1), 5);
    expect(first).toEqual({ ...noteOf(pass(), 0, 1), ...ref, sequence: 5, times: 1, firstAt: 1 });
    const third = entryOf(ref, noteOf(pass(), 0, 3), 9, entryOf(ref, noteOf(pass(), 0, 2), 7, first));
    expect(third).toEqual({ ...noteOf(pass(), 0, 3), ...ref, sequence: 9, times: 3, firstAt: 1 });
  });
});

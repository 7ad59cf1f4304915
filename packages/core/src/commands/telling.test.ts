import { describe, expect, it } from 'vitest';
import { refuse } from '../errors.ts';
import type { Origin } from '../model/activity.ts';
import type { PolicyId, ServerId } from '../model/identifiers.ts';
import { epochMs } from '../model/time.ts';
import { defaultOptions as options } from '../options.ts';
import { aBlock, aGroup, aKnown } from '../testing/parts.ts';
import type { Command } from './commands.ts';
import { decide } from './decide.ts';
import { bySchedule, byWebhook, commandNotes, creationNotes, originOf } from './telling.ts';

const origin: Origin = { requestId: 'r-1', user: 'ann', by: 'user' };
const now = epochMs(5000);
const tell = (command: Command, group = aGroup([]), bounds = { errorLength: 500 }) =>
  commandNotes(command, origin, group, decide(group, command, { now, options }), now, bounds);

describe('commandNotes', () => {
  it('tells who asked for what, and the capacity after it', () => {
    const group = aGroup([aKnown(1), aKnown(2, { active: false })], { spec: { desired: 1 } });
    const configuration = { ...group.spec.configuration, minEntities: 4 };
    expect(tell({ kind: 'update-configuration', configuration }, group)).toEqual([
      {
        at: now,
        capacity: { desired: 4, active: 1, pending: 3 },
        content: { kind: 'command', command: 'update-configuration', policyId: null, origin, refused: null },
      },
    ]);
  });

  it('names the policy or the server that a command is about', () => {
    const [executed] = tell({ kind: 'execute-policy', policyId: 'p' as PolicyId });
    expect(executed?.content).toMatchObject({ policyId: 'p' });
    const server = aKnown(1);
    const [removed] = tell({ kind: 'remove-server', serverId: server.id, state: 'ACTIVE', replace: false, purge: true }, aGroup([server]));
    expect(removed).toMatchObject({ content: { serverId: 's1', refused: null }, capacity: { desired: 0 } });
  });

  it('tells why a command was refused', () => {
    const [note, ...others] = tell({ kind: 'converge' }, aGroup([], { spec: { paused: true } }));
    const { message } = refuse.paused(aGroup([]), 'converge');
    expect([note?.content, others]).toMatchObject([{ command: 'converge', refused: message }, []]);
  });

  it('tells of the causes that a command ends, after it', () => {
    const group = aGroup([], { progress: { causes: [aBlock({ of: 'launch-configuration' }, 'No such image')] } });
    expect(
      tell({ kind: 'update-launch-configuration', launch: group.spec.launchConfiguration }, group).map(({ content }) => content),
    ).toEqual([expect.objectContaining({ kind: 'command', refused: null }), { kind: 'cause-ended', sentence: 'No such image' }]);
    expect(tell({ kind: 'pause' }, group)).toHaveLength(1);
  });

  it('tells of a group that desires no servers any more when it is to be deleted', () => {
    expect(tell({ kind: 'delete-group', force: true }, aGroup([aKnown(1)]))[0]?.capacity).toEqual({ desired: 0, active: 1, pending: 0 });
  });

  it('tells nothing of a group that is being deleted already', () => {
    expect(tell({ kind: 'pause' }, aGroup([], { spec: { deleting: true } }))).toEqual([]);
  });

  it('keeps no more of what a caller sent than its bounds', () => {
    const [note] = tell({ kind: 'execute-policy', policyId: 'p'.repeat(10_000) as PolicyId }, aGroup([]), { errorLength: 60 });
    expect(note?.content.kind === 'command' && [note.content.policyId?.length, note.content.refused?.length]).toEqual([200, 60]);
    const [removed] = tell({ kind: 'remove-server', serverId: 's'.repeat(999) as ServerId, state: 'ACTIVE', replace: true, purge: true });
    expect(removed?.content.kind === 'command' && removed.content.serverId?.length).toBe(200);
  });
});

describe('creationNotes', () => {
  it('tells who made a group, and what it is to have', () => {
    expect(creationNotes(aGroup([], { spec: { desired: 2, createdAt: now } }), origin)).toEqual([
      {
        at: now,
        capacity: { desired: 2, active: 0, pending: 2 },
        content: { kind: 'command', command: 'create-group', policyId: null, origin, refused: null },
      },
    ]);
  });
});

describe('originOf', () => {
  it('leaves short words as they are, and cuts long ones', () => {
    expect(originOf({ requestId: 'r-1', user: 'ann' })).toEqual(origin);
    const { requestId, user } = originOf({ requestId: 'r'.repeat(999), user: 'u'.repeat(999) });
    expect([requestId?.length, user?.length]).toEqual([200, 200]);
  });

  it('tells a user from a schedule and a webhook, whatever its name, and whatever it claims to be', () => {
    for (const ours of [bySchedule, byWebhook]) {
      expect(originOf({ requestId: null, user: ours.by })).toEqual({ requestId: null, user: ours.by, by: 'user' });
      expect(originOf(ours).by).toBe('user');
      expect(ours.user).toBeNull();
    }
  });
});

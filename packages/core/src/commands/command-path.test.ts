import { describe, expect, it } from 'vitest';
import { nobody } from '../model/activity.ts';
import type { TenantId } from '../model/identifiers.ts';
import { defaultOptions as options } from '../options.ts';
import { silentLog } from '../ports.ts';
import { seededRandom } from '../random.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { HandClock } from '../testing/hand-clock.ts';
import { aGroup } from '../testing/parts.ts';
import { CommandPath } from './command-path.ts';

describe('CommandPath', () => {
  it('tells of commands that were carried out, and of none that was refused', async () => {
    const clock = new HandClock();
    const store = createMemoryStore(clock);
    const taken: TenantId[] = [];
    const commands = new CommandPath(
      {
        ...{ store, clock, options, log: silentLog, random: seededRandom(1) },
        limitsOf: () => options.limits,
        mayTake: () => undefined,
        taken: (tenantId) => void taken.push(tenantId),
        emit: () => undefined,
      },
      nobody,
    );
    const group = aGroup([]);
    await store.createGroup(group, 9);
    await commands.take(group, { kind: 'converge' });
    expect(taken).toEqual([group.tenantId]);
    await commands.take(group, { kind: 'pause' });
    await expect(commands.take(group, { kind: 'converge' })).rejects.toMatchObject({ code: 'group-paused' });
    expect(taken).toHaveLength(2);
  });
});

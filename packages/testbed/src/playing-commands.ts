import { type Autoscaler, type GroupRef, LutraError } from '@lutra/core';
import type { WatchedGroup } from './group-truths.ts';
import type { GroupServer, Play } from './play.ts';
import type { TimelineEntry } from './scenario-timeline.ts';
import { settingDesired } from './stage.ts';

type CommandName = 'execute-policy' | 'set-desired' | 'pause' | 'resume' | 'converge' | 'remove-servers' | 'delete-group';
type CommandEntry = Extract<TimelineEntry, { do: CommandName }>;
/** So many servers of a group, by lot. */
type Choose = (group: string, count: number) => readonly GroupServer[];

/** Gives a command to every group that the entry names, one after another. Nobody can name a group that does not exist yet: that command is not given. */
export async function playCommand(entry: CommandEntry, stage: Play, choose: Choose): Promise<void> {
  for (const group of stage.notYet(entry.group))
    stage.tell({ kind: 'commanded', what: entry.do, group, came: 'the group does not exist yet' });
  for (const group of stage.groupsCalled(entry.group)) await command(entry, group, stage, choose);
}

/** Gives a command; that it is refused is part of the story, not an error of the run. */
async function command(entry: CommandEntry, group: WatchedGroup, stage: Play, choose: Choose): Promise<void> {
  const { do: what } = entry;
  const { name, ref } = group;
  const asked = entry.do === 'remove-servers' ? choose(name, entry.count) : [];
  if (entry.do === 'remove-servers' && entry.as !== undefined) stage.sets.name(entry.as, asked);
  stage.tell({ kind: 'acted', what, group: name, details: asked.map(({ server: { id } }) => id) });
  let came = 'done';
  try {
    await give(entry, ref, stage.autoscaler, asked);
    if (what === 'pause' || what === 'resume') group.paused = what === 'pause';
    if (what === 'delete-group') group.deleted = true;
  } catch (error) {
    if (!(error instanceof LutraError)) throw error;
    came = `${error.type}: ${error.message}`;
  }
  stage.tell({ kind: 'commanded', what, group: name, came });
}

async function give(entry: CommandEntry, ref: GroupRef, autoscaler: Autoscaler, asked: readonly GroupServer[]): Promise<void> {
  switch (entry.do) {
    case 'execute-policy': {
      const policies = await autoscaler.listPolicies(ref, { limit: 1000 });
      const policy = policies.find(({ definition }) => definition.name === entry.policy);
      if (policy !== undefined) await autoscaler.executePolicy({ ...ref, policyId: policy.id });
      return;
    }
    case 'set-desired':
      return setDesired(autoscaler, ref, entry.desired);
    case 'pause':
      return autoscaler.pauseGroup(ref);
    case 'resume':
      return autoscaler.resumeGroup(ref);
    case 'converge':
      return autoscaler.convergeGroup(ref);
    case 'remove-servers':
      for (const { server } of asked) await autoscaler.removeServer(ref, server.id, { replace: entry.replace, purge: entry.purge });
      return;
    case 'delete-group':
      return autoscaler.deleteGroup(ref, { force: entry.force });
  }
}

/** Sets a group's desired capacity the only way there is: by a policy, made for the purpose and removed again. */
export async function setDesired(autoscaler: Autoscaler, ref: GroupRef, desired: number): Promise<void> {
  const [policy] = await autoscaler.createPolicies(ref, [settingDesired(desired)]);
  if (policy === undefined) throw new Error('A policy was created and not answered.');
  const policyRef = { ...ref, policyId: policy.id };
  await autoscaler.executePolicy(policyRef).finally(() => autoscaler.deletePolicy(policyRef));
}

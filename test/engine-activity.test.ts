/** What activity tells of groups on the simulated cloud: all of it, in order, with who asked and why. */
import { type ActivityContent, type ActivityEntry, CloudError, type GroupRef, LutraError, milliseconds, type PolicyId } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { newGroup, Stage, tenantId } from './engine-stage.ts';

type ContentOf<K extends ActivityContent['kind']> = Extract<ActivityContent, { kind: K }>;
const by = (user: string, requestId = 'r') => ({ user, requestId });

const read = (stage: Stage, { groupId }: Partial<GroupRef> = {}): Promise<readonly ActivityEntry[]> =>
  stage.autoscaler.activity(tenantId, { groupId, after: 0, limit: 1000 });
const contentsOf = <K extends ActivityContent['kind']>(entries: readonly ActivityEntry[], kind: K): readonly ContentOf<K>[] =>
  entries.flatMap(({ content }) => (content.kind === kind ? [content as ContentOf<K>] : []));

/** Entries in short: commands with their user and refusal, passes with their outcome. */
function inShort({ content }: ActivityEntry): string {
  if (content.kind === 'command') {
    const { user, by } = content.origin;
    const who = by === 'user' ? (user ?? 'nobody') : `a ${by}`;
    return `${content.command} by ${who}${content.refused === null ? '' : ` refused: ${content.refused}`}`;
  }
  if (content.kind === 'pass') return `pass ${content.outcome}`;
  return 'sentence' in content ? `${content.kind}: ${content.sentence}` : content.kind;
}
const commandsOf = (entries: readonly ActivityEntry[]): readonly string[] =>
  entries.filter(({ content }) => content.kind === 'command').map(inShort);

async function policyOf(stage: Stage, ref: GroupRef, name: string): Promise<GroupRef & { readonly policyId: PolicyId }> {
  const policy = (await stage.autoscaler.listPolicies(ref, { limit: 9 })).find(({ definition }) => definition.name === name);
  if (policy === undefined) throw new Error(`there is no policy ${name}`);
  return { ...ref, policyId: policy.id };
}

async function created(stage: Stage, size: number, changes = {}): Promise<GroupRef> {
  const asked = stage.autoscaler.as(by('ann', 'r-1')).createGroup(newGroup(size, changes));
  const { id: groupId } = await stage.clock.runUntilSettled(asked);
  return { tenantId, groupId };
}

describe('activity of commands', () => {
  it('tells who asked for what, in order, and why some was refused', async () => {
    const stage = new Stage();
    const ref = await created(stage, 1, { maxEntities: 2 });
    await stage.run(60);
    const ann = stage.autoscaler.as(by('ann', 'r-2'));
    const up = await policyOf(stage, ref, 'up');
    await ann.executePolicy(up);
    await expect(ann.executePolicy(up)).rejects.toThrow('No change in servers');
    await stage.run(60);
    const [server] = stage.servers;
    if (server === undefined) throw new Error('no server');
    const removal = stage.autoscaler.as(by('bob')).removeServer(ref, server.id, { replace: false, purge: true });
    await stage.clock.runUntilSettled(removal);
    await stage.run(60);
    await stage.autoscaler.deleteGroup(ref, { force: true });
    await stage.run(120);

    const entries = await read(stage);
    expect(commandsOf(entries)).toEqual([
      'create-group by ann',
      'execute-policy by ann',
      expect.stringMatching(/^execute-policy by ann refused: .*No change in servers/),
      'remove-server by bob',
      'delete-group by nobody',
    ]);
    const commands = contentsOf(entries, 'command');
    expect(commands.map(({ origin }) => origin.requestId)).toEqual(['r-1', 'r-2', 'r-2', 'r', null]);
    expect([commands[1]?.policyId, commands[3]?.serverId]).toEqual([up.policyId, server.id]);
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map(({ sequence }) => sequence).toSorted((a, b) => a - b));
    expect(entries.filter(({ content }) => content.kind === 'command').map(({ capacity }) => capacity)).toEqual([
      { desired: 1, active: 0, pending: 1 },
      { desired: 2, active: 1, pending: 1 },
      { desired: 2, active: 1, pending: 1 },
      { desired: 1, active: 2, pending: 0 },
      { desired: 0, active: 1, pending: 0 },
    ]);
    expect(entries.at(-1)).toMatchObject({ content: { kind: 'group-removed' }, groupId: ref.groupId });
    expect(await stage.autoscaler.listGroups(tenantId, { limit: 9 })).toEqual([]);
  });

  it('tells of a capability call and of a schedule who they are, and never the hash', async () => {
    const stage = new Stage();
    const ref = await created(stage, 1);
    await stage.autoscaler.createPolicies(ref, [
      { name: 'hourly', cooldown: 0, type: 'schedule', args: { cron: '0 * * * *' }, desiredCapacity: 3 },
    ]);
    const up = await policyOf(stage, ref, 'up');
    const [webhook] = await stage.autoscaler.createWebhooks(up, [{ name: 'a', metadata: {} }]);
    if (webhook === undefined) throw new Error('no webhook');
    await stage.autoscaler.as(by('somebody', 'r-9')).executeCapability(webhook.hash);
    await stage.run(3700);
    const entries = await read(stage);
    expect(commandsOf(entries).slice(3)).toEqual(['execute-policy by a webhook', 'run-schedule by a schedule']);
    expect(contentsOf(entries, 'command')[3]?.origin).toEqual({ user: null, requestId: 'r-9', by: 'webhook' });
    expect(JSON.stringify(entries)).not.toContain(webhook.hash);
  });

  it('counts a command that is refused again for the same reason, and asks for nothing else', async () => {
    const stage = new Stage();
    const ref = await created(stage, 1);
    await stage.run(60);
    await stage.autoscaler.pauseGroup(ref);
    const woken: unknown[] = [];
    stage.store.woken$.subscribe((one) => woken.push(one));
    for (let n = 0; n < 5; n += 1) await expect(stage.autoscaler.convergeGroup(ref)).rejects.toBeInstanceOf(LutraError);
    const last = (await read(stage)).at(-1);
    expect([last?.content, last?.times]).toMatchObject([{ command: 'converge' }, 5]);
    expect(woken).toEqual([]);
  });

  it('tells of a command that was refused for what the cloud said', async () => {
    const stage = new Stage();
    const ref = await created(stage, 1);
    const removal = stage.autoscaler.as(by('ann')).removeServer(ref, 'nobodys' as never, { replace: true, purge: true });
    await expect(stage.clock.runUntilSettled(removal)).rejects.toMatchObject({ code: 'server-not-found' });
    const launchConfiguration = { type: 'launch_server', args: { server: { name: 'web', imageRef: 'none', flavorRef: '2' } } } as const;
    const update = stage.autoscaler.updateLaunchConfiguration(ref, launchConfiguration);
    await expect(stage.clock.runUntilSettled(update)).rejects.toBeInstanceOf(LutraError);
    expect(commandsOf(await read(stage)).slice(1)).toEqual([
      expect.stringMatching(/^remove-server by ann refused: /),
      expect.stringMatching(/^update-launch-configuration by nobody refused: /),
    ]);
  });

  it('tells nothing of a command for a group that does not exist, or is being deleted', async () => {
    const stage = new Stage();
    const ref = await created(stage, 1);
    await stage.run(60);
    await expect(stage.autoscaler.pauseGroup({ tenantId, groupId: 'none' as never })).rejects.toBeInstanceOf(LutraError);
    await stage.autoscaler.deleteGroup(ref, { force: true });
    const before = await read(stage);
    await expect(stage.autoscaler.pauseGroup(ref)).rejects.toMatchObject({ code: 'group-not-found' });
    expect(await read(stage)).toEqual(before);
  });
});

describe('activity of passes', () => {
  it('tells what was planned and why, what the cloud answered, and the capacity after it', async () => {
    const stage = new Stage();
    const ref = await created(stage, 2);
    await stage.run(60);
    const entries = await read(stage, ref);
    expect(contentsOf(entries, 'plan')).toEqual([]); // each pass tells its own
    const plans = contentsOf(entries, 'pass').flatMap(({ plan }) => plan ?? []);
    const missing = { kind: 'create-server', why: 'Fewer servers count towards capacity than are desired' };
    expect(plans[0]).toEqual({ steps: [missing, missing], more: 0 });
    const adds = plans.flatMap(({ steps }) => steps.filter(({ kind }) => kind === 'add-nodes'));
    expect(adds.map(({ serverId }) => serverId).sort()).toEqual(stage.servers.map(({ id }) => id).sort());
    expect(adds[0]).toMatchObject({
      loadBalancerId: '237935',
      node: expect.stringMatching(/^10\..*:80$/),
      why: expect.stringContaining('237935'),
    });
    const [made] = contentsOf(entries, 'pass');
    expect(made?.answers).toMatchObject([{ step: 'create-server', effect: 'accepted', count: 2 }]);
    expect(entries.at(-1)).toMatchObject({
      content: { kind: 'pass', outcome: 'converged' },
      capacity: { desired: 2, active: 2, pending: 0 },
    });
  });

  it('counts passes that waited for the same as one entry', async () => {
    const stage = new Stage({ options: { waitingFallback: 1000 as never } });
    const ref = await created(stage, 1);
    await stage.run(60);
    const waits = (await read(stage, ref)).filter(({ content, times }) => content.kind === 'pass' && times > 1);
    expect(waits.length).toBeGreaterThan(0);
    for (const { at, firstAt } of waits) expect(at).toBeGreaterThan(firstAt);
  });

  it('tells a plan before the first write of its pass', async () => {
    const told: (readonly ActivityContent[])[] = [];
    const stage: Stage = new Stage({
      cloud: (cloud) => ({
        createServer: async (...request) => {
          told.push((await read(stage)).map(({ content }) => content));
          return cloud.createServer(...request);
        },
      }),
    });
    await created(stage, 1);
    await stage.run(60);
    expect(told.map((contents) => contents.at(-1))).toMatchObject([{ kind: 'plan', steps: [{ kind: 'create-server' }] }]);
  });

  it('counts passes that wrote the same and came to the same as one entry', async () => {
    const busy = async (): Promise<never> => {
      throw new CloudError('rate-limited', 'slow down', { retryAfter: milliseconds(30_000) });
    };
    const stage = new Stage({ cloud: () => ({ createServer: busy }) });
    const ref = await created(stage, 1);
    await stage.run(24 * 3600);
    const entries = await read(stage, ref);
    expect(entries.length).toBeLessThan(20);
    expect(entries.at(-1)?.times).toBeGreaterThan(200);
    expect(entries[0]?.content).toMatchObject({ kind: 'command' });
  });

  it.each([
    ['a group of a tenant', false],
    ['any group of a host', true],
  ])('tells what %s that only looks would write, and writes nothing', async (_, observeOnly) => {
    const stage = new Stage({ options: { observeOnly } });
    if (!observeOnly) await stage.store.setObserveOnly(tenantId, undefined, { by: null, reason: null });
    const ref = await created(stage, 1);
    await stage.run(600);
    const entries = await read(stage, ref);
    expect(entries.map(({ content: { kind } }) => kind)).toEqual(['command', 'pass']);
    expect(entries[1]?.content).toMatchObject({ plan: { steps: [{ kind: 'create-server' }], more: 0 }, answers: [] });
    expect(entries[1]?.times).toBeGreaterThan(10);
    expect(stage.servers).toEqual([]);
  });

  it('tells nothing of looks at a group at rest', async () => {
    const stage = new Stage();
    const ref = await stage.converged(1);
    await stage.run(600); // its server has stayed for long enough by then
    const before = await read(stage, ref);
    const { length } = stage.events;
    await stage.run(3600);
    expect(stage.events.length).toBeGreaterThan(length);
    expect(await read(stage, ref)).toEqual(before);
  });

  it('tells of an outage why the group does not converge, though it is no cause', async () => {
    let isDown = false;
    const down = async (): Promise<never> => {
      throw new CloudError('unreachable', 'the region is down');
    };
    const stage = new Stage({ cloud: (cloud) => ({ listServers: (...asked) => (isDown ? down() : cloud.listServers(...asked)) }) });
    const ref = await stage.converged(1);
    isDown = true;
    await stage.execute(ref, 'up');
    await stage.run(300);
    const entries = await read(stage, ref);
    expect(entries.at(-1)).toMatchObject({
      content: { kind: 'pass', outcome: 'retry', answers: [], reasons: [expect.stringContaining('the region is down')] },
      capacity: { desired: 2, active: 1, pending: 1 },
    });
    expect(entries.at(-1)?.times).toBeGreaterThan(1);
    expect(contentsOf(entries, 'cause-began')).toEqual([]);
  });

  it('tells when a cause of error begins, and what ends it', async () => {
    let isRefused = true;
    const sentence = 'The image was removed';
    const refuse = async (): Promise<never> => {
      throw new CloudError('unexpected-refusal', 'no image', { tenantMessage: sentence });
    };
    const stage = new Stage({ cloud: (cloud) => ({ createServer: (...asked) => (isRefused ? refuse() : cloud.createServer(...asked)) }) });
    const ref = await created(stage, 1);
    await stage.run(60);
    const { errors } = await stage.autoscaler.groupState(ref);
    expect(errors).toHaveLength(1);
    expect(contentsOf(await read(stage, ref), 'cause-began').map((content) => content.sentence)).toEqual(errors);
    isRefused = false;
    await stage.autoscaler.as(by('ann')).convergeGroup(ref);
    await stage.run(60);
    const told = (await read(stage, ref)).map(inShort);
    const ended = told.indexOf(`cause-ended: ${errors[0]}`);
    expect(told[ended - 1]).toBe('converge by ann');
    expect(told.filter((one) => one.startsWith('cause-'))).toEqual([`cause-began: ${errors[0]}`, `cause-ended: ${errors[0]}`]);
  });
});

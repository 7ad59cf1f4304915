import { describe, expect, it } from 'vitest';
import { statusOf } from '../model/causes.ts';
import type { CapabilityHash, GroupId, PolicyId, ServerId, TenantId, WebhookId } from '../model/identifiers.ts';
import type { LaunchConfiguration } from '../model/launch-configuration.ts';
import type { PolicyDefinition } from '../model/policy.ts';
import type { GroupConfiguration, ScalingGroup } from '../model/scaling-group.ts';
import type { ServerState } from '../model/server.ts';
import { epochMs, later, seconds } from '../model/time.ts';
import { dueAtOf, phaseOf } from '../model/wake-ups.ts';
import { defaultOptions } from '../options.ts';
import { aBlock, aDelete } from '../testing/parts.ts';
import type { Command } from './commands.ts';
import { dueSchedules, newGroup } from './creating.ts';
import { type Decided, decide } from './decide.ts';

const start = epochMs(1_790_000_000_000);
const launch: LaunchConfiguration = { type: 'launch_server', args: { server: { flavorRef: '2', imageRef: 'i' } } };
const configuration: GroupConfiguration = { name: 'web', cooldown: 60, minEntities: 1, maxEntities: 5, metadata: {} };
const up = 'up' as PolicyId;
const nightly = 'nightly' as PolicyId;
const webhook = (name: string, extra: object): PolicyDefinition => ({ name, cooldown: 30, type: 'webhook', ...extra }) as PolicyDefinition;
const everyHour: PolicyDefinition = { name: 'nightly', cooldown: 0, type: 'schedule', args: { cron: '0 * * * *' }, desiredCapacity: 4 };
const policies = [
  { id: up, definition: webhook('up', { change: 1 }) },
  { id: nightly, definition: everyHour },
];
const aGroup = (changes: Partial<ScalingGroup['spec']> = {}, progress: Partial<ScalingGroup['progress']> = {}): ScalingGroup => {
  const group = newGroup({ tenantId: 't' as TenantId, groupId: 'g' as GroupId }, configuration, launch, policies, start);
  return { ...group, spec: { ...group.spec, ...changes }, progress: { ...group.progress, ...progress } };
};
const at = (secondsLater: number) => ({ now: later(start, seconds(secondsLater)), options: defaultOptions });
/** Decides one command after another, each on what the one before left. */
const after = (group: ScalingGroup, ...commands: readonly (readonly [number, Command])[]): Decided => {
  let decided: Decided = { group, events: [] };
  for (const [secondsLater, command] of commands) decided = decide(decided.group, command, at(secondsLater));
  return decided;
};
const execute: Command = { kind: 'execute-policy', policyId: up };

describe('newGroup', () => {
  it('desires the minimum, and is due at once', () => {
    expect(aGroup().spec.desired).toBe(1);
    expect(dueAtOf(aGroup(), start)).toBe(start);
  });
  it('schedules its schedule policies strictly after now', () => expect(aGroup().schedules[nightly]?.nextAt).toBeGreaterThan(start));
});

describe('decide', () => {
  it('changes desired capacity by a policy, starts both cooldowns and asks for convergence', () => {
    const { group, refused, events } = after(aGroup(), [100, execute]);
    expect(refused).toBeUndefined();
    expect(group.spec).toMatchObject({ desired: 2, touchedAt: at(100).now, generation: 2, raisedAt: at(100).now });
    expect(group.policies[up]?.touchedAt).toBe(at(100).now);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'desired-changed', from: 1, to: 2, policyId: up }));
  });

  it('refuses an execution within a cooldown, which does not start one, and converges all the same', () => {
    const { group, refused } = after(aGroup(), [100, execute], [159.999, execute]);
    expect(refused).toMatchObject({
      type: 'CannotExecutePolicyError',
      http: 403,
      message: expect.stringMatching(/: Cooldowns not met\.$/),
    });
    expect(group.spec).toMatchObject({ desired: 2, touchedAt: at(100).now, generation: 3 });
  });

  it('lets an execution pass at the very end of the longer cooldown', () => {
    expect(after(aGroup(), [100, execute], [160, execute]).group.spec.desired).toBe(3);
  });

  it('takes a cooldown for over that a clock ten days ahead has begun', () => {
    expect(after(aGroup(), [864_000, execute], [100, execute]).group.spec).toMatchObject({ desired: 3, touchedAt: at(100).now });
  });

  it('takes a cooldown that a clock up to 30 s ahead has begun for begun now', () => {
    expect(after(aGroup(), [130, execute], [100, execute]).refused?.message).toMatch(/: Cooldowns not met\.$/);
    expect(after(aGroup(), [131, execute], [100, execute]).refused).toBeUndefined();
    const group = newGroup(
      aGroup(),
      { ...configuration, cooldown: 0 },
      launch,
      [{ id: up, definition: webhook('up', { change: 1, cooldown: 0 }) }],
      start,
    );
    expect(after(group, [102, execute], [100, execute]).refused).toBeUndefined();
  });

  it('raises the generation for a refused execution though a clock ten days ahead took the last one', () => {
    const failed = aGroup({ desired: 5, raisedAt: at(864_000).now }, { failedGeneration: 1, triedGeneration: 1 });
    expect(after(failed, [1, execute]).group.spec.generation).toBe(2);
  });

  it('refuses an execution that changes nothing', () => {
    expect(after(aGroup({ desired: 5 }), [100, execute]).refused?.message).toMatch(/: No change in servers$/);
  });

  it('raises the generation for a refused execution at most every ten seconds, whatever the status of the group', () => {
    for (const causes of [[], [aBlock({ of: 'launch-configuration' })]]) {
      const full = aGroup({ desired: 5 }, { causes, failedGeneration: 1, triedGeneration: 1 });
      expect(after(full, [9, execute]).group.spec.generation).toBe(1);
      expect(after(full, [10, execute], [11, execute]).group.spec.generation).toBe(2);
    }
  });

  it.each([
    // command, resets, createResets, releases
    ['PUT config', { kind: 'update-configuration', configuration }, 1, 1, 1],
    ['resume', { kind: 'resume' }, 1, 1, 1],
    ['converge', { kind: 'converge' }, 1, 1, 1],
    ['an execution', execute, 1, 1, 0],
    ['PUT launch', { kind: 'update-launch-configuration', launch }, 0, 1, 0],
    ['pause', { kind: 'pause' }, 0, 0, 0],
    ['suspension', { kind: 'set-suspended', suspended: true }, 0, 0, 0],
    ['DELETE server', { kind: 'remove-server', serverId: 's1' as ServerId, state: 'ACTIVE', replace: true, purge: true }, 0, 0, 0],
    ['DELETE group', { kind: 'delete-group', force: true }, 1, 1, 1],
  ] as const)('resets by the command table: %s', (_name, command, resets, createResets, releases) => {
    expect(after(aGroup(), [100, command as Command]).group.spec).toMatchObject({ resets, createResets, releases });
  });

  it('resets nothing by an execution that is refused, for its cooldown or for want of a change', () => {
    const reset = { resets: 0, createResets: 0, releases: 0 };
    expect(after(aGroup({ desired: 5 }), [100, execute]).group.spec).toMatchObject(reset);
    const cooling = after(aGroup(), [100, execute], [120, execute]);
    expect([cooling.refused === undefined, cooling.group.spec.resets]).toEqual([false, 1]);
  });

  it('ends causes at once, and tells that the status has changed', () => {
    const failed = aGroup({}, { causes: [aBlock({ of: 'launch-configuration' })] });
    expect(statusOf(failed)).toBe('ERROR');
    const converged = after(failed, [100, { kind: 'converge' }]);
    expect(statusOf(converged.group)).toBe('ACTIVE');
    expect(converged.events).toContainEqual(expect.objectContaining({ kind: 'status-changed', status: 'ACTIVE', errors: [] }));
    expect(statusOf(after(failed, [100, { kind: 'update-launch-configuration', launch }]).group)).toBe('ACTIVE');
    expect(statusOf(after(failed, [100, { kind: 'pause' }]).group)).toBe('ERROR');
  });

  it('checks suspension before pause before the policy', () => {
    const unknown: Command = { kind: 'execute-policy', policyId: 'none' as PolicyId };
    expect(after(aGroup({ paused: true, suspended: true }), [0, unknown]).refused?.type).toBe('TenantSuspendedError');
    expect(after(aGroup({ paused: true }), [0, unknown]).refused?.message).toBe(
      'Cannot execute policy none for group g for tenant t because group is paused.',
    );
    expect(after(aGroup(), [0, unknown]).refused?.type).toBe('NoSuchPolicyError');
  });

  it('runs an occurrence of a schedule once, whatever the cooldowns, and moves on to the next after now', () => {
    const first = aGroup().schedules[nightly]?.nextAt ?? start;
    const run: Command = { kind: 'run-schedule', policyId: nightly, policyVersion: 1, occurrence: first };
    const once = after(aGroup({ touchedAt: start }), [7200, run]);
    expect(once.group.spec.desired).toBe(4);
    expect(once.group.schedules[nightly]?.nextAt).toBeGreaterThan(at(7200).now);
    expect(decide(once.group, run, at(7201)).refused).toBeDefined();
    expect(decide(once.group, run, at(7201)).group).toBe(once.group);
  });

  it('runs an occurrence once though it would change something again', () => {
    const more = {
      id: nightly,
      definition: { name: 'more', cooldown: 0, type: 'schedule', args: { cron: '0 * * * *' }, change: 1 },
    } as const;
    const group = newGroup({ tenantId: 't' as TenantId, groupId: 'g' as GroupId }, configuration, launch, [more], start);
    const run: Command = {
      kind: 'run-schedule',
      policyId: nightly,
      policyVersion: 1,
      occurrence: group.schedules[nightly]?.nextAt ?? start,
    };
    const { group: twice, refused } = after(group, [7200, run], [7201, run]);
    expect([twice.spec.desired, refused?.type]).toEqual([2, 'CannotExecutePolicyError']);
  });

  it('has schedules that are due, however late, in the order of occurrence and then of making, also after one was changed', () => {
    const daily = (name: string, minute: number): PolicyDefinition =>
      ({ name, cooldown: 0, type: 'schedule', args: { cron: `${minute} 0 * * *` }, change: 1 }) as PolicyDefinition;
    const made = ['z', 'a', 'm'].map((id) => ({ id: id as PolicyId, definition: daily(id, 30) }));
    const group = newGroup({ tenantId: 't' as TenantId, groupId: 'g' as GroupId }, configuration, launch, made, start);
    const due = (of: ScalingGroup, days: number) => dueSchedules(of, at(days * 86_400).now).map(({ policyId }) => policyId);
    expect([due(group, 0), due(group, 9)]).toEqual([[], ['z', 'a', 'm']]);
    const { group: changed } = after(
      group,
      [
        1,
        {
          kind: 'create-policies',
          policies: [
            { id: 'b' as PolicyId, definition: daily('b', 30) },
            { id: 'y' as PolicyId, definition: daily('y', 10) },
          ],
        },
      ],
      [2, { kind: 'update-policy', policyId: 'a' as PolicyId, definition: { ...daily('a', 30), cooldown: 1 } }],
    );
    expect(due(changed, 9)).toEqual(['y', 'z', 'a', 'm', 'b']);
  });

  it('asks for convergence when a suspension ends, and at no other time', () => {
    const set = (suspended: boolean): Command => ({ kind: 'set-suspended', suspended });
    const generation = (group: ScalingGroup, ...commands: readonly Command[]) =>
      after(group, ...commands.map((command, index) => [100 + index, command] as const)).group.spec.generation;
    expect(generation(aGroup(), set(true))).toBe(1);
    expect(generation(aGroup(), set(true), set(false))).toBe(2);
    expect(generation(aGroup(), set(false))).toBe(1);
  });

  it('runs a schedule within the cooldowns and starts both, unless schedules are to obey them', () => {
    const occurrence = aGroup().schedules[nightly]?.nextAt ?? start;
    const run: Command = { kind: 'run-schedule', policyId: nightly, policyVersion: 1, occurrence };
    const { now } = at(7200);
    const cooling = aGroup({ touchedAt: at(7199).now });
    const ran = decide(cooling, run, at(7200));
    expect([ran.refused, ran.group.spec.desired]).toEqual([undefined, 4]);
    expect([ran.group.spec.touchedAt, ran.group.policies[nightly]?.touchedAt]).toEqual([now, now]);
    const obeyed = decide(cooling, run, { now, options: { ...defaultOptions, scheduledPoliciesObeyCooldowns: true } });
    expect(obeyed.refused?.message).toMatch(/: Cooldowns not met\.$/);
    expect([obeyed.group.spec.desired, obeyed.group.spec.touchedAt]).toEqual([1, at(7199).now]);
    expect(obeyed.group.schedules[nightly]?.nextAt).toBeGreaterThan(now);
  });

  it('uses up an occurrence that meets a pause', () => {
    const occurrence = aGroup().schedules[nightly]?.nextAt ?? start;
    const { group, refused } = after(aGroup({ paused: true }), [
      7200,
      { kind: 'run-schedule', policyId: nightly, policyVersion: 1, occurrence },
    ]);
    expect(refused?.type).toBe('GroupPausedError');
    expect(group.spec.desired).toBe(1);
    expect(group.schedules[nightly]?.nextAt).toBeGreaterThan(at(7200).now);
  });

  it('voids the scheduled occurrence of a policy that was changed since', () => {
    const occurrence = aGroup().schedules[nightly]?.nextAt ?? start;
    const { refused } = after(
      aGroup(),
      [1, { kind: 'update-policy', policyId: nightly, definition: { ...everyHour, cooldown: 1 } }],
      [7200, { kind: 'run-schedule', policyId: nightly, policyVersion: 1, occurrence }],
    );
    expect(refused).toBeDefined();
  });

  it('keeps cooldown history and webhooks of an updated policy, and refuses another type', () => {
    const webhooks = [{ id: 'w' as WebhookId, definition: { name: 'n', metadata: {} }, hash: 'h' as CapabilityHash }];
    const updated = after(
      aGroup(),
      [1, { kind: 'create-webhooks', policyId: up, webhooks }],
      [2, execute],
      [3, { kind: 'update-policy', policyId: up, definition: webhook('up', { desiredCapacity: 3 }) }],
    ).group;
    expect(updated.policies[up]).toMatchObject({ version: 2, touchedAt: at(2).now, definition: { desiredCapacity: 3 } });
    expect(Object.keys(updated.webhooks)).toEqual(['w']);
    expect(decide(updated, { kind: 'update-policy', policyId: up, definition: everyHour }, at(4)).refused?.message).toBe(
      'Cannot change type of a scaling policy',
    );
  });

  it('deletes a policy with its webhooks and schedule', () => {
    const webhooks = [{ id: 'w' as WebhookId, definition: { name: 'n', metadata: {} }, hash: 'h' as CapabilityHash }];
    const { group } = after(
      aGroup(),
      [1, { kind: 'create-webhooks', policyId: nightly, webhooks }],
      [2, { kind: 'delete-policy', policyId: nightly }],
    );
    expect([group.policies[nightly], group.webhooks, group.schedules]).toEqual([undefined, {}, {}]);
  });

  it('adds all of a batch or nothing of it', () => {
    const many = Array.from({ length: 99 }, (_, n) => ({ id: `p${n}` as PolicyId, definition: webhook('p', { change: 1 }) }));
    const { group, refused } = after(aGroup(), [0, { kind: 'create-policies', policies: many }]);
    expect(refused?.type).toBe('PoliciesOverLimitError');
    expect(Object.keys(group.policies)).toHaveLength(2);
  });

  it('clamps desired capacity into a new configuration, cooldowns or not', () => {
    const lower = { ...configuration, minEntities: 0, maxEntities: 2 };
    const { group } = after(aGroup({ desired: 5, touchedAt: start }), [1, { kind: 'update-configuration', configuration: lower }]);
    expect(group.spec).toMatchObject({ desired: 2, generation: 2, touchedAt: start });
  });

  it('pauses without asking for convergence, and asks for it on resume', () => {
    const paused = after(aGroup(), [1, { kind: 'pause' }]).group;
    expect([phaseOf(paused), paused.spec.generation]).toEqual(['paused', 1]);
    const resumed = decide(paused, { kind: 'resume' }, at(2)).group;
    expect([phaseOf(resumed), resumed.spec.generation]).toEqual(['converging', 2]);
  });

  it('stores a configuration while paused, and converges only at resume', () => {
    const { group } = after(aGroup({ paused: true }), [
      1,
      { kind: 'update-configuration', configuration: { ...configuration, minEntities: 3 } },
    ]);
    expect([group.spec.desired, phaseOf(group), dueAtOf({ ...group, schedules: {} }, start)]).toEqual([3, 'paused', undefined]);
  });

  it('changes a launch configuration without asking for convergence', () => {
    const { group } = after(aGroup(), [
      1,
      { kind: 'update-launch-configuration', launch: { ...launch, args: { server: { flavorRef: '9' } } } },
    ]);
    expect([group.spec.launchConfiguration.args.server, group.spec.generation]).toEqual([{ flavorRef: '9' }, 1]);
  });

  it('deletes an empty group, or any by force; from then on nothing finds it', () => {
    expect(after(aGroup(), [1, { kind: 'delete-group', force: false }]).refused?.message).toBe('Group g for tenant t still has entities.');
    const { group, refused } = after(aGroup({ paused: true }), [1, { kind: 'delete-group', force: true }]);
    expect([refused, phaseOf(group), dueAtOf(group, at(1).now)]).toEqual([undefined, 'deleting', at(1).now]);
    for (const command of [execute, { kind: 'pause' }, { kind: 'delete-group', force: true }] as const) {
      expect(decide(group, command, at(2)).refused?.type).toBe('NoSuchScalingGroupError');
    }
  });

  it('takes a server out for good or for another, and not below the minimum', () => {
    const remove = (replace: boolean): Command => ({
      kind: 'remove-server',
      serverId: 's' as ServerId,
      state: 'ACTIVE',
      replace,
      purge: true,
    });
    expect(after(aGroup(), [1, remove(false)]).refused?.type).toBe('CannotDeleteServerBelowMinError');
    expect(after(aGroup(), [1, remove(true)]).group.spec).toMatchObject({
      desired: 1,
      removals: { s: { serverId: 's', purge: true } },
      generation: 2,
    });
    expect(after(aGroup({ desired: 3 }), [1, remove(false)], [2, remove(false)]).group.spec.desired).toBe(2);
  });

  it('does not find a server that goes already, and accepts the same removal twice', () => {
    const remove = (state: ServerState): Command => ({
      kind: 'remove-server',
      serverId: 's1' as ServerId,
      state,
      replace: false,
      purge: true,
    });
    const going = { ...aGroup({ desired: 3 }), intents: { 'delete:s1': aDelete(1) } };
    for (const refused of [after(aGroup({ desired: 3 }), [1, remove('DELETED')]), after(going, [1, remove('ACTIVE')])]) {
      expect(refused.refused?.type).toBe('ServerNotFoundError');
      expect(refused.group.spec).toMatchObject({ desired: 3, removals: {}, generation: 1 });
    }
    const twice = after(aGroup({ desired: 3 }), [1, remove('ACTIVE')], [2, remove('DELETED')]);
    expect([twice.refused, twice.group.spec.desired]).toEqual([undefined, 2]);
  });

  it('changes nothing of the group it is given', () => {
    const group = aGroup();
    const copy = structuredClone(group);
    after(group, [100, execute], [200, { kind: 'pause' }]);
    expect(group).toEqual(copy);
  });
});

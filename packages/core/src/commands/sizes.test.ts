import { describe, expect, it } from 'vitest';
import type { CapabilityHash, GroupId, PolicyId, TenantId, WebhookId } from '../model/identifiers.ts';
import type { LaunchConfiguration } from '../model/launch-configuration.ts';
import type { PolicyDefinition, WebhookDefinition } from '../model/policy.ts';
import type { GroupConfiguration, ScalingGroup } from '../model/scaling-group.ts';
import { epochMs } from '../model/time.ts';
import { defaultOptions } from '../options.ts';
import type { Command } from './commands.ts';
import { newGroup } from './creating.ts';
import { type Decided, decide } from './decide.ts';
import { groupSizeOf, webhookMetadataSizeOf } from './sizes.ts';

const now = epochMs(1_790_000_000_000);
const up = 'up' as PolicyId;
const launchOf = (length: number): LaunchConfiguration => ({
  type: 'launch_server',
  args: { server: { flavorRef: '2', imageRef: 'i', user_data: 'x'.repeat(length) } },
});
const configurationOf = (length: number): GroupConfiguration => ({
  ...{ name: 'web', cooldown: 0, minEntities: 0, maxEntities: 5 },
  metadata: { a: 'x'.repeat(length) },
});
const policyOf = (length: number): PolicyDefinition => ({ name: 'x'.repeat(length), cooldown: 0, type: 'webhook', change: 1 });
const webhookOf = (length: number): WebhookDefinition => ({ name: 'w', metadata: { a: 'x'.repeat(length) } });
const made = (id: string, length: number) => ({ id: id as WebhookId, definition: webhookOf(length), hash: id as CapabilityHash });
const aGroup = (): ScalingGroup =>
  newGroup(
    { tenantId: 't' as TenantId, groupId: 'g' as GroupId },
    configurationOf(10),
    launchOf(10),
    [{ id: up, definition: policyOf(1) }],
    now,
  );
const limited = (group: ScalingGroup, command: Command, limits: Partial<typeof defaultOptions.limits>): Decided =>
  decide(group, command, { now, options: { ...defaultOptions, limits: { ...defaultOptions.limits, ...limits } } });
const withWebhook = limited(aGroup(), { kind: 'create-webhooks', policyId: up, webhooks: [made('w', 10)] }, {}).group;

/** Every command that can make a group larger, with so many characters more than the group has. */
const growing = (more: number): readonly Command[] => [
  { kind: 'update-configuration', configuration: configurationOf(10 + more) },
  { kind: 'update-launch-configuration', launch: launchOf(10 + more) },
  { kind: 'create-policies', policies: [{ id: 'p' as PolicyId, definition: policyOf(1 + more) }] },
  { kind: 'update-policy', policyId: up, definition: policyOf(1 + more) },
  { kind: 'create-webhooks', policyId: up, webhooks: [made('v', more)] },
  { kind: 'update-webhook', policyId: up, webhookId: 'w' as WebhookId, definition: webhookOf(10 + more) },
];

describe('decide', () => {
  it.each(growing(5_000).map((command) => [command.kind, command] as const))(
    'refuses %s beyond the size of a group, and changes nothing',
    (_, command) => {
      const accepted = limited(withWebhook, command, {});
      const size = groupSizeOf(accepted.group);
      expect(accepted.refused).toBeUndefined();
      expect(limited(withWebhook, command, { bytesPerGroup: size }).refused).toBeUndefined();
      const { refused, group, events } = limited(withWebhook, command, { bytesPerGroup: size - 1 });
      expect(refused).toMatchObject({
        ...{ type: 'SizeOverLimitError', http: 422 },
        message: `Group g of tenant t would take ${size} bytes of JSON: configuration, launch configuration, policies and webhooks together may take ${size - 1}.`,
      });
      expect([group, events]).toEqual([withWebhook, []]);
    },
  );

  it('refuses a configuration that is too large even where it would be kept for later', () => {
    const suspended = { ...withWebhook, spec: { ...withWebhook.spec, suspended: true } };
    const [command] = growing(5_000);
    expect(limited(suspended, command as Command, { bytesPerGroup: 1_000 })).toMatchObject({
      refused: { type: 'SizeOverLimitError' },
      group: suspended,
    });
  });

  it('lets a group that is larger than allowed become smaller, and do everything that does not make it larger', () => {
    const tight = { bytesPerGroup: 1, webhookMetadataBytesPerPolicy: 1 };
    const smaller: readonly Command[] = [
      { kind: 'update-configuration', configuration: configurationOf(9) },
      { kind: 'update-webhook', policyId: up, webhookId: 'w' as WebhookId, definition: webhookOf(9) },
      { kind: 'execute-policy', policyId: up },
      { kind: 'pause' },
      { kind: 'delete-webhook', policyId: up, webhookId: 'w' as WebhookId },
    ];
    for (const command of smaller) expect([command.kind, limited(withWebhook, command, tight).refused]).toEqual([command.kind, undefined]);
  });

  it('refuses webhooks whose metadata would be too much for their policy, whatever other policies have', () => {
    const other = 'other' as PolicyId;
    const two = limited(withWebhook, { kind: 'create-policies', policies: [{ id: other, definition: policyOf(1) }] }, {}).group;
    const [create, update] = growing(500).slice(4);
    for (const command of [create, update] as Command[]) {
      const limit = webhookMetadataSizeOf(limited(two, command, {}).group.webhooks, up);
      expect(limited(two, command, { webhookMetadataBytesPerPolicy: limit }).refused).toBeUndefined();
      expect(limited(two, command, { webhookMetadataBytesPerPolicy: limit - 1 }).refused).toMatchObject({
        ...{ type: 'SizeOverLimitError', http: 422 },
        message: `The metadata of the webhooks of policy up of group g of tenant t would take ${limit} bytes of JSON together: they may take ${limit - 1}.`,
      });
      const elsewhere: Command = { kind: 'create-webhooks', policyId: other, webhooks: [made('v', 500)] };
      expect(limited(two, elsewhere, { webhookMetadataBytesPerPolicy: limit - 1 }).refused).toBeUndefined();
    }
  });
});

import { capacityOf } from '../model/capacity.ts';
import { errorsOf, statusOf } from '../model/causes.ts';
import { byId, type GroupId, type PolicyId, type ServerId } from '../model/identifiers.ts';
import type { JsonValue } from '../model/json.ts';
import type { LaunchConfiguration } from '../model/launch-configuration.ts';
import type { Policy, Webhook } from '../model/policy.ts';
import type { GroupConfiguration, ScalingGroup } from '../model/scaling-group.ts';
import { defaultOptions, type Options } from '../options.ts';

/** What the state call shows (spec/rest.md, section 6). */
export interface GroupState {
  readonly name: string;
  readonly paused: boolean;
  readonly status: 'ACTIVE' | 'ERROR';
  /** Empty unless status is ERROR. */
  readonly errors: readonly string[];
  /** Servers that are ACTIVE and on all their load balancers, by ascending id. */
  readonly active: readonly { readonly id: ServerId; readonly links: readonly JsonValue[] }[];
  readonly activeCapacity: number;
  /** Never negative. */
  readonly pendingCapacity: number;
  readonly desiredCapacity: number;
}

/** A group in a list. */
export interface GroupSummary {
  readonly id: GroupId;
  readonly state: GroupState;
}

/** A group in full: policies by ascending id, or in the order of the request right after creation. */
export interface GroupManifest extends GroupSummary {
  readonly configuration: GroupConfiguration;
  readonly launchConfiguration: LaunchConfiguration;
  readonly policies: readonly Policy[];
  /** All webhooks of all policies, by ascending id. */
  readonly webhooks: readonly Webhook[];
}

type Bounds = Pick<Options, 'errorsPerGroup'>;

/** What its state follows from. */
type StateParts = Pick<ScalingGroup, 'spec' | 'progress' | 'servers'>;

/** The state of a group, from what is stored alone. */
export function stateOf(group: StateParts, { errorsPerGroup }: Bounds = defaultOptions): GroupState {
  const { spec, servers } = group;
  const active = Object.values(servers)
    .filter((server) => server.active)
    .sort((a, b) => byId(a.id, b.id))
    .map(({ id, links }) => ({ id, links }));
  const capacity = capacityOf(group);
  return {
    name: spec.configuration.name,
    paused: spec.paused,
    status: statusOf(group),
    errors: errorsOf(group, errorsPerGroup),
    active,
    activeCapacity: capacity.active,
    pendingCapacity: capacity.pending,
    desiredCapacity: capacity.desired,
  };
}

/** The group's policies by ascending id. */
export const policiesOf = (group: ScalingGroup): readonly Policy[] => Object.values(group.policies).sort((a, b) => byId(a.id, b.id));

/** A policy's webhooks by ascending id; all webhooks of the group without a policy. */
export const webhooksOf = (group: ScalingGroup, policyId?: PolicyId): readonly Webhook[] =>
  Object.values(group.webhooks)
    .filter((webhook) => policyId === undefined || webhook.policyId === policyId)
    .sort((a, b) => byId(a.id, b.id));

/** The group in full. */
export const manifestOf = (group: ScalingGroup, bounds: Bounds = defaultOptions): GroupManifest => ({
  id: group.groupId,
  configuration: group.spec.configuration,
  launchConfiguration: group.spec.launchConfiguration,
  policies: policiesOf(group),
  webhooks: webhooksOf(group),
  state: stateOf(group, bounds),
});

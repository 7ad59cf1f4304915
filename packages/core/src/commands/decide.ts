/**
 * What a command makes of a group: pure, one function a command. A refusal may still change the group: an execution that is refused by
 * its cooldown asks for convergence all the same (spec/rest.md, section 10). The table of effects is in the design, "A group".
 */
import { type Draft, produce } from 'immer';
import { LutraError, refuse } from '../errors.ts';
import { changedCauses, errorsOf, statusOf } from '../model/causes.ts';
import type { GroupEvent } from '../model/events.ts';
import { own } from '../model/own.ts';
import type { Policy } from '../model/policy.ts';
import type { ScalingGroup } from '../model/scaling-group.ts';
import { type EpochMs, elapsedSince } from '../model/time.ts';
import type { Options } from '../options.ts';
import { adjust, clamp } from '../policy/adjustment.ts';
import { cooldownsMet } from '../policy/cooldown.ts';
import { firstOccurrence, followingOccurrence } from '../policy/schedule.ts';
import type { Command } from './commands.ts';
import { newPolicy } from './creating.ts';
import { sizeRefusal } from './sizes.ts';

/** The instant of a decision and the settings that it depends on. */
export interface DecisionContext {
  readonly now: EpochMs;
  readonly options: Options;
}
/** What a command came to. With `refused`, `group` may still differ from what it was. */
export interface Decided {
  readonly group: ScalingGroup;
  readonly events: readonly GroupEvent[];
  readonly refused?: LutraError;
}

type CommandOf<K extends Command['kind']> = Extract<Command, { kind: K }>;
type Decider<K extends Command['kind']> = (
  draft: Draft<ScalingGroup>,
  command: CommandOf<K>,
  context: DecisionContext,
) => LutraError | undefined;
type Deciders = { readonly [K in Command['kind']]: Decider<K> };

/** Decides a command on a group. Same group, command and context: same answer. */
export function decide(group: ScalingGroup, command: Command, context: DecisionContext): Decided {
  if (group.spec.deleting) return { group, events: [], refused: refuse.noSuchGroup(group) };
  let refused: LutraError | undefined;
  const changed = produce(group, (draft) => {
    refused = deciderOf(command)(draft, command, context);
  });
  const tooLarge = sizeRefusal(group, changed, command, context.options.limits);
  if (tooLarge !== undefined) return { group, events: [], refused: tooLarge };
  const next = changed === group ? group : { ...changed, spec: { ...changed.spec, version: changed.spec.version + 1 } };
  if (refused !== undefined) return { group: next, events: [], refused };
  return { group: next, events: eventsOf(group, next, command, context.now, context.options) };
}

/** The compiler cannot see that a command's kind picks the decider of just that kind. */
const deciderOf = (command: Command) => deciders[command.kind] as Decider<Command['kind']>;

const deciders: Deciders = {
  'update-configuration': (draft, { configuration }, context) => {
    const { spec } = draft;
    spec.configuration = configuration as Draft<typeof configuration>;
    spec.desired = clamp(spec.desired, { min: configuration.minEntities, max: configuration.maxEntities });
    if (spec.suspended) return refuse.suspended(draft);
    startAgain(draft, context);
    return undefined;
  },
  'update-launch-configuration': (draft, { launch }) => {
    draft.spec.launchConfiguration = launch as Draft<typeof launch>;
    draft.spec.createResets += 1;
    return undefined;
  },
  pause: (draft) => {
    draft.spec.paused = true;
    return undefined;
  },
  resume: (draft, _command, context) => {
    draft.spec.paused = false;
    startAgain(draft, context);
    return undefined;
  },
  'set-suspended': (draft, { suspended }, context) => {
    if (draft.spec.suspended && !suspended) raiseGeneration(draft, context);
    draft.spec.suspended = suspended;
    return undefined;
  },
  converge: (draft, _command, context) => {
    if (draft.spec.suspended) return refuse.suspended(draft);
    if (draft.spec.paused) return refuse.paused(draft, 'converge');
    startAgain(draft, context);
    return undefined;
  },
  'delete-group': (draft, { force }, context) => {
    if (!force && draft.spec.desired > 0) return refuse.notEmpty(draft);
    draft.spec.deleting = true;
    startAgain(draft, context);
    return undefined;
  },
  'remove-server': (draft, { serverId, state, replace, purge }, context) => {
    const { spec } = draft;
    if (spec.suspended) return refuse.suspended(draft);
    const asked = own(spec.removals, serverId) !== undefined;
    const goes = state === 'DELETED' || `delete:${serverId}` in draft.intents;
    if (goes && !asked) return refuse.noSuchServer(draft, serverId); // it counts no more: there is nothing to lower desired for
    if (!replace && !asked) {
      if (spec.desired <= spec.configuration.minEntities) return refuse.belowMin(draft, serverId, spec.configuration.minEntities);
      spec.desired -= 1;
    }
    spec.removals[serverId] = { serverId, purge, at: context.now };
    raiseGeneration(draft, context);
    return undefined;
  },
  'create-policies': (draft, { policies }, { now, options }) => {
    const have = Object.keys(draft.policies).length;
    const limit = options.limits.policiesPerGroup;
    if (have + policies.length > limit) return refuse.policiesOverLimit(draft, have, policies.length, limit);
    for (const { id, definition } of policies) addPolicy(draft, newPolicy(id, definition), now);
    return undefined;
  },
  'update-policy': (draft, { policyId, definition }, { now }) => {
    const policy = own(draft.policies, policyId);
    if (policy === undefined) return refuse.noSuchPolicy(draft, policyId);
    if (policy.definition.type !== definition.type) return new LutraError('validation-failed', 'Cannot change type of a scaling policy');
    addPolicy(draft, { ...policy, definition, version: policy.version + 1 }, now);
    return undefined;
  },
  'delete-policy': (draft, { policyId }) => {
    if (own(draft.policies, policyId) === undefined) return refuse.noSuchPolicy(draft, policyId);
    delete draft.policies[policyId];
    delete draft.schedules[policyId];
    for (const webhook of Object.values(draft.webhooks)) if (webhook.policyId === policyId) delete draft.webhooks[webhook.id];
    return undefined;
  },
  'execute-policy': (draft, { policyId }, context) => {
    if (draft.spec.suspended) return refuse.suspended(draft);
    if (draft.spec.paused) return refuse.paused(draft, `execute policy ${policyId}`);
    const policy = own(draft.policies, policyId);
    if (policy === undefined) return refuse.noSuchPolicy(draft, policyId);
    return execute(draft, policy, context, true);
  },
  'run-schedule': (draft, { policyId, policyVersion, occurrence }, context) => {
    const schedule = own(draft.schedules, policyId);
    const policy = own(draft.policies, policyId);
    if (policy === undefined || schedule?.policyVersion !== policyVersion || schedule.nextAt !== occurrence) {
      return refuse.cannotExecute(draft, policyId, 'This occurrence of its schedule is over.');
    }
    const next = followingOccurrence(policy.definition, context.now);
    if (next === undefined) delete draft.schedules[policyId];
    else schedule.nextAt = next;
    if (draft.spec.suspended) return refuse.suspended(draft);
    if (draft.spec.paused) return refuse.paused(draft, `execute policy ${policyId}`);
    return execute(draft, policy, context, context.options.scheduledPoliciesObeyCooldowns);
  },
  'create-webhooks': (draft, { policyId, webhooks }, { options }) => {
    if (own(draft.policies, policyId) === undefined) return refuse.noSuchPolicy(draft, policyId);
    const have = Object.values(draft.webhooks).filter((webhook) => webhook.policyId === policyId).length;
    const limit = options.limits.webhooksPerPolicy;
    if (have + webhooks.length > limit) return refuse.webhooksOverLimit(draft, policyId, have, webhooks.length, limit);
    for (const { id, definition, hash } of webhooks) draft.webhooks[id] = { id, policyId, definition, hash };
    return undefined;
  },
  'update-webhook': (draft, { policyId, webhookId, definition }) => {
    const webhook = own(draft.webhooks, webhookId);
    if (webhook?.policyId !== policyId) return refuse.noSuchWebhook(draft, policyId, webhookId);
    webhook.definition = definition;
    return undefined;
  },
  'delete-webhook': (draft, { policyId, webhookId }) => {
    if (own(draft.webhooks, webhookId)?.policyId !== policyId) return refuse.noSuchWebhook(draft, policyId, webhookId);
    delete draft.webhooks[webhookId];
    return undefined;
  },
};

/** Asks for convergence. */
function raiseGeneration(draft: Draft<ScalingGroup>, { now }: DecisionContext): void {
  draft.spec.generation += 1;
  draft.spec.raisedAt = now;
}

/** Asks for convergence, and ends what earlier passes came to: causes, backoff and waiting (design, "A group"). */
function reset(draft: Draft<ScalingGroup>, context: DecisionContext): void {
  draft.spec.resets += 1;
  draft.spec.createResets += 1;
  raiseGeneration(draft, context);
}

/** As `reset`, by somebody who has looked at the group: the brake on mass failure is released too. */
function startAgain(draft: Draft<ScalingGroup>, context: DecisionContext): void {
  draft.spec.releases += 1;
  reset(draft, context);
}

/** Stores a policy and, for a schedule, its first occurrence. Its place in the order of creation stays. */
function addPolicy(draft: Draft<ScalingGroup>, policy: Policy, now: EpochMs): void {
  draft.policies[policy.id] = policy;
  const nextAt = firstOccurrence(policy.definition, now);
  const order = draft.schedules[policy.id]?.order ?? draft.spec.policiesMade;
  delete draft.schedules[policy.id];
  if (nextAt !== undefined) draft.schedules[policy.id] = { policyId: policy.id, policyVersion: policy.version, nextAt, order };
  draft.spec.policiesMade += 1;
}

/** Changes the desired capacity by a policy, or says why not. Refused or not, the group converges. */
function execute(
  draft: Draft<ScalingGroup>,
  policy: Draft<Policy>,
  context: DecisionContext,
  obeyCooldowns: boolean,
): LutraError | undefined {
  const { spec } = draft;
  const { minEntities: min, maxEntities: max } = spec.configuration;
  const desired = adjust(spec.desired, policy.definition, { min, max });
  const why =
    obeyCooldowns && !cooldownsMet(spec, policy, context.now, context.options.maxClockSkew)
      ? 'Cooldowns not met.'
      : desired === spec.desired
        ? 'No change in servers'
        : undefined;
  if (why !== undefined) {
    const { refusedExecutionInterval, maxClockSkew } = context.options;
    if (elapsedSince(spec.raisedAt, context.now, maxClockSkew) >= refusedExecutionInterval) raiseGeneration(draft, context);
    return refuse.cannotExecute(draft, policy.id, why);
  }
  spec.desired = desired;
  spec.touchedAt = context.now;
  policy.touchedAt = context.now;
  reset(draft, context);
  return undefined;
}

function eventsOf(
  before: ScalingGroup,
  after: ScalingGroup,
  command: Command,
  at: EpochMs,
  { errorsPerGroup }: Options,
): readonly GroupEvent[] {
  const about = { tenantId: after.tenantId, groupId: after.groupId, at };
  const events: GroupEvent[] = [{ ...about, kind: 'command-accepted', command: command.kind }];
  if (before.spec.desired !== after.spec.desired) {
    const policyId = 'policyId' in command ? command.policyId : undefined;
    events.push({ ...about, kind: 'desired-changed', from: before.spec.desired, to: after.spec.desired, policyId });
  }
  const status = statusOf(after);
  if (status !== statusOf(before)) events.push({ ...about, kind: 'status-changed', status, errors: errorsOf(after, errorsPerGroup) });
  for (const cause of changedCauses(before, after)) events.push({ ...about, ...cause });
  return events;
}

import { type Observable, Subject } from 'rxjs';
import type { Autoscaler, NewGroup, ObservedPart, Page, PolicyRef, WebhookRef } from './autoscaler-api.ts';
import { keyUseOf, madeBefore, type RepeatableCall } from './commands/caller-keys.ts';
import { CommandPath, type CommandPorts } from './commands/command-path.ts';
import type { Command } from './commands/commands.ts';
import { checkLaunchConfiguration } from './commands/consult.ts';
import { groupMade, policiesMade, webhooksMade } from './commands/making.ts';
import { groupSizeOf } from './commands/sizes.ts';
import { byWebhook, creationNotes, originOf } from './commands/telling.ts';
import { limitsOfTenants } from './commands/tenant-limits.ts';
import { type GroupManifest, type GroupState, type GroupSummary, manifestOf, policiesOf, stateOf, webhooksOf } from './commands/views.ts';
import { LutraError, refuse } from './errors.ts';
import { guardedClock } from './guards/guarded-clock.ts';
import { guardedLog, guardedMetrics, guardedRandom } from './guards/guarded-ports.ts';
import { GuardedStore } from './guards/guarded-store.ts';
import { bindCloud, type TenantCloud } from './guards/tenant-cloud.ts';
import { Supervisor } from './host/supervisor.ts';
import { switchObserveOnly, switchStopAll } from './host/switching.ts';
import { type ActivityEntry, type Caller, nobody, type Origin } from './model/activity.ts';
import type { CallerKey } from './model/caller-key.ts';
import type { GroupEvent } from './model/events.ts';
import type { CapabilityHash, ServerId, TenantId } from './model/identifiers.ts';
import type { LaunchConfiguration } from './model/launch-configuration.ts';
import { own } from './model/own.ts';
import type { Policy, PolicyDefinition, Webhook, WebhookDefinition } from './model/policy.ts';
import type { GroupConfiguration, GroupRef, ScalingGroup } from './model/scaling-group.ts';
import type { Switches } from './model/switches.ts';
import { nodeClock, nodeRandom } from './node.ts';
import { defaultOptions, type GivenOptions, type Options } from './options.ts';
import { checkHealing } from './planner/healing.ts';
import {
  type ActivityPage,
  type Clock,
  type Cloud,
  type Log,
  type Metrics,
  noMetrics,
  type PageRequest,
  type Random,
  type Store,
  silentLog,
} from './ports.ts';
import { createMemoryStore } from './store/memory-store.ts';

/** What an autoscaler is made of. */
export interface AutoscalerPorts {
  readonly cloud: Cloud;
  /** The system's when absent (`nodeClock` of `@lutra/core/node`). */
  readonly clock?: Clock;
  /** The system's when absent (`nodeRandom` of `@lutra/core/node`). */
  readonly random?: Random;
  /** In memory when absent: a restart forgets everything. */
  readonly store?: Store;
  /** The name of this host among those that share the store: the same over restarts, and different for every host. A new one when absent. */
  readonly host?: string;
  readonly log?: Log;
  readonly metrics?: Metrics;
  /** Those that differ from `defaultOptions`. */
  readonly options?: GivenOptions;
  /** The quotas of a tenant, where they differ from `options.limits`. */
  readonly limitsOf?: (tenantId: TenantId) => Partial<Options['limits']>;
}

/** An autoscaler on the given ports. It accepts commands at once, and converges from `start()` to `stop()`. */
export function createAutoscaler(ports: AutoscalerPorts): Autoscaler {
  return new Engine(partsOf(ports), nobody);
}

function checkConfiguration({ minEntities, maxEntities, metadata }: GroupConfiguration): void {
  if (minEntities > maxEntities) throw refuse.minAboveMax();
  const problem = checkHealing(metadata);
  if (problem !== undefined) throw new LutraError('validation-failed', problem);
}

/** What an engine works with, whoever asks. */
interface Parts extends CommandPorts {
  readonly store: Store;
  /** For the questions that some commands ask the cloud. */
  consult(tenantId: TenantId): TenantCloud;
  readonly supervisor: Supervisor;
  readonly events: Subject<GroupEvent>;
}

/** The ports are somebody else's code: each is taken behind a guard that keeps what the port promises. */
function partsOf(ports: AutoscalerPorts): Parts {
  const { cloud, limitsOf } = ports;
  const options = { ...defaultOptions, ...ports.options, limits: { ...defaultOptions.limits, ...ports.options?.limits } };
  const log = guardedLog(ports.log ?? silentLog);
  const clock = ports.clock === undefined ? nodeClock() : guardedClock(ports.clock, nodeClock(), warnOnce(log));
  const random = guardedRandom(ports.random ?? nodeRandom());
  const store = new GuardedStore(ports.store ?? createMemoryStore(clock), clock, options.storeDeadline, log);
  const events = new Subject<GroupEvent>();
  const supervisor = new Supervisor({
    cloud,
    clock,
    random,
    store,
    log,
    metrics: guardedMetrics(ports.metrics ?? noMetrics),
    options,
    name: ports.host,
    emit: (event) => events.next(event),
  });
  const deadlines = { call: options.consultDeadline, listing: options.consultDeadline };
  return {
    ...{ clock, random, store, log, options, supervisor, events },
    limitsOf: limitsOfTenants(options.limits, limitsOf, log),
    consult: (tenantId) => bindCloud(cloud, tenantId, clock, deadlines),
    mayTake: () => supervisor.checkClock(),
    taken: (tenantId, isFirst = false) => supervisor.commandTaken(tenantId, isFirst),
    emit: (event) => events.next(event), // an observer that throws does not get in the way: RxJS throws that again on a timer of its own
  };
}

/** Warns of a clock that fails. Once: it is asked many times a second. */
function warnOnce(log: Log): (error: unknown) => void {
  let isWarned = false;
  return (error) => {
    if (!isWarned) log.error({ err: error }, "the clock port fails; waits that it does not end are the system clock's");
    isWarned = true;
  };
}

class Engine implements Autoscaler {
  readonly #parts: Parts;
  readonly #store: Store;
  readonly #options: Options;
  readonly #commands: CommandPath;
  readonly #origin: Origin;
  readonly events$: Observable<GroupEvent>;

  /** `origin`: who asks for the commands. */
  constructor(parts: Parts, origin: Origin) {
    this.#parts = parts;
    this.#store = parts.store;
    this.#options = parts.options;
    this.#commands = new CommandPath(parts, origin);
    this.#origin = origin;
    this.events$ = parts.events.asObservable();
  }

  as(caller: Caller): Autoscaler {
    return new Engine(this.#parts, originOf(caller));
  }

  start(): void {
    this.#parts.supervisor.start();
  }

  async stop(): Promise<void> {
    await this.#parts.supervisor.stop();
    this.#parts.events.complete();
  }

  async isRepeated(call: RepeatableCall, caller: CallerKey): Promise<boolean> {
    return (await this.#commands.madeWith(keyUseOf(call, caller, this.#options))) !== undefined;
  }

  async createGroup(asked: NewGroup, caller?: CallerKey): Promise<GroupManifest> {
    const { tenantId } = asked;
    const use = caller && keyUseOf({ command: 'create-group', tenantId }, caller, this.#options);
    const before = await this.#commands.madeWith(use);
    if (before !== undefined) return groupMade(asked, before).manifest;
    checkConfiguration(asked.groupConfiguration);
    await this.#check(tenantId, asked.launchConfiguration);
    const made = this.#commands.make(1 + asked.scalingPolicies.length);
    const { group, manifest } = groupMade(asked, made);
    const limits = this.#parts.limitsOf(tenantId);
    const size = groupSizeOf(group);
    if (size > limits.bytesPerGroup) throw refuse.groupOverSize(group, size, limits.bytesPerGroup);
    this.#parts.mayTake();
    const kept = await this.#store.createGroup(group, limits.groups, {
      activity: creationNotes(group, this.#origin),
      ...(use && { once: { ...use, made } }),
    });
    if (use !== undefined && kept !== undefined) return groupMade(asked, madeBefore(use, kept)).manifest;
    this.#parts.taken(tenantId, true);
    this.#parts.emit({ tenantId, groupId: group.groupId, at: made.at, kind: 'command-accepted', command: 'create-group' });
    return manifest;
  }

  activity(tenantId: TenantId, page: ActivityPage): Promise<readonly ActivityEntry[]> {
    return this.#store.readActivity(tenantId, page);
  }

  async listGroups(tenantId: TenantId, page: PageRequest): Promise<Page<GroupSummary>> {
    return (await this.#store.listStates(tenantId, page)).map((group) => ({ id: group.groupId, state: stateOf(group, this.#options) }));
  }

  async showGroup(ref: GroupRef): Promise<GroupManifest> {
    return manifestOf(await this.#read(ref), this.#options);
  }

  async groupState(ref: GroupRef): Promise<GroupState> {
    const group = await this.#store.readState(ref);
    if (group === undefined) throw refuse.noSuchGroup(ref);
    return stateOf(group, this.#options);
  }

  async deleteGroup(ref: GroupRef, { force }: { readonly force: boolean }): Promise<void> {
    await this.#commands.take(ref, { kind: 'delete-group', force });
  }

  async configuration(ref: GroupRef): Promise<GroupConfiguration> {
    return (await this.#read(ref)).spec.configuration;
  }

  async updateConfiguration(ref: GroupRef, configuration: GroupConfiguration): Promise<void> {
    checkConfiguration(configuration);
    await this.#commands.take(ref, { kind: 'update-configuration', configuration });
  }

  async launchConfiguration(ref: GroupRef): Promise<LaunchConfiguration> {
    return (await this.#read(ref)).spec.launchConfiguration;
  }

  async updateLaunchConfiguration(ref: GroupRef, launch: LaunchConfiguration): Promise<void> {
    const command: Command = { kind: 'update-launch-configuration', launch };
    await this.#check(ref.tenantId, launch).catch((refused) => this.#commands.refuse(ref, command, refused));
    await this.#commands.take(ref, command);
  }

  async suspendTenant(tenantId: TenantId, suspended: boolean): Promise<void> {
    this.#parts.mayTake();
    await this.#store.setTenantSuspended(tenantId, suspended); // first: a group that is created meanwhile is in the list, or knows
    const failures: unknown[] = [];
    for (const groupId of await this.#store.groupIdsOf(tenantId)) {
      try {
        await this.#commands.take({ tenantId, groupId }, { kind: 'set-suspended', suspended });
      } catch (error) {
        const isGone = error instanceof LutraError && error.code === 'group-not-found'; // deleted meanwhile
        if (!isGone) failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  switches(): Promise<Switches> {
    return this.#store.switches();
  }

  stopAll(reason?: string): Promise<void> {
    return switchStopAll(this.#parts, this.#origin, 'stop', reason);
  }

  resumeAll(): Promise<void> {
    return switchStopAll(this.#parts, this.#origin, 'resume');
  }

  observeOnly(part: ObservedPart, reason?: string): Promise<void> {
    return switchObserveOnly(this.#parts, this.#origin, part, 'observe', reason);
  }

  endObserveOnly(part: ObservedPart): Promise<void> {
    return switchObserveOnly(this.#parts, this.#origin, part, 'end');
  }

  async pauseGroup(ref: GroupRef): Promise<void> {
    await this.#commands.take(ref, { kind: 'pause' });
  }

  async resumeGroup(ref: GroupRef): Promise<void> {
    await this.#commands.take(ref, { kind: 'resume' });
  }

  async convergeGroup(ref: GroupRef): Promise<void> {
    await this.#commands.take(ref, { kind: 'converge' });
  }

  async removeServer(ref: GroupRef, serverId: ServerId, options: { readonly replace: boolean; readonly purge: boolean }): Promise<void> {
    const group = await this.#read(ref);
    const asked = { kind: 'remove-server', serverId, state: 'UNKNOWN', ...options } as const;
    if (group.spec.suspended) return this.#commands.refuse(ref, asked, refuse.suspended(ref));
    let server: Awaited<ReturnType<TenantCloud['getServer']>>;
    try {
      server = await this.#parts.consult(ref.tenantId).getServer(serverId);
    } catch (cause) {
      const why = 'The server could not be looked up because the cloud did not answer; try again later.';
      return this.#commands.refuse(ref, asked, new LutraError('unavailable', why, { cause }));
    }
    if (server?.groupId !== ref.groupId) return this.#commands.refuse(ref, asked, refuse.noSuchServer(ref, serverId));
    await this.#commands.take(ref, { ...asked, state: server.state });
  }

  async createPolicies(ref: GroupRef, definitions: readonly PolicyDefinition[], caller?: CallerKey): Promise<readonly Policy[]> {
    const made = this.#commands.make(definitions.length);
    const command: Command = { kind: 'create-policies', policies: policiesMade(definitions, made.ids) };
    const { ids } = await this.#commands.takeOnce(ref, command, made, caller);
    return policiesMade(definitions, ids);
  }

  async listPolicies(ref: GroupRef, page: PageRequest): Promise<Page<Policy>> {
    return pageOf(policiesOf(await this.#read(ref)), page);
  }

  async showPolicy(ref: PolicyRef): Promise<Policy> {
    return policyIn(await this.#read(ref), ref);
  }

  async updatePolicy(ref: PolicyRef, definition: PolicyDefinition): Promise<void> {
    await this.#commands.take(ref, { kind: 'update-policy', policyId: ref.policyId, definition });
  }

  async deletePolicy(ref: PolicyRef): Promise<void> {
    await this.#commands.take(ref, { kind: 'delete-policy', policyId: ref.policyId });
  }

  async executePolicy(ref: PolicyRef, caller?: CallerKey): Promise<void> {
    await this.#commands.takeOnce(ref, { kind: 'execute-policy', policyId: ref.policyId }, this.#commands.make(0), caller);
  }

  async createWebhooks(ref: PolicyRef, definitions: readonly WebhookDefinition[], caller?: CallerKey): Promise<readonly Webhook[]> {
    const { policyId } = ref;
    const made = this.#commands.make(definitions.length, definitions.length);
    const command: Command = { kind: 'create-webhooks', policyId, webhooks: webhooksMade(policyId, definitions, made) };
    return webhooksMade(policyId, definitions, await this.#commands.takeOnce(ref, command, made, caller));
  }

  async listWebhooks(ref: PolicyRef, page: PageRequest): Promise<Page<Webhook>> {
    const group = await this.#read(ref);
    policyIn(group, ref);
    return pageOf(webhooksOf(group, ref.policyId), page);
  }

  async showWebhook(ref: WebhookRef): Promise<Webhook> {
    const webhook = own((await this.#read(ref)).webhooks, ref.webhookId);
    if (webhook?.policyId !== ref.policyId) throw refuse.noSuchWebhook(ref, ref.policyId, ref.webhookId);
    return webhook;
  }

  async updateWebhook(ref: WebhookRef, definition: WebhookDefinition): Promise<void> {
    await this.#commands.take(ref, { kind: 'update-webhook', policyId: ref.policyId, webhookId: ref.webhookId, definition });
  }

  async deleteWebhook(ref: WebhookRef): Promise<void> {
    await this.#commands.take(ref, { kind: 'delete-webhook', policyId: ref.policyId, webhookId: ref.webhookId });
  }

  async executeCapability(hash: CapabilityHash): Promise<void> {
    const found = await this.#store.findCapability(hash);
    if (found === undefined) return;
    try {
      const origin = { ...byWebhook, requestId: this.#origin.requestId };
      await this.#commands.take(found.ref, { kind: 'execute-policy', policyId: found.policyId }, { origin });
    } catch (error) {
      if (!(error instanceof LutraError) || error.code === 'unavailable') throw error;
      this.#parts.log.info(
        { ...found.ref, policyId: found.policyId, webhookId: found.webhookId },
        `webhook without effect: ${error.message}`,
      );
    }
  }

  async #read(ref: GroupRef): Promise<ScalingGroup> {
    const group = await this.#store.readGroup(ref);
    if (group === undefined || group.spec.deleting) throw refuse.noSuchGroup(ref);
    return group;
  }

  #check(tenantId: TenantId, launch: LaunchConfiguration): Promise<void> {
    return checkLaunchConfiguration(launch, this.#parts.consult(tenantId), this.#options);
  }
}

const pageOf = <T extends { readonly id: string }>(all: readonly T[], { marker, limit }: PageRequest): readonly T[] =>
  all.filter(({ id }) => marker === undefined || id > marker).slice(0, limit);

function policyIn(group: ScalingGroup, { policyId, ...ref }: PolicyRef): Policy {
  const policy = own(group.policies, policyId);
  if (policy === undefined) throw refuse.noSuchPolicy(ref, policyId);
  return policy;
}

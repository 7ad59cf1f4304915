import { type Observable, Subject } from 'rxjs';
import type { Autoscaler, NewGroup, Page, PolicyRef, WebhookRef } from './autoscaler-api.ts';
import { checkHealing } from './convergence/healing.ts';
import { bindCloud, type TenantCloud } from './convergence/tenant-cloud.ts';
import { FairSlots } from './engine/fair-slots.ts';
import { Supervisor } from './engine/supervisor.ts';
import { LutraError, refuse } from './errors.ts';
import type { Command } from './group/commands.ts';
import { checkLaunchConfiguration } from './group/consult.ts';
import { newGroup } from './group/creating.ts';
import { decide } from './group/decide.ts';
import { groupSizeOf } from './group/sizes.ts';
import { type GroupManifest, type GroupState, type GroupSummary, manifestOf, policiesOf, stateOf, webhooksOf } from './group/views.ts';
import { createMemoryStore } from './memory-store.ts';
import type { GroupEvent } from './model/events.ts';
import { hexadecimal } from './model/hexadecimal.ts';
import type { CapabilityHash, GroupId, PolicyId, ServerId, TenantId, WebhookId } from './model/identifiers.ts';
import type { LaunchConfiguration } from './model/launch-configuration.ts';
import { own } from './model/own.ts';
import type { Policy, PolicyDefinition, Webhook, WebhookDefinition } from './model/policy.ts';
import type { GroupConfiguration, GroupRef, GroupRows } from './model/scaling-group.ts';
import { nodeClock, nodeRandom } from './node.ts';
import { defaultOptions, type GivenOptions, type Options } from './options.ts';
import {
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

/** What an autoscaler is made of. */
export interface AutoscalerPorts {
  readonly cloud: Cloud;
  /** The system's when absent (`nodeClock` of `@lutra/core/node`). */
  readonly clock?: Clock;
  /** The system's when absent (`nodeRandom` of `@lutra/core/node`). */
  readonly random?: Random;
  /** In memory when absent: a restart forgets everything. */
  readonly store?: Store;
  readonly log?: Log;
  readonly metrics?: Metrics;
  /** Those that differ from `defaultOptions`. */
  readonly options?: GivenOptions;
  /** The quotas of a tenant, where they differ from `options.limits`. */
  readonly limitsOf?: (tenantId: TenantId) => Partial<Options['limits']>;
}

/** An autoscaler on the given ports. It accepts commands at once, and converges from `start()` to `stop()`. */
export function createAutoscaler(ports: AutoscalerPorts): Autoscaler {
  return new Engine(ports);
}

function checkConfiguration({ minEntities, maxEntities, metadata }: GroupConfiguration): void {
  if (minEntities > maxEntities) throw refuse.minAboveMax();
  const problem = checkHealing(metadata);
  if (problem !== undefined) throw new LutraError('validation-failed', problem);
}

class Engine implements Autoscaler {
  readonly #cloud: Cloud;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #options: Options;
  readonly #limitsOf: (tenantId: TenantId) => Options['limits'];
  readonly #supervisor: Supervisor;
  readonly #events = new Subject<GroupEvent>();
  readonly events$: Observable<GroupEvent> = this.#events.asObservable();

  constructor({ cloud, clock = nodeClock(), random = nodeRandom(), store, log, metrics, options, limitsOf }: AutoscalerPorts) {
    this.#cloud = cloud;
    this.#clock = clock;
    this.#random = random;
    this.#store = store ?? createMemoryStore(clock);
    this.#log = log ?? silentLog;
    const limits = { ...defaultOptions.limits, ...options?.limits };
    this.#options = { ...defaultOptions, ...options, limits };
    this.#limitsOf = limitsOf === undefined ? () => limits : (tenantId) => ({ ...limits, ...limitsOf(tenantId) });
    this.#supervisor = new Supervisor({
      cloud,
      clock,
      random,
      store: this.#store,
      log: this.#log,
      metrics: metrics ?? noMetrics,
      options: this.#options,
      owner: random.uuid(),
      passSlots: new FairSlots(this.#options.passesInFlight, this.#options.passesInFlightPerTenant),
      emit: (event) => this.#emit(event),
    });
  }

  start(): void {
    this.#supervisor.start();
  }

  async stop(): Promise<void> {
    await this.#supervisor.stop();
    this.#events.complete();
  }

  async createGroup({ tenantId, groupConfiguration, launchConfiguration, scalingPolicies }: NewGroup): Promise<GroupManifest> {
    checkConfiguration(groupConfiguration);
    await this.#check(tenantId, launchConfiguration);
    const ref = { tenantId, groupId: this.#random.uuid() as GroupId };
    const policies = scalingPolicies.map((definition) => ({ id: this.#random.uuid() as PolicyId, definition }));
    const now = this.#clock.now();
    const rows = newGroup(ref, groupConfiguration, launchConfiguration, policies, now);
    const limits = this.#limitsOf(tenantId);
    const size = groupSizeOf(rows);
    if (size > limits.bytesPerGroup) throw refuse.groupOverSize(ref, size, limits.bytesPerGroup);
    await this.#store.createGroup(rows, limits.groups);
    this.#emit({ ...ref, at: now, kind: 'command-accepted', command: 'create-group' });
    return { ...manifestOf(rows), policies: inOrder(policies, rows.policies) };
  }

  async listGroups(tenantId: TenantId, page: PageRequest): Promise<Page<GroupSummary>> {
    return (await this.#store.listGroups(tenantId, page)).map((rows) => ({ id: rows.groupId, state: stateOf(rows) }));
  }

  async showGroup(ref: GroupRef): Promise<GroupManifest> {
    return manifestOf(await this.#read(ref));
  }

  async groupState(ref: GroupRef): Promise<GroupState> {
    return stateOf(await this.#read(ref));
  }

  async deleteGroup(ref: GroupRef, { force }: { readonly force: boolean }): Promise<void> {
    await this.#command(ref, { kind: 'delete-group', force });
  }

  async configuration(ref: GroupRef): Promise<GroupConfiguration> {
    return (await this.#read(ref)).wish.configuration;
  }

  async updateConfiguration(ref: GroupRef, configuration: GroupConfiguration): Promise<void> {
    checkConfiguration(configuration);
    await this.#command(ref, { kind: 'update-configuration', configuration });
  }

  async launchConfiguration(ref: GroupRef): Promise<LaunchConfiguration> {
    return (await this.#read(ref)).wish.launchConfiguration;
  }

  async updateLaunchConfiguration(ref: GroupRef, launch: LaunchConfiguration): Promise<void> {
    await this.#check(ref.tenantId, launch);
    await this.#command(ref, { kind: 'update-launch-configuration', launch });
  }

  async suspendTenant(tenantId: TenantId, suspended: boolean): Promise<void> {
    await this.#store.setTenantSuspended(tenantId, suspended); // first: a group that is created meanwhile is in the list, or knows
    const failures: unknown[] = [];
    for (const groupId of await this.#store.groupIdsOf(tenantId)) {
      try {
        await this.#command({ tenantId, groupId }, { kind: 'set-suspended', suspended });
      } catch (error) {
        const isGone = error instanceof LutraError && error.code === 'group-not-found'; // deleted meanwhile
        if (!isGone) failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  async pauseGroup(ref: GroupRef): Promise<void> {
    await this.#command(ref, { kind: 'pause' });
  }

  async resumeGroup(ref: GroupRef): Promise<void> {
    await this.#command(ref, { kind: 'resume' });
  }

  async convergeGroup(ref: GroupRef): Promise<void> {
    await this.#command(ref, { kind: 'converge' });
  }

  async removeServer(ref: GroupRef, serverId: ServerId, options: { readonly replace: boolean; readonly purge: boolean }): Promise<void> {
    const rows = await this.#read(ref);
    if (rows.wish.suspended) throw refuse.suspended(ref);
    let server: Awaited<ReturnType<TenantCloud['getServer']>>;
    try {
      server = await this.#consult(ref.tenantId).getServer(serverId);
    } catch (cause) {
      throw new LutraError('unavailable', 'The server could not be looked up because the cloud did not answer; try again later.', {
        cause,
      });
    }
    if (server?.groupId !== ref.groupId) throw refuse.noSuchServer(ref, serverId);
    await this.#command(ref, { kind: 'remove-server', serverId, state: server.state, ...options });
  }

  async createPolicies(ref: GroupRef, definitions: readonly PolicyDefinition[]): Promise<readonly Policy[]> {
    const policies = definitions.map((definition) => ({ id: this.#random.uuid() as PolicyId, definition }));
    const rows = await this.#command(ref, { kind: 'create-policies', policies });
    return inOrder(policies, rows.policies);
  }

  async listPolicies(ref: GroupRef, page: PageRequest): Promise<Page<Policy>> {
    return pageOf(policiesOf(await this.#read(ref)), page);
  }

  async showPolicy(ref: PolicyRef): Promise<Policy> {
    return policyIn(await this.#read(ref), ref);
  }

  async updatePolicy(ref: PolicyRef, definition: PolicyDefinition): Promise<void> {
    await this.#command(ref, { kind: 'update-policy', policyId: ref.policyId, definition });
  }

  async deletePolicy(ref: PolicyRef): Promise<void> {
    await this.#command(ref, { kind: 'delete-policy', policyId: ref.policyId });
  }

  async executePolicy(ref: PolicyRef): Promise<void> {
    await this.#command(ref, { kind: 'execute-policy', policyId: ref.policyId });
  }

  async createWebhooks(ref: PolicyRef, definitions: readonly WebhookDefinition[]): Promise<readonly Webhook[]> {
    const webhooks = definitions.map((definition) => ({ id: this.#random.uuid() as WebhookId, definition, hash: this.#newHash() }));
    const rows = await this.#command(ref, { kind: 'create-webhooks', policyId: ref.policyId, webhooks });
    return inOrder(webhooks, rows.webhooks);
  }

  async listWebhooks(ref: PolicyRef, page: PageRequest): Promise<Page<Webhook>> {
    const rows = await this.#read(ref);
    policyIn(rows, ref);
    return pageOf(webhooksOf(rows, ref.policyId), page);
  }

  async showWebhook(ref: WebhookRef): Promise<Webhook> {
    const webhook = own((await this.#read(ref)).webhooks, ref.webhookId);
    if (webhook?.policyId !== ref.policyId) throw refuse.noSuchWebhook(ref, ref.policyId, ref.webhookId);
    return webhook;
  }

  async updateWebhook(ref: WebhookRef, definition: WebhookDefinition): Promise<void> {
    await this.#command(ref, { kind: 'update-webhook', policyId: ref.policyId, webhookId: ref.webhookId, definition });
  }

  async deleteWebhook(ref: WebhookRef): Promise<void> {
    await this.#command(ref, { kind: 'delete-webhook', policyId: ref.policyId, webhookId: ref.webhookId });
  }

  async executeCapability(hash: CapabilityHash): Promise<void> {
    const found = await this.#store.findCapability(hash);
    if (found === undefined) return;
    try {
      await this.#command(found.ref, { kind: 'execute-policy', policyId: found.policyId });
    } catch (error) {
      if (!(error instanceof LutraError) || error.code === 'unavailable') throw error;
      this.#log.info({ ...found.ref, policyId: found.policyId, webhookId: found.webhookId }, `webhook without effect: ${error.message}`);
    }
  }

  /** Decides a command in one transaction, tells what happened, and throws the refusal if there is one. */
  async #command(ref: GroupRef, command: Command): Promise<GroupRows> {
    const limits = this.#limitsOf(ref.tenantId);
    const options = limits === this.#options.limits ? this.#options : { ...this.#options, limits };
    const decided = await this.#store.transact({ tenantId: ref.tenantId, groupId: ref.groupId }, (rows) => {
      const result = decide(rows, command, { now: this.#clock.now(), options });
      return { rows: result.rows, answer: result };
    });
    for (const event of decided.events) this.#emit(event);
    if (decided.refused !== undefined) throw decided.refused;
    return decided.rows;
  }

  async #read(ref: GroupRef): Promise<GroupRows> {
    const rows = await this.#store.readGroup(ref);
    if (rows === undefined || rows.wish.deleting) throw refuse.noSuchGroup(ref);
    return rows;
  }

  #consult(tenantId: TenantId): TenantCloud {
    const { consultDeadline } = this.#options;
    return bindCloud(this.#cloud, tenantId, this.#clock, { call: consultDeadline, listing: consultDeadline });
  }

  #check(tenantId: TenantId, launch: LaunchConfiguration): Promise<void> {
    return checkLaunchConfiguration(launch, this.#consult(tenantId), this.#options);
  }

  /** 32 random bytes as 64 hexadecimal digits. */
  #newHash(): CapabilityHash {
    return hexadecimal(this.#random.secretBytes(32)) as CapabilityHash;
  }

  /** An observer that throws does not get in the way of what emits: RxJS throws that again on a timer of its own. */
  #emit(event: GroupEvent): void {
    this.#events.next(event);
  }
}

/** The stored things in the order in which they were asked for. */
function inOrder<I extends string, T>(asked: readonly { readonly id: I }[], stored: Readonly<Record<I, T>>): readonly T[] {
  return asked.flatMap(({ id }) => (stored[id] === undefined ? [] : [stored[id]]));
}

const pageOf = <T extends { readonly id: string }>(all: readonly T[], { marker, limit }: PageRequest): readonly T[] =>
  all.filter(({ id }) => marker === undefined || id > marker).slice(0, limit);

function policyIn(rows: GroupRows, { policyId, ...ref }: PolicyRef): Policy {
  const policy = own(rows.policies, policyId);
  if (policy === undefined) throw refuse.noSuchPolicy(ref, policyId);
  return policy;
}

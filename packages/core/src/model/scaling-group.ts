import type { Cause } from './cause.ts';
import type { CreateToken, GroupId, LoadBalancerId, NodeId, PolicyId, ServerId, TenantId, WebhookId } from './identifiers.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { LaunchConfiguration } from './launch-configuration.ts';
import type { Policy, Schedule, Webhook } from './policy.ts';
import type { ServerState } from './server.ts';
import type { EpochMs } from './time.ts';

/** A group's name and bounds; the shape of the wire (spec/rest.md, section 7.1). */
export interface GroupConfiguration {
  readonly name: string;
  /** Seconds, 0..86400: least time between two executions of any of the group's policies. */
  readonly cooldown: number;
  /** Least desired capacity, servers. */
  readonly minEntities: number;
  /** Largest desired capacity, servers. */
  readonly maxEntities: number;
  readonly metadata: JsonObject;
}

/** Which group of which tenant. */
export interface GroupRef {
  readonly tenantId: TenantId;
  readonly groupId: GroupId;
}

/** A server that the tenant wants out of the group: deleted (`purge`) or only let go. */
export interface Removal {
  readonly serverId: ServerId;
  readonly purge: boolean;
  readonly at: EpochMs;
}

/** What the tenant wants. Written by commands; a pass only takes out the removals that it has carried out. */
export interface GroupSpec {
  /** Raised by every command that changes anything, not when a pass takes out a removal. */
  readonly version: number;
  readonly createdAt: EpochMs;
  readonly configuration: GroupConfiguration;
  readonly launchConfiguration: LaunchConfiguration;
  /** Desired capacity, servers; 0 counts while `deleting`, whatever stands here. */
  readonly desired: number;
  readonly paused: boolean;
  /** The tenant's account is suspended: nothing may converge. */
  readonly suspended: boolean;
  /** Converges to nothing and is then removed for good; already invisible to the tenant. */
  readonly deleting: boolean;
  readonly removals: Readonly<Record<ServerId, Removal>>;
  /** When any policy last changed the desired capacity; null = never. The group's cooldown counts from here. */
  readonly touchedAt: EpochMs | null;
  /** Raised by every command that asks for convergence. */
  readonly generation: number;
  /** When `generation` was last raised. */
  readonly raisedAt: EpochMs;
  /** Raised by every command after which the group starts again: causes, backoff and waiting of before no longer count. */
  readonly resets: number;
  /** Raised with `resets`, and by a new launch configuration: causes that concern creates no longer count. */
  readonly createResets: number;
  /** Raised by the commands of somebody who looked at the group (D18): they release the brake on mass failure. */
  readonly releases: number;
  /** Policies made so far: gives schedules their creation order. */
  readonly policiesMade: number;
}

/** A write to the cloud that was decided and committed before it was sent. */
export type Intent =
  | {
      readonly kind: 'create';
      readonly token: CreateToken;
      /** When it was planned; once it is `unknown`, when it was surely no longer to be sent: from then on its server may be expected. */
      readonly plannedAt: EpochMs;
      /** `planned`: sent, or about to be; `unknown`: sent, and its answer never came or did not say. Both count as capacity. */
      readonly state: 'planned' | 'unknown';
      /** The name of the server asked for; its end is the token's beginning. */
      readonly serverName: string;
      /** The pass that planned it (`Birth`). */
      readonly batch: string;
    }
  | {
      readonly kind: 'delete';
      readonly serverId: ServerId;
      readonly plannedAt: EpochMs;
      /** Times it was sent. */
      readonly tries: number;
      /** When to send it again, should the server still be there. */
      readonly againAt: EpochMs;
    }
  | {
      /** Since when a node has been DRAINING, where the cloud does not say: when we first saw it so, in the cloud's time. Never earlier than it truly was. */
      readonly kind: 'drain';
      readonly loadBalancerId: LoadBalancerId;
      readonly nodeId: NodeId;
      readonly since: EpochMs;
    };

/** A server that we know to be the group's: what the state call shows, and what a short listing is checked against. */
export interface KnownServer {
  readonly id: ServerId;
  readonly state: ServerState;
  /** ACTIVE and on every load balancer it is configured for. */
  readonly active: boolean;
  /** So that its nodes are found when the server itself is gone; empty when it has none. */
  readonly servicenetAddress: string;
  /** Load balancers that it is configured for, and whether any RackConnect v3 pool: where it is looked for when it is gone. */
  readonly loadBalancers: readonly LoadBalancerId[];
  readonly pooled: boolean;
  readonly links: readonly JsonValue[];
  /** While it has not been in service for long: whether it stays is still to be seen. null = it was, or is not one that we made. */
  readonly birth: Birth | null;
  /** Since when its status has been UNKNOWN, or one that we do not know; null = it is not. */
  readonly unknownSince: EpochMs | null;
  /** What is not simply believed of it (D24); absent = it is what the cloud last showed. */
  readonly doubt?: Doubt;
}

/** Where what the cloud says of a server is not acted on at once (D24). `since`: on our clock. */
export type Doubt =
  /** Its create was accepted then, and nothing has shown it yet: that there is no such server would not be an answer. */
  | { readonly kind: 'unseen'; readonly since: EpochMs }
  /** From then on answers have told this state, which contradicts what is known: it is believed once it is told again, late enough. */
  | { readonly kind: 'contradicted'; readonly state: ServerState; readonly since: EpochMs }
  /** It is in BUILD though its build was over before: it was first seen so then, and its build is as old as that, whatever the cloud says. */
  | { readonly kind: 'building-again'; readonly since: EpochMs };

/** The beginning of a server that we made (D17). */
export interface Birth {
  /** The pass that made it: servers begun in one pass fail or stay together. */
  readonly batch: string;
  /** Since when we have seen it ACTIVE; null = not yet. */
  readonly activeSince: EpochMs | null;
}

/** Servers that failed before they were in service for long, and what follows for the next ones (D17). */
export interface Births {
  /** Passes in a row whose servers failed; a server that stays ends the row. */
  readonly failures: number;
  /** Servers made since the first of them. */
  readonly creates: number;
  /** What is known of the last one. */
  readonly fault: string;
  /** When the next server may be made; null = at once. */
  readonly nextAt: EpochMs | null;
  /** Batches with servers whose end is still to be seen, that have counted already. */
  readonly batches: Readonly<Record<string, 'failed' | 'well'>>;
}

/** Something that the group waits for, but not for ever (D9). */
export interface Wait {
  /** What a tenant may read of it. */
  readonly sentence: string;
  /** Since when nothing has moved. */
  readonly since: EpochMs;
  /** Of something that the cloud refused for now: when it is tried again. null: it is only looked at. */
  readonly hold: Hold | null;
}

/** Something that the cloud refused for now, and that is tried again after a backoff of its own. */
export interface Hold {
  /** Times it was refused in a row. */
  readonly tries: number;
  readonly until: EpochMs;
  /** Of nodes on a load balancer: so many fit, and these are added all the same. */
  readonly most?: number;
  /** Of a step on a server: the server's state when it was refused. In another state it is tried at once. */
  readonly state?: ServerState;
}

/** How far convergence has come. Written by the tenant's owner only. */
export interface GroupProgress {
  /** Why the group is in ERROR; those that commands have ended since are here until the next pass (`standingCauses`). */
  readonly causes: readonly Cause[];
  /** The counters of the spec to which backoff, refusals and waits belong: when they differ, those start again. */
  readonly resets: number;
  readonly createResets: number;
  /** The generation that a pass last began to carry out. */
  readonly triedGeneration: number;
  /** The generation that was last found converged. */
  readonly convergedGeneration: number;
  /** The generation that was last looked at with a cause standing. */
  readonly failedGeneration: number;
  /** When the tried generation is to be looked at again; null at rest. */
  readonly recheckAt: EpochMs | null;
  /** What is waited for, by a key that stays while it is waited for. */
  readonly waits: Readonly<Record<string, Wait>>;
  /** Passes in a row that a cloud fault cut short: sets the backoff. */
  readonly faults: number;
  /** Passes in a row whose writes the cloud refused in a way that is tried again so often only (D11). */
  readonly refusals: number;
  /** Creates a pass may start with: 1, 2, 4, ... until one fails (slow start). */
  readonly createBurst: number;
  readonly births: Births;
  /** The brake on mass failure: the spec's `releases` when it engaged, and whether it was released since; null = off. */
  readonly brake: { readonly releases: number; readonly released: boolean } | null;
}

/** Everything stored of one scaling group. Immutable: a change is a new object that shares what did not change. */
export interface ScalingGroup extends GroupRef {
  readonly spec: GroupSpec;
  readonly progress: GroupProgress;
  /** Writes to the cloud that are under way, or whose end is not known; by `intentKey`. Written by the tenant's owner only. */
  readonly intents: Readonly<Record<string, Intent>>;
  readonly policies: Readonly<Record<PolicyId, Policy>>;
  readonly webhooks: Readonly<Record<WebhookId, Webhook>>;
  readonly schedules: Readonly<Record<PolicyId, Schedule>>;
  /** Written by the tenant's owner only. */
  readonly servers: Readonly<Record<ServerId, KnownServer>>;
}

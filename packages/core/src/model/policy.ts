import type { CapabilityHash, PolicyId, WebhookId } from './identifiers.ts';
import type { RawNumber } from './json.ts';
import type { EpochMs } from './time.ts';

/** How an execution changes the desired capacity: exactly one of the three. Their integers may be of any size, and are shown as they came. */
export type Adjustment =
  | { readonly change: number | RawNumber }
  | { readonly changePercent: number | RawNumber }
  | { readonly desiredCapacity: number | RawNumber };

/** When a schedule policy runs: once (`at`, ISO 8601 with seconds, UTC) or again and again (`cron`, five fields, UTC). */
export type ScheduleArgs = { readonly at: string } | { readonly cron: string };

/** What a tenant says of a scaling policy; the shape of the wire (spec/rest.md, section 9.1). */
export type PolicyDefinition = Adjustment & {
  readonly name: string;
  /** Seconds, 0..86400, fractions allowed. */
  readonly cooldown: number | RawNumber;
} & ({ readonly type: 'webhook' } | { readonly type: 'schedule'; readonly args: ScheduleArgs });

/** A scaling policy of a group. */
export interface Policy {
  readonly id: PolicyId;
  readonly definition: PolicyDefinition;
  /** Raised by every update; a schedule's occurrence of an older version is void. */
  readonly version: number;
  /** When it last changed the desired capacity; null = never. Its own cooldown counts from here. */
  readonly touchedAt: EpochMs | null;
}

/** What sets a policy off from outside, without a token: a caller that knows the hash may execute. */
export interface Webhook {
  readonly id: WebhookId;
  readonly policyId: PolicyId;
  readonly definition: WebhookDefinition;
  readonly hash: CapabilityHash;
}

/** What a tenant says of a webhook. */
export interface WebhookDefinition {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The next run of a schedule policy. */
export interface Schedule {
  readonly policyId: PolicyId;
  readonly policyVersion: number;
  readonly nextAt: EpochMs;
  /** Creation order within the group: ties of `nextAt` run in this order. */
  readonly order: number;
}

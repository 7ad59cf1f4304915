import type { TenantId } from './identifiers.ts';
import type { DurationMs, EpochMs } from './time.ts';

/**
 * Lets a caller send a command again without knowing whether it was carried out: with the same key it is carried out once, and answers
 * the same again.
 */
export interface CallerKey {
  /** 1 to 255 visible ASCII characters, made by the caller for this one command. */
  readonly idempotencyKey: string;
  /** Stands for the arguments of the command: equal for equal arguments only. A digest of what was received will do. */
  readonly fingerprint: string;
}

/** Commands that take a caller's key. */
export type RepeatableCommand = 'create-group' | 'create-policies' | 'create-webhooks' | 'execute-policy';

/** What a command made. With its arguments, all of its answer follows from this. */
export interface Made {
  readonly at: EpochMs;
  readonly ids: readonly string[];
  /** Capability hashes: a store that lasts keeps them encrypted. */
  readonly secrets: readonly string[];
}

/** A caller's key where it is used: for one command of one tenant on one thing. */
export interface KeyUse {
  readonly tenantId: TenantId;
  /** The command and what it is for. The same key means something else in another scope. */
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
  /** How long the key is kept, and how many of a tenant: beyond that the eldest goes. */
  readonly keptFor: DurationMs;
  readonly most: number;
}

/** What is kept under a key. */
export interface KeptKey {
  readonly fingerprint: string;
  readonly made: Made;
}

import { cloudWords } from './model/cloud-words.ts';
import type { GroupRef } from './model/scaling-group.ts';
import type { DurationMs } from './model/time.ts';

/** Code -> type and status on the wire, and whether the same call may succeed later. One table, so that they cannot drift apart. */
const errorTable = {
  'invalid-json': { type: 'InvalidJsonError', http: 400, retryable: false },
  'validation-failed': { type: 'ValidationError', http: 400, retryable: false },
  'invalid-min-entities': { type: 'InvalidMinEntities', http: 400, retryable: false },
  'invalid-launch-configuration': { type: 'InvalidLaunchConfiguration', http: 400, retryable: false },
  'invalid-query-argument': { type: 'InvalidQueryArgument', http: 400, retryable: false },
  'invalid-credentials': { type: 'InvalidCredentials', http: 401, retryable: false },
  forbidden: { type: 'Forbidden', http: 403, retryable: false },
  'group-not-empty': { type: 'GroupNotEmptyError', http: 403, retryable: false },
  'group-paused': { type: 'GroupPausedError', http: 403, retryable: false },
  'tenant-suspended': { type: 'TenantSuspendedError', http: 403, retryable: false },
  'below-min-entities': { type: 'CannotDeleteServerBelowMinError', http: 403, retryable: false },
  'cannot-execute-policy': { type: 'CannotExecutePolicyError', http: 403, retryable: false },
  'group-not-found': { type: 'NoSuchScalingGroupError', http: 404, retryable: false },
  'policy-not-found': { type: 'NoSuchPolicyError', http: 404, retryable: false },
  'webhook-not-found': { type: 'NoSuchWebhookError', http: 404, retryable: false },
  'server-not-found': { type: 'ServerNotFoundError', http: 404, retryable: false },
  'path-not-found': { type: 'NotFound', http: 404, retryable: false },
  'invalid-method': { type: 'InvalidMethod', http: 405, retryable: false },
  'rate-limited': { type: 'RateLimitError', http: 413, retryable: true },
  'unsupported-media-type': { type: 'UnsupportedMediaType', http: 415, retryable: false },
  'groups-over-limit': { type: 'ScalingGroupOverLimitsError', http: 422, retryable: false },
  'policies-over-limit': { type: 'PoliciesOverLimitError', http: 422, retryable: false },
  'webhooks-over-limit': { type: 'WebhooksOverLimitError', http: 422, retryable: false },
  'idempotency-key-reused': { type: 'IdempotencyKeyReused', http: 422, retryable: false },
  'size-over-limit': { type: 'SizeOverLimitError', http: 422, retryable: false },
  'creates-over-limit': { type: 'InternalError', http: 500, retryable: true },
  internal: { type: 'InternalError', http: 500, retryable: false },
  'ownership-lost': { type: 'InternalError', http: 500, retryable: true },
  'host-barred': { type: 'InternalError', http: 500, retryable: false },
  'secrets-unreadable': { type: 'InternalError', http: 500, retryable: false },
  'not-implemented': { type: 'NotImplementedError', http: 501, retryable: false },
  unavailable: { type: 'ServiceUnavailable', http: 503, retryable: true },
} as const satisfies Record<string, { type: string; http: number; retryable: boolean }>;

/** What a command or query was refused for; the table above says the type on the wire and the HTTP status of each. */
export type ErrorCode = keyof typeof errorTable;

/** What we refuse or cannot do, in words that a caller can act on. Pure code returns it; only I/O and the façade throw it. */
export class LutraError extends Error {
  override readonly name = 'LutraError';
  readonly code: ErrorCode;
  readonly details: string;
  /** Whether what was asked for was surely not done, or nobody knows: only `unavailable` may be unknown, and is unless it says otherwise. */
  readonly effect: 'refused' | 'unknown';
  constructor(
    code: ErrorCode,
    message: string,
    options: ErrorOptions & { readonly details?: string; readonly effect?: 'refused' | 'unknown' } = {},
  ) {
    super(message, options);
    this.code = code;
    this.details = options.details ?? '';
    this.effect = options.effect ?? (code === 'unavailable' ? 'unknown' : 'refused');
  }
  /** The `type` of the error on the wire (spec/rest.md, section 3.2). */
  get type(): string {
    return errorTable[this.code].type;
  }
  /** The HTTP status. */
  get http(): number {
    return errorTable[this.code].http;
  }
  /** Whether the same call may succeed later without the caller changing anything. */
  get retryable(): boolean {
    return errorTable[this.code].retryable;
  }
}

/** Refusals with the texts that the documents give them (spec/rest.md, section 3.2). */
export const refuse = {
  noSuchGroup: ({ tenantId, groupId }: GroupRef) =>
    new LutraError('group-not-found', `No such scaling group ${groupId} for tenant ${tenantId}`),
  noSuchPolicy: ({ tenantId, groupId }: GroupRef, policyId: string) =>
    new LutraError('policy-not-found', `No such scaling policy ${policyId} for group ${groupId} for tenant ${tenantId}`),
  noSuchWebhook: ({ tenantId, groupId }: GroupRef, policyId: string, webhookId: string) =>
    new LutraError('webhook-not-found', `No such webhook ${webhookId} for policy ${policyId} in group ${groupId} for tenant ${tenantId}`),
  noSuchServer: ({ tenantId, groupId }: GroupRef, serverId: string) =>
    new LutraError('server-not-found', `Active server ${serverId} not found in tenant ${tenantId}'s group ${groupId}`),
  notEmpty: ({ tenantId, groupId }: GroupRef) =>
    new LutraError('group-not-empty', `Group ${groupId} for tenant ${tenantId} still has entities.`),
  paused: ({ tenantId, groupId }: GroupRef, operation: string) =>
    new LutraError('group-paused', `Cannot ${operation} for group ${groupId} for tenant ${tenantId} because group is paused.`),
  suspended: ({ tenantId }: GroupRef) => new LutraError('tenant-suspended', `Tenant ${tenantId} is SUSPENDED.`),
  cannotExecute: ({ tenantId, groupId }: GroupRef, policyId: string, why: string) =>
    new LutraError(
      'cannot-execute-policy',
      `Cannot execute scaling policy ${policyId} for group ${groupId} for tenant ${tenantId}: ${why}`,
    ),
  belowMin: ({ tenantId, groupId }: GroupRef, serverId: string, min: number) =>
    new LutraError(
      'below-min-entities',
      `Cannot remove server ${serverId} from tenant ${tenantId}'s group ${groupId} without replacing it: the group is at its minimum of ${min} servers.`,
    ),
  minAboveMax: () => new LutraError('invalid-min-entities', 'minEntities must be less than or equal to maxEntities'),
  groupsOverLimit: (tenantId: string, limit: number) =>
    new LutraError('groups-over-limit', `Allowed limit of ${limit} scaling groups reached by tenant ${tenantId}`),
  createsOverLimit: (tenantId: string, limit: number) =>
    new LutraError('creates-over-limit', `Tenant ${tenantId} would create more than ${limit} servers within an hour`),
  observedOverLimit: (limit: number) =>
    new LutraError('size-over-limit', `At most ${limit} tenants and groups may be set to observe-only; lift some first.`),
  policiesOverLimit: ({ tenantId, groupId }: GroupRef, have: number, more: number, limit: number) =>
    new LutraError(
      'policies-over-limit',
      `Group ${groupId} of tenant ${tenantId} has ${have} policies; ${more} more would exceed the limit of ${limit}.`,
    ),
  webhooksOverLimit: ({ tenantId, groupId }: GroupRef, policyId: string, have: number, more: number, limit: number) =>
    new LutraError(
      'webhooks-over-limit',
      `Policy ${policyId} of group ${groupId} of tenant ${tenantId} has ${have} webhooks; ${more} more would exceed the limit of ${limit}.`,
    ),
  groupOverSize: ({ tenantId, groupId }: GroupRef, size: number, limit: number) =>
    new LutraError(
      'size-over-limit',
      `Group ${groupId} of tenant ${tenantId} would take ${size} bytes of JSON: configuration, launch configuration, policies and webhooks together may take ${limit}.`,
    ),
  webhookMetadataOverSize: ({ tenantId, groupId }: GroupRef, policyId: string, size: number, limit: number) =>
    new LutraError(
      'size-over-limit',
      `The metadata of the webhooks of policy ${policyId} of group ${groupId} of tenant ${tenantId} would take ${size} bytes of JSON together: they may take ${limit}.`,
    ),
};

/**
 * What a call to the cloud can come to, other than success. `effect`: `refused` = nothing was done, and nothing will be;
 * `unsent` = the cloud was not asked; `unknown` = it may have been done, or may yet be. `terminal`: trying again cannot help before somebody changes something.
 * Sources: spec/providers.md, tables 3.2 and 4.0, and its section 12.1 (401, 408, 409 and 429 are retried).
 */
const cloudErrorTable = {
  'bad-server-request': { effect: 'refused', terminal: true },
  'over-quota': { effect: 'refused', terminal: true },
  'no-such-load-balancer': { effect: 'refused', terminal: true },
  'load-balancer-deleted': { effect: 'refused', terminal: true },
  'node-limit': { effect: 'refused', terminal: true },
  'no-such-node': { effect: 'refused', terminal: true },
  'duplicate-nodes': { effect: 'refused', terminal: false },
  'load-balancer-immutable': { effect: 'refused', terminal: false },
  'pool-refused': { effect: 'refused', terminal: true },
  'pool-not-ready': { effect: 'refused', terminal: false },
  'no-such-server': { effect: 'refused', terminal: false },
  'metadata-limit': { effect: 'refused', terminal: false },
  'no-such-service': { effect: 'refused', terminal: true },
  'rate-limited': { effect: 'refused', terminal: false },
  unauthorized: { effect: 'refused', terminal: false },
  /** A state that the request does not fit. On a create it does not pass by itself (D26). */
  conflict: { effect: 'refused', terminal: false },
  /** A conflict of which the adapter knows that it passes by itself. */
  busy: { effect: 'refused', terminal: false },
  'request-timeout': { effect: 'unknown', terminal: false },
  'unexpected-refusal': { effect: 'refused', terminal: true },
  unreachable: { effect: 'refused', terminal: false },
  'server-fault': { effect: 'unknown', terminal: false },
  timeout: { effect: 'unknown', terminal: false },
  'answer-lost': { effect: 'unknown', terminal: false },
  'bad-answer': { effect: 'unknown', terminal: false },
  /** `mayStart` said no before anything was sent. No fault of the cloud, and no refusal. */
  'not-started': { effect: 'unsent', terminal: false },
  /** `mayStart` said no after an attempt was sent. */
  'not-repeated': { effect: 'unknown', terminal: false },
} as const satisfies Record<string, { effect: 'refused' | 'unsent' | 'unknown'; terminal: boolean }>;

/** What a cloud call came to. The table above says for each kind what is known of the effect, and whether it may be tried again. */
export type CloudErrorKind = keyof typeof cloudErrorTable;

/** The one kind of error that a Cloud port rejects with. */
export class CloudError extends Error {
  override readonly name = 'CloudError';
  readonly kind: CloudErrorKind;
  /** A sentence for the tenant; empty when there is none that the tenant could use. */
  readonly tenantMessage: string;
  /** Why the cloud refused, in its own words, without what looks like a secret; empty when it gave no reason. */
  readonly cloudReason: string;
  /** How long the cloud asked us to stay away; undefined when it did not, or not in a span that there is. */
  readonly retryAfter: DurationMs | undefined;
  constructor(
    kind: CloudErrorKind,
    message: string,
    options: ErrorOptions & { readonly tenantMessage?: string; readonly cloudReason?: string; readonly retryAfter?: DurationMs } = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.tenantMessage = options.tenantMessage ?? '';
    this.cloudReason = cloudWords(options.cloudReason ?? '');
    this.retryAfter =
      options.retryAfter !== undefined && options.retryAfter >= 0 && options.retryAfter < Infinity ? options.retryAfter : undefined;
  }
  /** What is known of a write: not done (`refused`), never sent (`unsent`), or nothing (`unknown`). */
  get effect(): 'refused' | 'unsent' | 'unknown' {
    return cloudErrorTable[this.kind].effect;
  }
  /** Whether only a change by the tenant (or his provider) can help. */
  get terminal(): boolean {
    return cloudErrorTable[this.kind].terminal;
  }
}

/** Characters of a reason that came from outside. */
const longestReason = 500;

/** What there is to read of anything that was thrown or rejected with; empty when there is nothing. Never throws. */
export function reasonOf(thrown: unknown): string {
  try {
    const hasMessage = typeof thrown === 'object' && thrown !== null && 'message' in thrown;
    const text: unknown = hasMessage ? thrown.message : thrown;
    if (text === undefined || text === null || typeof text === 'object' || typeof text === 'function') return '';
    return String(text).trim().slice(0, longestReason);
  } catch {
    return '';
  }
}

/** An error that can be logged: the one that was thrown, or one in its place where that has nothing to read. Never throws. */
export function readableError(thrown: unknown): Error {
  const reason = reasonOf(thrown);
  if (reason !== '' && thrown instanceof Error) return thrown; // one with a reason was read, so it can be asked
  return new Error(reason === '' ? 'something was thrown that has no text' : reason);
}

/** Whether an error of this class is one that the table knows; others come from embedders without types. Never throws. */
export function isSoundError(thrown: unknown): thrown is LutraError | CloudError {
  try {
    if (thrown instanceof LutraError) return Object.hasOwn(errorTable, thrown.code) && reasonOf(thrown) !== '';
    return (
      thrown instanceof CloudError &&
      Object.hasOwn(cloudErrorTable, thrown.kind) &&
      typeof thrown.tenantMessage === 'string' &&
      reasonOf(thrown) !== ''
    );
  } catch {
    return false;
  }
}

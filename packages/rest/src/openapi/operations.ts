/** Every operation of the API: what it takes, what it answers, how it refuses. The document is made of this. */
import type { ErrorCode } from '@lutra/core';
import type { AnswerName } from './answers.ts';
import type { BodyName } from './bodies.ts';

export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  /** operationId. */
  readonly id: string;
  readonly summary: string;
  readonly status: 200 | 201 | 202 | 204;
  readonly body?: BodyName;
  /** Absent: the body is empty. */
  readonly answer?: AnswerName | 'text';
  readonly query?: readonly QueryName[];
  /** It takes an `Idempotency-Key`. */
  readonly repeatable?: true;
  /** It answers with this error always, and never with `status`. */
  readonly never?: ErrorCode;
  /** Beside those of every operation below a tenant. */
  readonly errors?: readonly ErrorCode[];
}

/** Query parameters, with their schemas. */
export const queries = {
  limit: { schema: { type: 'integer' }, description: 'Items of the page; clamped to 1..100.' },
  marker: { schema: { type: 'string' }, description: 'Only items whose id is greater.' },
  webhooks: { schema: { type: 'string' }, description: 'true: with the webhooks of every policy. Not for observers.' },
  force: { schema: { type: 'string', enum: ['true'] }, description: 'true: with its servers.' },
  replace: { schema: { type: 'boolean', default: true }, description: 'false: the group is smaller by one from now on.' },
  purge: { schema: { type: 'boolean', default: true }, description: 'false: the server stays, outside of the group.' },
} as const;
export type QueryName = keyof typeof queries;

const tenant = '/v1.0/{tenantId}';
const groups = `${tenant}/groups`;
const group = `${groups}/{groupId}`;
const policies = `${group}/policies`;
const policy = `${policies}/{policyId}`;
const webhooks = `${policy}/webhooks`;
const webhook = `${webhooks}/{webhookId}`;
const page = ['limit', 'marker'] as const;

const sent = ['invalid-json', 'validation-failed', 'unsupported-media-type'] as const;
/** Of operations that take an `Idempotency-Key`. */
const repeated = ['idempotency-key-reused'] as const;
const noGroup = ['group-not-found'] as const;
const noPolicy = [...noGroup, 'policy-not-found'] as const;
const noWebhook = [...noGroup, 'webhook-not-found'] as const;

/** In the order in which the document shows them. */
export const operations: readonly Operation[] = [
  {
    ...{ method: 'get', path: groups, id: 'listGroups', summary: 'List the groups of a tenant' },
    ...{ status: 200, answer: 'GroupList', query: page, errors: ['invalid-query-argument'] },
  },
  {
    ...{ method: 'post', path: groups, id: 'createGroup', summary: 'Make a group', status: 201, body: 'NewGroup', answer: 'Group' },
    ...{ repeatable: true },
    errors: [...sent, ...repeated, 'invalid-min-entities', 'invalid-launch-configuration', 'groups-over-limit', 'size-over-limit'],
  },
  {
    ...{ method: 'get', path: group, id: 'showGroup', summary: 'Show everything of a group' },
    ...{ status: 200, answer: 'Group', query: ['webhooks'], errors: noGroup },
  },
  {
    ...{ method: 'delete', path: group, id: 'deleteGroup', summary: 'Delete a group', status: 204, query: ['force'] },
    errors: [...noGroup, 'invalid-query-argument', 'group-not-empty'],
  },
  {
    ...{ method: 'get', path: `${group}/state`, id: 'showState', summary: 'Show the state of a group' },
    ...{ status: 200, answer: 'GroupState', errors: noGroup },
  },
  { method: 'post', path: `${group}/pause`, id: 'pauseGroup', summary: 'Stop all convergence of a group', status: 204, errors: noGroup },
  { method: 'post', path: `${group}/resume`, id: 'resumeGroup', summary: 'Converge a paused group again', status: 204, errors: noGroup },
  {
    ...{ method: 'post', path: `${group}/converge`, id: 'convergeGroup', summary: 'Look at a group now', status: 204 },
    errors: [...noGroup, 'group-paused', 'tenant-suspended'],
  },
  {
    ...{ method: 'get', path: `${group}/config`, id: 'showConfiguration', summary: 'Show the configuration of a group' },
    ...{ status: 200, answer: 'GroupConfigurationShown', errors: noGroup },
  },
  {
    ...{ method: 'put', path: `${group}/config`, id: 'replaceConfiguration', summary: 'Replace the configuration of a group' },
    ...{
      status: 204,
      body: 'GroupConfiguration',
      errors: [...sent, ...noGroup, 'invalid-min-entities', 'tenant-suspended', 'size-over-limit'],
    },
  },
  {
    ...{ method: 'get', path: `${group}/launch`, id: 'showLaunchConfiguration', summary: 'Show the launch configuration of a group' },
    ...{ status: 200, answer: 'LaunchConfigurationShown', errors: noGroup },
  },
  {
    ...{ method: 'put', path: `${group}/launch`, id: 'replaceLaunchConfiguration', summary: 'Replace it, for servers made from now on' },
    ...{ status: 204, body: 'LaunchConfiguration', errors: [...sent, ...noGroup, 'invalid-launch-configuration', 'size-over-limit'] },
  },
  {
    ...{ method: 'get', path: `${group}/servers`, id: 'listServers', summary: 'Not implemented: the state shows the servers' },
    ...{ status: 200, never: 'not-implemented', query: page, errors: ['invalid-query-argument'] },
  },
  {
    ...{ method: 'get', path: `${group}/servers/{serverId}`, id: 'showServer', summary: 'Not implemented: the state shows the servers' },
    ...{ status: 200, never: 'not-implemented' },
  },
  {
    ...{ method: 'delete', path: `${group}/servers/{serverId}`, id: 'removeServer', summary: 'Take a server out of a group' },
    ...{ status: 202, query: ['replace', 'purge'] },
    errors: [...noGroup, 'server-not-found', 'invalid-query-argument', 'below-min-entities', 'tenant-suspended'],
  },
  {
    ...{ method: 'get', path: policies, id: 'listPolicies', summary: 'List the policies of a group' },
    ...{ status: 200, answer: 'PolicyList', query: page, errors: [...noGroup, 'invalid-query-argument'] },
  },
  {
    ...{ method: 'post', path: policies, id: 'createPolicies', summary: 'Make policies, all or none' },
    ...{
      status: 201,
      body: 'NewPolicies',
      answer: 'PoliciesMade',
      repeatable: true,
      errors: [...repeated, ...sent, ...noGroup, 'policies-over-limit', 'size-over-limit'],
    },
  },
  {
    ...{ method: 'get', path: policy, id: 'showPolicy', summary: 'Show a policy', status: 200, answer: 'Policy', errors: noPolicy },
  },
  {
    ...{ method: 'put', path: policy, id: 'replacePolicy', summary: 'Replace a policy; its type cannot change' },
    ...{ status: 204, body: 'Policy', errors: [...sent, ...noPolicy, 'size-over-limit'] },
  },
  { method: 'delete', path: policy, id: 'deletePolicy', summary: 'Delete a policy and its webhooks', status: 204, errors: noPolicy },
  {
    ...{ method: 'post', path: `${policy}/execute`, id: 'executePolicy', summary: 'Execute a policy', status: 202, answer: 'Nothing' },
    repeatable: true,
    errors: ['invalid-json', 'validation-failed', ...repeated, ...noPolicy, 'cannot-execute-policy', 'group-paused', 'tenant-suspended'],
  },
  {
    ...{ method: 'get', path: webhooks, id: 'listWebhooks', summary: 'List the webhooks of a policy. Not for observers' },
    ...{ status: 200, answer: 'WebhookList', query: page, errors: [...noPolicy, 'invalid-query-argument'] },
  },
  {
    ...{ method: 'post', path: webhooks, id: 'createWebhooks', summary: 'Make webhooks, all or none' },
    ...{
      status: 201,
      body: 'NewWebhooks',
      answer: 'WebhooksMade',
      repeatable: true,
      errors: [...repeated, ...sent, ...noPolicy, 'webhooks-over-limit', 'size-over-limit'],
    },
  },
  {
    ...{ method: 'get', path: webhook, id: 'showWebhook', summary: 'Show a webhook. Not for observers' },
    ...{ status: 200, answer: 'Webhook', errors: noWebhook },
  },
  {
    ...{ method: 'put', path: webhook, id: 'replaceWebhook', summary: 'Replace name and metadata; the URL stays' },
    ...{ status: 204, body: 'Webhook', errors: [...sent, ...noWebhook, 'size-over-limit'] },
  },
  { method: 'delete', path: webhook, id: 'deleteWebhook', summary: 'Delete a webhook', status: 204, errors: noWebhook },
  { method: 'get', path: `${tenant}/limits`, id: 'showLimits', summary: 'Show quotas and rates', status: 200, answer: 'Limits' },
  {
    ...{ method: 'post', path: '/v1.0/execute/{version}/{hash}', id: 'executeCapability', status: 202 },
    ...{ summary: 'Execute the policy of a webhook, whoever asks; always the same answer', errors: ['rate-limited', 'unavailable'] },
  },
  {
    ...{ method: 'post', path: `${tenant}/execute/{version}/{hash}`, id: 'executeCapabilityBelowTenant', status: 202 },
    ...{ summary: 'The same, for clients that put it below the tenant', errors: ['rate-limited', 'unavailable'] },
  },
  {
    ...{ method: 'get', path: '/admin/stop', id: 'showStop', summary: 'Whether all hosts are stopped. For operators' },
    ...{ status: 200, answer: 'Stop' },
  },
  {
    ...{
      method: 'put',
      path: '/admin/stop',
      id: 'stopAll',
      summary: 'Stop all hosts: no write to the cloud starts; or lift that. For operators',
    },
    ...{ status: 200, body: 'Stop', answer: 'Stop', errors: sent },
  },
  {
    ...{
      method: 'get',
      path: '/admin/observe-only',
      id: 'listObserveOnly',
      summary: 'Tenants and groups that are only observed. For operators',
    },
    ...{ status: 200, answer: 'ObserveOnlyList' },
  },
  {
    ...{ method: 'get', path: '/admin/observe-only/{tenantId}', id: 'showTenantObserveOnly', status: 200, answer: 'ObserveOnly' },
    ...{ summary: 'Whether a tenant is only observed. For operators' },
  },
  {
    ...{ method: 'put', path: '/admin/observe-only/{tenantId}', id: 'setTenantObserveOnly', status: 200, body: 'ObserveOnly' },
    ...{ answer: 'ObserveOnly', summary: 'Have a tenant only observed, or lift that. For operators', errors: [...sent, 'size-over-limit'] },
  },
  {
    ...{ method: 'get', path: '/admin/observe-only/{tenantId}/{groupId}', id: 'showGroupObserveOnly', status: 200, answer: 'ObserveOnly' },
    ...{ summary: 'Whether a group is only observed by itself. For operators' },
  },
  {
    ...{ method: 'put', path: '/admin/observe-only/{tenantId}/{groupId}', id: 'setGroupObserveOnly', status: 200, body: 'ObserveOnly' },
    ...{ answer: 'ObserveOnly', summary: 'Have a group only observed, or lift that. For operators' },
    errors: [...sent, ...noGroup, 'size-over-limit'],
  },
  { method: 'get', path: '/', id: 'showRoot', summary: 'Empty', status: 200 },
  { method: 'get', path: '/health', id: 'showHealth', summary: 'How the host is', status: 200, answer: 'Health' },
  { method: 'get', path: '/health/live', id: 'showLive', summary: 'Whether the process answers', status: 200, answer: 'Health' },
  {
    method: 'get',
    path: '/health/ready',
    id: 'showReady',
    summary: 'Whether it should get requests (else 503)',
    status: 200,
    answer: 'Health',
  },
  { method: 'get', path: '/metrics', id: 'showMetrics', summary: 'Metrics for Prometheus', status: 200, answer: 'text' },
  { method: 'get', path: '/openapi.json', id: 'showDescription', summary: 'This document', status: 200, answer: 'text' },
  { method: 'get', path: '/docs', id: 'showDocuments', summary: 'This document as a page', status: 200, answer: 'text' },
];

/**
 * One step -> calls to the cloud -> what came of it. Errors never escape: each becomes a result by the tables of spec/providers.md
 * (3.2 servers, 4.0 load balancers, 5 pools), with 401, 408, 409 and 429 retried (D11).
 */
import { CloudError, type CloudErrorKind } from '../errors.ts';
import type { TenantCloud } from '../guards/tenant-cloud.ts';
import type { WritePermit } from '../guards/write-permit.ts';
import type { ServerId } from '../model/identifiers.ts';
import type { JsonValue } from '../model/json.ts';
import { metadataKeys, ownershipPrefixes } from '../model/server-metadata.ts';
import type { DurationMs } from '../model/time.ts';
import type { StepOf, WritingStep } from '../planner/steps.ts';
import type { ServerRequest } from '../ports.ts';

/** What came of a step. */
export interface StepResult {
  /** `done`: nothing is left of it; `retry`: observe again; `failed`: nothing helps before somebody changes something. */
  readonly status: 'done' | 'retry' | 'failed';
  /** Whether the cloud did it. `unsent`: it was never asked. */
  readonly effect: 'accepted' | 'refused' | 'unknown' | 'unsent';
  /** For the tenant when failed, for the log otherwise. */
  readonly reason: string;
  /** The cloud could not do it just now, so backing off is in order. */
  readonly fault: boolean;
  /** When failed: what the cloud refused it as. */
  readonly refusal?: CloudErrorKind;
  /** How long the cloud asked us to stay away. */
  readonly retryAfter?: DurationMs;
  /** The sentence for the tenant should the cloud refuse again and again, where trying again is bounded by tries (D11). */
  readonly refusedFor?: string;
  /** Refused because of the state that its server is in: another state may take it (D23). */
  readonly conflict?: true;
  /** Refused because the load balancer takes no writes just now. */
  readonly locked?: true;
  /** Every request would be refused: by the limiter, for the credentials, or because of the load balancer as a whole. */
  readonly forAll?: true;
  /** The server that a create made. */
  readonly created?: { readonly id: ServerId; readonly links: readonly JsonValue[] };
}

/** The step was left out because the pass was told to stop, or an earlier step showed that it would be refused. */
export const unsent = (reason: string): StepResult => ({ status: 'retry', effect: 'unsent', reason, fault: false });
/** The pass may not go on: paused, its tenant lost, its host stopping, or its time up. */
export const toldToStop: StepResult = unsent('told to stop');

/** Carries out a create; its request was put together when its intent was committed. Rejects only as `permit` does. */
export async function executeCreate(request: ServerRequest, cloud: TenantCloud, permit: WritePermit): Promise<StepResult> {
  try {
    const created = await cloud.createServer(request, permit);
    return { status: 'retry', effect: 'accepted', reason: 'waiting for the server to become ACTIVE', fault: false, created };
  } catch (error) {
    return resultOf(error, undefined);
  }
}

type OtherStep = Exclude<WritingStep, { kind: 'create-server' }>;
type Executors = { readonly [K in OtherStep['kind']]: (step: StepOf<K>, cloud: TenantCloud, permit: WritePermit) => Promise<void> };

const executors: Executors = {
  'delete-server': ({ serverId }, cloud, permit) => cloud.deleteServer(serverId, permit),
  'mark-server': ({ serverId }, cloud, permit) => cloud.setServerMetadata(serverId, metadataKeys.state, metadataKeys.draining, permit),
  'release-server': ({ serverId }, cloud, permit) => cloud.stripServerMetadata(serverId, ownershipPrefixes, permit),
  'add-nodes': ({ loadBalancerId, nodes }, cloud, permit) => cloud.addNodes(loadBalancerId, nodes, permit),
  'remove-nodes': ({ loadBalancerId, nodeIds }, cloud, permit) => cloud.removeNodes(loadBalancerId, nodeIds, permit),
  'change-node': ({ loadBalancerId, nodeId, change }, cloud, permit) => cloud.changeNode(loadBalancerId, nodeId, change, permit),
  'add-pool-members': ({ members }, cloud, permit) => cloud.addPoolMembers(members, permit),
  'remove-pool-members': ({ members }, cloud, permit) => cloud.removePoolMembers(members, permit),
};

/** Carries out any step but a create. After every change the answer is retry: observe again before calling it converged. Rejects only as `permit` does. */
export async function executeStep(step: OtherStep, cloud: TenantCloud, permit: WritePermit): Promise<StepResult> {
  const execute = executors[step.kind] as (step: OtherStep, cloud: TenantCloud, permit: WritePermit) => Promise<void>;
  try {
    await execute(step, cloud, permit);
    return { status: 'retry', effect: 'accepted', reason: `${step.kind} accepted`, fault: false };
  } catch (error) {
    return resultOf(error, step);
  }
}

function resultOf(error: unknown, step: OtherStep | undefined): StepResult {
  if (!(error instanceof CloudError)) throw error; // the permit's; a TenantCloud has no other
  if (error.kind === 'not-started') return toldToStop;
  const cloudError = error;
  const { effect, retryAfter } = cloudError;
  if (step !== undefined && isMoot(cloudError, step)) return { status: 'retry', effect, reason: cloudError.message, fault: false };
  const forAll = refusesAll.has(cloudError.kind) ? ({ forAll: true } as const) : {};
  const isUnexpected = isUnexpectedOfPool(cloudError, step);
  const isForGood = cloudError.terminal || (cloudError.kind === 'conflict' && step === undefined); // a create: D26
  if (isForGood && !isUnexpected && !isNeverTerminal(step)) {
    return { status: 'failed', effect, reason: tenantSentence(cloudError, step), fault: false, refusal: cloudError.kind, ...forAll };
  }
  if (cloudError.kind === 'conflict' && isNeverTerminal(step)) {
    return { status: 'retry', effect, reason: cloudError.message, fault: false, conflict: true };
  }
  const after = retryAfter === undefined ? {} : { retryAfter };
  const locked = cloudError.kind === 'load-balancer-immutable' ? ({ locked: true } as const) : {};
  const isBounded = (isUnexpected || triedSoOften.has(cloudError.kind)) && !isNeverTerminal(step);
  const bounded = isBounded
    ? { refusedFor: `The cloud keeps refusing: ${cloudError.tenantMessage || cloudError.cloudReason || cloudError.message}` }
    : {};
  return { status: 'retry', effect, reason: cloudError.message, fault: true, ...after, ...locked, ...forAll, ...bounded };
}

const refusesAll: ReadonlySet<CloudErrorKind> = new Set<CloudErrorKind>([
  'load-balancer-immutable',
  'load-balancer-deleted',
  'no-such-load-balancer',
  'no-such-service',
  'rate-limited',
  'request-timeout',
  'unauthorized',
  'unreachable',
]);

/** Refusals by 401, 408 and 409 are tried again so often (D11); a rate limit always ends. */
const triedSoOften: ReadonlySet<CloudErrorKind> = new Set<CloudErrorKind>(['unauthorized', 'request-timeout', 'conflict', 'busy']);

/** Errors of deletes and marks never put a group in ERROR (spec/providers.md, 3.4 and 3.5). */
const isNeverTerminal = (step: OtherStep | undefined): boolean =>
  step?.kind === 'delete-server' || step?.kind === 'mark-server' || step?.kind === 'release-server';

/** A pool that refuses new members in a way of which nothing is known may take them later (spec/providers.md, section 5): tried again, but not for ever. */
const isUnexpectedOfPool = ({ kind }: CloudError, step: OtherStep | undefined): boolean =>
  kind === 'unexpected-refusal' && step?.kind === 'add-pool-members';

/**
 * What was to be taken off is gone already, or the load balancer that a node was to drain on: the next listing shows it
 * (spec/providers.md, 4.7 and 12.6). A node that is gone while it should drain stays an error (4.6).
 */
function isMoot({ kind }: CloudError, step: OtherStep): boolean {
  const loadBalancerGone = kind === 'no-such-load-balancer' || kind === 'load-balancer-deleted';
  if (step.kind === 'remove-nodes') return loadBalancerGone || kind === 'no-such-node';
  return loadBalancerGone && step.kind === 'change-node' && step.change.condition === 'DRAINING';
}

/** The sentence that a tenant reads (spec/providers.md, section 11). */
function tenantSentence(error: CloudError, step: OtherStep | undefined): string {
  if (step !== undefined && 'loadBalancerId' in step) {
    if (error.kind === 'no-such-load-balancer') return `Cloud Load Balancer does not exist: ${step.loadBalancerId}`;
    if (error.kind === 'load-balancer-deleted') return `Cloud Load Balancer is currently being deleted: ${step.loadBalancerId}`;
    if (error.kind === 'no-such-node' && step.kind === 'change-node') {
      return `Node ${step.nodeId} of Cloud Load Balancer ${step.loadBalancerId} does not exist`;
    }
  }
  return error.tenantMessage || (error.cloudReason === '' ? 'Unknown error occurred' : `The cloud refused: ${error.cloudReason}`);
}

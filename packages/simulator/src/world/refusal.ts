import {
  type CloudErrorKind,
  type DurationMs,
  type EpochMs,
  type JsonObject,
  type LoadBalancerId,
  later,
  type NodeId,
  type PoolMember,
} from '@lutra/core';
import { isoOf } from './iso-time.ts';
import type { Service } from './service.ts';

/**
 * A call that the cloud refuses, for both of its faces: status and body over HTTP, the kind of CloudError in process.
 * Texts and statuses: spec/providers.md, sections 3.2, 4 and 5; sentences for tenants: section 11.
 */
export interface Refusal {
  /** 0: no connection was made, so that there is no status either. */
  readonly status: number;
  readonly body: JsonObject | readonly string[] | string;
  /** The body, where it is plain text. */
  readonly text?: string;
  readonly kind: CloudErrorKind;
  readonly message: string;
  /** A sentence for the tenant; empty when there is none. */
  readonly tenantMessage: string;
  /** Somebody between us and the service said it: `message` is no reason of the service's. */
  readonly foreign?: true;
  /** Of a bulk removal: the ids that are no nodes of the load balancer. */
  readonly unknownNodes?: readonly NodeId[];
  /** Of a bulk call to pools: the members that are as the call would have them. */
  readonly settledMembers?: readonly PoolMember[];
  /** How long the caller is asked to stay away. */
  readonly retryAfter?: DurationMs;
}

/** Nova: errors are wrapped in an object named after their kind. */
const nova = (status: number, name: string, message: string, kind: CloudErrorKind, tenantMessage = ''): Refusal => ({
  status,
  body: { [name]: { message, code: status } },
  kind,
  message,
  tenantMessage,
});
/** CLB: errors are flat. */
const clb = (status: number, message: string, kind: CloudErrorKind, tenantMessage = ''): Refusal => ({
  status,
  body: { message, code: status },
  kind,
  message,
  tenantMessage,
});

/** CLB and RackConnect write their errors flat, the others wrap them. */
const of = (service: Service, status: number, name: string, message: string, kind: CloudErrorKind): Refusal =>
  service === 'clb' || service === 'rcv3' ? clb(status, message, kind) : nova(status, name, message, kind);

/** Services by their names in catalogs. */
const inCatalogs: Readonly<Partial<Record<Service, string>>> = {
  nova: 'cloudServersOpenStack',
  images: 'cloudImages',
  clb: 'cloudLoadBalancers',
  rcv3: 'rackconnect',
  feeds: 'cloudFeeds',
};

const noSuchLoadBalancer = (id: LoadBalancerId): string => `Cloud Load Balancer does not exist: ${id}`;
const deletedLoadBalancer = (id: LoadBalancerId): string => `Cloud Load Balancer is currently being deleted: ${id}`;

/** Everything that the simulated cloud refuses of its own accord. */
export const refusals = {
  noValidToken: (service: Service) =>
    of(service, 401, 'unauthorized', 'No valid token provided. Please use your identity service to obtain a valid token.', 'unauthorized'),
  notAuthorised: (service: Service) =>
    of(service, 403, 'forbidden', 'You are not authorized to perform this action.', 'unexpected-refusal'),
  /** This cloud remembers no more: a path can name any number of tenants. */
  noRoomForTenant: (service: Service) =>
    of(service, 413, 'overLimit', 'This simulated cloud has no room for one more tenant.', 'unexpected-refusal'),
  /** `closed`: why nobody who is unknown is let in. */
  wrongCredentials: (closed?: string) => {
    const why = closed === undefined ? '' : ` Unknown users are not made here: ${closed}.`;
    return nova(401, 'unauthorized', `Unable to authenticate user with credentials provided.${why}`, 'unauthorized');
  },
  wrongTenant: () => nova(401, 'unauthorized', 'Tenant with Name/Id is not valid for the user.', 'unauthorized'),
  noSuchToken: () => nova(404, 'itemNotFound', 'Token not found.', 'unexpected-refusal'),
  noSuchUser: (name: string) => nova(404, 'itemNotFound', `User ${name} not found.`, 'unexpected-refusal'),

  badServerRequest: (message: string) =>
    nova(400, 'badRequest', message, 'bad-server-request', `Server launch configuration is invalid: ${message}`),
  badRequest: (message: string) => nova(400, 'badRequest', message, 'unexpected-refusal'),
  tooMuchMetadata: (most: number, kind: 'unexpected-refusal' | 'metadata-limit') =>
    nova(403, 'forbidden', `Maximum number of metadata items exceeds ${most}`, kind),
  /** Nova says it in plain text (spec/providers.md, section 3.2): that, and the refusal it is. */
  networkPolicy: (sentence: string): { readonly text: string; readonly refusal: Refusal } => ({
    text: `403 Forbidden\n\nAccess was denied to this resource.\n\n ${sentence}  `,
    refusal: nova(403, 'forbidden', sentence, 'bad-server-request', `Server launch configuration is invalid: ${sentence}`),
  }),
  overQuota: (message: string) => nova(403, 'forbidden', message, 'over-quota', `Servers cannot be created: ${message}`),
  serverBusy: () => nova(409, 'conflictingRequest', 'Cannot delete a server while a task is under way.', 'conflict'),
  noSuchServer: (id: string) => nova(404, 'itemNotFound', `Instance ${id} could not be found.`, 'no-such-server'),
  noSuchImage: () => nova(404, 'itemNotFound', 'Image not found.', 'unexpected-refusal'),
  noSuch: (what: string) => nova(404, 'itemNotFound', `${what} could not be found.`, 'unexpected-refusal'),
  wrongState: (action: string, id: string, state: string) =>
    nova(409, 'conflictingRequest', `Cannot '${action}' instance ${id} while it is in ${state}`, 'conflict'),
  keypairExists: (name: string) => nova(409, 'conflictingRequest', `Key pair '${name}' already exists.`, 'conflict'),
  noSuchFlavor: () => nova(404, 'itemNotFound', 'The resource could not be found.', 'unexpected-refusal'),

  noSuchLoadBalancer: (id: LoadBalancerId) => clb(404, 'Load balancer not found.', 'no-such-load-balancer', noSuchLoadBalancer(id)),
  loadBalancerDeleted: (id: LoadBalancerId) =>
    clb(410, 'The load balancer is marked as deleted.', 'load-balancer-deleted', deletedLoadBalancer(id)),
  deletedIsImmutable: (id: LoadBalancerId) =>
    clb(422, 'The load balancer is deleted and considered immutable.', 'load-balancer-deleted', deletedLoadBalancer(id)),
  immutable: (id: LoadBalancerId, status: string) => {
    const message = `Load Balancer '${id}' has a status of '${status}' and is considered immutable.`;
    return status === 'PENDING_DELETE'
      ? clb(422, message, 'load-balancer-deleted', deletedLoadBalancer(id))
      : clb(422, message, 'load-balancer-immutable');
  },
  notActive: (spaced = false) => clb(422, spaced ? 'Load Balancer is not ACTIVE' : 'LoadBalancer is not ACTIVE', 'load-balancer-immutable'),
  badId: () => clb(400, 'Bad request: ids are greater than 0.', 'unexpected-refusal'),
  noVirtualIps: () => clb(500, 'No virtual IPs are available for this load balancer.', 'server-fault'),
  duplicateNodes: () => clb(422, 'Duplicate nodes detected. One or more nodes already configured on load balancer.', 'duplicate-nodes'),
  nodeLimit: (id: LoadBalancerId, most: number) =>
    clb(
      413,
      `Nodes must not exceed ${most} per load balancer.`,
      'node-limit',
      `Cannot create more than ${most} nodes in Cloud Load Balancer ${id}`,
    ),
  noSuchNode: (id: LoadBalancerId, node: NodeId) =>
    clb(
      404,
      `Node with id #${node} not found for loadbalancer #${id}`,
      'no-such-node',
      `Node ${node} of Cloud Load Balancer ${id} does not exist`,
    ),
  /** A body that is not valid, with everything that is wrong. */
  invalid: (messages: readonly string[]): Refusal => ({
    status: 400,
    body: { validationErrors: { messages }, message: 'Validation Failure', code: 400, details: 'The object is not valid' },
    kind: 'unexpected-refusal',
    message: messages.join(' '),
    tenantMessage: '',
  }),
  loadBalancerLimit: (most: number) => clb(413, `Load balancers must not exceed ${most} per account.`, 'unexpected-refusal'),
  badNode: (message: string) => clb(400, message, 'unexpected-refusal'),
  tooManyNodeIds: (most: number) => clb(400, `Must not delete more than ${most} nodes at once.`, 'unexpected-refusal'),
  unknownNodes: (nodes: readonly NodeId[]): Refusal => ({
    status: 400,
    body: {
      validationErrors: { messages: [`Node ids ${nodes.join(',')} are not a part of your loadbalancer`] },
      message: 'Validation Failure',
      code: 400,
      details: 'The object is not valid',
    },
    kind: 'no-such-node',
    message: `Node ids ${nodes.join(',')} are not a part of your loadbalancer`,
    tenantMessage: '',
    unknownNodes: nodes,
  }),

  poolBulk: (status: 400 | 500): Refusal =>
    status === 400
      ? { status, body: ['Invalid id: not a UUID'], kind: 'unexpected-refusal', message: 'Invalid id: not a UUID', tenantMessage: '' }
      : clb(status, 'Unexpected Error', 'server-fault'),
  poolErrors: (errors: readonly string[], kind: 'pool-refused' | 'pool-not-ready'): Refusal => ({
    status: 409,
    body: { errors },
    kind,
    message: errors.join('; '),
    tenantMessage: errors.join('; '),
  }),

  /** The same in other words, or with another status, which nobody documents: a client knows it by its text, or not at all. */
  otherwise: (refusal: Refusal, status: number, message = refusal.message): Refusal => ({
    ...clb(status, message, status >= 500 ? 'server-fault' : message === refusal.message ? refusal.kind : 'unexpected-refusal'),
    tenantMessage: message === refusal.message ? refusal.tenantMessage : '',
  }),

  /** Of an account without services; what the service is called in the catalog is part of the sentence (spec/providers.md, section 11). */
  suspended: (service: Service): Refusal => {
    const name = inCatalogs[service] ?? 'cloudServersOpenStack';
    const sentence = `Could not locate service ${name} in the service catalog. Please check if your account is still active.`;
    return { ...of(service, 403, 'forbidden', 'The account is suspended.', 'no-such-service'), tenantMessage: sentence };
  },

  noSuchPool: (id: string) => clb(404, `Load Balancer Pool ${id.toUpperCase()} does not exist`, 'pool-refused'),
  noSuchPoolNode: (id: string) => clb(404, `Load Balancer Pool Node ${id} does not exist`, 'pool-refused'),
  poolNodeBusy: (id: string) => clb(409, `Load Balancer Pool Node ${id} is not in an ACTIVE state`, 'pool-not-ready'),
  noSuchCloudNetwork: (id: string) => clb(404, `Cloud Network ${id} does not exist`, 'unexpected-refusal'),
  /** RackConnect says it as a bare JSON text. */
  badPoolRequest: (message: string): Refusal => ({
    status: 400,
    body: message,
    kind: 'unexpected-refusal',
    message,
    tenantMessage: '',
  }),
  badEvent: (message: string) => nova(400, 'badRequest', message, 'unexpected-refusal'),
  eventExists: (id: string) => nova(409, 'conflictingRequest', `An event with id ${id} exists already.`, 'conflict'),

  /** One that a tester asked for; of type `string` it is plain text. */
  asked: (status: number, type: string, message: string): Refusal => ({
    ...nova(status, type, message, kindOf(status, message), ''),
    ...(type === 'string' ? { text: message } : {}),
  }),

  /** No connection could be made: nobody was asked anything. */
  unreachable: (message = 'connection refused'): Refusal => ({ status: 0, body: {}, kind: 'unreachable', message, tenantMessage: '' }),
  /** The limiter in front of a service (Repose). */
  /** As Repose says it, with when to come back in the body too. */
  rateLimited: (retryAfter: DurationMs, now: EpochMs): Refusal => ({
    status: 413,
    body: {
      overLimit: { message: 'OverLimit Retry...', code: 413, details: 'Error Details...', retryAfter: isoOf(later(now, retryAfter)) },
    },
    kind: 'rate-limited',
    message: 'OverLimit Retry...',
    tenantMessage: '',
    retryAfter,
  }),
  /** A service that fails; whether anything was done nobody can tell. */
  fault: (service: Service, status: number, retryAfter?: DurationMs): Refusal => {
    const message = serverFaults[status] ?? 'Internal Server Error';
    const refusal =
      service === 'clb' || service === 'rcv3'
        ? clb(status, message, 'server-fault')
        : nova(status, 'computeFault', message, 'server-fault');
    return retryAfter === undefined ? refusal : { ...refusal, retryAfter };
  },
};

/** What an autoscaler makes of such an answer to a create (spec/providers.md, section 3.2). */
function kindOf(status: number, message: string): CloudErrorKind {
  if (status >= 500) return 'server-fault';
  if (status === 400) return 'bad-server-request';
  if (status === 401) return 'unauthorized';
  if (status === 413) return 'rate-limited';
  return status === 403 && message.startsWith('Quota exceeded') ? 'over-quota' : 'unexpected-refusal';
}

const serverFaults: Readonly<Record<number, string>> = {
  500: 'The server has either erred or is incapable of performing the requested operation.',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

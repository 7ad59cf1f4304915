import { CloudError, isSoundError, readableError, reasonOf } from '../errors.ts';
import type { TenantId } from '../model/identifiers.ts';
import type { DurationMs } from '../model/time.ts';
import type { CallOptions, Clock, Cloud, WriteOptions } from '../ports.ts';
import { type AnswerCheck, answerChecks } from './cloud-answers.ts';
import { sendPermitted, type WritePermit } from './write-permit.ts';

/** Asked when the turn of a read has come: a read that nobody waits for any more is not sent. */
export type IsWanted = () => boolean;

type Bound<F> = F extends (tenantId: TenantId, ...rest: [...infer A, infer O extends CallOptions]) => infer R
  ? O extends WriteOptions
    ? (...args: [...A, permit: WritePermit]) => R
    : (...args: [...A, isWanted?: IsWanted]) => R
  : never;
/**
 * The Cloud port of one tenant. Every call waits for its turn, has a deadline from then on, and rejects with a CloudError whatever the
 * adapter does: `not-started` if its permit is over, or nobody wants its answer. A write rejects also as its permit does.
 */
export type TenantCloud = { readonly [K in Exclude<keyof Cloud, 'events$'>]: Bound<Cloud[K]> };

/** A service of the cloud and a verb: what budgets are counted by. */
export type CallKind = `${'nova' | 'clb' | 'rcv3'} ${'GET' | 'POST' | 'PUT' | 'DELETE'}`;
/** Stands between the engine and the cloud: lets calls through, or refuses them with a CloudError. */
export interface CallWrapper {
  run<T>(kind: CallKind, call: () => Promise<T>): Promise<T>;
}
const passThrough: CallWrapper = { run: (_kind, call) => call() };

/** How long a call may take, and a listing, which is many: each page of it is bounded by the adapter. */
export interface Deadlines {
  readonly call: DurationMs;
  readonly listing: DurationMs;
}

/**
 * Binds a cloud to a tenant. A call that is not answered within its deadline is aborted and rejects as `timeout`; an answer that is none
 * (`answerChecks`) is a `bad-answer`. A write whose permit must be renewed keeps its turn.
 */
export function bindCloud(cloud: Cloud, tenantId: TenantId, clock: Clock, deadlines: Deadlines, wrapper = passThrough): TenantCloud {
  const read = <T>(kind: CallKind, isWanted: IsWanted = always, request: Request<T>, check: AnswerCheck, deadline = deadlines.call) =>
    wrapper.run(kind, async (): Promise<T> => {
      if (!isWanted()) throw new CloudError('not-started', 'The read was not sent: nobody waits for it any more');
      return withDeadline(clock, deadline, request, check);
    });
  const list = <T>(kind: CallKind, isWanted: IsWanted | undefined, request: Request<T>, check: AnswerCheck): Promise<T> =>
    read(kind, isWanted, request, check, deadlines.listing);
  const write = <T>(kind: CallKind, permit: WritePermit, request: WriteRequest<T>, check: AnswerCheck = anyAnswer): Promise<T> =>
    wrapper.run(kind, () =>
      sendPermitted(permit, (mayStart) => {
        const options = { mayStart, ...(permit.passes && { passes: permit.passes }) };
        return withDeadline(clock, deadlines.call, ({ signal }) => request({ signal, ...options }), check);
      }),
    );
  return {
    listServers: (p) => list('nova GET', p, (o) => cloud.listServers(tenantId, o), answerChecks.listServers),
    getServer: (id, p) => read('nova GET', p, (o) => cloud.getServer(tenantId, id, o), answerChecks.getServer),
    getServers: (ids, p) => list('nova GET', p, (o) => cloud.getServers(tenantId, ids, o), answerChecks.getServers),
    findServers: (name, p) => read('nova GET', p, (o) => cloud.findServers(tenantId, name, o), answerChecks.findServers),
    serversAt: (address, p) => read('nova GET', p, (o) => cloud.serversAt(tenantId, address, o), answerChecks.serversAt),
    listLoadBalancers: (p) => list('clb GET', p, (o) => cloud.listLoadBalancers(tenantId, o), answerChecks.listLoadBalancers),
    getLoadBalancer: (id, p) => read('clb GET', p, (o) => cloud.getLoadBalancer(tenantId, id, o), answerChecks.getLoadBalancer),
    listPoolMembers: (p) => list('rcv3 GET', p, (o) => cloud.listPoolMembers(tenantId, o), answerChecks.listPoolMembers),
    getImage: (id, p) => read('nova GET', p, (o) => cloud.getImage(tenantId, id, o), answerChecks.getImage),
    hasFlavor: (id, p) => read('nova GET', p, (o) => cloud.hasFlavor(tenantId, id, o), answerChecks.hasFlavor),
    getLimits: (p) => read('nova GET', p, (o) => cloud.getLimits(tenantId, o), answerChecks.getLimits),
    createServer: (request, p) => write('nova POST', p, (o) => cloud.createServer(tenantId, request, o), answerChecks.createServer),
    deleteServer: (id, p) => write('nova DELETE', p, (o) => cloud.deleteServer(tenantId, id, o)),
    setServerMetadata: (id, key, value, p) => write('nova PUT', p, (o) => cloud.setServerMetadata(tenantId, id, key, value, o)),
    stripServerMetadata: (id, prefixes, p) => write('nova PUT', p, (o) => cloud.stripServerMetadata(tenantId, id, prefixes, o)),
    addNodes: (id, nodes, p) => write('clb POST', p, (o) => cloud.addNodes(tenantId, id, nodes, o)),
    changeNode: (id, nodeId, change, p) => write('clb PUT', p, (o) => cloud.changeNode(tenantId, id, nodeId, change, o)),
    removeNodes: (id, nodeIds, p) => write('clb DELETE', p, (o) => cloud.removeNodes(tenantId, id, nodeIds, o)),
    addPoolMembers: (members, p) => write('rcv3 POST', p, (o) => cloud.addPoolMembers(tenantId, members, o)),
    removePoolMembers: (members, p) => write('rcv3 DELETE', p, (o) => cloud.removePoolMembers(tenantId, members, o)),
  };
}

type Request<T> = (options: CallOptions) => Promise<T>;
type WriteRequest<T> = (options: WriteOptions) => Promise<T>;
const always: IsWanted = () => true;
const anyAnswer: AnswerCheck = () => undefined;

/** Runs one call, gives it up after `deadline` and turns whatever it rejects with, and an answer that is none, into a CloudError. */
function withDeadline<T>(clock: Clock, deadline: DurationMs, request: Request<T>, check: AnswerCheck): Promise<T> {
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const timer = clock.after(deadline).subscribe(() => {
      controller.abort();
      reject(new CloudError('timeout', `No answer from the cloud within ${deadline} ms`));
    });
    const asked = async (): Promise<T> => request({ signal: controller.signal }); // an adapter that throws rejects too
    asked().then(
      (answer) => {
        timer.unsubscribe();
        const wrong = wrongWith(answer, check);
        if (wrong === undefined) resolve(answer);
        else reject(new CloudError('bad-answer', `The cloud port gave an answer that is none: ${wrong}`));
      },
      (error: unknown) => {
        timer.unsubscribe();
        reject(asCloudError(error));
      },
    );
  });
}

function wrongWith(answer: unknown, check: AnswerCheck): string | undefined {
  try {
    return check(answer);
  } catch (error) {
    return `it cannot be read: ${reasonOf(error)}`;
  }
}

/** An adapter that rejects with anything else has a fault: nothing is known of the effect. Never throws. */
function asCloudError(error: unknown): CloudError {
  if (isSoundError(error) && error instanceof CloudError) return error;
  const reason = reasonOf(error);
  const message = reason === '' ? 'The cloud port rejected without a reason' : `The cloud adapter failed: ${reason}`;
  return new CloudError('bad-answer', message, { cause: readableError(error) });
}

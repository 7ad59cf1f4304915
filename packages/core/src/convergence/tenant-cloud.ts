import { CloudError } from '../errors.ts';
import type { TenantId } from '../model/identifiers.ts';
import type { DurationMs } from '../model/time.ts';
import type { CallOptions, Clock, Cloud } from '../ports.ts';

/** Asked when a call's turn has come, immediately before it is sent: may it still be? */
export type Permit = () => Promise<boolean>;
/** The call was not sent, for its permit said no. */
export class NotPermitted extends Error {
  override readonly name = 'NotPermitted';
}

type Bound<F> = F extends (tenantId: TenantId, ...rest: [...infer A, CallOptions]) => infer R
  ? (...args: [...A, permit?: Permit]) => R
  : never;
/**
 * The Cloud port of one tenant: every call has a deadline, counted from when its turn has come, and rejects with a CloudError, whatever
 * the adapter does; or with NotPermitted, or as its permit does.
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

/** Binds a cloud to a tenant. A call that is not answered within its deadline is aborted and rejects as `timeout`. */
export function bindCloud(cloud: Cloud, tenantId: TenantId, clock: Clock, deadlines: Deadlines, wrapper = passThrough): TenantCloud {
  const call = <T>(kind: CallKind, permit: Permit | undefined, request: (options: CallOptions) => Promise<T>, deadline = deadlines.call) =>
    wrapper.run(kind, async (): Promise<T> => {
      if (permit !== undefined && !(await permit())) throw new NotPermitted();
      return withDeadline(clock, deadline, request);
    });
  const list = <T>(kind: CallKind, permit: Permit | undefined, request: (options: CallOptions) => Promise<T>): Promise<T> =>
    call(kind, permit, request, deadlines.listing);
  return {
    listServers: (p) => list('nova GET', p, (o) => cloud.listServers(tenantId, o)),
    getServer: (id, p) => call('nova GET', p, (o) => cloud.getServer(tenantId, id, o)),
    findServers: (name, p) => call('nova GET', p, (o) => cloud.findServers(tenantId, name, o)),
    listLoadBalancers: (p) => list('clb GET', p, (o) => cloud.listLoadBalancers(tenantId, o)),
    getLoadBalancer: (id, p) => call('clb GET', p, (o) => cloud.getLoadBalancer(tenantId, id, o)),
    listPoolMembers: (p) => list('rcv3 GET', p, (o) => cloud.listPoolMembers(tenantId, o)),
    getImage: (id, p) => call('nova GET', p, (o) => cloud.getImage(tenantId, id, o)),
    hasFlavor: (id, p) => call('nova GET', p, (o) => cloud.hasFlavor(tenantId, id, o)),
    getLimits: (p) => call('nova GET', p, (o) => cloud.getLimits(tenantId, o)),
    createServer: (request, p) => call('nova POST', p, (o) => cloud.createServer(tenantId, request, o)),
    deleteServer: (id, p) => call('nova DELETE', p, (o) => cloud.deleteServer(tenantId, id, o)),
    setServerMetadata: (id, key, value, p) => call('nova PUT', p, (o) => cloud.setServerMetadata(tenantId, id, key, value, o)),
    stripServerMetadata: (id, prefixes, p) => call('nova PUT', p, (o) => cloud.stripServerMetadata(tenantId, id, prefixes, o)),
    addNodes: (id, nodes, p) => call('clb POST', p, (o) => cloud.addNodes(tenantId, id, nodes, o)),
    changeNode: (id, nodeId, change, p) => call('clb PUT', p, (o) => cloud.changeNode(tenantId, id, nodeId, change, o)),
    removeNodes: (id, nodeIds, p) => call('clb DELETE', p, (o) => cloud.removeNodes(tenantId, id, nodeIds, o)),
    addPoolMembers: (members, p) => call('rcv3 POST', p, (o) => cloud.addPoolMembers(tenantId, members, o)),
    removePoolMembers: (members, p) => call('rcv3 DELETE', p, (o) => cloud.removePoolMembers(tenantId, members, o)),
  };
}

/** Runs one call, gives it up after `deadline` and turns whatever it rejects with into a CloudError. */
function withDeadline<T>(clock: Clock, deadline: DurationMs, request: (options: CallOptions) => Promise<T>): Promise<T> {
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
        resolve(answer);
      },
      (error: unknown) => {
        timer.unsubscribe();
        reject(asCloudError(error));
      },
    );
  });
}

/** An adapter that rejects with anything else has a fault: nothing is known of the effect. */
const asCloudError = (error: unknown): CloudError =>
  error instanceof CloudError ? error : new CloudError('bad-answer', `The cloud adapter failed: ${String(error)}`, { cause: error });

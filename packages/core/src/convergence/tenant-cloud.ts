import { Subscription } from 'rxjs';
import { CloudError } from '../errors.ts';
import type { TenantId } from '../model/identifiers.ts';
import type { DurationMs } from '../model/time.ts';
import type { CallOptions, Clock, Cloud } from '../ports.ts';

type Bound<F> = F extends (tenantId: TenantId, ...rest: [...infer A, CallOptions]) => infer R ? (...args: A) => R : never;
/** The Cloud port of one tenant: every call has a deadline and rejects with a CloudError, whatever the adapter does. */
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
  const call = <T>(kind: CallKind, request: (options: CallOptions) => Promise<T>, deadline = deadlines.call): Promise<T> =>
    wrapper.run(kind, () => withDeadline(clock, deadline, request));
  const list = <T>(kind: CallKind, request: (options: CallOptions) => Promise<T>): Promise<T> => call(kind, request, deadlines.listing);
  return {
    listServers: () => list('nova GET', (o) => cloud.listServers(tenantId, o)),
    getServer: (id) => call('nova GET', (o) => cloud.getServer(tenantId, id, o)),
    findServers: (name) => call('nova GET', (o) => cloud.findServers(tenantId, name, o)),
    listLoadBalancers: () => list('clb GET', (o) => cloud.listLoadBalancers(tenantId, o)),
    getLoadBalancer: (id) => call('clb GET', (o) => cloud.getLoadBalancer(tenantId, id, o)),
    listPoolMembers: () => list('rcv3 GET', (o) => cloud.listPoolMembers(tenantId, o)),
    getImage: (id) => call('nova GET', (o) => cloud.getImage(tenantId, id, o)),
    hasFlavor: (id) => call('nova GET', (o) => cloud.hasFlavor(tenantId, id, o)),
    getLimits: () => call('nova GET', (o) => cloud.getLimits(tenantId, o)),
    createServer: (request) => call('nova POST', (o) => cloud.createServer(tenantId, request, o)),
    deleteServer: (id) => call('nova DELETE', (o) => cloud.deleteServer(tenantId, id, o)),
    setServerMetadata: (id, key, value) => call('nova PUT', (o) => cloud.setServerMetadata(tenantId, id, key, value, o)),
    stripServerMetadata: (id, prefixes) => call('nova PUT', (o) => cloud.stripServerMetadata(tenantId, id, prefixes, o)),
    addNodes: (loadBalancerId, nodes) => call('clb POST', (o) => cloud.addNodes(tenantId, loadBalancerId, nodes, o)),
    changeNode: (loadBalancerId, nodeId, change) => call('clb PUT', (o) => cloud.changeNode(tenantId, loadBalancerId, nodeId, change, o)),
    removeNodes: (loadBalancerId, nodeIds) => call('clb DELETE', (o) => cloud.removeNodes(tenantId, loadBalancerId, nodeIds, o)),
    addPoolMembers: (members) => call('rcv3 POST', (o) => cloud.addPoolMembers(tenantId, members, o)),
    removePoolMembers: (members) => call('rcv3 DELETE', (o) => cloud.removePoolMembers(tenantId, members, o)),
  };
}

/** Runs one call, gives it up after `deadline` and turns whatever it rejects with into a CloudError. */
function withDeadline<T>(clock: Clock, deadline: DurationMs, request: (options: CallOptions) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const timer = new Subscription();
    timer.add(
      clock.after(deadline).subscribe(() => {
        controller.abort();
        reject(new CloudError('timeout', `No answer from the cloud within ${deadline} ms`));
      }),
    );
    Promise.resolve()
      .then(() => request({ signal: controller.signal }))
      .then(resolve, (error: unknown) => reject(asCloudError(error)))
      .finally(() => timer.unsubscribe());
  });
}

/** An adapter that rejects with anything else has a fault: nothing is known of the effect. */
const asCloudError = (error: unknown): CloudError =>
  error instanceof CloudError ? error : new CloudError('bad-answer', `The cloud adapter failed: ${String(error)}`, { cause: error });

import { Subscription } from 'rxjs';
import { CloudError } from '../errors.ts';
import type { TenantId } from '../model/identifiers.ts';
import type { DurationMs } from '../model/time.ts';
import type { CallOptions, Clock, Cloud } from '../ports.ts';

type Bound<F> = F extends (tenantId: TenantId, ...rest: [...infer A, CallOptions]) => infer R ? (...args: A) => R : never;
/** The Cloud port of one tenant: every call has a deadline and rejects with a CloudError, whatever the adapter does. */
export type TenantCloud = { readonly [K in Exclude<keyof Cloud, 'events$'>]: Bound<Cloud[K]> };

/** Binds a cloud to a tenant. A call that is not answered within `deadline` is aborted and rejects as `timeout`. */
export function bindCloud(cloud: Cloud, tenantId: TenantId, clock: Clock, deadline: DurationMs): TenantCloud {
  const call = <T>(request: (options: CallOptions) => Promise<T>): Promise<T> => withDeadline(clock, deadline, request);
  return {
    listServers: () => call((options) => cloud.listServers(tenantId, options)),
    getServer: (id) => call((options) => cloud.getServer(tenantId, id, options)),
    listLoadBalancers: () => call((options) => cloud.listLoadBalancers(tenantId, options)),
    listPoolMembers: () => call((options) => cloud.listPoolMembers(tenantId, options)),
    getImage: (id) => call((options) => cloud.getImage(tenantId, id, options)),
    hasFlavor: (id) => call((options) => cloud.hasFlavor(tenantId, id, options)),
    getLimits: () => call((options) => cloud.getLimits(tenantId, options)),
    createServer: (request) => call((options) => cloud.createServer(tenantId, request, options)),
    deleteServer: (id) => call((options) => cloud.deleteServer(tenantId, id, options)),
    setServerMetadata: (id, key, value) => call((options) => cloud.setServerMetadata(tenantId, id, key, value, options)),
    stripServerMetadata: (id, prefixes) => call((options) => cloud.stripServerMetadata(tenantId, id, prefixes, options)),
    addNodes: (loadBalancerId, nodes) => call((options) => cloud.addNodes(tenantId, loadBalancerId, nodes, options)),
    changeNode: (loadBalancerId, nodeId, change) => call((options) => cloud.changeNode(tenantId, loadBalancerId, nodeId, change, options)),
    removeNodes: (loadBalancerId, nodeIds) => call((options) => cloud.removeNodes(tenantId, loadBalancerId, nodeIds, options)),
    addPoolMembers: (members) => call((options) => cloud.addPoolMembers(tenantId, members, options)),
    removePoolMembers: (members) => call((options) => cloud.removePoolMembers(tenantId, members, options)),
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

import type { OperationName } from '../world/calls.ts';
import type { Effect } from '../world/effects.ts';
import type { LoadBalancerRecord } from '../world/load-balancer-record.ts';
import type { LoadBalancers } from '../world/load-balancers.ts';
import type { FaultedCall } from './fault.ts';

/** Calls that write to one load balancer, and all that name one. */
export const clbWrites = [
  'node.add',
  'node.change',
  'node.remove',
  'load_balancer.update',
  'health_monitor.set',
  'health_monitor.delete',
] as const satisfies readonly OperationName[];
export const clbCalls = [
  'load_balancer.get',
  'health_monitor.get',
  'node.list',
  'node.get',
  'load_balancer.get_feed',
  ...clbWrites,
] as const satisfies readonly OperationName[];

/** Something is done to the load balancer that a call names; nothing when there is none. */
export function onLoadBalancer(call: FaultedCall, act: (all: LoadBalancers, record: LoadBalancerRecord) => void): Effect | undefined {
  const { loadBalancerId } = call.subject();
  if (loadBalancerId === undefined) return undefined;
  return {
    meddle: ({ loadBalancers }) => {
      const record = loadBalancers.find(loadBalancerId);
      if (record !== undefined) act(loadBalancers, record);
    },
  };
}

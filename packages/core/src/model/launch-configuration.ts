import type { LoadBalancerId, PoolId } from './identifiers.ts';
import { type JsonObject, nearestNumber, type RawNumber } from './json.ts';
import type { DesiredLoadBalancer } from './load-balancer.ts';

/** A Cloud Load Balancer: its type may be left out, and its integers may be of any size. */
interface LaunchCloudLoadBalancer {
  readonly loadBalancerId: number | RawNumber | string;
  readonly port: number | RawNumber;
  readonly type?: 'CloudLoadBalancer' | undefined;
}
/** An entry of `args.loadBalancers`, as sent: a Cloud Load Balancer or a RackConnect v3 pool. */
export type LaunchLoadBalancer = LaunchCloudLoadBalancer | { readonly loadBalancerId: string; readonly type: 'RackConnectV3' };

/** The template of a group's servers, kept exactly as the tenant sent it (spec/rest.md, section 8). */
export interface LaunchConfiguration {
  readonly type: 'launch_server';
  readonly args: {
    /** The Nova server to create; any further Nova attribute is passed on as it is. */
    readonly server: JsonObject;
    readonly loadBalancers?: readonly LaunchLoadBalancer[] | undefined;
    /** Seconds, 30..3600; absent = no draining. */
    readonly draining_timeout?: number | RawNumber | undefined;
  };
}

/** Where new servers of this launch configuration must be, each place once. */
export function desiredLoadBalancersOf(launch: LaunchConfiguration): readonly DesiredLoadBalancer[] {
  return (launch.args.loadBalancers ?? []).map((entry): DesiredLoadBalancer => {
    if (entry.type === 'RackConnectV3') return { kind: 'rcv3', poolId: entry.loadBalancerId.toLowerCase() as PoolId };
    return {
      kind: 'clb',
      loadBalancerId: textOf(entry.loadBalancerId) as LoadBalancerId,
      port: nearestNumber(entry.port),
      weight: 1,
      condition: 'ENABLED',
      type: 'PRIMARY',
    };
  });
}

const textOf = (id: number | RawNumber | string): string => (typeof id === 'object' ? id.rawJSON : String(id));

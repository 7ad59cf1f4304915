import type { EpochMs, JsonObject, LoadBalancerId, Node, NodeId, NodeRequest } from '@lutra/core';
import type { FeedEntries, LoadBalancerAbout } from './load-balancer-record.ts';

interface OfLoadBalancer {
  readonly loadBalancerId: LoadBalancerId;
}
/** A load balancer as a listing shows it. */
export interface LoadBalancerSummary {
  readonly id: LoadBalancerId;
  readonly status: string;
  readonly nodeCount: number;
  readonly about: LoadBalancerAbout;
  readonly updatedAt: EpochMs;
}
/** And by itself. */
export interface LoadBalancerDetail extends LoadBalancerSummary {
  readonly nodes: readonly Node[];
  readonly monitor: JsonObject;
}
/** What a tenant asks for. */
export interface LoadBalancerRequest {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly algorithm: string;
  readonly nodes: readonly NodeRequest[];
  readonly monitor: JsonObject | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** PUBLIC or SERVICENET. */
  readonly virtualIpType: string;
}

/** Calls of Cloud Load Balancers that the autoscaler itself does not make. */
export interface ClbCalls {
  'load_balancer.create': { params: { readonly request: LoadBalancerRequest }; value: LoadBalancerDetail };
  'load_balancer.update': {
    params: OfLoadBalancer & { readonly change: Partial<Pick<LoadBalancerAbout, 'name' | 'protocol' | 'port' | 'algorithm'>> };
    value: null;
  };
  /** `bulk`: asked for by a list of ids, which may be one. */
  'load_balancer.delete': { params: { readonly ids: readonly LoadBalancerId[]; readonly bulk: boolean }; value: null };
  /** Of one node, of all of them, or of everything; newest first. */
  'load_balancer.get_feed': { params: OfLoadBalancer & { readonly about: NodeId | 'nodes' | 'all' }; value: FeedEntries };
  'load_balancer.get_limits': { params: Record<never, never>; value: { readonly loadBalancers: number; readonly nodes: number } };
  'node.get': { params: OfLoadBalancer & { readonly nodeId: NodeId }; value: Node };
  'health_monitor.set': { params: OfLoadBalancer & { readonly monitor: JsonObject }; value: null };
  'health_monitor.delete': { params: OfLoadBalancer; value: null };
}

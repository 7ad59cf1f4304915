import { type NodeRequest, ownershipPrefixes } from '@lutra/core';
import type { LoadBalancerRecord, NodeRecord } from './load-balancer-record.ts';
import { withoutPrefixes } from './nova-operations.ts';
import { goodFate, type ServerRecord } from './server-record.ts';
import type { Tenant } from './tenant.ts';

/** What others do to a tenant's cloud behind the autoscaler's back: at once, without latency, faults or locks. */
export const outside = {
  /** `error`: the server goes to ERROR; `vanish`: it is gone without a trace. */
  killServer(tenant: Tenant, server: ServerRecord, how: 'error' | 'vanish'): void {
    if (how === 'error') tenant.compute.fail(server, 'outsider');
    else tenant.compute.vanish(server, 'outsider');
  },
  /** The server is nobody's from now on. */
  disownServer(tenant: Tenant, server: ServerRecord): void {
    tenant.compute.setMetadata(server, withoutPrefixes(server.metadata, ownershipPrefixes), 'outsider');
  },
  /** A server of the tenant's own, of no group. */
  createServer(tenant: Tenant, name: string): ServerRecord {
    return tenant.compute.create({ name, imageRef: '', flavorRef: 'performance1-1', metadata: {} }, goodFate, 'outsider');
  },
  addNode(tenant: Tenant, loadBalancer: LoadBalancerRecord, node: NodeRequest): void {
    tenant.loadBalancers.addNodes(loadBalancer, [node], 'outsider');
  },
  removeNode(tenant: Tenant, loadBalancer: LoadBalancerRecord, node: NodeRecord): void {
    tenant.loadBalancers.removeNodes(loadBalancer, [node], 'outsider');
  },
  deleteLoadBalancer(tenant: Tenant, loadBalancer: LoadBalancerRecord): void {
    tenant.loadBalancers.delete(loadBalancer, 'outsider');
  },
} as const;

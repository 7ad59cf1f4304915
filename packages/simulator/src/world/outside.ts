import { type DurationMs, type NodeChange, type NodeRequest, ownershipPrefixes } from '@lutra/core';
import {
  type LoadBalancerRecord,
  type LoadBalancerSettings,
  type LoadBalancerStatus,
  type NodeRecord,
  placeKey,
  placesOf,
} from './load-balancer-record.ts';
import type { Quota } from './quota.ts';
import { withoutPrefixes } from './server-metadata.ts';
import { goodFate, type ServerRecord } from './server-record.ts';
import type { Tenant } from './tenant.ts';

/**
 * How a server dies. `error`: it goes to ERROR; `shutoff`: to SHUTOFF; `delete`: somebody deletes it, which takes its time;
 * `vanish`: it is gone without a trace.
 */
export const deaths = ['error', 'shutoff', 'delete', 'vanish'] as const;
export type Death = (typeof deaths)[number];

/** What others do to a tenant's cloud behind the autoscaler's back: at once, without latency, faults or locks. */
export const outside = {
  killServer(tenant: Tenant, server: ServerRecord, how: Death): void {
    if (how === 'vanish') tenant.compute.vanish(server, 'outsider');
    else if (how === 'delete') tenant.compute.delete(server, 'outsider');
    else tenant.compute.fail(server, 'outsider', how === 'error' ? 'ERROR' : 'SHUTOFF');
  },
  /** The server is nobody's from now on. */
  disownServer(tenant: Tenant, server: ServerRecord): void {
    outside.stripMetadata(tenant, server, ownershipPrefixes);
  },
  /** The items whose keys start so are gone. */
  stripMetadata(tenant: Tenant, server: ServerRecord, prefixes: readonly string[]): void {
    tenant.compute.setMetadata(server, withoutPrefixes(server.metadata, prefixes), 'outsider');
  },
  /** A server of the tenant's own, of no group. `sameAddress`: with the address that was given back last. */
  createServer(tenant: Tenant, name: string, sameAddress = false): ServerRecord {
    const fate = sameAddress ? { ...goodFate, reusesAddress: true } : goodFate;
    return tenant.compute.create({ name, imageRef: '', flavorRef: 'performance1-1', metadata: {} }, fate, 'outsider');
  },
  /** Any status, known or not. */
  setServerStatus(tenant: Tenant, server: ServerRecord, status: string): void {
    tenant.compute.setStatus(server, status, 'outsider');
  },
  /** Another name, another flavor. */
  editServer(tenant: Tenant, server: ServerRecord, edit: { readonly name?: string; readonly flavor?: string }): void {
    tenant.compute.edit(server, edit, 'outsider');
  },
  /** Another address on ServiceNet; the one that it had is free. Nothing where it has none. */
  readdressServer(tenant: Tenant, server: ServerRecord): void {
    tenant.compute.readdress(server, 'outsider');
  },
  /** Takes a node off one load balancer and puts it, as it is, on another; not where there is one already. */
  moveNode(tenant: Tenant, from: LoadBalancerRecord, to: LoadBalancerRecord, node: NodeRecord): void {
    tenant.loadBalancers.removeNodes(from, [node], 'outsider');
    if (!placesOf(to).has(placeKey(node))) tenant.loadBalancers.addNodes(to, [node], 'outsider');
  },
  /** Another condition, weight or type. */
  changeNode(tenant: Tenant, loadBalancer: LoadBalancerRecord, node: NodeRecord, change: Partial<NodeChange>): void {
    const { condition, weight, type } = { ...node, ...change };
    tenant.loadBalancers.changeNode(loadBalancer, node, { condition, weight, type }, 'outsider');
  },
  addNode(tenant: Tenant, loadBalancer: LoadBalancerRecord, node: NodeRequest): void {
    tenant.loadBalancers.addNodes(loadBalancer, [node], 'outsider');
  },
  removeNode(tenant: Tenant, loadBalancer: LoadBalancerRecord, node: NodeRecord): void {
    tenant.loadBalancers.removeNodes(loadBalancer, [node], 'outsider');
  },
  /** Deleted at once, or PENDING_DELETE for so long first. */
  deleteLoadBalancer(tenant: Tenant, loadBalancer: LoadBalancerRecord, pendingFor?: DurationMs): void {
    tenant.loadBalancers.delete(loadBalancer, 'outsider', pendingFor);
  },
  /** A load balancer is in a status, ERROR for example, for so long. */
  forceLoadBalancer(tenant: Tenant, loadBalancer: LoadBalancerRecord, status: LoadBalancerStatus, span: DurationMs): void {
    tenant.loadBalancers.force(loadBalancer, status, span);
  },
  /** Turns a health monitor on or off, raises or lowers the node limit. */
  setLoadBalancer(tenant: Tenant, loadBalancer: LoadBalancerRecord, settings: Partial<LoadBalancerSettings>): void {
    tenant.loadBalancers.set(loadBalancer, settings);
  },
  /** The provider changes what the account may take. */
  setQuota(tenant: Tenant, quota: Quota): void {
    tenant.compute.quota = { ...tenant.compute.quota, ...quota };
  },
} as const;

/** Who owns groups and servers: an opaque path segment, never checked for form. */
export type TenantId = string & { readonly __id: 'TenantId' };
/** Lower-case UUID, made by us. */
export type GroupId = string & { readonly __id: 'GroupId' };
/** Lower-case UUID, made by us. */
export type PolicyId = string & { readonly __id: 'PolicyId' };
/** Lower-case UUID, made by us. */
export type WebhookId = string & { readonly __id: 'WebhookId' };
/** The secret part of a capability URL: 64 lower-case hexadecimal digits (spec: 32 random bytes). */
export type CapabilityHash = string & { readonly __id: 'CapabilityHash' };
/** A Nova server id. */
export type ServerId = string & { readonly __id: 'ServerId' };
/** A Cloud Load Balancer id; an integer on the wire, compared as text everywhere. */
export type LoadBalancerId = string & { readonly __id: 'LoadBalancerId' };
/** A node id, unique within its load balancer only. */
export type NodeId = string & { readonly __id: 'NodeId' };
/** A RackConnect v3 pool id: a lower-case UUID (the cloud echoes upper case; parsers lower it). */
export type PoolId = string & { readonly __id: 'PoolId' };
/** Travels with a server we create, so that a create whose answer was lost is recognised later. */
export type CreateToken = string & { readonly __id: 'CreateToken' };

/** Compares ids in code unit order: the one total order for ids, independent of any locale. */
export const byId = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

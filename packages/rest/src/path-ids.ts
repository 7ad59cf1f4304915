import {
  type CapabilityHash,
  type GroupId,
  type GroupRef,
  hasAtMost,
  LutraError,
  type PolicyId,
  type PolicyRef,
  type ServerId,
  type TenantId,
  type WebhookId,
  type WebhookRef,
} from '@lutra/core';
import type { Request } from 'express';

/** Ids in a path are opaque: whatever stands there, at worst nothing has that id. */
const segment = (req: Request, name: string): string => {
  const value = req.params[name];
  if (typeof value !== 'string') throw new Error(`the route has no segment :${name}`);
  return value;
};

/** Characters of a tenant's id: it is in every link of an answer, and kept with every group. */
const longestTenantId = 256;
export function tenantOf(req: Request): TenantId {
  const id = segment(req, 'tenantId');
  if (hasAtMost(id, longestTenantId)) return id as TenantId;
  throw new LutraError('path-not-found', `There is nothing at this path: the id of a tenant has at most ${longestTenantId} characters.`);
}
export const groupOf = (req: Request): GroupRef => ({ tenantId: tenantOf(req), groupId: segment(req, 'groupId') as GroupId });
export const policyOf = (req: Request): PolicyRef => ({ ...groupOf(req), policyId: segment(req, 'policyId') as PolicyId });
export const webhookOf = (req: Request): WebhookRef => ({ ...policyOf(req), webhookId: segment(req, 'webhookId') as WebhookId });
export const serverOf = (req: Request): ServerId => segment(req, 'serverId') as ServerId;
export const capabilityOf = (req: Request): CapabilityHash => segment(req, 'hash') as CapabilityHash;

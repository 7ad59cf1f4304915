import type { CapabilityHash, GroupId, GroupRef, PolicyId, PolicyRef, ServerId, TenantId, WebhookId, WebhookRef } from '@lutra/core';
import type { Request } from 'express';

/** Ids in a path are opaque: whatever stands there, at worst nothing has that id. */
const segment = (req: Request, name: string): string => {
  const value = req.params[name];
  if (typeof value !== 'string') throw new Error(`the route has no segment :${name}`);
  return value;
};

export const tenantOf = (req: Request): TenantId => segment(req, 'tenantId') as TenantId;
export const groupOf = (req: Request): GroupRef => ({ tenantId: tenantOf(req), groupId: segment(req, 'groupId') as GroupId });
export const policyOf = (req: Request): PolicyRef => ({ ...groupOf(req), policyId: segment(req, 'policyId') as PolicyId });
export const webhookOf = (req: Request): WebhookRef => ({ ...policyOf(req), webhookId: segment(req, 'webhookId') as WebhookId });
export const serverOf = (req: Request): ServerId => segment(req, 'serverId') as ServerId;
export const capabilityOf = (req: Request): CapabilityHash => segment(req, 'hash') as CapabilityHash;

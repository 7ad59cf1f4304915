import type { TenantId } from '@lutra/core';
import { segment } from '../world/json-values.ts';
import type { CatalogEntry, ServiceName } from './token.ts';

const services: readonly { readonly name: ServiceName; readonly type: string; readonly at: CatalogEntry['at']; readonly prefix: string }[] =
  [
    { name: 'cloudServersOpenStack', type: 'compute', at: 'cloud', prefix: '/v2' },
    { name: 'cloudLoadBalancers', type: 'rax:load-balancer', at: 'cloud', prefix: '/v1.0' },
    { name: 'rackconnect', type: 'rax:rackconnect', at: 'cloud', prefix: '/v3' },
    { name: 'autoscale', type: 'rax:autoscale', at: 'autoscale', prefix: '/v1.0' },
    { name: 'cloudImages', type: 'image', at: 'cloud', prefix: '/image/v2' },
    { name: 'cloudFeeds', type: 'rax:feeds', at: 'cloud', prefix: '/feeds' },
    // The control planes of testers, who look for them here.
    { name: 'cloudServersBehavior', type: 'control:compute', at: 'cloud', prefix: '/v2' },
    { name: 'cloudLoadBalancerControl', type: 'control:load-balancer', at: 'cloud', prefix: '/v2' },
  ];

/** A tenant's catalog, always in the same order (spec/providers.md, section 2). */
export const catalogOf = (tenantId: TenantId, region: string, has: (name: ServiceName) => boolean): readonly CatalogEntry[] =>
  services
    .filter(({ name }) => has(name))
    .map(({ name, type, at, prefix }) => ({ name, type, region, tenantId, at, path: `${prefix}/${segment(tenantId)}` }));

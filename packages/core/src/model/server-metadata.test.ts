import { describe, expect, it } from 'vitest';
import type { CreateToken, GroupId, LoadBalancerId, PoolId } from './identifiers.ts';
import type { DesiredLoadBalancer } from './load-balancer.ts';
import { readServerMetadata, writeServerMetadata } from './server-metadata.ts';

const at = (id: string, port: number): DesiredLoadBalancer => ({
  kind: 'clb',
  loadBalancerId: id as LoadBalancerId,
  port,
  weight: 1,
  condition: 'ENABLED',
  type: 'PRIMARY',
});
const places: readonly DesiredLoadBalancer[] = [at('1', 80), at('1', 443), at('2', 80), { kind: 'rcv3', poolId: 'p' as PoolId }];
const written = writeServerMetadata('g' as GroupId, 'token' as CreateToken, places);

describe('readServerMetadata', () => {
  it('reads what was written of a server', () => {
    expect(readServerMetadata(written)).toEqual({ groupId: 'g', createToken: 'token', marked: false, desiredLoadBalancers: places });
  });

  it('gives the same places in the same order, however the cloud orders the items', () => {
    const reversed = Object.fromEntries(Object.entries(written).reverse());
    expect(readServerMetadata(reversed).desiredLoadBalancers).toEqual(places);
  });
});

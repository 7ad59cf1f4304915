import { describe, expect, it } from 'vitest';
import { desiredLoadBalancersOf, type LaunchLoadBalancer } from './launch-configuration.ts';

const placesOf = (...loadBalancers: LaunchLoadBalancer[]) =>
  desiredLoadBalancersOf({ type: 'launch_server', args: { server: {}, loadBalancers } });

describe('desiredLoadBalancersOf', () => {
  it('names a load balancer by the text of its id, whatever its size and form', () => {
    const ids = [1, '8315', 9_007_199_254_740_992, { rawJSON: '99999999999999999999999' }];
    expect(placesOf(...ids.map((loadBalancerId) => ({ loadBalancerId, port: 80 })))).toMatchObject(
      ['1', '8315', '9007199254740992', '99999999999999999999999'].map((loadBalancerId) => ({ kind: 'clb', loadBalancerId, port: 80 })),
    );
  });
  it('takes for a port beyond all numbers the nearest one', () => {
    expect(placesOf({ loadBalancerId: 1, port: { rawJSON: '99999999999999999999999' } })).toMatchObject([{ port: 1e23 }]);
  });
  it('knows a RackConnect v3 pool in lower case', () => {
    expect(placesOf({ loadBalancerId: 'ABC-1', type: 'RackConnectV3' })).toEqual([{ kind: 'rcv3', poolId: 'abc-1' }]);
  });
});

/**
 * The example of the Autoscale documents: two to ten servers behind load balancer 237935, and a policy that adds one. Its tenant, load
 * balancer, image and flavor exist in the simulated cloud.
 */
export const exampleTenant = '829409';
export const exampleGroup = {
  launchConfiguration: {
    args: {
      loadBalancers: [{ port: 80, loadBalancerId: 237935 }],
      server: {
        name: 'autoscale_server',
        imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8',
        flavorRef: 'performance1-2',
        'OS-DCF:diskConfig': 'AUTO',
        networks: [{ uuid: '11111111-1111-1111-1111-111111111111' }, { uuid: '00000000-0000-0000-0000-000000000000' }],
      },
    },
    type: 'launch_server',
  },
  groupConfiguration: { maxEntities: 10, cooldown: 360, name: 'testscalinggroup', minEntities: 2 },
  scalingPolicies: [{ cooldown: 0, name: 'scale up by 1', change: 1, type: 'webhook' }],
} as const;

import { createAutoscaler, type TenantId } from '@lutra/core';
import { nodeClock, nodeRandom } from '@lutra/core/node';
import { createSimulatedCloud } from '@lutra/simulator';
import { filter, firstValueFrom } from 'rxjs';

const [clock, random] = [nodeClock(), nodeRandom()];
const cloud = createSimulatedCloud({ clock, random }); // or your own: an object with the methods of the Cloud port
const autoscaler = createAutoscaler({ cloud, clock, random });
autoscaler.start();

const group = await autoscaler.createGroup({
  tenantId: '829409' as TenantId,
  groupConfiguration: { name: 'web', cooldown: 60, minEntities: 2, maxEntities: 10, metadata: {} },
  launchConfiguration: {
    type: 'launch_server',
    args: {
      server: { name: 'web', imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8', flavorRef: 'performance1-2' },
      loadBalancers: [{ loadBalancerId: 237935, port: 80 }],
    },
  },
  scalingPolicies: [{ name: 'one more', type: 'webhook', cooldown: 0, change: 1 }],
});
const converged = autoscaler.events$.pipe(filter((event) => event.kind === 'pass-ended' && event.outcome === 'converged'));
console.log(`group ${group.id}:`, await firstValueFrom(converged));
await autoscaler.stop();

import { z } from 'zod';
import { defineFault } from './fault.ts';
import { clbCalls, onLoadBalancer } from './on-load-balancer.ts';

/** A health monitor is turned on or off right before the call arrives. */
export const monitorToggle = defineFault({
  name: 'monitor.toggle',
  group: 'balancers',
  phase: 'before_validate',
  ops: clbCalls,
  params: z.strictObject({ on: z.boolean().default(true).describe('whether it is on from now on') }),
  does: 'The user turns the health monitor on or off right before the call arrives.',
  imitates: 'a user who adds a health monitor in the middle of a pass',
  reaction: 'adds nodes in DRAINING where there is one, and enables them once they are ONLINE; leaves those alone that are in service',
  apply: ({ params: { on }, call }) => onLoadBalancer(call, (all, record) => all.set(record, { healthMonitor: on })),
});

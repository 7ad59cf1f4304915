import type { LoadBalancerId } from '@lutra/core';
import { z } from 'zod';
import { refusals } from '../world/refusal.ts';
import { defineFault } from './fault.ts';
import { clbWrites } from './on-load-balancer.ts';

/** The words for a status that takes no writes vary. */
export const clbImmutableText = defineFault({
  name: 'clb.immutable_text',
  group: 'balancers',
  phase: 'during_body',
  ops: clbWrites,
  params: z.strictObject({
    variant: z
      .enum(['not_active', 'not_active_spaced', 'quoted'])
      .default('not_active')
      .describe('"LoadBalancer is not ACTIVE", "Load Balancer is not ACTIVE", or with the status in quotes'),
  }),
  does: 'A load balancer that takes no writes says so in this form, whatever the operation.',
  imitates: 'drift of messages',
  reaction: 'waits, whichever words it reads',
  apply: ({ params: { variant }, call }) => {
    const { refusal } = call;
    if (refusal?.kind !== 'load-balancer-immutable') return undefined;
    const id = call.subject().loadBalancerId ?? ('' as LoadBalancerId);
    const status = call.states().ofLoadBalancer(id) ?? 'PENDING_UPDATE';
    return { restate: () => (variant === 'quoted' ? refusals.immutable(id, status) : refusals.notActive(variant === 'not_active_spaced')) };
  },
});

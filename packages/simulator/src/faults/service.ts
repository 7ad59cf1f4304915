import type { OperationName } from '../world/calls.ts';

/** Which service of the cloud a call is for. */
export function serviceOf(op: OperationName): 'nova' | 'clb' | 'rcv3' {
  if (op.startsWith('pool_member.')) return 'rcv3';
  return op.startsWith('node.') || op.startsWith('load_balancer.') || op.startsWith('health_monitor.') ? 'clb' : 'nova';
}

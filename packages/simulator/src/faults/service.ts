import type { OperationName } from '../world/calls.ts';
import { serviceOf as whose } from '../world/operation-names.ts';

/** Whose form the errors of a call have: those that are neither of CLB nor of RackConnect write them as Nova does. */
export function serviceOf(op: OperationName): 'nova' | 'clb' | 'rcv3' {
  const service = whose(op);
  return service === 'clb' || service === 'rcv3' ? service : 'nova';
}

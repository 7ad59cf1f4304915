import type { OperationName } from '../world/calls.ts';
import { operationNames, serviceOf } from '../world/operation-names.ts';

/** Calls that give out a token. */
export const issuing = ['token.create', 'token.impersonate'] as const satisfies readonly OperationName[];
/** Calls of the services that ask for one. */
export const serviceCalls: readonly OperationName[] = operationNames.filter((op) => serviceOf(op) !== 'identity');

import type { PoolMember } from '@lutra/core';
import { type Refusal, refusals } from './refusal.ts';

/** Texts of RackConnect v3 (spec/providers.md, section 5); `unknown`: one that nobody knows. Pool ids are in upper case, as there. */
const texts = {
  already_member: (server: string, pool: string) => `Cloud Server ${server} is already a member of Load Balancer Pool ${pool}`,
  not_member: (server: string, pool: string) => `Cloud Server ${server} is not a member of Load Balancer Pool ${pool}`,
  pool_inactive: (_server: string, pool: string) => `Load Balancer Pool ${pool} is not in an ACTIVE state`,
  no_pool: (_server: string, pool: string) => `Load Balancer Pool ${pool} does not exist`,
  unprocessable: (server: string) => `Cloud Server ${server} is unprocessable`,
  no_server: (server: string) => `Cloud Server ${server} does not exist`,
  unknown: () => 'Something unexpected is wrong with this request',
} as const;
export type PoolErrorKind = keyof typeof texts;
export const poolErrorKinds = Object.keys(texts) as [PoolErrorKind, ...PoolErrorKind[]];

/** Nothing can help before somebody changes something. */
const hard: readonly PoolErrorKind[] = ['pool_inactive', 'no_pool'];
/** The pair is as it was to be. */
const settled: readonly PoolErrorKind[] = ['already_member', 'not_member'];

export interface PoolError {
  readonly kind: PoolErrorKind;
  readonly member: PoolMember | undefined;
}
const textOf = ({ kind, member }: PoolError): string => texts[kind](member?.serverId ?? '', (member?.poolId ?? '').toUpperCase());

/** A bulk call that is refused with these errors, all or nothing. */
export function poolErrors(errors: readonly PoolError[]): Refusal {
  const refusal = refusals.poolErrors(
    errors.map(textOf),
    errors.some(({ kind }) => hard.includes(kind)) ? 'pool-refused' : 'pool-not-ready',
  );
  return {
    ...refusal,
    settledMembers: errors.flatMap(({ kind, member }) => (settled.includes(kind) && member !== undefined ? [member] : [])),
  };
}

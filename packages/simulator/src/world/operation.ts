import type { EpochMs, JsonValue, Random } from '@lutra/core';
import type { CallSubject } from '../faults/fault.ts';
import type { OperationName, ParamsOf, ValueOf } from './calls.ts';
import type { Effects, Limits } from './effects.ts';
import type { Refusal } from './refusal.ts';
import type { Tenant } from './tenant.ts';

/** What a commit may need besides the tenant. */
export interface CommitContext {
  readonly now: EpochMs;
  /** What the faults decided for this call. */
  readonly effects: Effects;
  readonly random: Random;
  readonly computeUrl: string;
}

/** One call of the cloud, in its parts. Between them `World.call` asks the faults. */
export interface Operation<N extends OperationName> {
  /** What the call is about: with the tenant and the name of the call, the key of every random choice about it. */
  readonly key: (params: ParamsOf<N>) => string;
  /** What it is about in full, for faults that select by it. */
  readonly subject?: (tenant: Tenant, params: ParamsOf<N>) => CallSubject;
  /** Why the cloud refuses; undefined when it does not. Changes nothing. */
  readonly validate: (tenant: Tenant, params: ParamsOf<N>, limits: Limits) => Refusal | undefined;
  /** Does what was found valid, at once, and answers with a snapshot. */
  readonly commit: (tenant: Tenant, params: ParamsOf<N>, context: CommitContext) => ValueOf<N>;
  /** What a trace tells of the parameters and of the answer, besides the key. */
  readonly tellParams?: (params: ParamsOf<N>) => JsonValue;
  readonly tellValue?: (value: ValueOf<N>) => JsonValue;
}

/** The operations with these names. */
export type Operations<N extends OperationName = OperationName> = { readonly [K in N]: Operation<K> };

import type { EpochMs, LoadBalancerId, NodeId, PoolId, Random, ServerId, TenantId } from '@lutra/core';
import type { z } from 'zod';
import type { CallerMarks, OperationName, ParamsOf } from '../world/calls.ts';
import type { Effect } from '../world/effects.ts';
import type { Refusal } from '../world/refusal.ts';

/**
 * When in a call a fault is asked: as it is sent; before anything; between validating and doing; when all is done and only the answer is
 * missing; or when the answer, a refusal too, is on its way.
 */
export const faultPhases = ['on_send', 'before_validate', 'before_commit', 'after_commit', 'during_body'] as const;
/** When in a call a fault is asked. */
export type FaultPhase = (typeof faultPhases)[number];

/** What faults have in common, in the order of the generated page. */
export const faultGroups = {
  transport: 'Transport',
  identity: 'Identity and tokens',
  limits: 'Limits and money',
  configuration: 'Nova: configuration errors',
  lifecycle: "Nova: a server's life",
  consistency: 'Nova: consistency',
  balancers: 'Cloud Load Balancers',
  pools: 'RackConnect v3',
  feeds: 'Cloud Feeds',
  actors: 'The world and its actors',
} as const;
export type FaultGroup = keyof typeof faultGroups;

/** What a call is about, for rules that match by more than the call. Absent where it is about no such thing, or about one that is not there. */
export interface CallSubject {
  /** Of a server. */
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly serverId?: ServerId;
  readonly loadBalancerId?: LoadBalancerId;
  readonly nodeIds?: readonly NodeId[];
  readonly poolIds?: readonly PoolId[];
}

/** How things are, for rules that hold only while something is so. undefined: there is no such thing. */
export interface States {
  readonly ofLoadBalancer: (id: LoadBalancerId) => string | undefined;
  readonly ofServer: (id: ServerId) => string | undefined;
  /** How many the tenant has. */
  readonly loadBalancers: () => number;
}

/** A call, as the rules see it. */
export interface CallAtHand {
  readonly tenantId: TenantId;
  readonly op: OperationName;
  /** What the call is about: an id, a name; empty for listings. */
  readonly key: string;
  /** How many calls with this tenant, op and key there were before. */
  readonly nth: number;
  /** What it is told; `paramsOf` reads it. */
  readonly params: unknown;
  /** undefined: in process nobody is asked. */
  readonly caller?: CallerMarks | undefined;
  /** What it is about in full: looked up only when a rule asks. */
  readonly subject: () => CallSubject;
  readonly states: () => States;
  /** What the service refuses it with; only while the answer is on its way. */
  readonly refusal?: Refusal | undefined;
}
/** A call that a rule met. `rule`: id and salt of it, for draws. */
export interface FaultedCall extends CallAtHand {
  readonly rule: string;
}

/** What a fault is asked with. */
export interface FaultContext<P> {
  readonly params: P;
  readonly call: FaultedCall;
  readonly now: EpochMs;
  readonly random: Random;
  /** Kept between the calls of one rule: what was counted so far, by whatever the fault counts. */
  readonly memory: Map<string, number>;
}

/**
 * One way in which the simulated cloud misbehaves: a rule of the world, so both of its faces (in process, HTTP) have it.
 * Which calls it meets is said by a `FaultRule`; whatever it chooses itself it draws statelessly, by the call.
 */
export interface Fault<P> {
  readonly name: string;
  readonly group: FaultGroup;
  /** The phase in which it is asked, and others that a rule may name instead. */
  readonly phase: FaultPhase;
  readonly otherPhases?: readonly FaultPhase[];
  /** The calls that it can meet; absent: any. */
  readonly ops?: readonly OperationName[];
  /** Checks and completes the parameters of a rule. Descriptions of fields show in the generated page. */
  readonly params: z.ZodType<P>;
  /** For the generated page: what happens, what of the world it imitates, and what a good client does. Sentences. */
  readonly does: string;
  readonly imitates: string;
  readonly reaction: string;
  /** undefined: it lets the call through after all. */
  apply(context: FaultContext<P>): Effect | undefined;
}

/** A fault whose parameters are as its schema says. */
export const defineFault = <S extends z.ZodType>(
  fault: Omit<Fault<z.output<S>>, 'params'> & { readonly params: S },
): Fault<z.output<S>> => ({ ...fault, params: fault.params as unknown as z.ZodType<z.output<S>> });

/** The parameters of a call of this kind; undefined when it is of another. */
export const paramsOf = <N extends OperationName>(
  { op, params }: Pick<CallAtHand, 'op' | 'params'>,
  ...names: readonly N[]
): ParamsOf<N> | undefined => ((names as readonly OperationName[]).includes(op) ? (params as ParamsOf<N>) : undefined);

/** Keys for a draw that only this rule and this call share. */
export const drawKeys = ({
  rule,
  tenantId,
  op,
  key,
  nth,
}: Pick<FaultedCall, 'rule' | 'tenantId' | 'op' | 'key' | 'nth'>): readonly (string | number)[] => [rule, tenantId, op, key, nth];

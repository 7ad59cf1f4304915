import type { JsonObject, PassRef, TenantId } from '@lutra/core';
import type { Answer, CallerMarks, OperationName, ParamsOf, ValueOf } from '../world/calls.ts';
import { objectOf } from '../world/json-values.ts';
import { serviceOf } from '../world/operation-names.ts';
import { type Refusal, refusals } from '../world/refusal.ts';
import type { Service } from '../world/service.ts';
import type { World } from '../world/world.ts';
import { type HttpAnswer, refused } from './answer.ts';
import type { Journal } from './journal.ts';
import type { TimeMover } from './moving-time.ts';
import type { TraceSoFar } from './trace-so-far.ts';

/** A request, read in full. */
export interface HttpRequest {
  readonly world: World;
  /** The variable parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** By lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** The body as it came. */
  readonly text: string;
  /** Scheme, host and port as the client calls us, or as we were told that we are called. */
  readonly origin: string;
  /** Scheme, host and port of the REST host, for catalogs. */
  readonly autoscaleUrl: string;
  /** Moves the clock, where callers may. */
  readonly time: TimeMover | undefined;
  readonly trace: TraceSoFar | undefined;
  /** The last calls, where they are kept. */
  readonly journal: Journal | undefined;
  readonly caller: CallerMarks;
  /** The passes that it is made for, where it did not come over a socket. For the trace. */
  readonly passes?: readonly PassRef[];
}
export type Handler = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>;
export interface Route {
  /** `GET /v2/:tenant/servers/:server` */
  readonly on: string;
  readonly answer: Handler;
  /** Bytes of a body, and levels that it nests, where other bounds hold than for all. */
  readonly longestBody?: number;
  readonly mostLevels?: number;
  /** Only who may steer the cloud may call it (steering.ts). */
  readonly steers?: true;
}

/** The tenant that the path names. */
export const tenantOf = ({ params }: HttpRequest): TenantId => param(params, 'tenant') as TenantId;

/** A variable part that the path of the route has. */
export function param(params: HttpRequest['params'], name: string): string {
  const value = params[name];
  if (value === undefined) throw new Error(`The path has no :${name}.`);
  return value;
}

/** Calls the world for the tenant of the path, and turns what comes back into HTTP: `done` says how an answer looks. */
export function ask<N extends OperationName>(
  request: HttpRequest,
  op: N,
  params: ParamsOf<N>,
  done: (value: ValueOf<N>) => HttpAnswer,
): Promise<HttpAnswer> {
  return askAs(request, tenantOf(request), op, params, done, refused);
}

/**
 * A request that nobody can read, refused with this. It goes the way of every call all the same: who may not make it is told that first,
 * and faults meet it.
 */
export const refuse = <N extends OperationName>(request: HttpRequest, op: N, params: ParamsOf<N>, unread: Refusal): Promise<HttpAnswer> =>
  askAs(request, tenantOf(request), op, params, neverDone, refused, unread);
export const neverDone = (): HttpAnswer => {
  throw new Error('What nobody can read was done.');
};

/** Calls the world for a tenant; `otherwise` says how a refusal looks. */
export async function askAs<N extends OperationName>(
  { world, caller, passes }: HttpRequest,
  tenantId: TenantId,
  op: N,
  params: ParamsOf<N>,
  done: (value: ValueOf<N>) => HttpAnswer,
  otherwise: typeof refused,
  unread?: Refusal,
): Promise<HttpAnswer> {
  const stranger = whyNoTenant(world, tenantId, serviceOf(op), caller.token);
  if (stranger !== undefined) return otherwise(stranger);
  const answer: Answer<ValueOf<N>> = await world.call(op, tenantId, params, caller, unread, passes);
  if (answer.kind === 'lost') return 'reset';
  const shown = answer.kind === 'done' ? done(answer.value) : otherwise(answer.refusal);
  return answer.wire === undefined || typeof shown === 'string' ? shown : { ...shown, wire: answer.wire };
}

/** Why a call cannot make a tenant by naming it. One that has no token for it could fill the memory with tenants that it invents. */
function whyNoTenant(world: World, tenantId: TenantId, service: Service, token: string | undefined): Refusal | undefined {
  if (world.knows(tenantId)) return undefined;
  const { identity } = world;
  const isTheirs = token !== undefined && identity.token(token)?.tenantId === tenantId;
  if (service !== 'identity' && identity.checks && !isTheirs) return refusals.noValidToken(service);
  return world.hasRoomFor(tenantId) ? undefined : refusals.noRoomForTenant(service);
}

/** The body as a JSON object; undefined when it is none. */
export function jsonIn({ text }: HttpRequest): JsonObject | undefined {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The body as a list; a body that is one thing is a list of it; undefined when it is not JSON. */
export function jsonOrListIn({ text }: HttpRequest): readonly unknown[] | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return Array.isArray(body) ? body : [body];
  } catch {
    return undefined;
  }
}

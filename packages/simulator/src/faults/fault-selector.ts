import type { EpochMs, JsonValue, LoadBalancerId, ServerId } from '@lutra/core';
import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import { ownOf, wordsOf } from '../world/json-values.ts';
import { operationNames, serviceOf } from '../world/operation-names.ts';
import { notPattern, type Pattern, patternOf } from '../world/pattern.ts';
import { serviceNames } from '../world/service.ts';
import type { CallAtHand, CallSubject, States } from './fault.ts';

/** A regular expression. */
export const patternSchema = z.string().transform((source, context): Pattern => {
  const pattern = patternOf(source);
  if (pattern !== undefined) return pattern;
  context.addIssue({ code: 'custom', message: notPattern(source) });
  return z.NEVER;
});
const id = z.union([z.string().min(1), z.int()]).transform(String);
const listed = <T extends z.ZodType>(one: T) => z.union([one.transform((value) => [value]), z.array(one).min(1)]);
const count = z.int().min(0);

/** Something is in one of these statuses: what the call is about, or the thing of this id. */
const status = z.union([
  listed(z.string().min(1)).transform((statuses) => ({ id: undefined, statuses })),
  z.strictObject({ id, status: listed(z.string().min(1)) }).transform((given) => ({ id: given.id, statuses: given.status })),
]);

/** Which calls a rule means. What is absent selects nothing out; all that is given must fit. */
export const selectorSchema = z.strictObject({
  service: listed(z.enum(serviceNames)).optional(),
  op: listed(z.enum(operationNames)).optional(),
  tenant: listed(id).optional(),
  /** The region of the cloud, as its catalog names it. */
  region: z.string().optional(),
  match: z
    .strictObject({
      /** Regular expressions: a server's name, and values of its metadata by key. */
      server_name: patternSchema.optional(),
      metadata: z.record(z.string(), patternSchema).optional(),
      server: id.optional(),
      load_balancer: id.optional(),
      node: id.optional(),
      pool: id.transform((pool) => pool.toLowerCase()).optional(),
    })
    .optional(),
  /** Regular expressions: the User-Agent of a caller over HTTP, and the token that he shows. */
  caller: z.strictObject({ agent: patternSchema.optional(), token: patternSchema.optional() }).optional(),
  while: z.strictObject({ load_balancer: status.optional(), server: status.optional() }).optional(),
  /** The window, from the start of the world: from <= time < until. */
  from: durationSchema.optional(),
  until: durationSchema.optional(),
  /** Of each tenant: matching calls that are let through first; then every how-manieth is met; at most so many. */
  skip: count.default(0),
  every: z.int().min(1).default(1),
  times: count.optional(),
  /** Probability of being met, by the call alone. */
  p: z.number().min(0).max(1).default(1),
});
export type Selector = z.output<typeof selectorSchema>;

/** Names of the calls that a selector can mean, among these. */
export function opsMeant<T extends (typeof operationNames)[number]>({ op, service }: Selector, among: readonly T[]): readonly T[] {
  return among.filter((name) => (op === undefined || op.includes(name)) && (service === undefined || service.includes(serviceOf(name))));
}

/** Whether a call is one that the selector means, but for op, service and tenant (by which rules are found) and the counts. */
export function selects({ from, until, match, caller, while: during }: Selector, call: CallAtHand, start: EpochMs, now: EpochMs): boolean {
  if (from !== undefined && now < start + from) return false;
  if (until !== undefined && now >= start + until) return false;
  if (caller !== undefined && !isBy(caller, call)) return false;
  if (match !== undefined && !isAbout(match, call.subject())) return false;
  return during === undefined || isSo(during, call.subject(), call.states());
}

function isBy({ agent, token }: NonNullable<Selector['caller']>, { caller }: CallAtHand): boolean {
  return (agent === undefined || agent.test(caller?.agent ?? '')) && (token === undefined || token.test(caller?.token ?? ''));
}

/** About something that has no name, metadata or id of that kind a call is not. */
function isAbout(match: NonNullable<Selector['match']>, subject: CallSubject): boolean {
  const { server_name: name, metadata, server, load_balancer: loadBalancer, node, pool } = match;
  if (name !== undefined && !(subject.name !== undefined && name.test(subject.name))) return false;
  if (server !== undefined && subject.serverId !== server) return false;
  if (loadBalancer !== undefined && subject.loadBalancerId !== loadBalancer) return false;
  if (node !== undefined && !(subject.nodeIds ?? []).some((one) => one === node)) return false;
  if (pool !== undefined && !(subject.poolIds ?? []).some((one) => one.toLowerCase() === pool)) return false;
  return Object.entries(metadata ?? {}).every(([key, value]) => {
    const item = ownOf(subject.metadata ?? {}, key);
    return item !== undefined && value.test(wordsOf(item as JsonValue));
  });
}

function isSo({ load_balancer: loadBalancer, server }: NonNullable<Selector['while']>, subject: CallSubject, states: States): boolean {
  const has = (state: string | undefined, statuses: readonly string[]): boolean => state !== undefined && statuses.includes(state);
  if (loadBalancer !== undefined) {
    const about = (loadBalancer.id ?? subject.loadBalancerId) as LoadBalancerId | undefined;
    if (about === undefined || !has(states.ofLoadBalancer(about), loadBalancer.statuses)) return false;
  }
  if (server === undefined) return true;
  const about = (server.id ?? subject.serverId) as ServerId | undefined;
  return about !== undefined && has(states.ofServer(about), server.statuses);
}

import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import type { OperationName } from '../world/calls.ts';
import { activeError } from './active-error.ts';
import { buildError } from './build-error.ts';
import type { Fault } from './fault.ts';
import { responseLost } from './response-lost.ts';

/** Every fault that a rule can name. Its parameters were checked by its own schema before it gets them. */
export const knownFaults: ReadonlyMap<string, Fault<unknown>> = new Map(
  [responseLost, buildError, activeError].map((fault) => [fault.name, fault as Fault<unknown>]),
);

/** Names that `when.op` can take. */
export const operationNames = [
  'server.list',
  'server.get',
  'server.create',
  'server.delete',
  'server.set_metadata',
  'server.strip_metadata',
  'image.get',
  'flavor.get',
  'limits.get',
  'load_balancer.list',
  'health_monitor.get',
  'node.list',
  'node.add',
  'node.change',
  'node.remove',
  'pool_member.list',
  'pool_member.add',
  'pool_member.remove',
] as const satisfies readonly OperationName[];

const count = z.int().min(0);
const when = z.strictObject({
  op: z.union([z.enum(operationNames), z.array(z.enum(operationNames)).min(1)]).optional(),
  tenant: z.string().optional(),
  /** The window, from the start of the world: from <= time < until. */
  from: durationSchema.optional(),
  until: durationSchema.optional(),
  /** Matching calls that are let through first. */
  skip: count.default(0),
  /** Then every how-manieth is met. */
  every: z.int().min(1).default(1),
  /** Probability of being met, by the call alone. */
  p: z.number().min(0).max(1).default(1),
  /** How many calls are met at most. */
  times: count.optional(),
});
const does = z.strictObject({ fault: z.string(), params: z.record(z.string(), z.unknown()).default({}) });

/** Which calls meet which fault: data, so that a scenario file, a test or (later) a control call can say it. */
export const faultRuleSchema = z.strictObject({ id: z.string().min(1), when: when.prefault({}), do: does }).transform((rule, context) => {
  const fault = knownFaults.get(rule.do.fault);
  if (fault === undefined) {
    const known = [...knownFaults.keys()].join(', ');
    context.addIssue({ code: 'custom', path: ['do', 'fault'], message: `no fault is called ${rule.do.fault}; there are ${known}` });
    return z.NEVER;
  }
  const params = fault.params.safeParse(rule.do.params);
  if (params.success) return { ...rule, do: { fault: rule.do.fault, params: params.data } };
  for (const { message, path } of params.error.issues) {
    context.addIssue({ code: 'custom', path: ['do', 'params', ...path], message });
  }
  return z.NEVER;
});

/** A rule with its defaults filled in. */
export type FaultRule = z.output<typeof faultRuleSchema>;

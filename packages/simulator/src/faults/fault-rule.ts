import { z } from 'zod';
import { durationSchema } from '../duration.ts';
import type { OperationName } from '../world/calls.ts';
import { operationNames } from '../world/operation-names.ts';
import { activeError } from './active-error.ts';
import { activeShutoff } from './active-shutoff.ts';
import { buildError } from './build-error.ts';
import { buildStuck } from './build-stuck.ts';
import { buildTime } from './build-time.ts';
import { clbNodeLimit } from './clb-node-limit.ts';
import { connectRefuse } from './connect-refuse.ts';
import { createFalseNegative } from './create-false-negative.ts';
import { deleteIgnored } from './delete-ignored.ts';
import { deleteSlow } from './delete-slow.ts';
import type { Fault } from './fault.ts';
import { healthNeverOnline } from './health-never-online.ts';
import { healthSlow } from './health-slow.ts';
import { http5xx } from './http-5xx.ts';
import { latency } from './latency.ts';
import { listEmpty } from './list-empty.ts';
import { listLag } from './list-lag.ts';
import { listOmit } from './list-omit.ts';
import { metadataLost } from './metadata-lost.ts';
import { quota } from './quota.ts';
import { ratelimit } from './ratelimit.ts';
import { responseLost } from './response-lost.ts';

/** Every fault that a rule can name. Its parameters were checked by its own schema before it gets them. */
export const knownFaults: ReadonlyMap<string, Fault<unknown>> = new Map(
  [
    responseLost,
    connectRefuse,
    latency,
    http5xx,
    ratelimit,
    createFalseNegative,
    quota,
    buildTime,
    buildError,
    buildStuck,
    activeError,
    activeShutoff,
    metadataLost,
    deleteSlow,
    deleteIgnored,
    listLag,
    listOmit,
    listEmpty,
    clbNodeLimit,
    healthSlow,
    healthNeverOnline,
  ].map((fault) => [fault.name, fault as Fault<unknown>]),
);

/** The calls that a rule with this selector can meet. */
export const opsOf = (fault: Fault<unknown>, op: OperationName | readonly OperationName[] | undefined): readonly OperationName[] =>
  op === undefined ? (fault.ops ?? operationNames) : typeof op === 'string' ? [op] : op;

const pattern = z.string().transform((source, context): RegExp => {
  try {
    return new RegExp(source, 'u');
  } catch {
    context.addIssue({ code: 'custom', message: `"${source}" is not a regular expression` });
    return z.NEVER;
  }
});
const count = z.int().min(0);
const when = z.strictObject({
  op: z.union([z.enum(operationNames), z.array(z.enum(operationNames)).min(1)]).optional(),
  tenant: z.union([z.string(), z.int()]).transform(String).optional(),
  /** What the call must be about; every one that is given must fit. */
  match: z
    .strictObject({
      /** Regular expressions: a server's name, and values of its metadata by key. */
      name: pattern.optional(),
      metadata: z.record(z.string(), pattern).optional(),
      loadBalancer: z
        .union([z.string().min(1), z.int()])
        .transform(String)
        .optional(),
    })
    .optional(),
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
  const complain = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
  const fault = knownFaults.get(rule.do.fault);
  if (fault === undefined) {
    complain(['do', 'fault'], `no fault is called ${rule.do.fault}; there are ${[...knownFaults.keys()].join(', ')}`);
    return z.NEVER;
  }
  const { ops } = fault;
  const never = ops && opsOf(fault, rule.when.op).find((op) => !ops.includes(op));
  if (never !== undefined) complain(['when', 'op'], `${fault.name} never meets ${never}; it meets ${ops?.join(', ')}`);
  const { from, until } = rule.when;
  if (from !== undefined && until !== undefined && until <= from) complain(['when', 'until'], 'is not after from');
  const params = fault.params.safeParse(rule.do.params);
  if (params.success) return { ...rule, do: { fault: rule.do.fault, params: params.data } };
  for (const { message, path } of params.error.issues) {
    context.addIssue({ code: 'custom', path: ['do', 'params', ...path], message });
  }
  return z.NEVER;
});

/** A rule with its defaults filled in. */
export type FaultRule = z.output<typeof faultRuleSchema>;

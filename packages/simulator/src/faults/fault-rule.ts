import { z } from 'zod';
import { inWords } from '../complaints.ts';
import { operationNames } from '../world/operation-names.ts';
import { type Fault, type FaultPhase, faultPhases } from './fault.ts';
import { opsMeant, type Selector, selectorSchema } from './fault-selector.ts';
import { knownFaults } from './known-faults.ts';

/** One fault of a rule; undefined instead of one: the call is let through. */
export interface RulePart {
  readonly fault: Fault<unknown>;
  readonly phase: FaultPhase;
  readonly params: unknown;
}
/** A rule with its defaults filled in. */
export interface FaultRule {
  readonly id: string;
  /** Another salt, other draws; what was given as `seed_salt`. */
  readonly salt: string;
  readonly when: Selector;
  /** Every part meets each call (`stack`; a single fault is a stack of one), or one after another does, again and again or once. */
  readonly order: 'stack' | 'cycle' | 'once';
  readonly parts: readonly (RulePart | undefined)[];
  /** No rule after this one is asked about a call that it met. */
  readonly last: boolean;
  /** As it was given. */
  readonly source: unknown;
}

const single = z.strictObject({
  fault: z.string(),
  phase: z.enum(faultPhases).optional(),
  params: z.record(z.string(), z.unknown()).default({}),
});
type Single = z.output<typeof single>;

const does = z.union([
  single.transform((one) => ({ order: 'stack' as const, list: [one], path: (): string[] => [] })),
  z
    .strictObject({ stack: z.array(single).min(1) })
    .transform(({ stack }) => ({ order: 'stack' as const, list: stack, path: (index: number) => ['stack', index] })),
  z
    .strictObject({ sequence: z.array(single).min(1), repeat: z.enum(['cycle', 'once']).default('cycle') })
    .transform(({ sequence, repeat }) => ({ order: repeat, list: sequence, path: (index: number) => ['sequence', index] })),
]);

const written = z.strictObject({
  id: z.string().min(1),
  seed_salt: z.string().default(''),
  when: selectorSchema.prefault({}),
  do: does,
  last: z.boolean().default(false),
});

/** In a sequence: no fault for this call. */
const none = 'none';

/** Which calls meet which faults: data, so that a scenario file, a test or a control call can say it. `docs/faults.md` describes it in words. */
export const faultRuleSchema = z.unknown().transform((source, context): FaultRule => {
  const parsed = written.safeParse(source, { error: inWords });
  if (!parsed.success) {
    for (const { message, path } of parsed.error.issues.flatMap(deepest)) context.addIssue({ code: 'custom', path: [...path], message });
    return z.NEVER;
  }
  const { id, seed_salt: salt, when, do: whatFor, last } = parsed.data;
  const complaints: { readonly path: PropertyKey[]; readonly message: string }[] = [];
  const { from, until } = when;
  if (from !== undefined && until !== undefined && until <= from)
    complaints.push({ path: ['when', 'until'], message: 'is not after from' });
  const parts = whatFor.list.map((one, index) =>
    partOf(one, when, whatFor.order !== 'stack', (at, message) => {
      complaints.push({ path: at[0] === 'when' ? [...at] : ['do', ...whatFor.path(index), ...at], message });
    }),
  );
  for (const complaint of complaints) context.addIssue({ code: 'custom', ...complaint });
  return complaints.length > 0 ? z.NEVER : { id, salt, when, order: whatFor.order, parts, last, source };
});

/** Of a union that nothing fits, what is wrong with the form that fits best: the one whose problems lie deepest. */
function deepest(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(0, ...issues.map(({ path }) => path.length));
  const form = issue.errors.reduce((best, one) => (depth(one) > depth(best) || one.length < best.length ? one : best));
  return form.flatMap(deepest).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

function partOf(
  { fault: name, phase, params }: Single,
  when: Selector,
  mayBeNone: boolean,
  complain: (path: readonly PropertyKey[], message: string) => void,
): RulePart | undefined {
  if (name === none && mayBeNone) return undefined;
  const fault = knownFaults.get(name);
  if (fault === undefined) {
    complain(['fault'], `no fault is called ${name}; there are ${[...knownFaults.keys()].join(', ')}`);
    return undefined;
  }
  const { ops } = fault;
  const never = ops && when.op?.find((op) => !ops.includes(op));
  if (never !== undefined) complain(['when', 'op'], `${name} never meets ${never}; it meets ${ops?.join(', ')}`);
  else if (opsMeant(when, ops ?? operationNames).length === 0) complain(['when', 'service'], `has no call that ${name} meets`);
  const phases = [fault.phase, ...(fault.otherPhases ?? [])];
  if (phase !== undefined && !phases.includes(phase)) complain(['phase'], `${name} is asked ${phases.join(' or ')}`);
  const checked = fault.params.safeParse(params, { error: inWords });
  if (checked.success) return { fault, phase: phase ?? fault.phase, params: checked.data };
  for (const { message, path } of checked.error.issues) complain(['params', ...path], message);
  return undefined;
}

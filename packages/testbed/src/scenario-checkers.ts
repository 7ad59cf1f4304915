import { durationSchema } from '@lutra/simulator/truth';
import { z } from 'zod';
import { standardCheckers } from './checkers/standard.ts';

const names = standardCheckers(new Map()).map(({ name }) => name);
/** Checkers that give the engine time. */
const patient: readonly string[] = ['no-overshoot', 'foreign-untouched', 'in-rotation', 'births-backed-off', 'errors-explained'];

const why = z.string().min(1);
const setting = z.union([
  /** The checker does not run. */
  z.strictObject({ off: z.literal(true), why }),
  /** The engine has so long, instead of what its options say. */
  z.strictObject({ patience: durationSchema, why }),
]);

/** What a scenario says of the checkers that watch it, by name, and why. */
export const checkersSchema = z
  .partialRecord(z.enum(names as [string, ...string[]]), setting)
  .superRefine((settings, context) => {
    for (const [name, said] of Object.entries(settings))
      if (said !== undefined && 'patience' in said && !patient.includes(name))
        context.addIssue({ code: 'custom', path: [name], message: `has no patience: only ${patient.join(', ')} have` });
  })
  .default({});
export type CheckerSettings = z.output<typeof checkersSchema>;

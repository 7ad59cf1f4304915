import { durationSchema, operationNames } from '@lutra/simulator/truth';
import { z } from 'zod';

export const statusSchema = z.enum(['ACTIVE', 'ERROR']);
/** Texts, each of which must be part of one of a group's errors. */
export const errorTextsSchema = z.union([
  z
    .string()
    .min(1)
    .transform((text) => [text]),
  z.array(z.string().min(1)).min(1),
]);

const isPlain = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';
const byGroup = <T extends z.ZodType>(value: T) => z.record(z.string(), value).default({});

/** What must come of a run. Groups are named as in the scenario; a family names all its copies. */
export const expectationsSchema = z.strictObject({
  /** From this time on until the end every group (or each of those named) is converged, in truth. */
  convergedBy: z.preprocess((by) => (isPlain(by) ? { '*': by } : by), z.record(z.string(), durationSchema).optional()),
  /** Servers that a group may have above what was desired. */
  maxOvershoot: z.int().min(0).default(0),
  /** Status at the end; ACTIVE unless said otherwise. */
  status: byGroup(statusSchema),
  /** Errors at the end. */
  errors: byGroup(errorTextsSchema),
  /** Passes that each of these groups may take in the whole run. */
  maxPasses: byGroup(z.int().min(0)),
  /** Calls of a kind that the cloud may get in the whole run. */
  maxCalls: z.partialRecord(z.enum(operationNames), z.int().min(0)).default({}),
  /** Sets of servers, named by `as` in the timeline, that are ACTIVE at the end. */
  survive: z.array(z.string()).default([]),
  /** Such sets that besides nobody touched by the API: neither servers nor nodes. */
  undisturbed: z.array(z.string()).default([]),
  /** Groups that converge when they would without any fault, within two seconds: the run is made again without faults and compared. */
  undelayed: z.array(z.string()).default([]),
});
export type Expectations = z.output<typeof expectationsSchema>;

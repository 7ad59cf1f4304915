/**
 * Fields that several bodies share. Every schema's message is a rule that starts with "must" and can follow the name of the field;
 * `problems.ts` makes sentences of them. Numbers come as text where their text matters (`exact-json.ts`).
 */
import { hasAtMost, isRawNumber, type JsonObject, type RawNumber } from '@lutra/core';
import { z } from 'zod';
import { exactIntegerOf, integerOf, isInteger, numberOf } from '../exact-json.ts';

/** An issue whose message says all there is to say: the value that was given is not shown. */
export const complete = (message: string, path: PropertyKey[] = []) =>
  ({ code: 'custom', path, message, params: { complete: true } }) as const;

/** What `schema` lets pass, if it takes at most so many bytes as JSON. A number that was kept as its text counts as it was written. */
export const withinBytes = <S extends z.ZodType>(schema: S, most: number, description = 'Its size is bounded'): S =>
  schema
    .superRefine((value, context) => {
      if (value === undefined) return; // the schema says that it is missing
      const bytes = Buffer.byteLength(JSON.stringify(value));
      if (bytes > most) context.addIssue(complete(`must be at most ${most} bytes of JSON, not ${bytes}`));
    })
    .meta({ ...describedAsSent(schema), description: `${description}: at most ${most} bytes of JSON.` });

/** Characters that a number may be written with: no double needs more than 800, and a body has room for a million. */
const mostDigits = 1_000;
/** A number, unless it is written at great length. */
export const briefly = <S extends z.ZodType>(schema: S): S =>
  schema.superRefine((value, context) => {
    if (!isRawNumber(value) || value.rawJSON.length <= mostDigits) return;
    context.addIssue(complete(`must be a number written with at most ${mostDigits} characters, not ${value.rawJSON.length}`));
  });

/** An object with these fields and no others. */
export const strict = <S extends z.core.$ZodLooseShape>(shape: S) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `has the unknown ${issue.keys.length === 1 ? 'key' : 'keys'} ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}; its keys are ${Object.keys(shape).join(', ')}`
        : 'must be an object',
  });

/** What a rule that zod cannot express looks like in JSON Schema: goes into the API's description as it stands. */
export type Described = Readonly<Record<string, unknown>>;

/** A whole number: 60.0 is none. */
export const integer = (rule: string, accepts: (value: number) => boolean, described: Described = {}) =>
  z
    .preprocess(
      integerOf,
      z.number(rule).refine((value) => Number.isInteger(value) && accepts(value), rule),
    )
    .meta({ type: 'integer', ...described });

/** A whole number of up to a thousand digits, kept as it was written where no plain number holds it. `accepts` gets the nearest one. */
export const exactInteger = (rule: string, accepts: (value: number) => boolean, described: Described = {}) =>
  z
    .preprocess(exactIntegerOf, briefly(z.custom<number | RawNumber>((value) => isInteger(value) && accepts(numberOf(value)), rule)))
    .meta({ type: 'integer', ...described });

export const integerFrom = (least: number, most: number, unit = '') =>
  integer(`must be an integer from ${least} to ${most}${unit}`, (value) => value >= least && value <= most, {
    minimum: least,
    maximum: most,
  });

/** A number of up to a thousand characters, kept as it was written. A fraction or power must be finite as a double; `accepts` gets that. */
export const exactNumber = (rule: string, accepts: (value: number) => boolean, described: Described = {}) =>
  briefly(
    z.custom<number | RawNumber>((value) => {
      if (typeof value !== 'number' && !isRawNumber(value)) return false;
      const nearest = numberOf(value);
      return (isInteger(value) || Number.isFinite(nearest)) && accepts(nearest);
    }, rule),
  ).meta({ type: 'number', ...described });

const idRule = 'must be text of 1 to 256 characters without white space';
/** The form of what the cloud gave an id. */
export const idForm = /^\S{1,256}$/u;
/** The id of something that the cloud has. */
export const cloudId = z.string(idRule).regex(idForm, idRule).meta({ pattern: '^\\S+$', maxLength: 256 });

const nameRule = 'must be text of 1 to 256 characters that are not all white space';
/** The name of a group, policy or webhook; need not be unique. */
export const name = z
  .string(nameRule)
  .refine((text) => /\S/.test(text) && hasAtMost(text, 256), nameRule)
  .meta({ maxLength: 256, pattern: '\\S' });

/** Whether this is a JSON object (an array, null or a number kept as text is none). */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);

/** Issues that are made of the items of one value at most: a body can hold a million mistakes, and five are told. */
const mostIssues = 100;

/** Adds what `schema` has to say of one part of a value; answers how many issues that were. */
function addIssues(context: z.core.$RefinementCtx, schema: z.ZodType, value: unknown, path: readonly PropertyKey[]): number {
  const { issues = [] } = schema.safeParse(value).error ?? {};
  for (const issue of issues) context.addIssue({ ...issue, path: [...path, ...issue.path] } as never);
  return issues.length;
}

/** What `schema` lets pass, kept exactly as it was sent: zod makes objects anew, with their keys in the order of the schema. */
export const asSent = <T>(schema: z.ZodType) =>
  z
    .custom<T>()
    .superRefine((sent, context) => void addIssues(context, schema, sent, []))
    .meta(describedAsSent(schema));

/** An array with items of this form, kept as it was sent. */
export const arrayOf = (item: z.ZodType, rule: string) =>
  z
    .custom<readonly unknown[]>(Array.isArray, rule)
    .superRefine((items, context) => {
      let issues = 0;
      for (let index = 0; Array.isArray(items) && index < items.length && issues < mostIssues; index += 1) {
        issues += addIssues(context, item, items[index], [index]);
      }
    })
    .meta({ type: 'array', items: describedAsSent(item) });

/** Any JSON object, kept exactly as it was sent: the output is the input itself. */
export const jsonObject = (rule = 'must be an object') => z.custom<JsonObject>(isJsonObject, rule).meta({ type: 'object' });

/** A flat map of texts: what holds for its keys and values. */
interface TextMapRules {
  readonly keys: { readonly rule: string; readonly accepts: (key: string) => boolean; readonly described: Described };
  readonly values: { readonly rule: string; readonly accepts: (value: string) => boolean; readonly described: Described };
}
/** A JSON object whose values are texts, kept as it was sent. */
export const textMap = ({ keys, values }: TextMapRules) =>
  z
    .custom<Readonly<Record<string, string>>>(isJsonObject, 'must be an object whose values are text')
    .superRefine((map: JsonObject, context) => {
      let issues = 0;
      for (const [key, value] of Object.entries(map)) {
        const [badKey, badValue] = [!keys.accepts(key), typeof value !== 'string' || !values.accepts(value)];
        if (badKey) context.addIssue(complete(keys.rule, [key]));
        if (badValue) context.addIssue({ code: 'custom', path: [key], message: values.rule });
        issues += Number(badKey) + Number(badValue);
        if (issues >= mostIssues) return;
      }
    })
    .meta({ type: 'object', propertyNames: keys.described, additionalProperties: { type: 'string', ...values.described } });

/** Text of `least` to `most` characters. */
export const textOf = (least: number, most: number) => {
  const rule = `must be text of ${least === 0 ? 'at most' : `${least} to`} ${most} characters`;
  const accepts = (text: string): boolean => text.length >= least && hasAtMost(text, most);
  const described = { ...(least === 0 ? {} : { minLength: least }), maxLength: most };
  return { rule, accepts, described, schema: z.string(rule).refine(accepts, rule).meta(described) };
};

/** A schema of what is sent, as JSON Schema. What zod cannot express is there by its `meta`. */
export function describedAsSent(schema: z.ZodType): Described {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return described;
}

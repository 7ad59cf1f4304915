import { cutTo, hasAtMost, isRawNumber } from '@lutra/core';
import type { z } from 'zod';

/** Problems told at once; further ones are counted, up to so many: the schemas do not look for all of a great many. */
const [mostProblems, mostCounted] = [5, 50];
/** Characters shown of a value or key that was given. */
const mostShown = 60;

/**
 * What is wrong with a body, in sentences a caller can act on: where, which rule, what was given.
 * The schemas' messages are rules that start with a verb; an issue with `params.complete` says all there is to say.
 */
export function describeProblems(body: unknown, issues: readonly z.core.$ZodIssue[]): string {
  const sentences = [...new Set(issues.map((issue) => describe(body, issue)))];
  const more = sentences.length - mostProblems;
  if (more <= 0) return sentences.join(' ');
  return `${sentences.slice(0, mostProblems).join(' ')} And ${more > mostCounted ? `more than ${mostCounted}` : more} more.`;
}

function describe(body: unknown, issue: z.core.$ZodIssue): string {
  const { path } = issue;
  const number = path.findIndex((_, depth) => isRawNumber(valueAt(body, path.slice(0, depth))));
  if (number >= 0) return notAnObject(body, path.slice(0, number));
  const given = valueAt(body, path);
  if (issue.code === 'custom' && issue.params?.complete === true) return `${whereOf(path)} ${issue.message}.`;
  if (issue.code === 'unrecognized_keys') {
    return isRawNumber(given) ? notAnObject(body, path) : `${whereOf(path)} ${cut(issue.message, 10 * mostShown)}.`;
  }
  return given === undefined
    ? `${whereOf(path)} is missing: it ${issue.message}.`
    : `${whereOf(path)} ${issue.message}, not ${shown(given)}.`;
}

/** A number kept as text looks like an object to the schemas, which then say what is wrong inside of it. */
const notAnObject = (body: unknown, path: readonly PropertyKey[]): string =>
  `${whereOf(path)} must be an object, not ${shown(valueAt(body, path))}.`;

const whereOf = (path: readonly PropertyKey[]): string => (path.length === 0 ? 'The body' : pathText(path));

/** `scalingPolicies[0].args.at`; a key that is no plain word is quoted. */
const pathText = (path: readonly PropertyKey[]): string =>
  path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      const key = String(step);
      if (!/^[\w-]{1,60}$/.test(key)) return `[${cut(JSON.stringify(key), mostShown)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join('');

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = value[step as keyof typeof value];
  }
  return value;
}

/** Scalars as JSON, cut; of objects and arrays only what they are. */
function shown(value: unknown): string {
  if (isRawNumber(value)) return cut(value.rawJSON, mostShown);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'an object' : cut(JSON.stringify(value), mostShown);
}

const cut = (text: string, most: number): string => (hasAtMost(text, most) ? text : `${cutTo(text, most)}...`);

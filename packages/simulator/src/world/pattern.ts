import { RE2JS } from 're2js';

/** A regular expression that somebody else wrote. */
export interface Pattern {
  /** Whether it is found in a text. */
  test(text: string): boolean;
}

/** Characters of a pattern, and instructions that it compiles to, at most: with both, a test takes about a millisecond at worst. */
export const longestPattern = 255;
const mostInstructions = 1000;
/** Characters of a text that a pattern is looked for in; the rest is not read. Names and metadata are shorter. */
const longestText = 1024;

/**
 * The pattern; undefined when it is not one, or costs too much. RE2 takes time in proportion to the text: `^(a+)+$` stops no event loop.
 * What cannot be done in such time, lookaround and references back, it does not have. `atStart`: it must fit the beginning of a text.
 */
export function patternOf(source: string, atStart = false): Pattern | undefined {
  if (source.length > longestPattern) return undefined;
  try {
    const plain = RE2JS.compile(source);
    const compiled = atStart ? RE2JS.compile(`^(?:${source})`) : plain;
    if (compiled.programSize() > mostInstructions) return undefined;
    return { test: (text) => compiled.test(text.length > longestText ? text.slice(0, longestText) : text) };
  } catch {
    return undefined;
  }
}

/** What to say of a text that `patternOf` does not take. */
export const notPattern = (source: string): string =>
  `${JSON.stringify(source.slice(0, 60))} is not a regular expression of RE2 with at most ${longestPattern} characters`;

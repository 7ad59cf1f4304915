import { mayNeedText, nestsDeeperThan } from '@lutra/core';

/** Levels of nesting that a document may have: recursion further down (freezing, writing) stays far from the end of the stack. */
const mostLevels = 1_000;
/** Commas and opening brackets that a document may have: what is done with a body takes time for each value in it. */
const mostParts = 50_000;
/** The same for a document with numbers that are kept as text: to parse it takes some 3 us a value. */
const mostPartsWithText = 20_000;

/** Why a JSON text is refused by its form, before it is parsed: as a sentence; undefined when there is no reason. */
export function formProblem(text: string): string | undefined {
  if (nestsDeeperThan(text, mostLevels)) return `The body nests more than ${mostLevels} levels deep.`;
  if (text.length <= mostPartsWithText) return undefined; // too short for more
  const parts = partsOf(text);
  if (parts > mostParts) return tooMany(mostParts);
  if (parts > mostPartsWithText && mayNeedText(text)) {
    return `${tooMany(mostPartsWithText)} This is the most for a body with numbers that are kept as written, such as 1.0, 1e5 or -0.`;
  }
  return undefined;
}

const tooMany = (most: number): string => `The body has more than ${most} commas and opening brackets.`;

/** Commas and opening brackets outside of strings; stops when there are too many. */
function partsOf(text: string): number {
  let parts = 0;
  for (let index = 0; index < text.length && parts <= mostParts; index += 1) {
    const character = text[index];
    if (character === '"') index = endOfString(text, index);
    else if (character === ',' || character === '[' || character === '{') parts += 1;
  }
  return parts;
}

/** Where the string ends that begins at `start`; the end of the text when it does not end. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const character = text[index];
    if (character === '\\') index += 1;
    else if (character === '"') return index;
  }
  return text.length;
}

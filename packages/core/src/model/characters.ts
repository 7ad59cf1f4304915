/**
 * Texts counted and cut by characters (Unicode code points), as JSON Schema, Nova and the documents count them. A character beyond U+FFFF
 * takes two of the units that `length` and `slice` count, and half of one is no text.
 */

/** Whether a text has at most `most` characters. Takes no longer for a long text than for one of `most`. */
export const hasAtMost = (text: string, most: number): boolean =>
  text.length <= most || (text.length <= 2 * most && unitsOf(text, most) === text.length);

/** The text if it has at most `most` characters, else its beginning and `ending`, together `most` characters. */
export function cutTo(text: string, most: number, ending = ''): string {
  if (hasAtMost(text, most)) return text;
  return text.slice(0, unitsOf(text, Math.max(0, most - [...ending].length))) + ending;
}

/** Units that the first `characters` characters of a text take. */
function unitsOf(text: string, characters: number): number {
  let units = 0;
  for (let left = characters; left > 0 && units < text.length; left -= 1) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return units;
}

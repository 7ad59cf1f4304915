import { cutTo } from './characters.ts';

/** Characters of a cloud's own words that a tenant is shown. */
const longest = 300;

/** Long runs that only secrets have: hexadecimal and signed tokens, keys, encoded files. Ids with dashes are none. */
const secretRuns = /\b(?:[0-9a-f]{32,}|gAAAA[\w-]{16,}={0,2}|[A-Za-z0-9+/_]{40,}={0,2})/g;
/** A value that is said to be secret: `"adminPass": "x"`, `token=x`, `X-Auth-Token: x`. */
const secretValues =
  /\b([\w-]*(?:pass(?:word)?|passwd|token|secret|api_?key|authorization|user_?data)["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;}&]+)/gi;
/** What would break a line or a terminal: control characters, and those that turn the direction of writing. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;

/** What a cloud said, fit to be shown to a tenant: on one line, cut, and without what looks like a secret. Empty when nothing is left. */
export const cloudWords = (text: string): string =>
  cutTo(
    cutTo(text, 10 * longest)
      .replace(unprintable, ' ')
      .replace(secretValues, '$1***')
      .replace(secretRuns, '***')
      .replace(/\s+/g, ' ')
      .trim(),
    longest,
    '…',
  );

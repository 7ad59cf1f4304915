/**
 * The one list of what must never be written down: tokens, capability hashes, passwords, and what tenants put into their servers.
 * Everything that logs passes through it.
 */

/** Keys whose values are secret, in any letter case, with or without `-` and `_`. */
const secretKeys = new Set([
  ...['xauthtoken', 'xsubjecttoken', 'authorization', 'proxyauthorization', 'cookie', 'setcookie', 'token', 'tokens', 'accesstoken'],
  ...['password', 'adminpass', 'apikey', 'secret', 'credentials', 'passwordcredentials', 'hash', 'capability', 'capabilityhash'],
  ...['personality', 'userdata'],
]);
/** A capability URL, and a capability hash wherever it stands. */
const secretTexts = /(\/execute\/[^/\s"]+\/)[^/\s"?]+|\b[0-9a-f]{64}\b/gi;

const hidden = '***';
/** Levels and items that are written; what lies beyond is left out, and that is said. */
const [mostLevels, mostItems] = [8, 100];

/** A text without capability hashes. */
export function redactText(text: string): string {
  if (text.length < 64 && !text.includes('/execute/')) return text; // too short for a hash by itself
  return text.replace(secretTexts, (_all, before?: string) => `${before ?? ''}${hidden}`);
}

/** A copy of a value without secrets; errors become plain objects. Bounded in depth and width, so it ends on cycles too. */
export function redact(value: unknown, level = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return `${value}`;
  if (typeof value === 'function') return undefined; // a toJSON would write what was hidden
  if (typeof value !== 'object' || value === null) return value;
  if (level === mostLevels) return '[more levels]';
  if (Array.isArray(value)) {
    const items = value.slice(0, mostItems).map((item) => redact(item, level + 1));
    return value.length > mostItems ? [...items, `[${value.length - mostItems} more]`] : items;
  }
  const source = value instanceof Error ? errorFields(value) : value;
  const copy: Record<string, unknown> = {};
  let items = 0;
  for (const key in source) {
    if (!Object.hasOwn(source, key)) continue;
    items += 1;
    if (items > mostItems) {
      copy['...'] = '[more keys]';
      break;
    }
    const inner = source[key as keyof typeof source] as unknown;
    const shown = inner !== undefined && inner !== null && isSecretKey(key) ? hidden : redact(inner, level + 1);
    if (key === '__proto__') Object.defineProperty(copy, key, { value: shown, enumerable: true });
    else copy[redactText(key)] = shown;
  }
  return copy;
}

/** Verdicts on keys met before; so many at most. */
const verdicts = new Map<string, boolean>();
const mostVerdicts = 1_000;

function isSecretKey(key: string): boolean {
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const secret = secretKeys.has(key.toLowerCase().replaceAll(/[-_]/g, ''));
  if (verdicts.size < mostVerdicts) verdicts.set(key, secret);
  return secret;
}

const errorFields = (error: Error): object => ({
  ...error,
  type: error.name,
  message: error.message,
  stack: error.stack,
  ...(error.cause === undefined ? {} : { cause: error.cause }),
});

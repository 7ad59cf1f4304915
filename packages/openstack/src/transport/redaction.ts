/** What must not get into recordings and logs: tokens, passwords, keys, and URLs that are a right by themselves. */
import type { JsonValue } from '@lutra/core';

export const redacted = '[redacted]';

const secretHeaders = /^(?:authorization|cookie|set-cookie|x-auth-token|x-subject-token|x-service-token|proxy-authorization)$/;
const secretKeys = /pass(?:word)?$|secret|api_?key|create-token|^blob$|user_data|contents|private_key/i;
/** In an identity service's answers and requests, `token` is an object, and its id is the secret. */
const tokenKeys = /^(?:token|RAX-AUTH:.*token)$/i;
/** Capability URLs of webhooks, and what identity has in paths. */
const secretsInPaths: readonly (readonly [RegExp, string])[] = [
  [/(\/execute\/\d+\/)[^/?#\s"]+/g, `$1${redacted}`],
  [/(\/tokens\/)[^/?#\s"]+/g, `$1${redacted}`],
  [/(\/\/)[^/@\s"]+@/g, `$1${redacted}@`],
];
/** Levels of a body that are looked into; what lies deeper is left out. */
const mostLevels = 100;

/** A path or a text without secrets. */
export const redactedText = (text: string): string =>
  secretsInPaths.reduce((clean, [pattern, replacement]) => clean.replaceAll(pattern, replacement), text);

/** Headers without secrets, by lower-case name. */
export const redactedHeaders = (headers: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, secretHeaders.test(name.toLowerCase()) ? redacted : redactedText(value)]),
  );

/** A body without secrets, of the same shape. */
export function redactedBody(body: JsonValue | undefined, level = 0): JsonValue | undefined {
  if (typeof body === 'string') return redactedText(body);
  if (typeof body !== 'object' || body === null) return body;
  if (level >= mostLevels) return redacted;
  if (Array.isArray(body)) return body.map((item: JsonValue) => redactedBody(item, level + 1) ?? null);
  const clean = Object.entries(body).map(([key, value]): [string, JsonValue] => {
    if (secretKeys.test(key)) return [key, redacted];
    if (tokenKeys.test(key)) return [key, redactedToken(value as JsonValue, level + 1)];
    return [key, redactedBody(value as JsonValue, level + 1) ?? null];
  });
  return Object.fromEntries(clean);
}

function redactedToken(token: JsonValue, level: number): JsonValue {
  if (typeof token !== 'object' || token === null || Array.isArray(token)) return redacted;
  const clean = redactedBody(token, level) as Readonly<Record<string, JsonValue>>;
  return 'id' in clean ? { ...clean, id: redacted } : clean;
}

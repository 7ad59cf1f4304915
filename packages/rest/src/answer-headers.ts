import type { Random } from '@lutra/core';

/** Browsers must neither guess the type of an answer nor show it inside of another page. */
const forBrowsers = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Content-Security-Policy', "frame-ancestors 'none'"],
] as const;

/** The headers of every answer, whoever gives it (Node adds `Date`). */
export const answerHeaders = (requestId: string): Readonly<Record<string, string>> => ({
  'X-Response-Id': requestId,
  Server: 'lutra',
  ...Object.fromEntries(forBrowsers),
});

/** Begins an answer with them. Returns its id. */
export function beginAnswer(res: { setHeader(name: string, value: string): unknown }, random: Random): string {
  const requestId = random.uuid();
  res.setHeader('X-Response-Id', requestId);
  res.setHeader('Server', 'lutra');
  for (const [name, value] of forBrowsers) res.setHeader(name, value); // no object is made: this is on the way of every request
  return requestId;
}

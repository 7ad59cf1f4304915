import type { Random } from '@lutra/core';

/** The headers of every answer, whoever gives it (Node adds `Date`): browsers must neither guess its type nor show it inside of another page. */
export const answerHeaders = (requestId: string): Readonly<Record<string, string>> => ({
  'X-Response-Id': requestId,
  Server: 'lutra',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "frame-ancestors 'none'",
});

/** Begins an answer with them. Returns its id. */
export function beginAnswer(res: { setHeader(name: string, value: string): unknown }, random: Random): string {
  const requestId = random.uuid();
  for (const [name, value] of Object.entries(answerHeaders(requestId))) res.setHeader(name, value);
  return requestId;
}

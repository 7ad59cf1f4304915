import type { z } from 'zod';
import type { HttpAnswer } from './answer.ts';

/** How our own control plane says what is wrong. */
export const bad = (status: number, ...messages: readonly string[]): HttpAnswer => ({ status, body: { errors: messages } });
export const problemsOf = (error: z.ZodError): HttpAnswer =>
  bad(400, ...error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`));

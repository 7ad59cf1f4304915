import { type CloudErrorKind, cutTo } from '@lutra/core';
import type { Answer } from './world/calls.ts';
import type { Refusal } from './world/refusal.ts';

/** What a client that knows no bodies but JSON makes of a status: the body says nothing that it could tell further. */
function kindOf(status: number): CloudErrorKind {
  if (status >= 500) return 'server-fault';
  if (status === 401) return 'unauthorized';
  if (status === 408) return 'request-timeout';
  if (status === 409) return 'conflict';
  return status === 413 || status === 429 ? 'rate-limited' : 'unexpected-refusal';
}

const badAnswer = (status: number, message: string): Refusal => ({ status, body: {}, kind: 'bad-answer', message, tenantMessage: '' });

/** What becomes of an answer for a client in process, once everything of it came that will come. */
export function received<T>(answer: Answer<T>): Answer<T> {
  if (answer.kind === 'lost' || answer.wire === undefined) return answer;
  const { wire } = answer;
  if (wire.endsAt !== undefined) return { kind: 'lost' };
  if (wire.body?.foreign === true) {
    if (answer.kind === 'done') return { kind: 'refused', refusal: badAnswer(200, `the answer is no JSON: ${cutTo(wire.body.text, 80)}`) };
    const { unknownNodes: _, ...refusal } = answer.refusal;
    return {
      kind: 'refused',
      refusal: { ...refusal, kind: kindOf(refusal.status), message: cutTo(wire.body.text, 80), tenantMessage: '', foreign: true },
    };
  }
  if (answer.kind === 'done' && wire.status !== undefined) {
    return { kind: 'refused', refusal: badAnswer(wire.status, 'a success that is not the documented one') };
  }
  return answer;
}

import type { JsonValue } from '@lutra/core';
import type { WireAnswer, WireRequest } from './transport.ts';

/** The body of an answer, from its text. */
export function bodyOf(text: string): WireAnswer['body'] {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/** The whole URL of a request. */
export function urlOf({ endpoint, path, query = '' }: Pick<WireRequest, 'endpoint' | 'path' | 'query'>): string {
  return `${endpoint.replace(/\/+$/, '')}${path}${query === '' ? '' : `?${query}`}`;
}

/** The headers of a request, with what its body needs. */
export const headersOf = ({ headers, body }: WireRequest): Readonly<Record<string, string>> =>
  body === undefined ? { ...headers } : { 'content-type': 'application/json', ...headers };

import type { IncomingMessage } from 'node:http';
import type { Refusal } from './refusals.ts';

const refusal = (status: number, type: string, message: string): Refusal => ({ status, type, message });

const malformed = refusal(400, 'BadRequest', 'This is not a well-formed HTTP request.');
const unknownCoding = refusal(
  501,
  'NotImplemented',
  'A body may be sent with Transfer-Encoding: chunked and with no other transfer coding.',
);

/** What is wrong with bytes that are no request we take, by the code of Node's error. */
const byCode: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: refusal(431, 'RequestHeaderFieldsTooLarge', 'The headers of the request are larger than the limit of 16384 bytes.'),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: refusal(
    413,
    'ContentTooLarge',
    'The chunk extensions of the request are larger than the limit of 16384 bytes.',
  ),
  ERR_HTTP_REQUEST_TIMEOUT: refusal(408, 'RequestTimeout', 'The request did not arrive in time.'),
  HPE_INVALID_METHOD: refusal(405, 'InvalidMethod', 'This is not a method of HTTP.'),
};

/**
 * Why bytes are refused of which Node's parser makes no request. It has one code for a transfer coding that it does not know, which is 501,
 * and for a message with two framings or an empty one, which is 400.
 */
export function refusalOf(error: Error & { readonly code?: unknown; readonly reason?: unknown }): Refusal {
  const [code, reason] = [String(error.code), String(error.reason)];
  if (code === 'HPE_INVALID_TRANSFER_ENCODING') return /content-length|empty/i.test(reason) ? malformed : unknownCoding;
  return byCode[code] ?? malformed;
}

/**
 * Why a request is refused whose head Node's parser takes; undefined when it is not. A coding other than `chunked` is no coding we undo
 * (RFC 9112, section 6.1: 501), though Node hands on such a request, and reads what follows as its body when `chunked` comes last.
 */
export function headRefusal({ headers }: Pick<IncomingMessage, 'headers'>): Refusal | undefined {
  const coding = headers['transfer-encoding'];
  return coding === undefined || coding.trim().toLowerCase() === 'chunked' ? undefined : unknownCoding;
}

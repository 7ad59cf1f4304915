import { between, type DurationMs, type EpochMs, milliseconds, parseInstant } from '@lutra/core';
import type { WireAnswer } from '../transport/transport.ts';
import { fieldsIn, textIn } from './reading.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const form = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}:\d{2}:\d{2}) GMT$/;

/** An instant as HTTP writes it (RFC 9110, section 5.6.7: IMF-fixdate); undefined for anything else. */
export function parseHttpDate(text: string): EpochMs | undefined {
  const [, day, name = '', year, time] = form.exec(text.trim()) ?? [];
  const month = months.indexOf(name) + 1;
  return month === 0 ? undefined : parseInstant(`${year}-${String(month).padStart(2, '0')}-${day}T${time}Z`);
}

/**
 * How long an answer asks us to stay away: `Retry-After` in seconds or, by the `Date` of the same answer, as an instant; else the
 * `retryAfter` in the body of an overLimit (Repose). Undefined when it does not say, or not in a form that there is.
 */
export function retryAfterOf({ headers, body }: WireAnswer): DurationMs | undefined {
  const asked = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,9}(\.\d{1,9})?$/.test(asked)) return milliseconds(Math.ceil(Number(asked) * 1000));
  const until = parseHttpDate(asked) ?? parseInstant(retryAtIn(body));
  const now = parseHttpDate(headers.date ?? '');
  return until === undefined || now === undefined ? undefined : milliseconds(Math.max(0, between(now, until)));
}

/** When an overLimit says that we may come back; empty when it does not. */
function retryAtIn(body: unknown): string {
  const at = fieldsIn(fieldsIn(body).overLimit).retryAfter;
  return textIn(at);
}

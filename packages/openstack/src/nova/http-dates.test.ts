import { parseInstant } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { parseHttpDate, retryAfterOf } from './http-dates.ts';

const date = 'Sat, 02 Jan 2016 03:04:05 GMT';

describe('parseHttpDate', () => {
  it('reads what HTTP writes', () => {
    expect(parseHttpDate(date)).toBe(parseInstant('2016-01-02T03:04:05Z'));
    expect(parseHttpDate(' Tue, 29 Feb 2028 23:59:59 GMT ')).toBe(parseInstant('2028-02-29T23:59:59Z'));
  });
  it.each(['', '2016-01-02T03:04:05Z', 'Sat, 31 Feb 2016 03:04:05 GMT', 'Sat, 02 Foo 2016 03:04:05 GMT', 'Sat, 02 Jan 2016 03:04:05 CET'])(
    'reads nothing else: %s',
    (text) => {
      expect(parseHttpDate(text)).toBeUndefined();
    },
  );
});

describe('retryAfterOf', () => {
  const asked = (headers: Readonly<Record<string, string>>, body?: unknown): number | undefined =>
    retryAfterOf({ status: 413, headers, body: body as never });
  it('reads seconds, and parts of them', () => {
    expect(asked({ 'retry-after': '30' })).toBe(30_000);
    expect(asked({ 'retry-after': ' 1.5 ' })).toBe(1500);
    expect(asked({ 'retry-after': '0' })).toBe(0);
  });
  it('reads an instant by the time of the same answer', () => {
    expect(asked({ 'retry-after': 'Sat, 02 Jan 2016 03:04:35 GMT', date })).toBe(30_000);
    expect(asked({ 'retry-after': 'Sat, 02 Jan 2016 03:04:00 GMT', date })).toBe(0);
    expect(asked({ 'retry-after': 'Sat, 02 Jan 2016 03:04:35 GMT' })).toBeUndefined();
  });
  it('reads the body of an overLimit where there is no header', () => {
    expect(asked({ date }, { overLimit: { message: 'OverLimit Retry...', retryAfter: '2016-01-02T03:04:15Z' } })).toBe(10_000);
    expect(asked({}, { overLimit: { retryAfter: '2016-01-02T03:04:15Z' } })).toBeUndefined();
  });
  it.each(['', '-1', 'soon', '1e9', '99999999999'])('reads no other form: "%s"', (text) => {
    expect(asked({ 'retry-after': text, date })).toBeUndefined();
  });
});

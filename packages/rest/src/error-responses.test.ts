import { describe, expect, it } from 'vitest';
import { pathWithoutSecret } from './error-responses.ts';

describe('pathWithoutSecret', () => {
  it.each([
    ['/v1.0/execute/1/0123abcd/', '/v1.0/execute/1/***/'],
    ['/v1.0/T/execute/1/0123abcd?x=y', '/v1.0/T/execute/1/***'],
    ['/v1.0/T/groups/G/policies/P/execute/', '/v1.0/T/groups/G/policies/P/execute/'],
    ['/v1.0/T/groups?marker=x', '/v1.0/T/groups'],
  ])('shows %s as %s', (originalUrl, shown) => {
    expect(pathWithoutSecret({ originalUrl })).toBe(shown);
  });
});

import { describe, expect, it } from 'vitest';
import { pathOfTarget } from './request-target.ts';

describe('pathOfTarget', () => {
  it.each([
    ['/v1.0/T/groups?limit=1', '/v1.0/T/groups?limit=1'],
    ['//x/y', '//x/y'],
    ['http://name:80/v1.0/T/%ff?limit=1', '/v1.0/T/%ff?limit=1'],
    ['HTTPS://name', '/'],
    ['http://name?limit=1', '/?limit=1'],
    ['ftp://name/health', '/health'],
    ['http://', '/http://'],
    ['http://[::1/health', '/http://[::1/health'],
    ['name:80', '/name:80'],
    ['*', '/*'],
    ['', '/'],
  ])('takes %j for %j', (target, path) => {
    expect(pathOfTarget(target)).toBe(path);
  });
});

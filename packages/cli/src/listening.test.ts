import { describe, expect, it } from 'vitest';
import { urlOf } from './listening.ts';

describe('urlOf', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:80'],
    ['0.0.0.0', 'http://127.0.0.1:80'],
    ['::', 'http://[::1]:80'],
    ['fd00::1', 'http://[fd00::1]:80'],
    ['autoscale.example', 'http://autoscale.example:80'],
  ])('reaches %s at %s', (host, url) => expect(urlOf(host, 80)).toBe(url));
});

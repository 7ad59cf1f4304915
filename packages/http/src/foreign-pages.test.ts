import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { originOf, type PageRequest, type PageRules, pageGuard } from './foreign-pages.ts';

const loopback: PageRules = { host: '127.0.0.1' };
const everywhere: PageRules = { host: '0.0.0.0' };
const named: PageRules = { host: '127.0.0.1', publicUrl: 'https://scale.example/', allowedOrigins: ['https://dashboard.example:8443'] };
const passes = (rules: PageRules, headers: PageRequest['headers'], method = 'GET'): boolean =>
  pageGuard(rules)({ method, headers }) === undefined;

describe('pageGuard', () => {
  it.each([
    'localhost',
    'LOCALHOST:8080',
    'localhost.',
    'app.localhost:1',
    '127.0.0.1',
    '127.1.2.3:80',
    '127.1',
    '[::1]',
    '[::1]:8080',
    '',
  ])('lets a request by the name %j pass, whatever it does', (host) => {
    for (const method of ['GET', 'POST', 'DELETE']) expect(passes(loopback, { host }, method)).toBe(true);
  });

  it('lets a request without a name pass', () => {
    expect(passes(loopback, {}, 'POST')).toBe(true);
  });

  it.each([
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '0.0.0.0:8080',
    '192.168.1.1',
    '[::ffff:127.0.0.1]',
    'evil@127.0.0.1',
    '127.0.0.1/x',
    'a b',
    'scale.example',
  ])('refuses every request by the name %j on a loopback port', (host) => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST']) expect(passes(loopback, { host }, method)).toBe(false);
  });

  it('takes the names of publicUrl and of allowed origins, by whatever port', () => {
    expect(['scale.example', 'SCALE.example:443', 'dashboard.example'].filter((host) => !passes(named, { host }))).toEqual([]);
    expect(passes(named, { host: 'evil.example' })).toBe(false);
  });

  it('takes any address, and no other name than its own, on a port that others can reach', () => {
    expect(['10.0.0.1:8080', '[fe80::1]', 'localhost'].filter((host) => !passes(everywhere, { host }))).toEqual([]);
    expect(passes(everywhere, { host: 'evil.example' })).toBe(false);
    expect(passes({ host: 'lutra.internal' }, { host: 'Lutra.internal:8080' })).toBe(true);
  });

  const host = '127.0.0.1:8080';
  it.each([
    ['https://evil.example', {}],
    ['null', {}],
    ['http://localhost:3000', { 'sec-fetch-site': 'same-site' }],
    ['http://127.0.0.1:9090', {}],
    ['https://127.0.0.1:8080', {}],
    ['', {}],
    [undefined, { 'sec-fetch-site': 'cross-site' }],
  ])('lets a page of origin %j read and nothing else', (origin, more) => {
    const headers = { host, ...(origin === undefined ? {} : { origin }), ...more };
    expect(['GET', 'HEAD', 'OPTIONS'].filter((method) => !passes(loopback, headers, method))).toEqual([]);
    expect(['POST', 'PUT', 'DELETE', 'PATCH', 'FROB'].filter((method) => passes(loopback, headers, method))).toEqual([]);
  });

  it('lets a page of its own, of publicUrl and of an allowed origin do everything', () => {
    expect(passes(loopback, { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }, 'POST')).toBe(true);
    expect(passes(named, { host, origin: 'https://scale.example' }, 'POST')).toBe(true);
    expect(passes(named, { host, origin: 'https://dashboard.example:8443', 'sec-fetch-site': 'cross-site' }, 'DELETE')).toBe(true);
    expect(passes(named, { host, origin: 'https://dashboard.example' }, 'DELETE')).toBe(false);
  });

  it('lets clients that are no browser do everything', () => {
    for (const site of [{}, { 'sec-fetch-site': 'none' }, { 'sec-fetch-site': 'same-origin' }]) {
      expect(passes(loopback, { host, ...site }, 'POST')).toBe(true);
    }
  });

  it('says what to do', () => {
    for (const headers of [{ host: 'evil.example' }, { host, origin: 'null' }]) {
      expect(pageGuard(loopback)({ method: 'POST', headers })).toMatch(/allowedOrigins[\s\S]*publicUrl|publicUrl[\s\S]*allowedOrigins/);
    }
    expect(pageGuard(loopback)({ method: 'GET', headers: { host: 'x'.repeat(9_000) } })?.length).toBeLessThan(600);
  });

  it('lets no page in whose name its maker can choose', () => {
    const label = fc.stringMatching(/^[a-z0-9-]{1,10}$/);
    const domain = fc.tuple(label, label, fc.constantFrom('example', 'com', '1', 'localhost.com')).map((parts) => parts.join('.'));
    const port = fc.option(fc.integer({ min: 1, max: 65_535 }));
    fc.assert(
      fc.property(domain, port, fc.constantFrom(loopback, named, everywhere), (name, number, rules) => {
        const rebound = number === null ? name : `${name}:${number}`;
        const origin = originOf(`http://${rebound}`);
        fc.pre(origin === undefined || !/^http:\/\/[\d.]+(?::|$)/.test(origin)); // such a name is an address
        expect(passes(rules, { host: rebound, origin: `http://${rebound}` }, 'POST')).toBe(false);
        expect(passes(rules, { host: rebound })).toBe(false);
        expect(passes(rules, { host, origin: `http://${rebound}` }, 'POST')).toBe(false);
      }),
    );
  });
});

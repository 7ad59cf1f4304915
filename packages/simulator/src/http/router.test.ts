import { describe, expect, it } from 'vitest';
import type { Route } from './request.ts';
import { Router } from './router.ts';
import { routes } from './routes.ts';

const route = (on: string): Route => ({ on, answer: () => ({ status: 200, body: on }) });
const router = new Router(
  [
    'GET /',
    'GET /a/',
    'GET /v2/:tenant/servers',
    'GET /v2/:tenant/servers/detail',
    'GET /v2/:tenant/servers/:server',
    'GET /v2/:tenant/lb/:id/.atom',
    'GET /x/KEY:part',
    'GET /v2/fixed/:one',
    'POST /a',
  ].map(route),
);
const found = (path: string, method = 'GET'): unknown => {
  const match = router.find(method, path);
  return typeof match === 'object' ? [(match.answer({} as never) as { readonly body: string }).body, match.params] : match;
};

describe('Router', () => {
  it('finds the literal segment first, and goes back where it leads nowhere', () => {
    expect(found('/v2/1/servers/detail')).toEqual(['GET /v2/:tenant/servers/detail', { tenant: '1' }]);
    expect(found('/v2/1/servers/2')).toEqual(['GET /v2/:tenant/servers/:server', { tenant: '1', server: '2' }]);
    expect(found('/v2/fixed/servers')).toEqual(['GET /v2/fixed/:one', { one: 'servers' }]);
    expect(found('/v2/fixed/servers/2')).toEqual(['GET /v2/:tenant/servers/:server', { tenant: 'fixed', server: '2' }]);
    expect([found('/v2/1/servers', 'POST'), found('/b'), found('/v2/1/servers/2/3'), found('/a', 'constructor')]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect([found('/a', 'POST'), found('/x/KEY:part'), found('/x/KEYanything')]).toEqual([
      ['POST /a', {}],
      ['GET /x/KEY:part', {}],
      undefined,
    ]);
  });

  it('takes a path however clients write it', () => {
    for (const path of ['/v2/1/servers', '//v2///1/servers//', '/v2/1/servers.json', '/v2/1/servers/', '/v2/%31/%73ervers'])
      expect([path, found(path)]).toEqual([path, ['GET /v2/:tenant/servers', { tenant: '1' }]]);
    for (const path of ['', '/', '//', '.json']) expect([path, found(path)]).toEqual([path, ['GET /', {}]]);
    for (const path of ['/a', '/a/', 'a']) expect([path, found(path)]).toEqual([path, ['GET /a/', {}]]);
    expect(found('/v2/1/lb/7.atom')).toEqual(['GET /v2/:tenant/lb/:id/.atom', { tenant: '1', id: '7' }]);
  });

  it('decodes each variable part once, and says what cannot be', () => {
    for (const text of ['a/b', '%2F', '%252F', 'é\n', '*', ':x', '..', '__proto__', '%'])
      expect(found(`/v2/${encodeURIComponent(text)}/servers`)).toEqual(['GET /v2/:tenant/servers', { tenant: text }]);
    for (const path of ['/v2/%/servers', '/v2/%ff/servers', '/%e0%a4']) expect([path, found(path)]).toEqual([path, 'malformed']);
  });

  it('does not take the same route twice', () => {
    expect(() => new Router([route('GET /a'), route('GET /a')])).toThrow('There are two routes on GET /a.');
  });

  it('finds every route of the cloud by its own path', () => {
    const all = new Router(routes);
    const parts = { tenant: 't!', server: 's!', image: 'i!', loadBalancer: 'l!', node: 'n!', pool: 'p!', feed: 'f!' } as Readonly<
      Record<string, string>
    >;
    for (const { on, answer } of routes) {
      const [method = '', path = ''] = on.split(' ');
      const names = [...path.matchAll(/\/:(\w+)/g)].map(([, name = '']) => name);
      const match = all.find(
        method,
        path.replaceAll(/\/:(\w+)/g, (_, name: string) => `/${parts[name] ?? `${name}!`}`).replace('/.atom', '.atom'),
      );
      expect({ on, ...(typeof match === 'object' ? match : {}) }).toMatchObject({
        answer,
        params: Object.fromEntries(names.map((name) => [name, parts[name] ?? `${name}!`])),
      });
    }
  });
});

/**
 * The target of a request as a path with its query. Of a URL (`GET http://name/path`) it is what follows the name. What is neither path nor
 * URL, such as the name and port of a tunnel, becomes a path at which nothing is: Express would answer it with a page of its own.
 * Source: RFC 9112, section 3.2.
 */
export function pathOfTarget(target: string): string {
  if (target.startsWith('/')) return target;
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(target) ? URL.parse(target) : null;
  return url === null ? `/${target}` : `${url.pathname || '/'}${url.search}`;
}

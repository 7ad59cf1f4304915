import { addRoute, createRouter, findRoute, type RouterContext } from 'rou3';
import type { Route } from './request.ts';

/** What a request is answered by. */
export interface Match extends Omit<Route, 'on'> {
  /** The variable parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

/**
 * Finds routes by method and path; a literal segment wins over a variable one. Ways in which clients of these services write a path are
 * the same to it: slashes side by side are one, one at the end is none, a last segment that ends in `.json` is taken without it, and
 * `x.atom` as `x` and `.atom`.
 */
export class Router {
  readonly #routes: RouterContext<Route> = createRouter();

  constructor(routes: readonly Route[]) {
    const seen = new Set<string>();
    for (const route of routes) {
      const { on } = route;
      if (seen.has(on)) throw new Error(`There are two routes on ${on}.`);
      seen.add(on);
      const [method = '', path = ''] = on.split(' ');
      addRoute(this.#routes, method, path.replaceAll(/(?<!\/):/g, '\\:').replace(/(?<=.)\/$/, ''), route); // one in a segment names nothing
    }
  }

  /** Undefined: there is none. `malformed`: the path is not well encoded. */
  find(method: string, path: string): Match | 'malformed' | undefined {
    const plain = plainPath(path);
    if (plain === undefined) return 'malformed';
    const found = findRoute(this.#routes, method, plain, { normalize: false });
    if (found === undefined) return undefined;
    const params = Object.entries(found.params ?? {}).map(([name, value]) => [name, value.replaceAll('%2F', '/').replaceAll('%25', '%')]);
    return { ...found.data, params: Object.fromEntries(params) };
  }
}

/** The path in the one form that routes are found by: decoded, but for slashes and percent signs within a segment. */
function plainPath(path: string): string | undefined {
  const segments = path.split('/').filter(Boolean);
  const last = segments.at(-1);
  if (last?.endsWith('.json')) segments.splice(-1, 1, last.slice(0, -5));
  else if (last?.endsWith('.atom')) segments.splice(-1, 1, last.slice(0, -5), '.atom');
  const encoded = path.includes('%');
  try {
    return `/${(encoded ? segments.map(plainSegment) : segments).join('/')}`;
  } catch {
    return undefined;
  }
}
const plainSegment = (segment: string): string => decodeURIComponent(segment).replaceAll('%', '%25').replaceAll('/', '%2F');

import type { Route } from './request.ts';

interface Branch {
  readonly literals: Map<string, Branch>;
  variable: Branch | undefined;
  readonly handlers: Map<string, { readonly route: Route; readonly names: readonly string[] }>;
}
const branch = (): Branch => ({ literals: new Map(), variable: undefined, handlers: new Map() });

export interface Match extends Omit<Route, 'on'> {
  readonly params: Readonly<Record<string, string>>;
}

/**
 * The segments of a path. A last one that ends in `.json` is taken without it, `x.atom` as `x` and `.atom`, slashes
 * side by side are one, and one at the end is none: all are ways in which clients of these services ask. undefined: it is not well encoded.
 */
export function segmentsOf(path: string): readonly string[] | undefined {
  const segments = path.split('/').filter(Boolean);
  const last = segments.at(-1);
  if (last?.endsWith('.json')) segments.splice(-1, 1, last.slice(0, -5));
  else if (last?.endsWith('.atom')) segments.splice(-1, 1, last.slice(0, -5), '.atom');
  if (!path.includes('%')) return segments;
  try {
    return segments.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

/** Finds routes by the segments of a path; a literal segment wins over a variable one. */
export class Router {
  readonly #root = branch();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route);
  }

  find(method: string, segments: readonly string[]): Match | undefined {
    return search(this.#root, method, segments, 0, []);
  }

  #add(route: Route): void {
    const { on } = route;
    const [method = '', path = ''] = on.split(' ');
    const names: string[] = [];
    let at = this.#root;
    for (const segment of path.split('/').slice(1).filter(Boolean)) {
      if (segment.startsWith(':')) {
        names.push(segment.slice(1));
        at.variable ??= branch();
        at = at.variable;
      } else {
        const next = at.literals.get(segment) ?? branch();
        at.literals.set(segment, next);
        at = next;
      }
    }
    if (at.handlers.has(method)) throw new Error(`There are two routes on ${on}.`);
    at.handlers.set(method, { route, names });
  }
}

/** At most two ways at each segment, so bounded by the depth of the routes. */
function search(at: Branch, method: string, segments: readonly string[], depth: number, values: readonly string[]): Match | undefined {
  const segment = segments[depth];
  if (segment === undefined) {
    const found = at.handlers.get(method);
    return found && { ...found.route, params: Object.fromEntries(found.names.map((name, index) => [name, values[index] ?? ''])) };
  }
  const literal = at.literals.get(segment);
  const found = literal && search(literal, method, segments, depth + 1, values);
  if (found !== undefined || at.variable === undefined) return found;
  return search(at.variable, method, segments, depth + 1, [...values, segment]);
}

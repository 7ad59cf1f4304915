import { LutraError } from '@lutra/core';
import type { Request, Response } from 'express';

/** What answers one method of a resource. */
export type Handler = (req: Request, res: Response) => void | Promise<void>;
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
/** The methods of a resource; GET answers HEAD too. */
export type Methods = { readonly [M in Method]?: Handler };
/** Adds a resource: its path, with or without a slash at the end, and what its methods do. Other methods are answered with 405. */
export type AddResource = (path: string, methods: Methods) => void;

/** A resource of the table: the pattern of its path, and its methods without HEAD. */
export interface Resource {
  readonly path: string;
  readonly methods: readonly string[];
  /** Whether it is for everybody: not below a tenant. */
  readonly open: boolean;
  /** Answers a request; throws LutraError `invalid-method` when it has no such method. */
  handle(req: Request, res: Response): void | Promise<void>;
}

/** A resource and what its path says. */
export interface Found {
  readonly resource: Resource;
  readonly params: Record<string, string>;
}

/** One segment further on the way to resources. */
interface Branch {
  readonly named: Map<string, Branch>;
  /** What stands for any segment, under this name. */
  any: { readonly name: string; readonly branch: Branch } | undefined;
  resource: Resource | undefined;
}
const newBranch = (): Branch => ({ named: new Map(), any: undefined, resource: undefined });

/**
 * Finds resources by their path, segment by segment: that takes as long as the path has segments, however many resources there are
 * (Express tries one regular expression after another, which took a third of a request). Paths are case-sensitive, as the ids in them
 * are; a segment by name wins over one that may be anything.
 */
export class ResourceTable {
  readonly #root = newBranch();
  readonly #resources: Resource[] = [];

  get resources(): readonly Resource[] {
    return this.#resources;
  }

  /** Adds resources below `prefix`. */
  adder(prefix: string, open: boolean): AddResource {
    return (path, methods) => {
      const resource = resourceOf(prefix + path, methods, open);
      let branch = this.#root;
      for (const segment of segmentsOf(resource.path)) branch = stepInto(branch, segment);
      branch.resource = resource;
      this.#resources.push(resource);
    };
  }

  /** The resource at a path. Throws a URIError when a segment that may be anything is no percent-encoded UTF-8. */
  find(path: string): Found | undefined {
    const params: Record<string, string> = {};
    const resource = search(this.#root, segmentsOf(path), 0, params);
    return resource === undefined ? undefined : { resource, params };
  }
}

/** `/a/b/` is `a`, `b`; further slashes make empty segments, which nothing has. */
function segmentsOf(path: string): readonly string[] {
  const segments = path.split('/').slice(1);
  if (segments.at(-1) === '') segments.pop();
  return segments;
}

function stepInto(branch: Branch, segment: string): Branch {
  if (segment.startsWith(':')) {
    branch.any ??= { name: segment.slice(1), branch: newBranch() };
    return branch.any.branch;
  }
  const next = branch.named.get(segment) ?? newBranch();
  branch.named.set(segment, next);
  return next;
}

/** Bounded by the depth of the tree: a longer path ends at a leaf. */
function search(branch: Branch, segments: readonly string[], at: number, params: Record<string, string>): Resource | undefined {
  const segment = segments[at];
  if (segment === undefined) return branch.resource;
  const named = branch.named.get(segment);
  const found = named === undefined ? undefined : search(named, segments, at + 1, params);
  if (found !== undefined || branch.any === undefined || segment === '') return found;
  const other = search(branch.any.branch, segments, at + 1, params);
  if (other !== undefined) params[branch.any.name] = decodeURIComponent(segment);
  return other;
}

function resourceOf(path: string, methods: Methods, open: boolean): Resource {
  const handlers = new Map<string, Handler>(Object.entries(methods));
  if (methods.GET !== undefined) handlers.set('HEAD', methods.GET);
  const allow = [...handlers.keys()].sort().join(', ');
  return {
    path,
    methods: Object.keys(methods),
    open,
    handle: (req, res) => {
      const handler = handlers.get(req.method);
      if (handler !== undefined) return handler(req, res);
      res.setHeader('Allow', allow);
      throw new LutraError('invalid-method', `${req.method} is not a method of this resource; it has ${allow}.`);
    },
  };
}

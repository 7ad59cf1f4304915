import { LutraError } from '@lutra/core';
import { type Request, type Response, Router } from 'express';

/** What answers one method of a resource. */
export type Handler = (req: Request, res: Response) => void | Promise<void>;
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
/** The methods of a resource; GET answers HEAD too. */
export type Methods = { readonly [M in Method]?: Handler };
/** Adds a resource: its path, with or without a slash at the end, and what its methods do. Other methods are answered with 405. */
export type AddResource = (path: string, methods: Methods) => void;

/** What a router has: the pattern of a path, and its methods without HEAD. */
export interface Resource {
  readonly path: string;
  readonly methods: readonly string[];
}

/** A router to add resources to. Paths are case-sensitive, as the ids and names in them are. */
export const caseSensitiveRouter = (): Router => Router({ mergeParams: true, caseSensitive: true });

/** Says how resources are added to a router. What was asked for is noted in `res.locals.about`, for log and metrics; what is added, in `noted`. */
export const resourcesOn =
  (router: Router, prefix: string, noted: Resource[]): AddResource =>
  (path, methods) => {
    const about = { route: prefix + path };
    const handlers = new Map<string, Handler>(Object.entries(methods));
    if (methods.GET !== undefined) handlers.set('HEAD', methods.GET);
    noted.push({ path: about.route, methods: Object.keys(methods) });
    const allow = [...handlers.keys()].sort().join(', ');
    router.all(path, (req, res) => {
      res.locals.about = req.params.groupId === undefined ? about : { ...about, groupId: req.params.groupId };
      const handler = handlers.get(req.method);
      if (handler !== undefined) return handler(req, res);
      res.setHeader('Allow', allow);
      throw new LutraError('invalid-method', `${req.method} is not a method of this resource; it has ${allow}.`);
    });
  };

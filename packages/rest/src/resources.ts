import { LutraError } from '@lutra/core';
import type { Express, Request, RequestHandler, Response } from 'express';

/** What answers one method of a resource. */
export type Handler = (req: Request, res: Response) => void | Promise<void>;
/** The methods of a resource; GET answers HEAD too. */
export interface Methods {
  readonly GET?: Handler;
  readonly POST?: Handler;
  readonly PUT?: Handler;
  readonly DELETE?: Handler;
}
/** Adds a resource: its path, with or without a slash at the end, and what its methods do. Other methods are answered with 405. */
export type AddResource = (path: string, methods: Methods) => void;

/** A resource in the list of all resources: the pattern of its path, and its methods without HEAD. */
export interface Resource {
  readonly path: string;
  readonly methods: readonly string[];
}

/** Adds resources below `prefix` as routes of `app`, and to the list `resources`. `checks` run before the method is looked at. */
export const adder =
  (app: Express, resources: Resource[], prefix = '', ...checks: readonly RequestHandler[]): AddResource =>
  (below, methods) => {
    const path = prefix + below;
    resources.push({ path, methods: Object.keys(methods) });
    const { GET, POST, PUT, DELETE } = methods;
    const route = app.route(path).all(noteRoute(path), ...checks);
    if (GET !== undefined) route.get(GET); // HEAD too
    if (POST !== undefined) route.post(POST);
    if (PUT !== undefined) route.put(PUT);
    if (DELETE !== undefined) route.delete(DELETE);
    route.all(refuseMethod(Object.keys({ ...methods, ...(GET === undefined ? {} : { HEAD: GET }) })));
  };

/** Notes in `res.locals` what was asked for: for log and metrics. */
const noteRoute =
  (path: string): RequestHandler =>
  (req, res, next) => {
    res.locals.route = path;
    res.locals.groupId = req.params.groupId;
    next();
  };

/** Refuses the methods that the resource does not have. */
function refuseMethod(methods: readonly string[]): RequestHandler {
  const allow = [...methods].sort().join(', ');
  return (req, res) => {
    res.setHeader('Allow', allow);
    throw new LutraError('invalid-method', `${req.method} is not a method of this resource; it has ${allow}.`);
  };
}

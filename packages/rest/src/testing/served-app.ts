/** The REST app on a port of its own, for tests: one at a time, until `stopServing`. */
import { type IncomingMessage, request } from 'node:http';
import { type Autoscaler, seededRandom } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { createRestApp, type RestAppOptions } from '../app.ts';
import { type ListeningHost, listen } from '../listening.ts';

export const clock = nodeClock();
let running: ListeningHost | undefined;

/** An autoscaler of which only these methods may be called, whoever asks. */
export const only = (methods: Partial<Autoscaler>): Autoscaler =>
  new Proxy(methods, {
    get: (target, name, itself) => {
      if (Object.hasOwn(target, name)) return target[name as keyof Autoscaler];
      if (name === 'as') return () => itself;
      throw new Error(`unexpected call of ${String(name)}`);
    },
  }) as Autoscaler;

/** Sends a request by its path. */
export type Send = (
  method: string,
  path: string,
  body?: string | Uint8Array<ArrayBuffer>,
  headers?: Record<string, string>,
) => Promise<Response>;

/** Serves the API on `autoscaler`. */
export async function serve(autoscaler: Autoscaler, options: Partial<RestAppOptions> = {}): Promise<Send> {
  const app = createRestApp({ autoscaler, clock, random: seededRandom(1), urlRoot: 'https://api.example', ...options });
  running = await listen(app, { clock, random: seededRandom(2), port: 0, host: '127.0.0.1' });
  const root = servedRoot();
  return (method, path, body, headers = {}) => {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    return fetch(root + path, { method, headers, ...(bytes === undefined ? {} : { body: bytes }) });
  };
}

/** Scheme, address and port of what is served. */
export const servedRoot = (): string => `http://127.0.0.1:${running?.port}`;

/** Ends when all answers are out. */
export async function stopServing(): Promise<void> {
  const host = running;
  running = undefined;
  await host?.close();
}

/** Leaves a host to itself whose clock never moves, so that it cannot wait for connections to end. */
export const abandon = (): void => {
  running = undefined;
};

/** The type of the error that an answer tells. */
export const errorType = async (res: Response): Promise<string> => JSON.parse(await res.text()).error.type;

/** The status and body of a request sent as the bytes of `path`, which fetch would tidy up. */
export const rawGet = (path: string) =>
  new Promise<{ readonly status: number | undefined; readonly text: string }>((resolve, reject) => {
    const take = (res: IncomingMessage): void => {
      let text = '';
      res.on('data', (chunk) => (text += chunk)).on('end', () => resolve({ status: res.statusCode, text }));
    };
    request({ port: running?.port, host: '127.0.0.1', path }, take).on('error', reject).end();
  });

/** Paths of all resources, and their methods as the header Allow tells them. */
export const resources: readonly (readonly [path: string, allow: string])[] = [
  ['/', 'GET, HEAD'],
  ['/health', 'GET, HEAD'],
  ['/health/live', 'GET, HEAD'],
  ['/health/ready', 'GET, HEAD'],
  ['/openapi.json', 'GET, HEAD'],
  ['/docs', 'GET, HEAD'],
  ['/admin/stop', 'GET, HEAD, PUT'],
  ['/admin/observe-only', 'GET, HEAD'],
  ['/admin/observe-only/T', 'GET, HEAD, PUT'],
  ['/admin/observe-only/T/G', 'GET, HEAD, PUT'],
  ['/v1.0/execute/1/abc', 'POST'],
  ['/v1.0/T/execute/1/abc', 'POST'],
  ['/v1.0/T/limits', 'GET, HEAD'],
  ['/v1.0/T/groups', 'GET, HEAD, POST'],
  ['/v1.0/T/groups/G', 'DELETE, GET, HEAD'],
  ['/v1.0/T/groups/G/state', 'GET, HEAD'],
  ['/v1.0/T/groups/G/pause', 'POST'],
  ['/v1.0/T/groups/G/resume', 'POST'],
  ['/v1.0/T/groups/G/converge', 'POST'],
  ['/v1.0/T/groups/G/config', 'GET, HEAD, PUT'],
  ['/v1.0/T/groups/G/launch', 'GET, HEAD, PUT'],
  ['/v1.0/T/groups/G/servers', 'GET, HEAD'],
  ['/v1.0/T/groups/G/servers/S', 'DELETE, GET, HEAD'],
  ['/v1.0/T/groups/G/policies', 'GET, HEAD, POST'],
  ['/v1.0/T/groups/G/policies/P', 'DELETE, GET, HEAD, PUT'],
  ['/v1.0/T/groups/G/policies/P/execute', 'POST'],
  ['/v1.0/T/groups/G/policies/P/webhooks', 'GET, HEAD, POST'],
  ['/v1.0/T/groups/G/policies/P/webhooks/W', 'DELETE, GET, HEAD, PUT'],
];

/** Bodies that are right. */
export const launch = { type: 'launch_server', args: { server: { flavorRef: '2', imageRef: 'I' } } };
export const config = { name: 'web', cooldown: 60, minEntities: 0, maxEntities: 10, metadata: {} };

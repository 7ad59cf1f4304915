import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { TenantId } from '@lutra/core';
import type { World } from '../world/world.ts';
import { type HttpAnswer, noSuchPath, routes } from './routes.ts';
import { writeFaulted } from './wire-faults.ts';

export interface CloudServerOptions {
  /** 0 (the default) takes any that is free. */
  readonly port?: number;
  /** Default: loopback only, since nobody is asked who he is. */
  readonly host?: string;
}
export interface CloudServer {
  readonly port: number;
  /** Breaks the connections that are open and stops listening. */
  close(): Promise<void>;
}

/** The wire face of a simulated cloud: the same world, operations and faults as in process, over HTTP. Resolves when it listens. */
export async function createCloudServer(world: World, { port = 0, host = '127.0.0.1' }: CloudServerOptions = {}): Promise<CloudServer> {
  const server = createServer((request, response) => {
    request.resume(); // no call here has a body that matters
    void answerTo(world, request)
      .catch((): HttpAnswer => ({ status: 500, body: { computeFault: { message: 'The simulated cloud itself failed.', code: 500 } } }))
      .then((answer) => send(answer, response, world));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The simulated cloud listens on no port.');
  return {
    port: address.port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

async function answerTo(world: World, { method, url = '/', headers }: IncomingMessage): Promise<HttpAnswer> {
  const origin = `http://${headers.host ?? 'localhost'}`;
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  for (const { method: routeMethod, path, answer } of routes) {
    const match = method === routeMethod ? path.exec(pathname) : null;
    if (match === null) continue;
    const [, tenant = '', id = ''] = match;
    return answer({ world, tenantId: decodeURIComponent(tenant) as TenantId, id: decodeURIComponent(id), query: searchParams, origin });
  }
  return noSuchPath;
}

function send(answer: HttpAnswer, response: ServerResponse, world: World): void {
  if (answer === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const body = answer.body === undefined ? '' : JSON.stringify(answer.body);
  const headers = body === '' ? {} : { ...answer.headers, 'Content-Type': 'application/json' };
  if (answer.wire !== undefined) writeFaulted(response, { status: answer.status, headers, body }, answer.wire, world);
  else if (body === '') response.writeHead(answer.status).end();
  else response.writeHead(answer.status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
}

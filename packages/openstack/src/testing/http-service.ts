/** A Service on a real socket. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nodeClock } from '@lutra/core/node';
import type { ServedAnswer, Service } from '../transport/in-process.ts';

export interface ListeningService {
  readonly origin: string;
  /** Connections that were ever opened. */
  connections(): number;
  close(): Promise<void>;
}

/** Listens on a free port of this machine. */
export async function listenWith(service: Service): Promise<ListeningService> {
  let opened = 0;
  const server = createServer((request, response) => void answer(service, request, response));
  server.on('connection', () => {
    opened += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    connections: () => opened,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  const { method = 'GET', url = '/', headers } = request;
  const served = await service({ method, url: `http://${headers.host}${url}`, headers: headers as Record<string, string>, text });
  write(served, response);
}

function write(served: ServedAnswer, response: ServerResponse): void {
  if (typeof served === 'string') {
    response.socket?.destroy();
    return;
  }
  const { status, headers, body, text = body === undefined ? '' : JSON.stringify(body), stalls, breaks } = served;
  response.writeHead(status, { ...headers, ...(breaks === true ? { 'content-length': text.length + 1 } : {}) });
  if (stalls === undefined && breaks !== true) {
    response.end(text);
    return;
  }
  response.flushHeaders();
  if (breaks === true) response.write(text, () => response.socket?.destroy());
  else if (stalls !== undefined && stalls !== 'never')
    nodeClock()
      .after(stalls)
      .subscribe(() => response.end(text));
}

import { Agent, get } from 'node:http';
import { milliseconds } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { describe, expect, it } from 'vitest';
import { listen } from './server.ts';

const clock = nodeClock();
const options = { clock, port: 0, host: '127.0.0.1' };

/** Starts a request and resolves with the status, or the error's code. */
function ask(port: number, agent: Agent): Promise<number | string | undefined> {
  return new Promise((resolve) => {
    get({ port, host: '127.0.0.1', agent }, (res) => void res.resume().on('end', () => resolve(res.statusCode))).on(
      'error',
      (error: NodeJS.ErrnoException) => resolve(error.code),
    );
  });
}

describe('listen', () => {
  it('lets requests in flight finish when it closes, and takes no new ones', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const host = await listen(async (_req, res) => {
      arrive();
      await released;
      res.end('done');
    }, options);
    const agent = new Agent({ keepAlive: true });
    const inFlight = ask(host.port, agent);
    await arrived;
    const closing = host.close();
    expect(await ask(host.port, new Agent())).toBe('ECONNREFUSED');
    release();
    expect(await inFlight).toBe(200);
    await closing;
    expect(host.close()).toBe(host.close());
    agent.destroy();
  });

  it('cuts off what is still open after its grace', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const host = await listen(() => arrive(), options);
    const inFlight = ask(host.port, new Agent());
    await arrived;
    await host.close(milliseconds(30));
    expect(await inFlight).toBe('ECONNRESET');
  });

  it('rejects when the port is taken', async () => {
    const host = await listen((_req, res) => void res.end(), options);
    await expect(listen((_req, res) => void res.end(), { ...options, port: host.port })).rejects.toThrow('EADDRINUSE');
    await host.close();
  });
});

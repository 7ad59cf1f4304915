import { later, seconds } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { VirtualClock } from '@lutra/simulator';
import { describe, expect, it } from 'vitest';
import { listenWith } from '../testing/http-service.ts';
import { contractLimits, describeTransport, type TransportUnderTest } from '../testing/transport-contract.ts';
import { fetchTransport } from './fetch.ts';
import { inProcessTransport, type Service } from './in-process.ts';
import { recordingTransport, replayingTransport } from './recording.ts';
import { type Transport, TransportError, type WireRequest } from './transport.ts';

const deadEndpoint = 'http://127.0.0.1:1';

describeTransport('fetchTransport', async (service) => {
  const clock = nodeClock();
  const listening = await listenWith(service);
  const transport = fetchTransport({ clock, limits: contractLimits });
  return {
    transport,
    clock,
    endpoint: `${listening.origin}/v2/1/`,
    deadEndpoint,
    settle: (promise) => promise,
    close: async () => {
      await transport.close();
      await listening.close();
    },
  };
});

const inProcess = async (service: Service): Promise<TransportUnderTest> => {
  const clock = new VirtualClock();
  const answering: Service = async (request) => (request.url.startsWith(deadEndpoint) ? 'unreachable' : service(request));
  const pending = (what: string) => clock.pending(what);
  return {
    transport: inProcessTransport(answering, { clock, limits: contractLimits, pending }),
    clock,
    endpoint: 'http://cloud/v2/1',
    deadEndpoint,
    settle: (promise) => clock.runUntilSettled(promise),
    close: async () => {},
  };
};
describeTransport('inProcessTransport', inProcess);
describeTransport('recordingTransport', async (service) => {
  const under = await inProcess(service);
  return { ...under, transport: recordingTransport(under.transport, () => {}) };
});

/** Answers with what the recording of an exchange is replayed as. */
const recordedAndReplayed = (transport: Transport, far: () => WireRequest['deadline']): Transport => ({
  send: async (request) => {
    const lines: string[] = [];
    let mayStart: boolean | undefined;
    const asked = {
      ...request,
      mayStart: () => {
        mayStart ??= request.mayStart();
        return mayStart;
      },
    };
    await recordingTransport(transport, (line) => lines.push(line))
      .send(asked)
      .catch(() => {});
    return replayingTransport(lines).send({ ...asked, signal: new AbortController().signal, deadline: far() });
  },
});
describeTransport('replayingTransport', async (service) => {
  const under = await inProcess(service);
  return { ...under, transport: recordedAndReplayed(under.transport, () => later(under.clock.now(), seconds(60))) };
});
const request = (origin: string, given: Partial<WireRequest> = {}): WireRequest => ({
  service: 'identity',
  endpoint: `${origin}/v2.0`,
  method: 'POST',
  path: '/tokens',
  deadline: later(nodeClock().now(), seconds(10)),
  signal: new AbortController().signal,
  mayStart: () => true,
  ...given,
});

describe('fetchTransport', () => {
  it('keeps a connection for the next request, and one that was not used because the request may not start', async () => {
    const listening = await listenWith(async () => ({ status: 200, headers: {}, body: {} }));
    const transport = fetchTransport({ clock: nodeClock(), connections: 1 });
    await transport.send(request(listening.origin));
    await expect(transport.send(request(listening.origin, { mayStart: () => false }))).rejects.toMatchObject({ failure: 'not-started' });
    await transport.send(request(listening.origin));
    expect(listening.connections()).toBe(1);
    await transport.close();
    await listening.close();
  });

  it('asks whether it may start when a connection is free, not when the request is made', async () => {
    let answerFirst = (): void => {};
    const held = new Promise<void>((resolve) => {
      answerFirst = resolve;
    });
    const listening = await listenWith(async () => {
      await held;
      return { status: 200, headers: {}, body: {} };
    });
    const transport = fetchTransport({ clock: nodeClock(), connections: 1 });
    const first = transport.send(request(listening.origin));
    let asked = 0;
    const second = transport.send(request(listening.origin, { mayStart: () => ++asked > 1 }));
    second.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toBe(0);
    answerFirst();
    await first;
    await expect(second).rejects.toMatchObject({ failure: 'not-started', opened: false });
    expect(asked).toBe(1);
    await transport.close();
    await listening.close();
  });
});

describe('inProcessTransport', () => {
  it('leaves neither a timer nor a call in flight behind', async () => {
    const clock = new VirtualClock();
    const service: Service = async () => ({ status: 200, headers: {}, body: {} });
    const transport = inProcessTransport(service, { clock, pending: (what) => clock.pending(what) });
    const deadline = later(clock.now(), seconds(10));
    const sent = transport.send(request('http://cloud', { deadline }));
    expect(clock.callsInFlight).toEqual(['POST /tokens']);
    await sent;
    await expect(transport.send(request('http://cloud', { deadline, mayStart: () => false }))).rejects.toBeInstanceOf(TransportError);
    expect([clock.callsInFlight, clock.size]).toEqual([[], 0]);
  });
});

describe('recordingTransport', () => {
  it('writes no tokens, passwords, keys and capability URLs', async () => {
    const lines: string[] = [];
    const service: Service = async () => ({
      status: 200,
      headers: { 'x-subject-token': 'hush-1', 'content-type': 'application/json' },
      body: {
        access: { token: { id: 'hush-2', expires: '2026-01-01T00:00:00Z' }, 'RAX-AUTH:impersonation': { token: 'hush-3' } },
        server: { adminPass: 'hush-4', metadata: { 'lutra:create-token': 'hush-5' } },
        links: ['https://as.example/v1.0/execute/1/hush-6/'],
      },
    });
    const transport = recordingTransport(inProcessTransport(service, { clock: nodeClock() }), (line) => lines.push(line));
    const body = {
      auth: { passwordCredentials: { username: 'svc', password: 'hush-7' }, 'RAX-KSKEY:apiKeyCredentials': { apiKey: 'hush-8' } },
    };
    await transport.send(request('http://cloud', { headers: { 'x-auth-token': 'hush-9', authorization: 'Basic hush-10' }, body }));
    await transport.send(request('http://cloud', { method: 'GET', path: '/tokens/hush-11/endpoints' }));
    expect(lines).toHaveLength(2);
    expect(lines.join('\n')).not.toContain('hush');
    expect(lines[0]).toContain('"username":"svc"');
    expect(lines[0]).toContain('"expires":"2026-01-01T00:00:00Z"');
  });

  it('records nothing of a request that was not sent', async () => {
    const lines: string[] = [];
    const transport = recordingTransport(
      inProcessTransport(async () => 'lost', { clock: nodeClock() }),
      (line) => lines.push(line),
    );
    await expect(transport.send(request('http://cloud', { mayStart: () => false }))).rejects.toBeInstanceOf(TransportError);
    expect(lines).toEqual([]);
  });
});

describe('replayingTransport', () => {
  it('answers equal requests in the order in which they were recorded, then no more', async () => {
    const lines: string[] = [];
    let served = 0;
    const service: Service = async () => ({ status: 200, headers: {}, body: { served: ++served } });
    const transport = recordingTransport(inProcessTransport(service, { clock: nodeClock() }), (line) => lines.push(line));
    const get = (path: string) => request('http://cloud', { method: 'GET', path });
    for (const path of ['/a', '/tokens/T', '/a']) await transport.send(get(path));
    const replaying = replayingTransport([...lines, '']);
    const replayed = [];
    for (const path of ['/a', '/a', '/tokens/other']) replayed.push((await replaying.send(get(path))).body);
    expect(replayed).toEqual([{ served: 1 }, { served: 3 }, { served: 2 }]);
    await expect(replaying.send(get('/a'))).rejects.toMatchObject({ failure: 'unreachable', opened: false });
  });
});

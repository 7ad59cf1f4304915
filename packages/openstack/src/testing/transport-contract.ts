/** What every Transport promises, in vitest. */
import { between, type Clock, later, milliseconds, seconds } from '@lutra/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServedAnswer, ServedRequest, Service } from '../transport/in-process.ts';
import type { TransportLimits } from '../transport/limits.ts';
import { type Transport, TransportError, type WireAnswer, type WireRequest } from '../transport/transport.ts';

/** The bounds that a transport under test is made with. */
export const contractLimits: TransportLimits = {
  connect: milliseconds(500),
  headers: milliseconds(600),
  body: milliseconds(200),
  longestBody: 1000,
};

/** A transport with a service behind it that the suite scripts. */
export interface TransportUnderTest {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Where `service` answers. */
  readonly endpoint: string;
  /** Where nobody listens. */
  readonly deadEndpoint: string;
  /** Lets time pass until the promise settles. */
  settle<T>(promise: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const ok = { status: 200, headers: { 'content-type': 'application/json' }, body: { servers: [] } } satisfies ServedAnswer;
const never = new Promise<never>(() => {});

/** The suite. `open` gets the service that is scripted. */
export function describeTransport(name: string, open: (service: Service) => Promise<TransportUnderTest>): void {
  describe(`${name} as a Transport`, () => {
    let under: TransportUnderTest;
    let script: Service = async () => ok;
    const received: ServedRequest[] = [];
    beforeAll(async () => {
      under = await open((request) => {
        received.push(request);
        return script(request);
      });
    });
    afterAll(() => under.close());

    const answering = (answer: ServedAnswer | Promise<never>): void => {
      received.length = 0;
      script = async () => answer;
    };
    const send = (given: Partial<WireRequest> = {}): Promise<WireAnswer> => {
      const request: WireRequest = {
        service: 'compute',
        endpoint: under.endpoint,
        method: 'GET',
        path: '/servers/detail',
        deadline: later(under.clock.now(), seconds(60)),
        signal: new AbortController().signal,
        mayStart: () => true,
        ...given,
      };
      return under.settle(under.transport.send(request));
    };
    const failure = async (given: Partial<WireRequest> = {}): Promise<readonly [string, boolean]> => {
      const error = await send(given).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (!(error instanceof TransportError)) throw new Error(`no TransportError: ${String(error)}`);
      return [error.failure, error.opened];
    };

    it('resolves with status, headers by lower-case name, and a JSON body as a value', async () => {
      answering({ ...ok, headers: { 'content-type': 'application/json', 'x-openstack-request-id': 'req-1' } });
      const answer = await send();
      expect(answer).toMatchObject({ status: 200, body: { servers: [] } });
      expect(answer.headers['x-openstack-request-id']).toBe('req-1');
    });
    it('resolves with an answer of any status, and follows no redirection', async () => {
      answering({ status: 301, headers: { location: `${under.endpoint}/elsewhere` }, body: { user: { id: 'alice' } } });
      expect(await send()).toMatchObject({ status: 301, body: { user: { id: 'alice' } } });
      answering({ status: 503, headers: { 'retry-after': '7' }, text: '<html>Bad gateway</html>' });
      expect(await send()).toMatchObject({ status: 503, body: '<html>Bad gateway</html>' });
      expect(received).toHaveLength(1);
    });
    it('resolves without a body if there is none', async () => {
      answering({ status: 204, headers: {} });
      expect(await send({ method: 'DELETE' })).toMatchObject({ status: 204, body: undefined });
    });
    it('sends method, path, query, headers and body', async () => {
      answering(ok);
      const body = { server: { name: 'wéb' } };
      await send({ method: 'POST', path: '/servers/a%2Fb', query: 'limit=2&name=%5Ex%24', headers: { 'x-auth-token': 'T' }, body });
      expect(received).toHaveLength(1);
      const [request] = received;
      expect(request?.method).toBe('POST');
      expect(request?.url).toMatch(/\/servers\/a%2Fb\?limit=2&name=%5Ex%24$/);
      expect(request?.headers).toMatchObject({ 'x-auth-token': 'T', 'content-type': 'application/json' });
      expect(JSON.parse(request?.text ?? '')).toEqual(body);
    });
    it('sends a body with DELETE', async () => {
      answering({ status: 204, headers: {} });
      await send({ method: 'DELETE', body: [{ cloud_server: { id: 's1' } }] });
      expect(received.map(({ text }) => text)).toEqual(['[{"cloud_server":{"id":"s1"}}]']);
    });

    it('sends nothing if it may not start, and says so', async () => {
      answering(ok);
      expect(await failure({ mayStart: () => false })).toEqual(['not-started', false]);
      expect(received).toEqual([]);
      expect(await send()).toMatchObject({ status: 200 });
    });
    it('asks once whether it may start, before the service gets the request', async () => {
      const order: string[] = [];
      received.length = 0;
      script = async () => {
        order.push('served');
        return ok;
      };
      await send({ mayStart: () => order.push('asked') > 0 });
      expect(order).toEqual(['asked', 'served']);
    });

    it('sends nothing if its caller has given up, or the deadline has passed', async () => {
      answering(ok);
      expect(await failure({ signal: AbortSignal.abort() })).toEqual(['aborted', false]);
      expect(await failure({ deadline: under.clock.now() })).toEqual(['timeout', false]);
      expect(received).toEqual([]);
    });
    it('gives up as soon as its caller does', async () => {
      received.length = 0;
      const controller = new AbortController();
      script = () => {
        controller.abort();
        return never;
      };
      expect(await failure({ signal: controller.signal })).toEqual(['aborted', true]);
    });
    it('gives up at the deadline of the request', async () => {
      answering(never);
      const before = under.clock.now();
      expect(await failure({ deadline: later(before, milliseconds(100)) })).toEqual(['timeout', true]);
      expect(under.clock.now() - before).toBeLessThan(contractLimits.headers);
    });
    it('bounds the wait for headers and the wait for the body apart', async () => {
      const took = async (answer: ServedAnswer | Promise<never>): Promise<number> => {
        answering(answer);
        const before = under.clock.now();
        expect(await failure()).toEqual(['timeout', true]);
        return between(before, under.clock.now());
      };
      expect(await took(never)).toBeGreaterThan(contractLimits.headers - 20); // real timers may be early by a little
      const body = await took({ ...ok, stalls: 'never' });
      expect(body).toBeGreaterThan(contractLimits.body - 20);
      expect(body).toBeLessThan(contractLimits.headers);
      answering({ ...ok, stalls: milliseconds(50) });
      expect(await send()).toMatchObject({ status: 200, body: { servers: [] } });
    });
    it('says that nothing was sent if there is no connection', async () => {
      answering(ok);
      expect(await failure({ endpoint: under.deadEndpoint })).toEqual(['unreachable', false]);
      expect(received).toEqual([]);
    });
    it('says that the request may have arrived if the connection breaks', async () => {
      answering('lost');
      expect(await failure()).toEqual(['lost', true]);
      answering({ ...ok, breaks: true });
      expect(await failure()).toEqual(['lost', true]);
    });
    it('reads an answer up to its bound', async () => {
      answering({ status: 200, headers: {}, text: 'x'.repeat(1000) });
      expect((await send()).body).toHaveLength(1000);
      answering({ status: 200, headers: {}, text: 'x'.repeat(1001) });
      expect(await failure()).toEqual(['too-large', true]);
    });
  });
}

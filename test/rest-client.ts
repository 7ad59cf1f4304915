/** The REST host on an autoscaler and a simulated cloud, as a client sees it: real HTTP on a port of its own. */
import {
  type Autoscaler,
  type AutoscalerPorts,
  type Cloud,
  createAutoscaler,
  type GivenOptions,
  type GroupEvent,
  milliseconds,
} from '@lutra/core';
import { nodeClock, nodeRandom } from '@lutra/core/node';
import { createRestApp, listen, type RestAppOptions } from '@lutra/rest';
import { createSimulatedCloud } from '@lutra/simulator';
import { filter, firstValueFrom, timeout } from 'rxjs';
import { expect } from 'vitest';
import { bodyUnlikeDescribed, unlikeDescribed } from './api-description.ts';

export const urlRoot = 'https://autoscale.example';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when it is empty. */
  readonly body: Json;
}
/** What a test reads of an answer, without saying of each step that it is there. */
// biome-ignore lint/suspicious/noExplicitAny: a body is whatever the test says that it must be
export type Json = any;

export interface RestApi {
  /** Scheme, address and port. */
  readonly root: string;
  readonly autoscaler: Autoscaler;
  /** Sends a request; `body` is sent as it is when it is text. Holds every answer to what all answers have in common. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The next event of this kind that fits; fails after ten seconds. */
  next(fits: (event: GroupEvent) => boolean): Promise<GroupEvent>;
  close(): Promise<void>;
}

const instant = { kind: 'fixed', duration: milliseconds(1) } as const;

/** Starts a host. Its cloud answers at once; `cloud` may stand in for parts of it. Converges only after `autoscaler.start()`. */
export async function startRestApi(
  options: GivenOptions = {},
  cloud: Partial<Cloud> = {},
  { limitsOf, store, ...more }: Partial<RestAppOptions> & Pick<AutoscalerPorts, 'limitsOf' | 'store'> = {},
): Promise<RestApi> {
  const clock = nodeClock();
  const random = nodeRandom();
  const pace = { latency: instant, build: instant, delete: instant, lock: instant };
  const world = createSimulatedCloud({ clock, random, pace });
  const { limits = {} } = options;
  const autoscaler = createAutoscaler({
    cloud: { ...world, ...cloud },
    clock,
    random,
    options: { ...options, limits },
    ...(limitsOf && { limitsOf }),
    ...(store && { store }),
  });
  const host = await listen(createRestApp({ autoscaler, clock, random, urlRoot, limits: limitsOf ?? limits, ...more }), {
    random,
    clock,
    port: 0,
    host: '127.0.0.1',
  });
  const root = `http://127.0.0.1:${host.port}`;
  return {
    root,
    autoscaler,
    send: async (method, path, body, headers = {}) => {
      const sent: { body?: Uint8Array<ArrayBuffer> } =
        body === undefined ? {} : { body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)) };
      const res = await fetch(`${root}${path}`, { method, headers, ...sent });
      const text = await res.text();
      expect(unlikeDescribed(method, path, res.status, res.headers.get('content-type'), text)).toBeUndefined();
      if (res.ok && sent.body !== undefined) expect(bodyUnlikeDescribed(method, path, new TextDecoder().decode(sent.body))).toBeUndefined();
      return checkedAnswer(res, text);
    },
    next: (fits) => firstValueFrom(autoscaler.events$.pipe(filter(fits), timeout(10_000))),
    close: async () => {
      await host.close();
      await autoscaler.stop();
    },
  };
}

/** The headers of every answer, and the format of every error. */
function checkedAnswer({ status, headers }: Response, text: string): Answer {
  expect(headers.get('content-type')).toBe('application/json');
  expect(headers.get('x-response-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers.get('server')).not.toBeNull();
  expect(headers.get('date')).not.toBeNull();
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  const body: Json = text === '' ? undefined : JSON.parse(text);
  if (status >= 400) {
    expect(body).toEqual({ error: { type: expect.any(String), code: status, message: expect.any(String), details: '' } });
  }
  return { status, headers, text, body };
}

/** An image and a flavor that the simulated cloud has. */
export const server = { flavorRef: 'performance1-1', imageRef: '7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8' };
export const launchConfiguration = { type: 'launch_server', args: { server } };
export const groupConfiguration = { name: 'web', cooldown: 0, minEntities: 0, maxEntities: 10, metadata: {} };
export const newGroup = { groupConfiguration, launchConfiguration };
export const policy = { name: 'up', type: 'webhook', cooldown: 0, change: 1 };

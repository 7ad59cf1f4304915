/** A simulated cloud over HTTP, for tests of this package. Not part of its public API. */
import { type DurationMs, later, milliseconds, seededRandom } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import { type CloudServer, type CloudServerOptions, createCloudServer } from '../http/cloud-server.ts';
import { VirtualClock } from '../virtual-clock.ts';
import type { Pace } from '../world/pace.ts';
import { World, type WorldOptions } from '../world/world.ts';

const fixed = (duration: number) => ({ kind: 'fixed', duration: milliseconds(duration) }) as const;
/** Latency none (so that nobody has to move the clock), build 10 s, delete 5 s, lock 2 s. */
export const promptPace: Pace = { latency: { kind: 'none' }, build: fixed(10_000), delete: fixed(5000), lock: fixed(2000) };

/** What came back. */
export interface Came {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a body is whatever the test says that it must be
  readonly body: any;
}
export interface ServedCloud {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly base: string;
  readonly ask: (call: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Came>;
  /** Lets time pass. */
  readonly pass: (span: DurationMs) => Promise<void>;
}

const open: CloudServer[] = [];
/** For `afterEach`. */
export async function closeServedClouds(): Promise<void> {
  for (const server of open.splice(0)) await server.close();
}

/** Serves a world on a virtual clock. `ask('POST /v2.0/tokens', body)`. */
export async function servedCloud(options: Partial<WorldOptions> = {}, server: Partial<CloudServerOptions> = {}): Promise<ServedCloud> {
  const clock = options.clock instanceof VirtualClock ? options.clock : new VirtualClock();
  const world = new World({ clock, random: seededRandom(1), pace: promptPace, tokenChecks: false, ...options });
  const listening = await createCloudServer(world, { clock: nodeClock(), ...server });
  open.push(listening);
  const base = `http://127.0.0.1:${listening.port}`;
  return {
    world,
    clock,
    base,
    ask: async (call, body, headers = {}) => {
      const [method = '', path = ''] = call.split(' ');
      const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
      const response = await fetch(path.startsWith('http') ? path : base + path, { method, headers, redirect: 'manual', ...sent });
      const text = await response.text();
      const json = response.headers.get('content-type') === 'application/json';
      return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined };
    },
    pass: (span) => clock.runUntil(later(clock.now(), span)),
  };
}

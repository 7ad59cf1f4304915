/** Everything that the torture sends at a host, as data. */
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { beHostile } from './be-hostile.ts';
import { hostileKinds } from './hostile-kinds.ts';
import { bytesOf, hostileRequests } from './requests.ts';

/** A face of a host. */
export interface Target {
  readonly kind: 'api' | 'cloud';
  readonly root: URL;
}

/** One kind of hostile request. */
export interface Attack {
  readonly name: string;
  /** Which face of a host it is for. */
  readonly faces: 'api' | 'cloud' | 'both';
  /** How often it is picked, among the weights of all. */
  readonly weight: number;
  /** Sends one; `chance`, any integer from 0, decides what varies. Resolves when it is over; never rejects. */
  run(target: Target, chance: number): Promise<void>;
}

/** The longest that an attacker waits for an end, ms. */
const patience = 20_000;

/** Sends bytes and waits until the connection has ended, by whichever side. */
async function exchange({ port, hostname }: URL, ...parts: readonly (string | Buffer)[]): Promise<void> {
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {}); // the host may close before it has read everything
  socket.resume();
  for (const part of parts) socket.write(part, 'latin1');
  if (!socket.closed) await once(socket, 'close', { signal: AbortSignal.timeout(patience) }).catch(() => socket.destroy());
}

const apiPaths = [
  '/',
  '/health',
  '/metrics',
  '/docs',
  '/openapi.json',
  '/v1.0/T/limits',
  '/v1.0/T/groups',
  '/v1.0/execute/1/abc',
  '/v1.0/execute/groups',
];
const cloudPaths = [
  '/',
  '/v2.0/tokens',
  '/v3/auth/tokens',
  '/v2/T/servers',
  '/v2/T/servers/detail',
  '/v2/%0a/servers',
  '/v2/T/servers/1/action',
  '/v2/T/images/detail',
  '/v2/T/os-keypairs',
  '/v1.0/T/loadbalancers',
  '/v1.0/T/loadbalancers/1/nodes',
  '/v3/T/load_balancer_pools',
  '/control/journal',
  '/control/snapshotX',
  '/feeds/T/autoscale/events',
];

/** Requests drawn from what no client should send. */
const drawn = (name: string, faces: Attack['faces'], paths: readonly string[], weight: number): Attack => {
  const requests = hostileRequests(paths);
  return {
    name,
    faces,
    weight,
    run: async ({ root }, chance) => {
      const [asked] = fc.sample(requests, { numRuns: 1, seed: chance });
      if (asked === undefined) return;
      const { head, sent } = bytesOf(asked);
      await exchange(root, head, sent);
    },
  };
};

/** A body of this text, as large as the bounds allow it, or a little larger. */
const heavy = (name: string, text: string): Attack => ({
  name: `a body of ${name}`,
  faces: 'both',
  weight: 1,
  run: async ({ kind, root }, chance) => {
    const body =
      text.length > 10_000 ? text : text.repeat(Math.ceil((2 ** 20 + (chance % 3) - 1) / text.length)).slice(0, 2 ** 20 + (chance % 3) - 1);
    const path = kind === 'api' ? '/v1.0/T/groups' : '/v2/T/servers';
    await exchange(root, `POST ${path} HTTP/1.1\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`, body);
  },
});
/** Connections that end or hold a host, one of every kind that there is. */
const connections: Attack = {
  name: 'a hostile connection',
  faces: 'both',
  weight: 60,
  run: async ({ root }, chance) => {
    const kind = hostileKinds[chance % hostileKinds.length];
    if (kind !== undefined) await beHostile(Number(root.port), kind);
  },
};

export const attacks: readonly Attack[] = [
  connections,
  drawn('a drawn request to the API', 'api', apiPaths, 60),
  drawn('a drawn request to a cloud', 'cloud', cloudPaths, 60),
  heavy('minus zeros', '-0,'),
  heavy('numbers with a fraction', '[1.0,'),
  heavy('brackets', '['),
  heavy('members', '{"a":'),
  heavy('one number', '1'),
  heavy('halves of characters', '"\\ud800'),
];

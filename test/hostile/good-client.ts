/** A client that does what clients do, all the time: each of its requests must be answered, and well, while others attack. */
import { Agent, request } from 'node:http';
import { exampleGroup } from '../../packages/cli/src/example-group.ts';

export interface GoodClient {
  /** Requests answered as they should be. */
  readonly served: number;
  /** Requests that were not, each with what came instead. */
  readonly failures: readonly string[];
  /** The slowest answer, ms. */
  readonly slowest: number;
  /** Ends after the round under way. */
  stop(): Promise<void>;
}

/** How long an answer may take, ms: the client gives up then. */
const patience = 15_000;
const emptyGroup = {
  ...exampleGroup,
  groupConfiguration: { ...exampleGroup.groupConfiguration, minEntities: 0, name: 'good', metadata: {} },
  launchConfiguration: { ...exampleGroup.launchConfiguration, args: { ...exampleGroup.launchConfiguration.args, loadBalancers: [] } },
};

type Send = (method: string, path: string, wanted: number, body?: unknown) => Promise<Record<string, never>>;

/** One round on the API: makes a group, reads it, scales it, deletes it. */
async function apiRound(send: Send): Promise<void> {
  const tenant = '/v1.0/good';
  const { group } = (await send('POST', `${tenant}/groups`, 201, emptyGroup)) as unknown as {
    readonly group: { readonly id: string; readonly scalingPolicies: readonly [{ readonly id: string }] };
  };
  const at = `${tenant}/groups/${group.id}`;
  await send('GET', `${at}/state`, 200);
  await send('POST', `${at}/policies/${group.scalingPolicies[0].id}/execute`, 202);
  await send('PUT', `${at}/config`, 204, { ...emptyGroup.groupConfiguration, maxEntities: 3 });
  await send('GET', `${tenant}/groups`, 200);
  await send('DELETE', `${at}?force=true`, 204);
}

/** One round on a cloud: makes a server, reads it, deletes it. */
async function cloudRound(send: Send): Promise<void> {
  const { imageRef, flavorRef } = exampleGroup.launchConfiguration.args.server;
  const { server } = (await send('POST', '/v2/good/servers', 202, { server: { name: 'good', imageRef, flavorRef } })) as unknown as {
    readonly server: { readonly id: string };
  };
  await send('GET', `/v2/good/servers/${server.id}`, 200);
  await send('GET', '/v2/good/servers/detail?limit=2', 200);
  await send('DELETE', `/v2/good/servers/${server.id}`, 204);
}

/** Starts a client of a host at `root`. */
export function startGoodClient(face: 'api' | 'cloud', root: string): GoodClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const failures: string[] = [];
  let [served, slowest, stopped] = [0, 0, false];
  const send: Send = async (method, path, wanted, body) => {
    const begun = performance.now();
    const { status, text } = await exchange(agent, method, root + path, body);
    slowest = Math.max(slowest, performance.now() - begun);
    if (status !== wanted) throw new Error(`${method} ${path}: ${status} and not ${wanted}: ${text.slice(0, 300)}`);
    served += 1;
    return text === '' ? {} : JSON.parse(text);
  };
  const round = face === 'api' ? apiRound : cloudRound;
  const running = (async () => {
    while (!stopped && failures.length < 100) {
      await round(send).catch((error: unknown) => void failures.push(error instanceof Error ? error.message : String(error)));
    }
    agent.destroy();
  })();
  return {
    get served() {
      return served;
    },
    get slowest() {
      return Math.round(slowest);
    },
    failures,
    stop: () => {
      stopped = true;
      return running;
    },
  };
}

function exchange(agent: Agent, method: string, url: string, body: unknown): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = text === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
    const sent = request(url, { agent, method, headers, timeout: patience }, (res) => {
      const parts: Buffer[] = [];
      res.on('data', (part: Buffer) => parts.push(part));
      res.once('end', () => resolve({ status: res.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }));
      res.once('error', reject);
    });
    sent.once('timeout', () => sent.destroy(new Error(`no answer within ${patience / 1_000} s`)));
    sent.once('error', (error) => reject(new Error(`${method} ${url}: ${error.message}`)));
    sent.end(text);
  });
}

/** The whole walk in a process of its own: from HTTP requests through the engine to the simulated cloud, and back. */
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { exampleGroup, exampleTenant } from '../packages/cli/src/example-group.ts';
import { type RunningServe, startServe, until } from './cli-serve-process.ts';

/** What the tests read of answers, without saying of each step that it is there. */
// biome-ignore lint/suspicious/noExplicitAny: a body is whatever the test says that it must be
type Json = any;

let serve: RunningServe | undefined;
afterEach(() => serve?.kill());

async function call(method: string, url: string, body?: object): Promise<{ readonly status: number; readonly body: Json }> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  const response = await fetch(url, { method, ...sent });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

describe('lutra serve', () => {
  it('carries a group through its whole life on the simulated cloud, and ends well', { timeout: 60_000 }, async () => {
    serve = await startServe();
    const { api, cloud } = serve;
    const servers = `${cloud}/v2/${exampleTenant}/servers`;
    const nodes = async (): Promise<Json[]> => (await call('GET', `${cloud}/v1.0/${exampleTenant}/loadbalancers/237935/nodes`)).body.nodes;

    const created = await call('POST', `${api}/v1.0/${exampleTenant}/groups`, exampleGroup);
    expect(created.status).toBe(201);
    const group = `${api}/v1.0/${exampleTenant}/groups/${created.body.group.id}`;
    const policy = `${group}/policies/${created.body.group.scalingPolicies[0].id}`;
    const state = async (): Promise<Json> => (await call('GET', `${group}/state`)).body.group;
    const whole = (count: number) => (now: Json) => now.activeCapacity === count && now.pendingCapacity === 0 && now.status === 'ACTIVE';

    const two = await until('two servers are active', state, whole(2));
    expect((await nodes()).map(({ condition, port }) => [condition, port])).toEqual([
      ['ENABLED', 80],
      ['ENABLED', 80],
    ]);

    const lost = two.active[0].id;
    const address = (await call('GET', `${servers}/${lost}`)).body.server.addresses.private[0].addr;
    expect((await call('DELETE', `${servers}/${lost}`)).status).toBe(204);
    await until('the lost server is replaced', state, (now) => whole(2)(now) && !now.active.some(({ id }: Json) => id === lost));
    const left = await until('its node is replaced too', nodes, (now) => now.length === 2);
    expect(left.map((node) => node.address)).not.toContain(address);

    const webhook = (await call('POST', `${policy}/webhooks`, [{ name: 'alarm' }])).body.webhooks[0];
    const capability = webhook.links.find(({ rel }: Json) => rel === 'capability').href;
    expect((await call('POST', capability)).status).toBe(202);
    await until('the group has grown', state, whole(3));

    expect((await call('POST', `${group}/pause`)).status).toBe(204);
    const refused = await call('POST', `${policy}/execute`);
    expect([refused.status, refused.body.error.type]).toEqual([403, 'GroupPausedError']);
    expect((await call('POST', `${group}/resume`)).status).toBe(204);

    expect((await call('DELETE', `${group}?force=true`)).status).toBe(204);
    expect((await call('GET', `${group}/state`)).status).toBe(404);
    await until(
      'every server is gone',
      async () => (await call('GET', `${servers}/detail`)).body.servers,
      (now) => now.length === 0,
    );
    await until('every node is gone', nodes, (now) => now.length === 0);

    serve.child.kill('SIGTERM');
    expect(await once(serve.child, 'exit')).toEqual([0, null]);
    const secret = capability.split('/').at(-2);
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(serve.output()).not.toContain(secret);
  });

  it('prints two commands that work as they are', { timeout: 30_000 }, async () => {
    serve = await startServe();
    const [create, show] = [...serve.output().matchAll(/^ {2}curl .*$/gm)].map(([line]) => parseCurl(line));
    expect((await call('POST', create?.url ?? '', JSON.parse(create?.body ?? ''))).status).toBe(201);
    const { body } = await call('GET', show?.url ?? '');
    expect(body.groups).toMatchObject([{ state: { name: 'testscalinggroup', desiredCapacity: 2 } }]);
  });

  it.each(['--port', '--cloud-port'])('says what to do when its %s is in use, and ends', { timeout: 30_000 }, async (flag) => {
    serve = await startServe();
    const { port } = new URL(serve.api);
    await expect(startServe(flag, port)).rejects.toThrow(
      `ended with code 1: Port ${port} on 127.0.0.1 is in use: stop what uses it, or choose another with ${flag} (0 takes any that is free).`,
    );
  });
});

/** URL and body of a curl command as a shell would read it. */
function parseCurl(line: string): { readonly url: string; readonly body: string | undefined } {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const data = words.indexOf('-d');
  return { url: words.find((word) => word.startsWith('http')) ?? '', body: data < 0 ? undefined : words[data + 1] };
}

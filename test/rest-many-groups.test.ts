/** Many clients of one tenant at once, on `lutra serve` with the demo pace. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningServe, startServe, until } from './cli-serve-process.ts';
import { groupConfiguration, type Json, server } from './rest-client.ts';

let serve: RunningServe;
beforeAll(async () => {
  serve = await startServe('--log-level', 'warn');
});
afterAll(() => serve?.kill());

const tenant = '829409';
const groups = 90;
const clients = 15;
const balancer = 237935;

const json = async (url: string): Promise<Json> => (await fetch(url)).json();
const servers = async (): Promise<number> => (await json(`${serve.cloud}/v2/${tenant}/servers/detail`)).servers.length;
const nodes = async (): Promise<number> => (await json(`${serve.cloud}/v1.0/${tenant}/loadbalancers/${balancer}/nodes`)).nodes.length;
/** Does something for each of `count` numbers, `clients` at a time. */
async function inParallel<T>(count: number, act: (index: number) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      done[index] = await act(index);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return done;
}

it('ninety groups made by parallel clients and deleted by force leave no server and no node within a minute', {
  timeout: 120_000,
}, async () => {
  const [serversBefore, nodesBefore] = [await servers(), await nodes()];
  const body = JSON.stringify({
    groupConfiguration: { ...groupConfiguration, minEntities: 1 },
    launchConfiguration: { type: 'launch_server', args: { server, loadBalancers: [{ loadBalancerId: balancer, port: 80 }] } },
  });
  const paths = await inParallel(groups, async (index) => {
    const res = await fetch(`${serve.api}/v1.0/${tenant}/groups`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });
    expect([index, res.status]).toEqual([index, 201]);
    return `${serve.api}/v1.0/${tenant}/groups/${((await res.json()) as Json).group.id}`;
  });
  expect(new Set(paths).size).toBe(groups);
  await until('some servers are there', servers, (count) => count > serversBefore + groups / 3);
  const statuses = await inParallel(groups, async (index) => (await fetch(`${paths[index]}?force=true`, { method: 'DELETE' })).status);
  expect(new Set(statuses)).toEqual(new Set([204]));
  expect((await json(`${serve.api}/v1.0/${tenant}/groups`)).groups).toEqual([]);
  const left = async (): Promise<readonly number[]> => [await servers(), await nodes()];
  let seen = await left();
  for (let tries = 0; tries < 120 && (seen[0] !== serversBefore || seen[1] !== nodesBefore); tries += 1) {
    await pause(500);
    seen = await left();
  }
  await pause(2_000); // nothing comes back
  expect(await left()).toEqual(seen);
  expect(seen).toEqual([serversBefore, nodesBefore]);
});

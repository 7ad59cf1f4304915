/** Hosts that keep their data in folders, for tests of what outlives them. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { exampleGroup, exampleTenant } from '../packages/cli/src/example-group.ts';
import { type RunningServe, startServe, until } from './cli-serve-process.ts';

// biome-ignore lint/suspicious/noExplicitAny: a body is whatever the test says that it must be
export type Json = any;

const root = mkdtempSync(join(tmpdir(), 'lutra-durable-'));
/** A folder of that name, for this file of tests alone; nothing is in it. */
export const folderNamed = (name: string): string => join(root, name);

const running: RunningServe[] = [];
/** For the end of a file of tests. */
export async function removeAll(): Promise<void> {
  await Promise.all(running.map((serve) => stop(serve)));
  rmSync(root, { recursive: true });
}

export async function start(data: string, ...options: readonly string[]): Promise<RunningServe> {
  const serve = await startServe('--data', data, ...options);
  running.push(serve);
  return serve;
}
export async function stop({ child }: RunningServe): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
/** Kills the host itself, which the launcher would outlive: it has said who it is. */
export async function kill({ child }: RunningServe, data: string): Promise<void> {
  const ended = once(child, 'exit');
  const [, pid] = /^process (\d+),/.exec(readFileSync(join(data, 'groups.db-holder'), 'utf8')) ?? [];
  process.kill(Number(pid), 'SIGKILL');
  await ended;
}
export async function call(method: string, url: string, body?: object): Promise<Json> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  const response = await fetch(url, { method, ...sent });
  const text = await response.text();
  expect([url, response.status < 300, text]).toEqual([url, true, text]);
  return text === '' ? undefined : JSON.parse(text);
}

export const groupsAt = (api: string): string => `${api}/v1.0/${exampleTenant}/groups`;
export const groupIds = async (api: string): Promise<readonly string[]> =>
  (await call('GET', groupsAt(api))).groups.map(({ id }: Json) => id);
export const serversAt = async (cloud: string): Promise<readonly string[]> =>
  (await call('GET', `${cloud}/v2/${exampleTenant}/servers/detail`)).servers.map(({ id }: Json) => id).sort();
export const nodesAt = async (cloud: string): Promise<readonly Json[]> =>
  (await call('GET', `${cloud}/v1.0/${exampleTenant}/loadbalancers/237935/nodes`)).nodes;
export const activeOf = (state: Json): readonly string[] => state.active.map(({ id }: Json) => id).sort();

/** A group of two servers that is whole. */
export async function makeGroup(
  { api }: RunningServe,
  group: object = exampleGroup,
): Promise<{ readonly id: string; readonly active: readonly string[] }> {
  const { id } = (await call('POST', groupsAt(api), group)).group;
  return { id, active: activeOf(await wholeState(api, id, 2)) };
}
export const wholeState = (api: string, id: string, count: number): Promise<Json> =>
  until(
    `${count} servers are active`,
    async () => (await call('GET', `${groupsAt(api)}/${id}/state`)).group,
    (now) => now.activeCapacity === count && now.pendingCapacity === 0 && now.status === 'ACTIVE',
  );
/** Waits until the world that is kept has a server. */
export const keptWith = (data: string, server: string): Promise<string> =>
  until(
    'the world is kept',
    async () => readFileSync(join(data, 'world.json'), 'utf8'),
    (text) => text.includes(server),
  );

/** What clients that walk through the API have in common: a host, and groups on it. */
import { expect } from 'vitest';
import { type Answer, groupConfiguration, type Json, newGroup, policy, type RestApi, startRestApi } from './rest-client.ts';

/** The host of the test that runs, from `start` to `stop`. */
export let api: RestApi;
export const stop = (): Promise<void> => api.close();
export const start = async (...options: Parameters<typeof startRestApi>): Promise<void> => {
  api = await startRestApi(...options);
};

/** Makes a group of a tenant; its path. */
export async function makeGroup(change: object = {}, rest: object = {}, tenant = 'T'): Promise<string> {
  const body = { ...newGroup, groupConfiguration: { ...groupConfiguration, ...change }, ...rest };
  const { status, body: made } = await api.send('POST', `/v1.0/${tenant}/groups`, body);
  expect(status).toBe(201);
  return `/v1.0/${tenant}/groups/${made.group.id}`;
}
/** Makes things of a collection; their paths. */
export async function make(collection: string, ...bodies: readonly object[]): Promise<string[]> {
  const { status, body } = await api.send('POST', collection, bodies);
  expect(status).toBe(201);
  return Object.values<Json>(body)[0].map(({ id }: Json) => `${collection}/${id}`);
}
export const [byOne, toSeven] = [policy, { name: 'seven', type: 'webhook', cooldown: 0, desiredCapacity: 7 }];
export const desiredOf = async (group: string): Promise<number> => (await api.send('GET', `${group}/state`)).body.group.desiredCapacity;
export const outcome = ({ status, body }: Answer): readonly unknown[] => [status, body?.error?.type];

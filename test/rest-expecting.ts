/** A host to try corner cases on, and what they are to be answered with. */
import type { Cloud, Image } from '@lutra/core';
import { nodeClock, nodeRandom } from '@lutra/core/node';
import { createSimulatedCloud } from '@lutra/simulator';
import { expect } from 'vitest';
import { type Json, newGroup, policy, type RestApi, server, startRestApi } from './rest-client.ts';

const types = {
  VE: [400, 'ValidationError'],
  IJ: [400, 'InvalidJsonError'],
  IM: [400, 'InvalidMinEntities'],
  IL: [400, 'InvalidLaunchConfiguration'],
  IQ: [400, 'InvalidQueryArgument'],
} as const;
export type Expected = keyof typeof types | 'ok';

export interface Trial {
  readonly api: RestApi;
  /** Paths of a group that is there, and of a policy of it. */
  readonly group: string;
  readonly webhookPolicy: string;
  /** How often the cloud was asked for its limits. */
  limitsAsked(): number;
  /** Sends a request and compares what it is answered with: a type of error, or success. */
  expectAnswer(expected: Expected, method: string, path: string, body?: unknown): Promise<Json>;
}

/** Starts a host with a group. Its cloud has one image, and another one that is not ACTIVE. */
export async function startTrial(): Promise<Trial> {
  const world = createSimulatedCloud({ clock: nodeClock(), random: nodeRandom() });
  let limitsAsked = 0;
  const cloud: Pick<Cloud, 'getImage' | 'getLimits'> = {
    getLimits: (tenantId, options) => {
      limitsAsked += 1;
      return world.getLimits(tenantId, options);
    },
    getImage: async (_tenantId, id): Promise<Image | undefined> =>
      id === server.imageRef || id === 'inactive' ? { id, status: id === 'inactive' ? 'SAVING' : 'ACTIVE' } : undefined,
  };
  const api = await startRestApi({ limits: { groups: 1000, policiesPerGroup: 1000, webhooksPerPolicy: 1000 } }, cloud);
  const { body } = await api.send('POST', '/v1.0/T/groups', { ...newGroup, scalingPolicies: [policy] });
  const group = `/v1.0/T/groups/${body.group.id}`;
  return {
    api,
    group,
    webhookPolicy: `${group}/policies/${body.group.scalingPolicies[0].id}`,
    limitsAsked: () => limitsAsked,
    expectAnswer: async (expected, method, path, body) => {
      const answer = await api.send(method, path, body);
      if (expected === 'ok') expect({ status: answer.status, text: answer.text }).toMatchObject({ status: method === 'PUT' ? 204 : 201 });
      else expect([answer.status, answer.body.error.type]).toEqual(types[expected]);
      return answer.body;
    },
  };
}

/** A value that is sent as it stands: for numbers that JavaScript writes otherwise. */
export const raw = (literal: string): unknown => (JSON as typeof JSON & { rawJSON(text: string): unknown }).rawJSON(literal);
export const long = (count: number): string => 'x'.repeat(count);
export const without = (document: object, key: string): object =>
  Object.fromEntries(Object.entries(document).filter(([each]) => each !== key));

import { type Autoscaler, type Caller, LutraError } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import type { Authenticator } from './auth/principal.ts';
import { config, launch, only, serve, stopServing } from './testing/served-app.ts';

afterEach(stopServing);

const group = '/v1.0/T/groups/G';
const policy = { name: 'up', type: 'webhook', cooldown: 0, change: 1 };
const webhook = { name: 'a', metadata: {} };
/** Every request that changes something, with the command that it asks for. */
const changes: readonly (readonly [command: keyof Autoscaler, method: string, path: string, body?: unknown])[] = [
  ['createGroup', 'POST', '/v1.0/T/groups', { groupConfiguration: config, launchConfiguration: launch, scalingPolicies: [] }],
  ['deleteGroup', 'DELETE', group],
  ['updateConfiguration', 'PUT', `${group}/config`, config],
  ['updateLaunchConfiguration', 'PUT', `${group}/launch`, launch],
  ['pauseGroup', 'POST', `${group}/pause`],
  ['resumeGroup', 'POST', `${group}/resume`],
  ['convergeGroup', 'POST', `${group}/converge`],
  ['removeServer', 'DELETE', `${group}/servers/S`],
  ['createPolicies', 'POST', `${group}/policies`, [policy]],
  ['updatePolicy', 'PUT', `${group}/policies/P`, policy],
  ['deletePolicy', 'DELETE', `${group}/policies/P`],
  ['executePolicy', 'POST', `${group}/policies/P/execute`],
  ['createWebhooks', 'POST', `${group}/policies/P/webhooks`, [webhook]],
  ['updateWebhook', 'PUT', `${group}/policies/P/webhooks/W`, webhook],
  ['deleteWebhook', 'DELETE', `${group}/policies/P/webhooks/W`],
  ['executeCapability', 'POST', '/v1.0/execute/1/abc'],
];

/** An autoscaler that takes the one command only from an origin, and notes it. */
function asking(command: keyof Autoscaler) {
  const origins: Caller[] = [];
  const refuse = async (): Promise<never> => {
    throw new LutraError('group-not-found', 'No such');
  };
  const as = (origin: Caller): Autoscaler => {
    origins.push(origin);
    return only({ [command]: refuse });
  };
  return { origins, autoscaler: only({ as }) };
}
const authenticator = (user?: string): Authenticator => ({
  challenge: 'Token',
  authenticate: async () => ({ tenants: new Map([['T', 'admin' as const]]), user, expiresAt: undefined }),
});
const token = { 'X-Auth-Token': 'x', 'Content-Type': 'application/json' };
const textOf = (body: unknown): string | undefined => (body === undefined ? undefined : JSON.stringify(body));

describe('askedIn', () => {
  it.each(changes.map(([command, method, path, body]) => ({ command, method, path, body })))(
    'names the request and the user of $command',
    async ({ command, method, path, body }) => {
      const { origins, autoscaler } = asking(command);
      const send = await serve(autoscaler, { authenticator: authenticator('ann') });
      const res = await send(method, path, textOf(body), token);
      expect(origins).toEqual([{ requestId: res.headers.get('x-response-id'), user: command === 'executeCapability' ? null : 'ann' }]);
    },
  );

  it('names the tenant of a token that does not say whose it is, and nobody where nobody is asked', async () => {
    for (const [options, user] of [
      [{ authenticator: authenticator() }, 'T'],
      [{}, null],
    ] as const) {
      const { origins, autoscaler } = asking('pauseGroup');
      const send = await serve(autoscaler, options);
      await send('POST', `${group}/pause`, undefined, token);
      expect(origins).toMatchObject([{ user }]);
      await stopServing();
    }
  });
});

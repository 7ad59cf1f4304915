import type { GroupManifest, Policy, Webhook } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { config, launch, only, serve, stopServing } from './testing/served-app.ts';

afterEach(stopServing);

describe('groupBody', () => {
  it('shows a new group with links below the root it was given, and where it is', async () => {
    const made: object[] = [];
    const state = {
      name: 'web',
      paused: false,
      status: 'ACTIVE',
      errors: [],
      active: [],
      activeCapacity: 0,
      pendingCapacity: 2,
      desiredCapacity: 2,
    } as const;
    const send = await serve(
      only({
        createGroup: async (group) => {
          made.push(group);
          const policies = group.scalingPolicies.map((definition, index) => ({ id: `P${index}`, definition }) as Policy);
          return {
            id: 'G',
            configuration: group.groupConfiguration,
            launchConfiguration: group.launchConfiguration,
            policies,
            webhooks: [],
            state,
          } as unknown as GroupManifest;
        },
      }),
    );
    const policy = { name: 'up', type: 'webhook', change: 1, cooldown: 0.5 };
    const sent = {
      groupConfiguration: { name: 'web', cooldown: 60, minEntities: 2 },
      launchConfiguration: { type: 'launch_server', args: { server: { ...launch.args.server, metadata: null } } },
      scalingPolicies: [policy],
    };
    const res = await send('POST', '/v1.0/T/groups', JSON.stringify(sent));
    expect([res.status, res.headers.get('location')]).toEqual([201, 'https://api.example/v1.0/T/groups/G/']);
    const { errors: _, ...shownState } = state;
    expect(await res.json()).toEqual({
      group: {
        id: 'G',
        links: [{ href: 'https://api.example/v1.0/T/groups/G/', rel: 'self' }],
        groupConfiguration: { name: 'web', cooldown: 60, minEntities: 2, maxEntities: 1000, metadata: {} },
        launchConfiguration: launch,
        scalingPolicies: [{ ...policy, id: 'P0', links: [{ href: 'https://api.example/v1.0/T/groups/G/policies/P0/', rel: 'self' }] }],
        scalingPolicies_links: [{ href: 'https://api.example/v1.0/T/groups/G/policies/', rel: 'policies' }],
        state: shownState,
      },
    });
    expect(made).toHaveLength(1);
  });

  it('shows all webhooks of all policies only when asked to', async () => {
    const policies = ['P1', 'P2'].map((id) => ({ id, definition: { name: id, type: 'webhook', cooldown: 0, change: 1 } }));
    const webhooks = [{ id: 'W', policyId: 'P2', definition: { name: 'n', metadata: {} }, hash: 'abc' } as unknown as Webhook];
    const state = {
      name: 'web',
      paused: true,
      status: 'ERROR',
      errors: ['No.'],
      active: [],
      activeCapacity: 0,
      pendingCapacity: 0,
      desiredCapacity: 0,
    };
    const group = { id: 'G', configuration: config, launchConfiguration: launch, policies, webhooks, state } as unknown as GroupManifest;
    const send = await serve(only({ showGroup: async () => group }));
    for (const query of ['', '?webhooks=False', '?webhooks=15', '?webhooks=Tr@%25', '?Webhooks=true']) {
      const body = (await (await send('GET', `/v1.0/T/groups/G/${query}`)).json()) as { group: { scalingPolicies: object[] } };
      expect(body.group.scalingPolicies.map((policy) => Object.keys(policy).filter((key) => key.startsWith('webhooks')))).toEqual([[], []]);
    }
    for (const value of ['true', 'tRuE', 'True']) {
      const at = (id: string) => `https://api.example/v1.0/T/groups/G/policies/${id}/webhooks/`;
      const body = await (await send('GET', `/v1.0/T/groups/G?webhooks=${value}`)).json();
      expect(body).toMatchObject({
        group: {
          state: { status: 'ERROR', errors: [{ message: 'No.' }], paused: true },
          scalingPolicies: [
            { id: 'P1', webhooks: [], webhooks_links: [{ href: at('P1'), rel: 'webhooks' }] },
            {
              id: 'P2',
              webhooks: [
                {
                  id: 'W',
                  name: 'n',
                  metadata: {},
                  links: [
                    { href: `${at('P2')}W/`, rel: 'self' },
                    { href: 'https://api.example/v1.0/execute/1/abc/', rel: 'capability' },
                  ],
                },
              ],
              webhooks_links: [{ href: at('P2'), rel: 'webhooks' }],
            },
          ],
        },
      });
    }
  });
});

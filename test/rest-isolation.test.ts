/** Two tenants: nothing of one is visible to the other, or changed by him, by any route. */
import { tokenList } from '@lutra/rest';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../packages/rest/src/openapi/operations.ts';
import { groupConfiguration, type Json, launchConfiguration, newGroup, policy, type RestApi, startRestApi } from './rest-client.ts';

let api: RestApi;
/** What the routes' ids can be: those of either tenant. */
const ids: Record<'groupId' | 'policyId' | 'webhookId', string[]> = { groupId: [], policyId: [], webhookId: [] };
let hash = '';
const secret = 'known-to-the-owner-alone';
const as = (token: string) => ({ 'X-Auth-Token': token });

async function makeGroup(tenant: string, name: string): Promise<string> {
  const named = {
    ...newGroup,
    groupConfiguration: { ...groupConfiguration, name, minEntities: 1 },
    scalingPolicies: [{ ...policy, name }],
  };
  const { body } = await api.send('POST', `/v1.0/${tenant}/groups`, named, as(tenant));
  const [{ id: policyId }] = body.group.scalingPolicies;
  const hooks = await api.send('POST', `/v1.0/${tenant}/groups/${body.group.id}/policies/${policyId}/webhooks`, [{ name }], as(tenant));
  ids.groupId.push(body.group.id);
  ids.policyId.push(policyId);
  ids.webhookId.push(hooks.body.webhooks[0].id);
  hash = hooks.body.webhooks[0].links[1].href.split('/').at(-2);
  return body.group.id;
}

beforeAll(async () => {
  const authenticator = tokenList({
    victim: { tenants: ['victim'], roles: ['admin'] },
    stranger: { tenants: ['stranger'], roles: ['admin'] },
  });
  api = await startRestApi({}, {}, { authenticator });
  await makeGroup('stranger', 'plain');
  await makeGroup('victim', secret);
});
afterAll(() => api.close());

/** Everything that the owner sees. */
async function owned(): Promise<Json> {
  const list = await api.send('GET', '/v1.0/victim/groups', undefined, as('victim'));
  const shown = list.body.groups.map(({ id }: Json) => api.send('GET', `/v1.0/victim/groups/${id}?webhooks=true`, undefined, as('victim')));
  return [list.body, ...(await Promise.all(shown)).map(({ body }: Json) => body)];
}

const bodies: Readonly<Record<string, unknown>> = {
  NewGroup: newGroup,
  GroupConfiguration: groupConfiguration,
  LaunchConfiguration: launchConfiguration,
  NewPolicies: [policy],
  Policy: policy,
  NewWebhooks: [{ name: 'a' }],
  Webhook: { name: 'b', metadata: {} },
};
const ofTenants = operations.filter(({ path }) => path.startsWith('/v1.0/{tenantId}/') && !path.includes('/execute/{version}'));

describe('a tenant', () => {
  it('can neither see nor change what is of another, whichever routes and ids it tries', async () => {
    const before = await owned();
    const pick = fc.nat({ max: 99 });
    const attempt = fc.record({
      operation: fc.constantFrom(...ofTenants),
      group: pick,
      policy: pick,
      webhook: pick,
      path: fc.constantFrom('stranger', 'stranger', 'victim'),
      query: fc.constantFrom('', '?webhooks=true', '?force=true', '?limit=1', '?marker=0', '?purge=false'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { maxLength: 10 }), async (attempts) => {
        for (const { operation, group, policy: policyAt, webhook, path, query } of attempts) {
          const chosen: Readonly<Record<string, string | undefined>> = {
            tenantId: path,
            groupId: ids.groupId[group % ids.groupId.length],
            policyId: ids.policyId[policyAt % ids.policyId.length],
            webhookId: ids.webhookId[webhook % ids.webhookId.length],
            serverId: 'server',
          };
          const filled = operation.path.replaceAll(/\{(\w+)\}/g, (_all, name) => chosen[name] ?? '');
          const body = operation.body === undefined ? undefined : bodies[operation.body];
          const { status, text } = await api.send(operation.method.toUpperCase(), filled + query, body, as('stranger'));
          expect(text).not.toContain(secret);
          expect(text).not.toContain(hash);
          if (path === 'victim') expect(status).toBe(403);
          else if (chosen.groupId === ids.groupId[1] && operation.path.includes('{groupId}')) expect([400, 404, 501]).toContain(status);
        }
      }),
    );
    expect(await owned()).toEqual(before);
  });

  it('is told the same of a group that is there, but not his, as of none', async () => {
    for (const { method, path, body } of ofTenants.filter(({ path }) => path.includes('{groupId}'))) {
      const fill = (groupId: string) =>
        path
          .replace('{tenantId}', 'stranger')
          .replace('{groupId}', groupId)
          .replaceAll(/\{\w+\}/g, 'x');
      const [theirs = '', none] = [ids.groupId[1], '00000000-0000-4000-8000-000000000000'];
      const answers = [];
      for (const id of [theirs, none]) {
        const { status, text } = await api.send(
          method.toUpperCase(),
          fill(id),
          body === undefined ? undefined : bodies[body],
          as('stranger'),
        );
        answers.push([status, text.replaceAll(id, 'ID')]);
      }
      expect(answers[0]).toEqual(answers[1]);
    }
  });
});

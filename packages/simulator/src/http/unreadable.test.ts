import { afterEach, describe, expect, it } from 'vitest';
import { closeServedClouds, type ServedCloud, servedCloud } from '../testing/served-cloud.ts';

afterEach(closeServedClouds);

const nova = '/v2/829409';
const clb = '/v1.0/829409/loadbalancers';
/** Requests that nobody can read, each with what its service says of it. */
const unreadable: readonly (readonly [call: string, body: unknown, says: object | string])[] = [
  [`GET ${nova}/servers/detail?limit=x`, undefined, { badRequest: { message: 'limit param must be an integer', code: 400 } }],
  [`POST ${nova}/servers`, 'x', { badRequest: expect.objectContaining({ code: 400 }) }],
  [`POST ${nova}/servers/1/action`, {}, { badRequest: expect.objectContaining({ code: 400 }) }],
  [`PUT ${nova}/servers/1/metadata`, {}, { badRequest: expect.objectContaining({ code: 400 }) }],
  [`PUT ${nova}/servers/1/metadata/a`, { meta: { b: 'c' } }, { badRequest: { message: 'Request body and URI mismatch', code: 400 } }],
  [`PUT ${nova}/servers/1`, 'x', { badRequest: expect.objectContaining({ code: 400 }) }],
  [`POST ${nova}/os-keypairs`, {}, { badRequest: { message: 'Keypair name is missing.', code: 400 } }],
  [`POST ${nova}/os-networksv2`, {}, { badRequest: expect.objectContaining({ code: 400 }) }],
  [`POST ${clb}`, 'x', { message: 'Invalid JSON object.', code: 400 }],
  [`POST ${clb}`, { name: 'a', nodes: [{}] }, expect.objectContaining({ message: 'Validation Failure' })],
  [`PUT ${clb}/237935`, 'x', { message: 'Invalid JSON object.', code: 400 }],
  [`POST ${clb}/237935/nodes`, {}, { message: 'Invalid JSON object.', code: 400 }],
  [`POST ${clb}/237935/nodes`, { nodes: [{}] }, expect.objectContaining({ message: 'Validation Failure' })],
  [`PUT ${clb}/237935/nodes/1`, 'x', { message: 'Invalid JSON object.', code: 400 }],
  [`PUT ${clb}/237935/nodes/1`, { address: '10.0.0.1' }, expect.objectContaining({ message: 'Validation Failure' })],
  [`PUT ${clb}/237935/healthmonitor`, 'x', { message: 'Invalid JSON object.', code: 400 }],
  ['POST /v3/829409/load_balancer_pools/nodes', {}, expect.stringContaining('is not a list')],
  ['DELETE /v3/829409/load_balancer_pools/nodes', 'x', 'The request body is not JSON.'],
  ['POST /v3/829409/load_balancer_pools/1/nodes', {}, 'The request body needs cloud_server.id.'],
];
const tokenOf = async ({ ask }: ServedCloud, username: string): Promise<string> =>
  (await ask('POST /v2.0/tokens', { auth: { passwordCredentials: { username, password: 'password' } } })).body.access.token.id;

describe('requests that nobody can read', () => {
  it('are refused with who may not make them first, then with what is wrong', async () => {
    const cloud = await servedCloud({ tokenChecks: true });
    const none = await tokenOf(cloud, 'autoscale-none.nova-none.lbaas-none');
    const owner = await tokenOf(cloud, 'owner');
    for (const [call, body, says] of unreadable) {
      expect({ call, ...(await cloud.ask(call, body)) }).toMatchObject({ call, status: 401 });
      expect({ call, ...(await cloud.ask(call, body, { 'X-Auth-Token': none })) }).toMatchObject({ call, status: 403 });
      expect({ call, ...(await cloud.ask(call, body, { 'X-Auth-Token': owner })) }).toMatchObject({ call, status: 400, body: says });
    }
    expect((await cloud.ask('POST /feeds/829409/autoscale/events', {}, { 'X-Auth-Token': none })).status).toBe(400);
  });

  it('are calls like others: met by faults, and counted', async () => {
    const cloud = await servedCloud();
    await cloud.ask('POST /control/rules', { id: 'busy', when: { op: 'server.create', times: 1 }, do: { fault: 'ratelimit' } });
    expect((await cloud.ask(`POST ${nova}/servers`, 'x')).status).toBe(413);
    expect((await cloud.ask(`POST ${nova}/servers`, 'x')).status).toBe(400);
    const check = { op: 'server.create', answer: 'refused', atLeast: 2, atMost: 2 };
    expect((await cloud.ask('POST /control/assert', check)).status).toBe(200);
  });
});

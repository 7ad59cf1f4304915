import { seconds } from '@lutra/core';
import { afterEach, describe, expect, it } from 'vitest';
import { closeServedClouds, servedCloud } from '../testing/served-cloud.ts';
import { serverRequest } from '../testing/small-cloud.ts';
import { VirtualClock } from '../virtual-clock.ts';

afterEach(closeServedClouds);

const nova = '/v2/829409';
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('a served cloud', () => {
  it('puts what a path names into headers and links so that nothing can end them', async () => {
    const { ask, base } = await servedCloud();
    const made = await ask('POST /v2/%0d%0aX-Bad:%20yes/servers', serverRequest());
    expect([made.status, made.headers.get('x-bad')]).toEqual([202, null]);
    expect(made.headers.get('location')).toBe(`${base}/v2/%0D%0AX-Bad%3A%20yes/servers/${made.body.server.id}`);
    const { body } = await ask('GET /v2/%0a%22/servers/detail');
    expect(body.servers).toEqual([]);
    const owner = await ask('GET /v1.1/mosso/%0a%c3%a9');
    expect([owner.status, owner.headers.get('location')]).toEqual([301, `${base}/v1.1/users/owner-of-%0A%C3%A9`]);
  });

  it('refuses what nests deeper than 1,000 levels, so that a snapshot can be written, and read again', async () => {
    const { ask } = await servedCloud();
    const deep = (levels: number) => JSON.stringify(serverRequest('deep')).replace('"name"', `"deep":${nested(levels)},"name"`);
    const refused = await ask(`POST ${nova}/servers`, deep(5000));
    expect([refused.status, refused.body.badRequest.message]).toEqual([400, 'The request body nests deeper than 1000 levels.']);
    expect((await ask('PUT /control/snapshot', nested(5000))).status).toBe(400);
    expect((await ask(`POST ${nova}/servers`, deep(998))).status).toBe(202);
    const { text, status } = await ask('GET /control/snapshot');
    expect(status).toBe(200);
    expect((await ask('PUT /control/snapshot', text)).status).toBe(204);
  });

  it('takes a long body for a snapshot only', async () => {
    const { ask } = await servedCloud();
    const long = JSON.stringify({ now: 'x'.repeat(2 ** 20) });
    for (const call of ['PUT /control/snapshotX', 'PUT /control/snapshots', 'GET /control/snapshot', `POST ${nova}/servers`])
      expect({ call, status: (await ask(call, call.startsWith('GET') ? undefined : long)).status }).toEqual({
        call,
        status: call.startsWith('GET') ? 200 : 413,
      });
    expect((await ask('PUT /control/snapshot', long)).status).toBe(400);
    expect((await ask('PUT /control/snapshot/', long)).status).toBe(400);
  });

  it('answers at once whatever patterns it is given', async () => {
    const { ask } = await servedCloud();
    const evil = '^(a+)+$';
    const rule = (id: string, pattern: string) => ({ id, when: { match: { server_name: pattern } }, do: { fault: 'http.5xx' } });
    expect((await ask('POST /control/rules', rule('evil', evil))).status).toBe(201);
    const behaviour = { criteria: [{ server_name: `${evil}` }], name: 'fail', parameters: {} };
    expect((await ask(`POST ${nova}/behaviors/creation`, behaviour)).status).toBe(201);
    const name = `${'a'.repeat(250)}!`;
    const started = process.hrtime.bigint();
    expect((await ask(`POST ${nova}/servers`, serverRequest(name))).status).toBe(202);
    expect((await ask(`GET ${nova}/servers/detail?name=${encodeURIComponent(evil)}`)).body.servers).toEqual([]);
    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(2000);
    for (const wrong of ['(?=a)', 'a'.repeat(256), '.{1000}', '(']) {
      const { status, body } = await ask('POST /control/rules', rule('wrong', wrong));
      expect([status, body.errors[0]]).toEqual([400, expect.stringContaining('is not a regular expression of RE2')]);
      expect((await ask(`GET ${nova}/servers?name=${encodeURIComponent(wrong)}`)).status).toBe(400);
      const behaving = await ask(`POST ${nova}/behaviors/creation`, { criteria: [{ server_name: wrong }], name: 'fail' });
      expect(behaving.status).toBe(400);
    }
  });

  it('does not take what every object has for what was given', async () => {
    const { ask, pass } = await servedCloud();
    const { body } = await ask(
      `POST ${nova}/servers`,
      '{"server":{"name":"a","imageRef":"7cf5ffc3-7b20-46fd-98e4-fefa9908d7e8","flavorRef":"2","metadata":{"__proto__":"x"}}}',
    );
    await pass(seconds(11)); // of a server that builds Nova takes no metadata
    const metadata = `${nova}/servers/${body.server.id}/metadata`;
    expect((await ask(`GET ${metadata}/__proto__`)).text).toBe('{"meta":{"__proto__":"x"}}');
    expect((await ask(`DELETE ${metadata}/__proto__`)).status).toBe(204);
    for (const key of ['__proto__', 'constructor', 'toString']) {
      expect((await ask(`GET ${metadata}/${key}`)).status).toBe(404);
      expect((await ask(`DELETE ${metadata}/${key}`)).status).toBe(404);
      expect((await ask(`GET ${nova}/servers/${body.server.id}/ips/${key}`)).status).toBe(404);
      expect((await ask(`POST ${nova}/servers/${body.server.id}/action`, `{"${key}":null}`)).status).toBe(400);
      expect((await ask(`POST ${nova}/behaviors/creation`, `{"criteria":[{"${key}":"x"}],"name":"fail"}`)).status).toBe(400);
    }
  });

  it('moves time no further than dates go, and refuses to where it is real', async () => {
    const clock = new VirtualClock();
    const { ask } = await servedCloud({ clock }, { time: { clock, jump: false } });
    for (const amount of ['1e999', 1e300, -1, 'x', null, { toString: 1 }]) {
      expect((await ask('POST /mimic/v1.1/tick', { amount })).status).toBe(400);
    }
    expect((await ask('POST /mimic/v1.1/tick', '{"amount":1e999}')).status).toBe(400);
    for (const advance of [`${'9'.repeat(400)}d`, '999999999d', 1e300])
      expect((await ask('POST /control/time', { advance })).status).toBe(400);
    let status = 200;
    for (let century = 0; century < 100 && status === 200; century += 1)
      ({ status } = await ask('POST /mimic/v1.1/tick', { amount: 36_500 * 86_400 }));
    expect(status).toBe(409);
    expect((await ask('GET /control/time')).body.now).toMatch(/^9\d{3}-/);
    expect((await (await servedCloud()).ask('POST /mimic/v1.1/tick', { amount: 1 })).status).toBe(409);
  });

  it('answers 500 when it fails itself, says so, and goes on', async () => {
    const failures: unknown[] = [];
    const cloud = await servedCloud({}, { failed: (error) => failures.push(error) });
    cloud.world.identity.catalogOf = () => {
      throw new Error('nothing works');
    };
    const login = { auth: { passwordCredentials: { username: 'owner', password: 'password' } } };
    expect((await cloud.ask('POST /v2.0/tokens', login)).status).toBe(500);
    cloud.world.snapshot = () => ({ now: 1n }) as never;
    expect((await cloud.ask('GET /control/snapshot')).status).toBe(500);
    expect(failures.map(String)).toEqual(['Error: nothing works', expect.stringContaining('BigInt')]);
    expect((await cloud.ask('GET /v2')).status).toBe(200);
  });
});

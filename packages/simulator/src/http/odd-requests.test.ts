import { request } from 'node:http';
import { seconds } from '@lutra/core';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { good, keys, mutated, nested, odd, pool, server, there } from '../testing/odd-requests.ts';
import { closeServedClouds, type ServedCloud, servedCloud } from '../testing/served-cloud.ts';
import { serverRequest } from '../testing/small-cloud.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { routes } from './routes.ts';

afterEach(closeServedClouds);

const nova = '/v2/829409';
const oddValue = fc.oneof(
  fc.constantFrom<unknown>(...odd, null, true, 0, -0, 1e308, -1, 1.5, {}, [], { toString: 1 }, { valueOf: null }, [[[]]], '\ud800', {
    length: -1,
  }),
  fc.jsonValue({ maxDepth: 4 }),
);
const oddBody = fc.letrec<{ readonly thing: unknown; readonly value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 4, depthSize: 'small' }, oddValue, tie('thing'), fc.array(tie('thing'), { maxLength: 3 })),
  thing: fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 5 }),
})).thing;
const body = fc.oneof(
  oddBody.map((one) => JSON.stringify(one)),
  fc.constantFrom('', '{', 'null', '[]', '"x"', nested(900), nested(5000), '{"__proto__":{"a":1}}'),
);
const bodyOf = (route: string): fc.Arbitrary<string> => {
  const examples = good.filter(([pattern]) => pattern.test(route)).map(([, example]) => example);
  if (examples.length === 0) return body;
  const almost = fc
    .tuple(fc.constantFrom(...examples), fc.integer({ min: 0, max: 25 }), oddValue)
    .map((parts) => JSON.stringify(mutated(...parts)));
  return fc.oneof({ arbitrary: almost, weight: 4 }, body);
};
const callOn = (route: string) =>
  fc.record({
    route: fc.constant(route),
    values: fc.array(fc.constantFrom(...odd), { minLength: 4, maxLength: 4 }),
    query: fc.array(
      fc.tuple(
        fc.constantFrom(
          'limit',
          'marker',
          'name',
          'status',
          'changes-since',
          'offset',
          'page',
          'id',
          'since',
          'belongsTo',
          'image',
          'serviceId',
        ),
        fc.constantFrom(...odd),
      ),
      { maxLength: 3 },
    ),
    body: bodyOf(route),
    host: fc.constantFrom('x', 'a b', '"', ':', '\u00ff', '127.0.0.1:1'),
  });
/** Any call of a route. */
const callOf = (which: (route: string) => boolean) => fc.constantFrom(...routes.map(({ on }) => on).filter(which)).chain(callOn);

type Call = ReturnType<typeof callOn> extends fc.Arbitrary<infer T> ? T : never;
/** Answers the status; 0: the connection broke. Sends what `fetch` would put right. */
const statusOf = (
  base: string,
  method: string,
  path: string,
  body: string | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<number> =>
  new Promise((resolve) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const sent = request(base, { method, path, headers: { ...headers, ...length } }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0)).on('error', () => resolve(0));
    });
    sent.on('error', () => resolve(0));
    sent.end(body);
  });

/** Calls that are to change how everything after them goes. */
const steers = (route: string): boolean =>
  route === 'POST /control/rules' || route.includes('/behaviors/') || route === 'PUT /control/pace';

/** A cloud with a server and a node. */
async function furnished(options: Parameters<typeof servedCloud>[1], clock = new VirtualClock()): Promise<ServedCloud> {
  const cloud = await servedCloud({ clock }, options);
  const made = await cloud.ask(`POST ${nova}/servers`, serverRequest());
  const { body } = await cloud.ask('GET /v3/829409/load_balancer_pools');
  expect([made.body.server.id, body[0].id]).toEqual([server, pool]);
  const node = { address: '10.0.0.1', port: 80, condition: 'ENABLED' };
  expect((await cloud.ask('POST /v1.0/829409/loadbalancers/237935/nodes', { nodes: [node] })).status).toBe(202);
  await cloud.pass(seconds(11));
  return cloud;
}
const play = async ({ base }: ServedCloud, { route, values, query, body, host }: Call) => {
  const [method = '', pattern = ''] = route.split(' ');
  let nth = 0;
  const path = pattern.replace(/:(\w+)/g, (_, name: string) => there(values[nth++ % values.length] ?? '', name)) || '/';
  const asked = query.map(([key, value]) => `${key}=${value}`).join('&');
  const status = await statusOf(base, method, `${path}?${asked}`, method === 'GET' ? undefined : body, { host, 'x-auth-token': 'x' });
  expect({ route, path, query, body, status }).toMatchObject({ status: expect.toSatisfy((code: number) => code > 0 && code < 500) });
};

describe('every route of a served cloud', () => {
  it('answers every odd request below 500, and goes on', { timeout: 60_000 }, async () => {
    const failures: unknown[] = [];
    const cloud = await furnished({ failed: (error) => failures.push(error) });
    const start = cloud.world.snapshot();
    let calls = 0;
    await fc.assert(
      fc.asyncProperty(
        callOf((route) => !steers(route)),
        async (one) => {
          calls += 1;
          if (calls % 50 === 0) {
            cloud.world.restore(JSON.parse(JSON.stringify(cloud.world.snapshot()))); // whatever came of it can be gone on from
            cloud.world.restore(start); // what was deleted is there again
          }
          await play(cloud, one);
          expect(failures).toEqual([]);
        },
      ),
      { numRuns: 4000, endOnFailure: false },
    );
    await cloud.pass(seconds(3600));
    expect((await cloud.ask('GET /control/snapshot')).status).toBe(200);
  });

  it('lives on whatever rules, behaviors and paces it is given', async () => {
    const clock = new VirtualClock();
    const failures: unknown[] = [];
    const cloud = await furnished({ time: { clock, jump: true }, failed: (error) => failures.push(error) }, clock);
    await fc.assert(
      fc.asyncProperty(callOf(steers), (one) => play(cloud, one)),
      { numRuns: 300, endOnFailure: false },
    );
    expect((await cloud.ask('GET /control/snapshot')).status).toBe(200);
    expect(failures).toEqual([]);
  });
});

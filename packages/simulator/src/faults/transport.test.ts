import { milliseconds, seconds } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { faulty, outcomeOf, patient, rule, secondsOf } from '../testing/faulty-cloud.ts';
import { activeServers, loadBalancerId, nodeRequest, serverRequest, tenantId } from '../testing/small-cloud.ts';

const creating = { op: 'server.create' };
const create = (small: ReturnType<typeof faulty>) => small.cloud.createServer(tenantId, serverRequest(), patient);
const countOf = ({ world }: ReturnType<typeof faulty>) => world.tenant(tenantId).compute.servers.size;

describe('faults of the transport, on the port', () => {
  it('response.lost in an earlier phase loses the request: nothing is done', async () => {
    const small = faulty(rule('response.lost', {}, creating, { phase: 'before_commit' }));
    expect(await outcomeOf(small, create(small))).toMatchObject({ kind: 'answer-lost' });
    const sooner = faulty(rule('response.lost', {}, creating, { phase: 'before_validate' }));
    expect(await outcomeOf(sooner, create(sooner))).toMatchObject({ kind: 'answer-lost' });
    expect([countOf(small), countOf(sooner)]).toEqual([0, 0]);
  });

  it('connect.refuse and connect.timeout do nothing, and say so at once or after a while', async () => {
    const refusing = faulty(rule('connect.refuse'));
    expect(await outcomeOf(refusing, create(refusing))).toMatchObject({ kind: 'unreachable' });
    const dropping = faulty(rule('connect.timeout', { after: 8 }));
    expect(await secondsOf(dropping, create(dropping))).toBeCloseTo(8.01);
    expect(await outcomeOf(dropping, create(dropping))).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('timed out'),
    });
    expect([countOf(refusing), countOf(dropping)]).toEqual([0, 0]);
  });

  it('latency makes a call longer, half before the cloud acts and half after', async () => {
    const small = faulty(rule('latency', { by: 10 }));
    const call = create(small);
    await small.pass(milliseconds(5004));
    expect(countOf(small)).toBe(0);
    await small.pass(milliseconds(2));
    expect(countOf(small)).toBe(1);
    expect(await secondsOf(small, call)).toBeCloseTo(5.004);
    const skewed = faulty(rule('latency', { by: { p50: 1, p99: 20, cap: 30 } }));
    expect(await secondsOf(skewed, create(skewed))).toBeGreaterThan(0.011);
  });

  it('response.headers_stall and body.stall keep an answer for a while, or for ever', async () => {
    for (const fault of ['response.headers_stall', 'body.stall']) {
      const short = faulty(rule(fault, { for: 20 }));
      expect(await secondsOf(short, create(short))).toBeCloseTo(20.01);
      const long = faulty(rule(fault));
      expect(await outcomeOf(long, create(long))).toBe('silence');
      expect([countOf(short), countOf(long)]).toEqual([1, 1]);
    }
  });

  it('body.truncate is no answer', async () => {
    const small = faulty(rule('body.truncate', { at_byte: 5 }));
    expect(await outcomeOf(small, create(small))).toMatchObject({ kind: 'answer-lost' });
    expect(countOf(small)).toBe(1);
  });

  it('body.not_json makes a success unreadable, and a refusal one that only its status tells', async () => {
    const small = faulty(rule('body.not_json', { kind: 'html' }));
    expect(await outcomeOf(small, create(small))).toMatchObject({ kind: 'bad-answer' });
    expect(countOf(small)).toBe(1);
    const kinds = { 413: 'rate-limited', 401: 'unauthorized', 409: 'conflict', 404: 'unexpected-refusal', 502: 'server-fault' };
    for (const [code, kind] of Object.entries(kinds)) {
      const page = faulty(rule('body.not_json', { kind: 'text', code: Number(code) }));
      expect(await outcomeOf(page, create(page))).toMatchObject({ kind });
    }
    const own = faulty(rule('body.not_json'));
    const refused = own.cloud.createServer(tenantId, serverRequest('web', { flavorRef: 'none' }), patient);
    expect(await outcomeOf(own, refused)).toMatchObject({ kind: 'unexpected-refusal', tenantMessage: '' });
  });

  it('http.5xx fails before anything is done, or when all is', async () => {
    const before = faulty(rule('http.5xx', { code: 503, retry_after: 30 }));
    expect(await outcomeOf(before, create(before))).toMatchObject({ kind: 'server-fault', retryAfter: 30_000 });
    const after = faulty(rule('http.5xx', { body: 'oops' }, {}, { phase: 'after_commit' }));
    expect(await outcomeOf(after, create(after))).toMatchObject({ kind: 'server-fault', message: expect.stringContaining('oops') });
    const between = faulty(rule('http.5xx', {}, {}, { phase: 'before_commit' }));
    expect(await outcomeOf(between, create(between))).toMatchObject({ kind: 'server-fault' });
    expect([countOf(before), countOf(after), countOf(between)]).toEqual([0, 1, 0]);
  });

  it('http.unexpected_2xx is an answer that says nothing sure; refusals stay as they are', async () => {
    const small = faulty(rule('http.unexpected_2xx'));
    expect(await outcomeOf(small, create(small))).toMatchObject({ kind: 'bad-answer' });
    expect(countOf(small)).toBe(1);
    const refused = small.cloud.createServer(tenantId, serverRequest('', { flavorRef: 'none' }), patient);
    expect(await outcomeOf(small, refused)).toMatchObject({ kind: 'bad-server-request' });
  });

  it('duplicate_delivery does a call twice, where it can be done twice', async () => {
    const small = faulty(rule('duplicate_delivery'));
    await small.settle(create(small));
    expect(countOf(small)).toBe(2);
    await small.settle(small.cloud.addNodes(tenantId, loadBalancerId, [nodeRequest('10.0.0.1')], patient));
    expect(small.world.tenant(tenantId).loadBalancers.find(loadBalancerId)?.nodes.size).toBe(1);
  });

  it('reorder holds a call, so that a later one overtakes it', async () => {
    const small = faulty(rule('reorder', { window: 3 }, { op: 'server.set_metadata', times: 1 }));
    const [id] = await activeServers(small, 1);
    if (id === undefined) throw new Error('There is no server.');
    const set = (value: string) => small.cloud.setServerMetadata(tenantId, id, 'key', value, patient);
    await small.settle(Promise.all([set('first'), set('second')]));
    expect(small.world.tenant(tenantId).compute.servers.find(id)?.metadata.key).toBe('first');
    const drawn = faulty(rule('reorder'));
    expect(await secondsOf(drawn, create(drawn))).toBeLessThanOrEqual(5.011);
  });
});

describe('faults of the transport, not met', () => {
  it('leave a call of another operation as it is', async () => {
    const names = ['connect.refuse', 'connect.timeout', 'response.headers_stall', 'body.stall', 'body.truncate', 'body.not_json'];
    const more = ['http.5xx', 'http.unexpected_2xx', 'duplicate_delivery', 'reorder', 'response.lost'];
    const small = faulty(...[...names, ...more].map((name) => rule(name, {}, { op: 'server.delete' })));
    expect(await secondsOf(small, create(small))).toBeCloseTo(seconds(1) / 100_000);
    expect(countOf(small)).toBe(1);
  });
});

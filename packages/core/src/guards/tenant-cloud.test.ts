import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { CloudError } from '../errors.ts';
import type { ServerId, TenantId } from '../model/identifiers.ts';
import { seconds } from '../model/time.ts';
import type { CallOptions, Cloud } from '../ports.ts';
import { always } from '../testing/asking.ts';
import { HandClock, settled } from '../testing/hand-clock.ts';
import { aBalancer, aNode, aServer } from '../testing/parts.ts';
import { bindCloud, type CallKind, type CallWrapper, type TenantCloud } from './tenant-cloud.ts';
import type { WritePermit } from './write-permit.ts';

const tenantId = 'tenant' as TenantId;
const id = 's1' as ServerId;
const deadlines = { call: seconds(45), listing: seconds(90) };
const never = () => new Promise<never>(() => {});

/** What a promise has come to so far. */
function watch(promise: Promise<unknown>): { state: unknown } {
  const watched: { state: unknown } = { state: 'under way' };
  promise.then(
    (value) => (watched.state = value),
    (error: unknown) => (watched.state = error instanceof CloudError ? error.kind : `not ours: ${error}`),
  );
  return watched;
}
function setUp(cloud: Partial<Cloud>, wrapper?: CallWrapper) {
  const clock = new HandClock();
  return { clock, cloud: bindCloud(cloud as Cloud, tenantId, clock, deadlines, wrapper) };
}

describe('bindCloud', () => {
  it('gives a call up at its deadline: aborts it, and rejects as one of which nothing is known', async () => {
    const signals: AbortSignal[] = [];
    const { clock, cloud } = setUp({
      deleteServer: (_tenant, _id, { signal }) => {
        signals.push(signal);
        return never();
      },
    });
    const call = watch(cloud.deleteServer(id, always));
    await clock.pass(44_999);
    expect([call.state, signals.map(({ aborted }) => aborted)]).toEqual(['under way', [false]]);
    await clock.pass(1);
    await settled();
    expect([call.state, signals.map(({ aborted }) => aborted)]).toEqual(['timeout', [true]]);
  });

  it('gives listings their own time, for each is many calls', async () => {
    const { clock, cloud } = setUp({ listServers: never, listLoadBalancers: never, listPoolMembers: never, getLoadBalancer: never });
    const listings = [cloud.listServers(), cloud.listLoadBalancers(), cloud.listPoolMembers()].map(watch);
    const call = watch(cloud.getLoadBalancer('7' as never));
    await clock.pass(89_999);
    expect([call.state, ...listings.map(({ state }) => state)]).toEqual(['timeout', 'under way', 'under way', 'under way']);
    await clock.pass(1);
    await settled();
    expect(listings.map(({ state }) => state)).toEqual(['timeout', 'timeout', 'timeout']);
  });

  it('does not abort what is answered in time, and leaves no timer behind', async () => {
    let signal: AbortSignal | undefined;
    const { clock, cloud } = setUp({
      getServer: async (_tenant, _id, options) => {
        signal = options.signal;
        return undefined;
      },
      deleteServer: () => Promise.reject(new CloudError('conflict', 'busy')),
    });
    expect(await cloud.getServer(id)).toBeUndefined();
    await expect(cloud.deleteServer(id, always)).rejects.toMatchObject({ kind: 'conflict' });
    await settled();
    expect(clock.armed).toBe(0);
    await clock.pass(100_000);
    expect(signal?.aborted).toBe(false);
  });

  it('passes on what the adapter rejects with, if that is as it should be', async () => {
    const error = new CloudError('rate-limited', 'no', { retryAfter: seconds(9) });
    await expect(setUp({ deleteServer: () => Promise.reject(error) }).cloud.deleteServer(id, always)).rejects.toBe(error);
  });

  it.each([
    ['rejects', () => Promise.reject(new TypeError('oops'))],
    ['rejects with no error at all', () => Promise.reject('oops')],
    [
      'throws',
      (): never => {
        throw new TypeError('oops');
      },
    ],
  ])('takes an adapter that %s otherwise for a bad answer, of which nothing is known', async (_, deleteServer) => {
    const { cloud, clock } = setUp({ deleteServer });
    const rejected = await cloud.deleteServer(id, always).catch((error: unknown) => error);
    expect(rejected).toBeInstanceOf(CloudError);
    expect(rejected).toMatchObject({ kind: 'bad-answer', effect: 'unknown', message: expect.stringContaining('oops') });
    await settled();
    expect(clock.armed).toBe(0);
  });

  it('counts the time of a call from when its wrapper lets it through', async () => {
    const { clock, cloud } = setUp(
      { deleteServer: never },
      { run: async (_kind, call) => firstValueFrom(clock.after(seconds(100))).then(call) },
    );
    const call = watch(cloud.deleteServer(id, always));
    await clock.pass(144_999);
    expect(call.state).toBe('under way');
    await clock.pass(1);
    await settled();
    expect(call.state).toBe('timeout');
  });

  it('does not send what its wrapper refuses', async () => {
    const refusing: CallWrapper = { run: () => Promise.reject(new CloudError('rate-limited', 'stay away')) };
    const sent: ServerId[] = [];
    const deleteServer = async (_tenant: TenantId, id: ServerId) => void sent.push(id);
    await expect(setUp({ deleteServer }, refusing).cloud.deleteServer(id, always)).rejects.toMatchObject({ kind: 'rate-limited' });
    expect(sent).toEqual([]);
  });

  it('keeps the turn of a write whose permit is renewed', async () => {
    const checks = ['outdated', 'good'] as const;
    const log: string[] = [];
    const wrapper: CallWrapper = {
      run: async (_kind, call) => {
        log.push('turn');
        return call();
      },
    };
    const deleteServer: Cloud['deleteServer'] = async (_tenant, _id, { mayStart }) => {
      if (!mayStart()) throw new CloudError('not-started', 'not started');
      log.push('sent');
    };
    let asked = 0;
    const permit: WritePermit = { renew: async () => log.push('renewed') > 0, check: () => checks[asked++] ?? 'over' };
    await setUp({ deleteServer }, wrapper).cloud.deleteServer(id, permit);
    expect(log).toEqual(['turn', 'renewed', 'renewed', 'sent']);
  });

  it('lets a write that was given up start nothing more', async () => {
    const late: boolean[] = [];
    const { clock, cloud } = setUp({
      deleteServer: (_tenant, _id, { mayStart }) => new Promise(() => void clock.after(seconds(46)).subscribe(() => late.push(mayStart()))),
    });
    const call = watch(cloud.deleteServer(id, always));
    await clock.pass(46_000);
    expect([call.state, late]).toEqual(['timeout', [false]]);
  });

  it('does not send a read that nobody wants any more when its turn has come', async () => {
    const asked: ServerId[] = [];
    const getServer: Cloud['getServer'] = async (_tenant, serverId) => {
      asked.push(serverId);
      return undefined;
    };
    const { cloud } = setUp({ getServer });
    await expect(cloud.getServer(id, () => false)).rejects.toMatchObject({ kind: 'not-started', effect: 'unsent' });
    expect(asked).toEqual([]);
    await cloud.getServer(id, () => true);
    expect(asked).toEqual([id]);
  });

  const calls: readonly (readonly [keyof TenantCloud, CallKind, readonly unknown[], unknown])[] = [
    ['listServers', 'nova GET', [], { servers: [aServer(1)], cloudNow: 1 }],
    ['getServer', 'nova GET', ['s'], aServer(1)],
    ['getServers', 'nova GET', [['s', 't']], { servers: [aServer(1)], absent: ['t'] }],
    ['serversAt', 'nova GET', ['10.0.0.1'], [aServer(1)]],
    ['findServers', 'nova GET', ['name'], [aServer(1), aServer(1)]],
    ['listLoadBalancers', 'clb GET', [], { loadBalancers: [aBalancer([aNode(1)])], unread: [{ id: '8', reason: '500' }] }],
    ['getLoadBalancer', 'clb GET', ['7'], undefined],
    ['listPoolMembers', 'rcv3 GET', [], [{ poolId: 'p', serverId: 's1' }]],
    ['getImage', 'nova GET', ['image'], { id: 'image', status: 'SAVING' }],
    ['hasFlavor', 'nova GET', ['flavor'], false],
    ['getLimits', 'nova GET', [], { maxPersonality: 5, maxPersonalitySize: 1000 }],
    ['createServer', 'nova POST', [{}], { id: 's', links: [] }],
    ['deleteServer', 'nova DELETE', ['s'], undefined],
    ['setServerMetadata', 'nova PUT', ['s', 'key', 'value'], undefined],
    ['stripServerMetadata', 'nova PUT', ['s', ['prefix']], undefined],
    ['addNodes', 'clb POST', ['7', []], undefined],
    ['changeNode', 'clb PUT', ['7', 'n', {}], undefined],
    ['removeNodes', 'clb DELETE', ['7', ['n']], undefined],
    ['addPoolMembers', 'rcv3 POST', [[]], undefined],
    ['removePoolMembers', 'rcv3 DELETE', [[]], undefined],
  ];
  it.each(calls)('sends %s for the tenant, as %s', async (name, kind, args, expected) => {
    const kinds: CallKind[] = [];
    const wrapper: CallWrapper = {
      run: (asked, call) => {
        kinds.push(asked);
        return call();
      },
    };
    let given: readonly unknown[] = [];
    const answer = async (...args: readonly unknown[]) => {
      given = args.map((one) => (isOptions(one) ? 'options' : one));
      return expected;
    };
    const { cloud } = setUp({ [name]: answer }, wrapper);
    const bound = cloud[name] as (...args: readonly unknown[]) => Promise<unknown>;
    expect(await bound(...args, ...(isWrite(kind) ? [always] : []))).toBe(expected);
    expect(given).toEqual(['tenant', ...args, 'options']);
    expect(kinds).toEqual([kind]);
  });
});

const isWrite = (kind: CallKind): boolean => !kind.endsWith('GET');
const isOptions = (value: unknown): value is CallOptions => value !== null && typeof value === 'object' && 'signal' in value;

/** The engine on ports that misbehave. An error that nobody catches, or a rejection that nobody handles, fails the run of these tests. */
import {
  type Cloud,
  type GroupRef,
  type Log,
  LutraError,
  type Metrics,
  type Random,
  type ScalingGroup,
  seededRandom,
  silentLog,
  type TenantId,
} from '@lutra/core';
import fc from 'fast-check';
import { EMPTY, NEVER, Observable, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { newGroup, Stage, type Staging, tenantId } from './engine-stage.ts';

const never = (): Promise<never> => new Promise(() => undefined);
const fails = (thrown: unknown) => (): never => {
  throw thrown;
};

/** Things to reject with that have no text, or none that can be read. */
const textless: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  null: null,
  'an empty text': '',
  'an empty object': {},
  'an object without prototype': Object.create(null),
  'a message that is no text': { message: { deep: true } },
  'a message that throws': Object.defineProperty(new Error(), 'message', { get: fails(new Error('not to be read')) }),
  'a text that throws': { toString: fails(new Error('not to be read')) },
  'everything throws': new Proxy({}, { get: fails(new Error('no')), has: fails(new Error('no')), getPrototypeOf: fails(new Error('no')) }),
  'an error of nothing': Object.freeze(new Error()),
};
/** Things to reject with that say something. */
const texts: Readonly<Record<string, unknown>> = {
  'a text': 'out of order',
  'a frozen error': Object.freeze(new Error('out of order')),
  'an object': { message: 'out of order' },
};

/** What should be a stream and is none, or none any more. */
const brokenStreams: Readonly<Record<string, () => Observable<never>>> = {
  'that fails': () => throwError(() => undefined),
  'that ends': () => EMPTY,
  'that throws when it is asked for': fails(null),
  'that throws when it is subscribed to': () => new Observable(fails(new Error('no'))),
  'that throws when it is let go': () => new Observable(() => fails(new Error('no'))),
  'that is none': () => 7 as never,
  'of nothing': () => of(null, undefined) as never,
  'of things that it should not hold': () =>
    of(7, '', {}, { groupId: 7 }, { tenantId: null, groupId: {} }, new Proxy({}, { get: fails(1) })) as never,
};

/** Makes a group on these ports, and expects it to have its servers within `within` seconds. */
async function expectConverges(staging: Staging, within = 60, size = 2): Promise<Stage> {
  const stage = new Stage(staging);
  const { id } = await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(size)));
  await stage.run(within);
  await expectWhole(stage, { tenantId, groupId: id }, size);
  return stage;
}

async function expectWhole(stage: Stage, ref: GroupRef, size: number): Promise<void> {
  const state = await stage.clock.runUntilSettled(stage.autoscaler.groupState(ref));
  expect(state).toMatchObject({ activeCapacity: size, pendingCapacity: 0, status: 'ACTIVE' });
  const alive = stage.servers.filter(({ status, deleting, groupId }) => status === 'ACTIVE' && !deleting && groupId === ref.groupId);
  expect(alive).toHaveLength(size);
}

/** What passes gave as reasons. */
const reasonsOf = (stage: Stage): readonly string[] => stage.events.flatMap((event) => (event.kind === 'pass-ended' ? event.reasons : []));

/** Answers `bad` to the first `times` calls. */
const atFirst = <A extends readonly unknown[], T>(times: number, bad: () => unknown, good: (...args: A) => Promise<T>) => {
  let left = times;
  return (...args: A): Promise<T> => {
    left -= 1;
    return left >= 0 ? (bad() as Promise<T>) : good(...args);
  };
};

describe('provider events', () => {
  it.each(Object.entries(brokenStreams))('of a stream %s harm no group, and stop() ends', async (_how, stream) => {
    const stage = await expectConverges({ cloud: () => ({ events$: stream }) });
    await stage.clock.runUntilSettled(stage.autoscaler.stop());
  });
});

describe('wake-ups of a store', () => {
  it.each(Object.entries(brokenStreams))('of a stream %s harm no group, and stop() ends', async (_how, stream) => {
    const stage = await expectConverges({ store: () => Object.defineProperty({}, 'woken$', { get: stream }) });
    await stage.clock.runUntilSettled(stage.autoscaler.stop());
  });

  it('are followed again after they broke off', async () => {
    let subscriptions = 0;
    const stage = new Stage({
      // the sweep comes too late to be what wakes the group
      options: { sweepInterval: 1_000_000 as never },
      store: (inner) => ({
        woken$: new Observable((subscriber) => {
          subscriptions += 1;
          if (subscriptions < 3) subscriber.error(new Error('connection lost'));
          else return inner.woken$.subscribe(subscriber);
          return undefined;
        }),
      }),
    });
    await stage.run(10);
    await stage.converged(1);
    expect(subscriptions).toBe(3);
  });
});

describe('a cloud port that rejects', () => {
  it.each(Object.entries(textless))('with %s fails the read, and says that there is no reason', async (_what, thrown) => {
    const stage = await expectConverges({
      cloud: (cloud) => ({ listServers: atFirst(3, () => Promise.reject(thrown), cloud.listServers) }),
    });
    expect(reasonsOf(stage)).toContain('The cloud port rejected without a reason');
  });

  it.each(Object.entries(texts))('with %s fails the read, and says why', async (_what, thrown) => {
    const stage = await expectConverges({
      cloud: (cloud) => ({ listServers: atFirst(3, () => Promise.reject(thrown), cloud.listServers) }),
    });
    expect(reasonsOf(stage)).toContain('The cloud adapter failed: out of order');
  });

  it('with nothing after it has created makes no server too many', async () => {
    let rejected = 0;
    const stage = await expectConverges(
      {
        cloud: (cloud) => ({
          createServer: async (...request) => {
            await cloud.createServer(...request);
            rejected += 1;
            return Promise.reject(undefined);
          },
        }),
      },
      300,
    );
    expect([rejected, stage.servers.length]).toEqual([2, 2]);
  });

  it.each([
    ['throws at once', fails(null)],
    ['answers no promise', () => 7],
    ['answers what cannot be read', () => Promise.resolve(new Proxy({}, { get: fails(undefined) }))],
  ])('in its own way, for it %s, is tried again', async (_how, bad) => {
    await expectConverges({ cloud: (cloud) => ({ listServers: atFirst(3, bad, cloud.listServers) }) });
    await expectConverges({ cloud: (cloud) => ({ deleteServer: atFirst(3, bad, cloud.deleteServer) }) });
  });
});

describe('a cloud port that answers in a wrong shape', () => {
  const server = { id: 's', state: 'ACTIVE', createdAt: 1, servicenetAddress: '', desiredLoadBalancers: [], links: [] };
  const cloudNow = 1;
  const wrong: readonly (readonly [keyof Cloud, string, unknown])[] = [
    ['listServers', 'is no object', null],
    ['listServers', 'has a wrong cloudNow', { servers: [], cloudNow: Number.NaN }],
    ['listServers', 'there is no list of servers', { servers: {}, cloudNow }],
    ['listServers', 'server 1 of 1 is no object', { servers: [null], cloudNow }],
    ['listServers', 'server 2 of 2 has a wrong id', { servers: [server, { ...server, id: 7 }], cloudNow }],
    ['listServers', 'server 1 of 1 has a wrong createdAt', { servers: [{ ...server, createdAt: Number.NaN }], cloudNow }],
    ['listServers', 'server 1 of 1 has a wrong state', { servers: [{ ...server, state: 'active' }], cloudNow }],
    [
      'listServers',
      'server 1 of 1 has a wrong desiredLoadBalancers',
      { servers: [{ ...server, desiredLoadBalancers: [{ kind: 'clb' }] }], cloudNow },
    ],
    ['listLoadBalancers', 'is no object', null],
    ['listLoadBalancers', 'there is no list of load balancers', { loadBalancers: {}, unread: [] }],
    ['listLoadBalancers', 'unread load balancer 1 of 1 has a wrong id', { loadBalancers: [], unread: [{ id: 7, reason: '' }] }],
    [
      'listLoadBalancers',
      'load balancer 1 of 1 has wrong nodes: there is no list of nodes',
      { loadBalancers: [{ id: '237935', status: 'ACTIVE', healthMonitor: false }], unread: [] },
    ],
    [
      'listLoadBalancers',
      'load balancer 1 of 1 has wrong nodes: node 1 of 1 is no object',
      { loadBalancers: [{ id: '237935', status: 'ACTIVE', healthMonitor: false, nodes: [undefined] }], unread: [] },
    ],
    ['listPoolMembers', 'pool member 1 of 1 has a wrong serverId', [{ poolId: 'p' }]],
  ];
  it.each(wrong)('to %s (%s) fails the read with that reason', async (name, what, answer) => {
    const said: unknown[] = []; // of load balancers and pools, without which the group goes on
    const log: Log = { ...silentLog, warn: (fields) => said.push((fields as { readonly reason?: unknown }).reason) };
    const stage = await expectConverges({
      cloud: (cloud) => ({ [name]: atFirst(3, async () => answer, cloud[name] as () => Promise<unknown>) }),
      log,
    });
    expect([...reasonsOf(stage), ...said]).toContain(`The cloud port gave an answer that is none: ${what}`);
  });

  it('to createServer does not make it once more', async () => {
    let made = 0;
    const stage = await expectConverges(
      {
        cloud: (cloud) => ({
          createServer: async (...request) => {
            made += 1;
            await cloud.createServer(...request);
            return null as never;
          },
        }),
      },
      300,
    );
    expect([made, stage.servers.length]).toEqual([2, 2]);
  });

  it.each([
    ['getImage', null],
    ['hasFlavor', 'yes'],
  ] as const)('to %s has the command answered as unavailable', async (name, answer) => {
    const stage = new Stage({ cloud: () => ({ [name]: async () => answer }) });
    await expect(stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(1)))).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('shows a server twice, and it is one', async () => {
    const twice = async (cloud: Cloud, ...args: Parameters<Cloud['listServers']>) => {
      const listing = await cloud.listServers(...args);
      return { ...listing, servers: [...listing.servers, ...listing.servers] };
    };
    await expectConverges({ cloud: (cloud) => ({ listServers: (...args) => twice(cloud, ...args) }) });
  });
});

describe('a store that', () => {
  const methods = [
    'transact',
    'readGroup',
    'join',
    'renew',
    'ownedBy',
    'unowned',
    'unownedTenant',
    'claim',
    'release',
    'leave',
    'due',
    'groupIdsOf',
  ] as const;
  const misdeeds: Readonly<Record<string, () => unknown>> = {
    'never answers': never,
    'throws at once': fails(undefined),
    'rejects with nothing': () => Promise.reject(undefined),
    'rejects with what cannot be read': () => Promise.reject(textless['everything throws']),
    'answers nothing': () => undefined,
    'answers nonsense': () => Promise.resolve({ length: 3 }),
    'answers null': () => Promise.resolve(null),
  };
  const all = methods.flatMap((name) => Object.entries(misdeeds).map(([how, bad]) => [how, name, bad] as const));

  it.each(all)('%s to %s for a while harms no group', async (_how, name, bad) => {
    let misbehaves = false;
    const stage = new Stage({
      store: (inner) => ({
        [name]: (...args: readonly unknown[]) =>
          misbehaves ? bad() : (Reflect.get(inner, name) as (...all: readonly unknown[]) => unknown).call(inner, ...args),
      }),
    });
    const ref = await stage.converged(2);
    stage.kill(1, 'error');
    misbehaves = true;
    await stage.run(120);
    misbehaves = false;
    await stage.run(400);
    await expectWhole(stage, ref, 2);
    await stage.clock.runUntilSettled(stage.autoscaler.stop());
  });

  it('is silent has a command answered as unavailable within its deadline, and does not carry it out later', async () => {
    const late: (() => void)[] = [];
    let silent = false;
    const stage = new Stage({
      options: { storeDeadline: 4000 as never },
      store: (inner) => ({
        transact: (ref, decide, ownership) =>
          silent && ownership === undefined
            ? new Promise((resolve, reject) => late.push(() => void inner.transact(ref, decide, ownership).then(resolve, reject)))
            : inner.transact(ref, decide, ownership),
      }),
    });
    const ref = await stage.converged(1);
    silent = true;
    const begun = stage.clock.now();
    await expect(stage.clock.runUntilSettled(stage.execute(ref, 'up'))).rejects.toMatchObject({ code: 'unavailable', http: 503 });
    expect(stage.clock.now() - begun).toBe(4000);
    silent = false;
    for (const transact of late) transact();
    await stage.run(60);
    await expectWhole(stage, ref, 1);
  });

  it('answers pages of due groups that never come to an end does not hold the host up', async () => {
    await expectConverges({
      store: (inner) => ({
        due: async (owner, now, limit) => {
          const [first] = await inner.due(owner, now, 1);
          return first === undefined ? [] : Array.from({ length: limit }, () => first);
        },
      }),
    });
  });

  it('reads what is no group in place of one does not keep another from converging', async () => {
    let victim: string | undefined;
    const stage = new Stage({
      store: (inner) => ({
        readGroup: async (ref) => (ref.groupId === victim ? ({ ...ref, spec: {} } as ScalingGroup) : inner.readGroup(ref)),
      }),
    });
    victim = (await stage.converged(1)).groupId;
    const other = await stage.converged(1);
    await stage.execute(other, 'up');
    await stage.run(60);
    expect(await stage.autoscaler.groupState(other)).toMatchObject({ activeCapacity: 2 });
  });

  it('fails tells a tenant nothing of how', async () => {
    const stage = new Stage({ store: () => ({ listStates: () => Promise.reject(new Error('password "secret" refused')) }) });
    const refused: unknown = await stage.autoscaler.listGroups(tenantId, { limit: 1 }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(LutraError);
    expect(refused).toMatchObject({
      code: 'unavailable',
      message: expect.not.stringContaining('secret'),
      cause: { message: 'password "secret" refused' },
    });
  });
});

describe('the small ports', () => {
  const throwing = <P extends object>(): P => new Proxy({}, { get: () => fails(new Error('no')) }) as P;

  it('may throw: log and metrics', async () => {
    await expectConverges({
      log: throwing<Log>(),
      metrics: throwing<Metrics>(),
      cloud: (cloud) => ({ listServers: atFirst(3, fails(undefined), cloud.listServers) }),
    });
  });

  it('may reject, where they are asynchronous after all: log and metrics', async () => {
    const rejecting = <P extends object>(): P => new Proxy({}, { get: () => () => Promise.reject(new Error('no')) }) as P;
    await expectConverges({
      log: rejecting<Log>(),
      metrics: rejecting<Metrics>(),
      cloud: (cloud) => ({ listServers: atFirst(3, fails(undefined), cloud.listServers) }),
    });
  });

  it('log what was thrown as an error that can be read', async () => {
    const logged: unknown[] = [];
    const note = (fields: object) => void ('err' in fields && logged.push(fields.err));
    await expectConverges({
      log: { debug: note, info: note, warn: note, error: note },
      store: (inner) => ({ groupIdsOf: atFirst(2, fails(null), inner.groupIdsOf.bind(inner)) }),
    });
    expect(logged.length).toBeGreaterThan(0);
    for (const error of logged) expect(error).toMatchObject({ message: expect.stringMatching(/./) });
  });

  it('may make no choice: random', async () => {
    const random: Random = {
      ...seededRandom(1),
      at: fails(new Error('no')),
      fork: () => ({ ...seededRandom(2), at: () => Number.NaN, next: fails(7) }),
    };
    await expectConverges({ random });
  });

  it('may have no secrets for a while: random', async () => {
    let has = false;
    const seeded = seededRandom(1);
    const random = {
      ...seeded,
      at: seeded.at.bind(seeded),
      uuid: seeded.uuid.bind(seeded),
      fork: (name: string) => {
        if (!has) throw new Error('no entropy yet');
        return seeded.fork(name);
      },
    } as Random;
    const stage = new Stage({ random });
    const { id } = await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(1)));
    await stage.run(60);
    expect(stage.servers).toHaveLength(0);
    has = true;
    await stage.run(400);
    await expectWhole(stage, { tenantId, groupId: id }, 1);
  });

  it.each([
    ['throws', fails(null)],
    ['answers no number', () => ({ groups: Number.NaN })],
    ['answers a text', () => ({ policiesPerGroup: 'many' as never })],
  ])('may not know the limits of a tenant: limitsOf %s, which is unavailable for that tenant alone', async (_how, bad) => {
    const stranger = '7' as TenantId;
    const stage = new Stage({ limitsOf: (id) => (id === stranger ? bad() : {}) });
    await stage.converged(1);
    const refused = stage.autoscaler.createGroup({ ...newGroup(1), tenantId: stranger });
    await expect(stage.clock.runUntilSettled(refused)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a tenant whose cloud misbehaves', () => {
  it.each([
    ['never answers', never],
    ['answers nonsense', async () => 7],
    ['throws', fails(undefined)],
  ])('delays no other: it %s', async (_how, bad) => {
    const stranger = '7' as TenantId;
    const stage = new Stage({
      cloud: (cloud) => ({
        listServers: (id, options) => (id === stranger ? (bad() as never) : cloud.listServers(id, options)),
        events$: (id) => (id === stranger ? throwError(() => undefined) : NEVER),
      }),
    });
    for (let n = 0; n < 20; n += 1) await stage.clock.runUntilSettled(stage.autoscaler.createGroup({ ...newGroup(1), tenantId: stranger }));
    await stage.run(30);
    const { id } = await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(2)));
    await stage.run(60);
    await expectWhole(stage, { tenantId, groupId: id }, 2);
  });
});

/** Every way to misbehave in a call. */
const misdeeds: readonly (() => unknown)[] = [
  never,
  fails(undefined),
  fails(new Error('out of order')),
  () => Promise.reject(undefined),
  () => Promise.reject(new Error('out of order')),
  () => Promise.reject(textless['everything throws']),
  () => undefined,
  () => Promise.resolve(null),
  () => Promise.resolve({ length: 3 }),
];

describe('any port that misbehaves at random', () => {
  /** The port; while `misbehaves`, each call is a misdeed with a chance of `often`, before or after it was done. */
  const misbehaving = <P extends object>(port: P, random: Random, often: () => number): P => {
    let calls = 0;
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function' || name === 'events$') return typeof value === 'function' ? value.bind(target) : value;
        return (...args: readonly unknown[]) => {
          calls += 1;
          const done = (): unknown => value.apply(target, args);
          if (random.at('whether', calls) >= often()) return done();
          if (random.at('when', calls) < 0.5) Promise.resolve(done()).catch(() => undefined);
          return misdeeds[Math.floor(random.at('how', calls) * misdeeds.length)]?.();
        };
      },
    });
  };

  it('leaves no group behind once it behaves', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.double({ min: 0.02, max: 0.6, noNaN: true }), async (seed, chance) => {
        let often = 0;
        const random = seededRandom(seed);
        const stage = new Stage({
          cloud: (cloud) => misbehaving(cloud, random.fork('cloud'), () => often),
          store: (inner) => misbehaving(inner, random.fork('store'), () => often),
        });
        const groups = [await stage.converged(2), await stage.converged(3)];
        const sizes = [2, 3];
        often = chance;
        stage.kill(2, 'error');
        for (let n = 0; n < 5; n += 1) {
          await stage.run(60);
          for (const ref of groups) stage.execute(ref, n % 2 === 0 ? 'up' : 'down').catch(() => undefined);
        }
        await stage.run(60);
        often = 0;
        await stage.run(1500);
        for (const [index, ref] of groups.entries()) {
          const group = await stage.store.readGroup(ref);
          expect(group?.spec.desired, `${sizes[index]}`).toBeGreaterThanOrEqual(2);
          await expectWhole(stage, ref, group?.spec.desired ?? 0);
        }
        await stage.clock.runUntilSettled(stage.autoscaler.stop());
      }),
      { numRuns: fc.readConfigureGlobal()?.numRuns ?? 10 },
    );
  });
});

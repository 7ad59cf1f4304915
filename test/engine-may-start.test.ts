/** What the engine lets start when the adapter of the cloud is not ready at once: it waits for a token, or tries twice. In virtual time. */
import {
  type Cloud,
  CloudError,
  createAutoscaler,
  type GroupRef,
  milliseconds,
  seconds,
  seededRandom,
  type WriteOptions,
} from '@lutra/core';
import { cloudOver } from '@lutra/simulator';
import { firstValueFrom, NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { newGroup, oneLife, Stage, type Staging, tenantId } from './engine-stage.ts';

type Attempts = { readonly waiting: number[]; readonly sent: string[] };

/** An adapter that waits for a token before it hands a create to the wire: `waits` seconds for the first call, the second, ...; then none. */
function slowTokens(...waits: readonly number[]): Attempts & { readonly cloud: NonNullable<Staging['cloud']> } {
  const attempts: Attempts = { waiting: [], sent: [] };
  return {
    ...attempts,
    cloud: (cloud, { clock }) => ({
      createServer: async (tenant, request, options) => {
        const wait = waits[attempts.waiting.length];
        attempts.waiting.push(clock.now());
        if (wait !== undefined) await firstValueFrom(clock.after(seconds(wait)));
        return handOver(cloud, attempts.sent, tenant, request, options);
      },
    }),
  };
}

/** Hands a create to the wire, if it may start. */
function handOver(cloud: Cloud, sent: string[], ...[tenant, request, options]: Parameters<Cloud['createServer']>) {
  if (!options.mayStart()) throw new CloudError('not-started', 'the create may not start');
  sent.push(groupOf(request.server));
  return cloud.createServer(tenant, request, free(options));
}
/** The request is on its way: nobody is asked again. */
const free = (options: WriteOptions): WriteOptions => ({ ...options, mayStart: () => true });
const groupOf = ({ metadata }: Parameters<Cloud['createServer']>[1]['server']): string =>
  String((metadata as Readonly<Record<string, unknown>>)['rax:autoscale:group:id']);

async function create(stage: Stage, size = 1): Promise<GroupRef> {
  const { id: groupId } = await stage.clock.runUntilSettled(stage.autoscaler.createGroup(newGroup(size)));
  return { tenantId, groupId };
}

describe('a create that waits in the adapter', () => {
  it('is not sent once its group is paused', async () => {
    const { waiting, sent, cloud } = slowTokens(0.9);
    const stage = new Stage({ cloud });
    const ref = await create(stage);
    await stage.run(0.3);
    expect(waiting).toHaveLength(1);
    await stage.clock.runUntilSettled(stage.autoscaler.pauseGroup(ref));
    await stage.run(60);
    expect(sent).toEqual([]);
  });

  it('is not sent once the store says that its group is paused, whoever wrote that', async () => {
    const { waiting, sent, cloud } = slowTokens(5);
    const stage = new Stage({ cloud, store: () => ({ woken$: NEVER }) });
    const { clock, store, world } = stage;
    const elsewhere = createAutoscaler({ cloud: cloudOver(world), store, clock, random: seededRandom(8) });
    const { id: groupId } = await clock.runUntilSettled(elsewhere.createGroup(newGroup(1)));
    await stage.run(4);
    expect(waiting).toHaveLength(1);
    await elsewhere.pauseGroup({ tenantId, groupId });
    await stage.run(60);
    expect(sent).toEqual([]);
  });

  it('is not sent once its tenant may be run by another host', async () => {
    const { waiting, sent, cloud } = slowTokens(20);
    const stage = new Stage({ cloud, store: oneLife(0) });
    await create(stage);
    await stage.run(60);
    expect(waiting).toHaveLength(1);
    expect(sent).toEqual([]);
  });

  it('is not sent once its host is told to stop', async () => {
    const { waiting, sent, cloud } = slowTokens(0.9);
    const stage = new Stage({ cloud });
    await create(stage);
    await stage.run(0.3);
    expect(waiting).toHaveLength(1);
    await stage.clock.runUntilSettled(stage.autoscaler.stop());
    await stage.run(60);
    expect(sent).toEqual([]);
  });

  it('is not sent once the time of its pass is up', async () => {
    const { sent, cloud } = slowTokens(0.9);
    const stage = new Stage({ cloud, options: { passDeadline: milliseconds(500) } });
    await create(stage);
    await stage.run(1.5);
    expect(sent).toEqual([]);
  });

  it('leaves no trace of itself: it makes its server after the pause, at once', async () => {
    const { sent, cloud } = slowTokens(0.9);
    const stage = new Stage({ cloud });
    const ref = await create(stage);
    await stage.run(0.3);
    await stage.clock.runUntilSettled(stage.autoscaler.pauseGroup(ref));
    await stage.run(60);
    expect(await stage.store.readGroup(ref)).toMatchObject({ intents: {}, progress: { faults: 0, causes: [] } });
    await stage.clock.runUntilSettled(stage.autoscaler.resumeGroup(ref));
    await stage.run(20);
    expect(sent).toHaveLength(1);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 1, status: 'ACTIVE' });
  });

  it('is asked for again when it only waited for too long, and is sent once', async () => {
    const { waiting, sent, cloud } = slowTokens(3);
    const stage = new Stage({ cloud });
    const ref = await create(stage);
    await stage.run(20);
    expect([waiting.length, sent.length, stage.servers.length]).toEqual([2, 1, 1]);
    expect(await stage.autoscaler.groupState(ref)).toMatchObject({ activeCapacity: 1, status: 'ACTIVE' });
  });

  it('lets an answer of the store serve for as long as the option says', async () => {
    const { waiting, sent, cloud } = slowTokens(3);
    const stage = new Stage({ cloud, options: { mayConvergeMaxAge: seconds(3) } });
    await create(stage);
    await stage.run(20);
    expect([waiting.length, sent.length]).toEqual([1, 1]);
  });

  it('keeps its place before those that wait for their turn', async () => {
    const { sent, cloud } = slowTokens(3);
    const stage = new Stage({ cloud, options: { callsInFlight: 1 } });
    const first = await create(stage);
    await stage.run(1);
    const second = await create(stage);
    await stage.run(20);
    expect(sent).toEqual([first.groupId, second.groupId]);
  });
});

describe('a create that waits for its turn', () => {
  const busy = (): Attempts & { readonly cloud: NonNullable<Staging['cloud']> } => {
    const attempts: Attempts = { waiting: [], sent: [] };
    return {
      ...attempts,
      cloud: (cloud, { clock }) => ({
        createServer: async (...request) => {
          const made = await handOver(cloud, attempts.sent, ...request);
          await firstValueFrom(clock.after(seconds(5)));
          return made;
        },
      }),
    };
  };

  it.each([
    ['its group is paused', (stage: Stage, ref: GroupRef) => stage.autoscaler.pauseGroup(ref)],
    ['its host is told to stop', (stage: Stage) => stage.autoscaler.stop()],
  ])('is not sent once %s', async (_what, forbid) => {
    const { sent, cloud } = busy();
    const stage = new Stage({ cloud, options: { callsInFlight: 1 } });
    const first = await create(stage);
    await stage.run(1);
    const second = await create(stage);
    await stage.run(1);
    await stage.clock.runUntilSettled(forbid(stage, second));
    await stage.run(30);
    expect(sent).toEqual([first.groupId]);
  });
});

describe('a create that the adapter sends again', () => {
  /** An adapter whose first attempt is answered by 401 after `answer` seconds, though the server is made. `whenNot`: how it ends after a no. */
  const twice = (sent: string[], answer: number, whenNot: 'not-started' | 'not-repeated'): NonNullable<Staging['cloud']> => {
    return (cloud, { clock }) => ({
      createServer: async (...request) => {
        const made = await handOver(cloud, sent, ...request);
        if (sent.length > 1) return made;
        await firstValueFrom(clock.after(seconds(answer)));
        if (!request[2].mayStart()) throw new CloudError(whenNot, 'the create may not be sent again');
        return handOver(cloud, sent, ...request);
      },
    });
  };

  it.each(['not-repeated', 'not-started'] as const)('and may not is unknown, and makes no server too many: %s', async (whenNot) => {
    const sent: string[] = [];
    const stage = new Stage({ cloud: twice(sent, 0.5, whenNot) });
    const ref = await create(stage);
    await stage.run(0.3);
    expect(sent).toHaveLength(1);
    await stage.clock.runUntilSettled(stage.autoscaler.pauseGroup(ref));
    await stage.run(1);
    expect(Object.values((await stage.store.readGroup(ref))?.intents ?? {})).toMatchObject([{ kind: 'create', state: 'unknown' }]);
    await stage.clock.runUntilSettled(stage.autoscaler.resumeGroup(ref));
    await stage.run(300);
    expect([sent.length, stage.servers.length]).toEqual([1, 1]);
  });

  it('is not sent again by the engine when only the answer of the store was too old', async () => {
    const sent: string[] = [];
    const stage = new Stage({ cloud: twice(sent, 2, 'not-repeated') });
    await create(stage);
    await stage.run(300);
    expect([sent.length, stage.servers.length]).toEqual([1, 1]);
  });
});

describe('a call to a load balancer for several groups', () => {
  it('goes without the group that is paused while it waits in the adapter', async () => {
    const sent: (readonly string[])[] = [];
    const held: (readonly string[])[] = [];
    const stage = new Stage({
      cloud: (cloud, { clock }) => ({
        addNodes: async (tenant, id, nodes, options) => {
          const addresses = nodes.map(({ address }) => address);
          if (sent.length > 0) {
            held.push(addresses);
            await firstValueFrom(clock.after(seconds(0.9)));
          }
          if (!options.mayStart()) throw new CloudError('not-started', 'the nodes may not be added');
          sent.push(addresses);
          return cloud.addNodes(tenant, id, nodes, free(options));
        },
      }),
    });
    for (let n = 0; n < 4; n += 1) await create(stage);
    const shared = () => held.find(({ length }) => length > 1);
    for (let n = 0; n < 1000 && shared() === undefined; n += 1) await stage.run(0.05);
    const [stopped, ...others] = shared() ?? [];
    const groupId = stage.servers.find(({ address }) => address === stopped)?.groupId;
    if (groupId === undefined) throw new Error('no two groups waited for the load balancer together');
    await stage.clock.runUntilSettled(stage.autoscaler.pauseGroup({ tenantId, groupId }));
    await stage.run(60);
    expect(sent.flat()).toEqual(expect.arrayContaining(others));
    expect(sent.flat()).not.toContain(stopped);
  });
});

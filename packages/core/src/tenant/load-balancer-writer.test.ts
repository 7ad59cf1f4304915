import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { CloudError } from '../errors.ts';
import type { WritePermit } from '../guards/write-permit.ts';
import type { LoadBalancerId, NodeId, ServerId } from '../model/identifiers.ts';
import { epochMs, seconds } from '../model/time.ts';
import { toldToStop } from '../pass/executing.ts';
import type { LoadBalancerStep } from '../planner/steps.ts';
import { always, asking, permitThat } from '../testing/asking.ts';
import { HandClock } from '../testing/hand-clock.ts';
import { LoadBalancerWriter } from './load-balancer-writer.ts';

const id = '7' as LoadBalancerId;
const add = (...hosts: readonly number[]): LoadBalancerStep => ({
  kind: 'add-nodes',
  loadBalancerId: id,
  nodes: hosts.map((host) => ({ address: `10.0.0.${host}`, port: 80, condition: 'ENABLED', weight: 1, type: 'PRIMARY' })),
  because: [{ rule: 'not-on-load-balancer', serverId: `s${hosts[0]}` as ServerId }],
});
const remove = (node: number): LoadBalancerStep => ({
  kind: 'remove-nodes',
  loadBalancerId: id,
  nodeIds: [`${node}` as NodeId],
  because: [{ rule: 'surplus' }],
});
const change = (node: number): LoadBalancerStep => ({
  kind: 'change-node',
  loadBalancerId: id,
  nodeId: `${node}` as NodeId,
  change: { condition: 'DRAINING', weight: 1, type: 'PRIMARY' },
  because: [{ rule: 'surplus' }],
});
const options = { bulkAdd: 3, bulkRemove: 10, lockPoll: seconds(1), lockPatience: seconds(30) };

/** A load balancer that is locked for `lockLooks` looks after every write, and takes nodes by `refuse`. */
function setUp(lockLooks: number, refuse: (hosts: readonly string[]) => CloudError | undefined = () => undefined) {
  const sent: string[] = [];
  let looksLeft = 0;
  let now = 0;
  const write = async (name: string, hosts: readonly string[]): Promise<void> => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (looksLeft > 0) sent.push('overlapping!');
    const refused = refuse(hosts);
    sent.push(`${name} ${hosts.join()}${refused === undefined ? '' : ' refused'}`);
    if (refused !== undefined) throw refused;
    looksLeft = lockLooks;
  };
  const cloud = asking({
    addNodes: (_id: unknown, nodes: readonly { readonly address: string }[]) =>
      write(
        'add',
        nodes.map(({ address }) => address.slice(7)),
      ),
    removeNodes: (_id: unknown, nodes: readonly NodeId[]) => write('remove', nodes),
    changeNode: (_id: unknown, node: NodeId) => write('change', [node]),
    getLoadBalancer: async () => {
      looksLeft -= 1;
      return { id, status: looksLeft > 0 ? 'PENDING_UPDATE' : 'ACTIVE', healthMonitor: false, nodes: [] };
    },
  });
  const clock = {
    now: () => epochMs(now),
    after: (delay: number) => {
      now += delay;
      return of(undefined);
    },
  };
  return { writer: new LoadBalancerWriter(cloud, clock, options), sent };
}

/** A permit that is what the test makes it. */
class HandPermit implements WritePermit {
  readonly #whenRenewed: (permit: HandPermit) => void;
  #state: ReturnType<WritePermit['check']> = 'good';
  renewals = 0;
  checks = 0;

  constructor(whenRenewed: (permit: HandPermit) => void) {
    this.#whenRenewed = whenRenewed;
  }

  async renew(): Promise<boolean> {
    this.renewals += 1;
    this.#whenRenewed(this);
    return true;
  }

  check(): ReturnType<WritePermit['check']> {
    this.checks += 1;
    return this.#state;
  }

  become(state: ReturnType<WritePermit['check']>): void {
    this.#state = state;
  }
}
/** Removes a node first, so that the others gather while that goes on, and make one call: each adds a node under its permit. */
const gathered = (writer: LoadBalancerWriter, permits: readonly WritePermit[]) =>
  Promise.all([writer.write(remove(9), always), ...permits.map((permit, n) => writer.write(add(n + 1), permit))]);

describe('LoadBalancerWriter', () => {
  it('has a mistake of ours meet all who wait, and goes on with those who come later', async () => {
    let broken = true;
    const cloud = asking({
      addNodes: async () => undefined,
      getLoadBalancer: async () => {
        if (broken) throw new TypeError('a mistake');
        return undefined;
      },
    });
    const writer = new LoadBalancerWriter(cloud, { now: () => epochMs(0), after: () => of(undefined) }, options);
    const [first, second] = [writer.write(add(1), always), writer.write(add(2), always)];
    expect(await first).toMatchObject({ effect: 'accepted' });
    await expect(second).rejects.toThrow('a mistake');
    broken = false;
    expect(await writer.write(add(3), always)).toMatchObject({ effect: 'accepted' });
  });

  it('gathers what comes while it writes into one call, once the load balancer is free again', async () => {
    const { writer, sent } = setUp(3);
    const results = await Promise.all([writer.write(add(1), always), writer.write(add(2), always), writer.write(add(3), always)]);
    expect(sent).toEqual(['add 1', 'add 2,3']);
    expect(results.map(({ effect }) => effect)).toEqual(['accepted', 'accepted', 'accepted']);
  });

  it('sends removals before additions, and no more nodes in a call than it takes', async () => {
    const { writer, sent } = setUp(1);
    const steps = [add(1), add(2, 3), add(4, 5), remove(9), add(6)];
    await Promise.all(steps.map((step) => writer.write(step, always)));
    expect(sent).toEqual(['add 1', 'remove 9', 'add 2,3,6', 'add 4,5']);
  });

  it('lets a group pay for its own mistakes only', async () => {
    const tooMany = new CloudError('node-limit', '', { tenantMessage: 'Cannot create more than 25 nodes in Cloud Load Balancer 7' });
    const { writer, sent } = setUp(1, (hosts) => (hosts.includes('3') ? tooMany : undefined));
    const results = await Promise.all([add(1), add(2), add(3)].map((step) => writer.write(step, always)));
    expect(sent).toEqual(['add 1', 'add 2,3 refused', 'add 2', 'add 3 refused']);
    expect(results.map(({ status }) => status)).toEqual(['retry', 'retry', 'failed']);
  });

  it('keeps together what was refused because of the lock, and sends it as one call when that is over', async () => {
    let locks = 0;
    const { writer, sent } = setUp(1, (hosts) => {
      if (hosts.length === 1 || locks > 0) return undefined;
      locks += 1;
      return new CloudError('load-balancer-immutable', '');
    });
    const results = await Promise.all([add(1), add(2), add(3)].map((step) => writer.write(step, always)));
    expect(sent).toEqual(['add 1', 'add 2,3 refused', 'add 2,3']);
    expect(results.map(({ effect }) => effect)).toEqual(['accepted', 'accepted', 'accepted']);
  });

  it.each(['rate-limited', 'unauthorized', 'no-such-load-balancer'] as const)('tells all of a refusal that meets all: %s', async (kind) => {
    const { writer, sent } = setUp(1, (hosts) => (hosts.length === 1 ? undefined : new CloudError(kind, '')));
    const results = await Promise.all([add(1), add(2), add(3)].map((step) => writer.write(step, always)));
    expect(sent).toEqual(['add 1', 'add 2,3 refused']);
    expect(results.map(({ effect }) => effect)).toEqual(['accepted', 'refused', 'refused']);
  });

  it('keeps nobody waiting for longer than its patience, though the load balancer goes on taking others', async () => {
    const { writer, sent } = setUp(12); // seconds of lock after each write
    const steps = [remove(1), ...Array.from({ length: 5 }, (_, n) => change(n))];
    const results = await Promise.all(steps.map((step) => writer.write(step, always)));
    expect(sent).toEqual(['remove 1', 'change 0', 'change 1']);
    expect(results.map(({ effect }) => effect)).toEqual(['accepted', 'accepted', 'accepted', 'unsent', 'unsent', 'unsent']);
  });

  it('sends nothing for a pass that may not write any more', async () => {
    const { writer, sent } = setUp(1);
    const results = await Promise.all([
      writer.write(add(1), always),
      writer.write(
        add(2),
        permitThat(async () => false),
      ),
      writer.write(add(3), always),
    ]);
    expect(sent).toEqual(['add 1', 'add 3']);
    expect(results[1]?.effect).toBe('unsent');
  });

  it('sends the rest again when the permit of one pass is over at the last moment', async () => {
    const { writer, sent } = setUp(1);
    const stopped = new HandPermit((permit) => permit.become('over'));
    const results = await gathered(writer, [always, stopped, always]);
    expect(sent).toEqual(['remove 9', 'add 1,3']);
    expect(results.map(({ effect }) => effect)).toEqual(['accepted', 'accepted', 'unsent', 'accepted']);
    expect(results[2]).toBe(toldToStop);
  });

  it('asks all again, and sends them as one call, when a permit is only outdated at the last moment', async () => {
    const { writer, sent } = setUp(1);
    const other = new HandPermit(() => {});
    const aged = new HandPermit((permit) => permit.become(permit.renewals < 2 ? 'outdated' : 'good'));
    const results = await gathered(writer, [other, aged]);
    expect(sent).toEqual(['remove 9', 'add 1,2']);
    expect([other.renewals, aged.renewals]).toEqual([2, 2]);
    expect(results.map(({ effect }) => effect)).toEqual(['accepted', 'accepted', 'accepted']);
  });

  it('does not know what came of a call whose second attempt one pass forbade, for that pass too', async () => {
    const stopped = new HandPermit(() => {});
    const sent: number[] = [];
    const cloud = asking({
      removeNodes: async () => undefined,
      addNodes: async (_id: LoadBalancerId, nodes: readonly unknown[], permit: WritePermit) => {
        sent.push(nodes.length);
        stopped.become('over');
        if (permit.check() !== 'good') throw new CloudError('not-repeated', 'it may not be sent again');
      },
      getLoadBalancer: async () => undefined,
    });
    const clock = new HandClock();
    const results = gathered(new LoadBalancerWriter(cloud, clock, options), [always, stopped]);
    await clock.pass(2000);
    expect((await results).map(({ effect }) => effect)).toEqual(['accepted', 'unknown', 'unknown']);
    expect(sent).toEqual([2]);
  });

  it('sends a pass away, and nobody else, that may not write any more while the load balancer is locked', async () => {
    const locked = { status: 'PENDING_UPDATE' };
    const clock = new HandClock();
    const cloud = asking({ removeNodes: async () => undefined, getLoadBalancer: async () => locked });
    const stopped = new HandPermit(() => {});
    const results = gathered(new LoadBalancerWriter(cloud, clock, options), [always, stopped]);
    const ended: unknown[] = [];
    void results.then((all) => ended.push(...all));
    await clock.pass(5000);
    stopped.become('over');
    await clock.pass(1000);
    expect(stopped.checks).toBeGreaterThan(5);
    const before = stopped.checks;
    await clock.pass(30_000);
    expect((await results).slice(1).map(({ reason }) => reason)).toEqual(['the load balancer is locked', 'told to stop']);
    expect(stopped.checks).toBe(before);
  });

  it('sends everybody away from a load balancer that stays locked', async () => {
    const { writer, sent } = setUp(1000);
    const results = await Promise.all([writer.write(add(1), always), writer.write(add(2), always)]);
    expect(sent).toEqual(['add 1']);
    expect(results[1]).toMatchObject({ status: 'retry', effect: 'unsent', fault: true });
  });
});

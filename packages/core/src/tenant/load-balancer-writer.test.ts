import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { CloudError } from '../errors.ts';
import type { LoadBalancerId, NodeId, ServerId } from '../model/identifiers.ts';
import { epochMs, seconds } from '../model/time.ts';
import type { LoadBalancerStep } from '../planner/steps.ts';
import { asking } from '../testing/asking.ts';
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
const always = async (): Promise<boolean> => true;

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
      writer.write(add(2), async () => false),
      writer.write(add(3), always),
    ]);
    expect(sent).toEqual(['add 1', 'add 3']);
    expect(results[1]?.effect).toBe('unsent');
  });

  it('sends everybody away from a load balancer that stays locked', async () => {
    const { writer, sent } = setUp(1000);
    const results = await Promise.all([writer.write(add(1), always), writer.write(add(2), always)]);
    expect(sent).toEqual(['add 1']);
    expect(results[1]).toMatchObject({ status: 'retry', effect: 'unsent', fault: true });
  });
});

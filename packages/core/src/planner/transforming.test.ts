import { describe, expect, it } from 'vitest';
import type { LoadBalancerId, NodeId, ServerId } from '../model/identifiers.ts';
import type { Step } from './steps.ts';
import { type StepLimits, transform } from './transforming.ts';

const limits: StepLimits = { creates: 3, others: 10, bulkAdd: 2, bulkRemove: 2 };
const balancer = '7' as LoadBalancerId;
const id = (n: number) => `s${n}` as ServerId;

const create: Step = { kind: 'create-server', because: [{ rule: 'missing-capacity' }] };
const remove = (n: number, loadBalancerId = balancer): Step => ({
  kind: 'remove-nodes',
  loadBalancerId,
  nodeIds: [`n${n}` as NodeId],
  because: [{ rule: 'surplus', serverId: id(n) }],
});
const add = (n: number): Step => ({
  kind: 'add-nodes',
  loadBalancerId: balancer,
  nodes: [{ address: `10.0.0.${n}`, port: 80, condition: 'ENABLED', weight: 1, type: 'PRIMARY' }],
  because: [{ rule: 'not-on-load-balancer', serverId: id(n) }],
});
const drain = (n: number): Step => ({
  kind: 'change-node',
  loadBalancerId: balancer,
  nodeId: `n${n}` as NodeId,
  change: { condition: 'DRAINING', weight: 1, type: 'PRIMARY' },
  because: [{ rule: 'surplus', serverId: id(n) }],
});
const destroy = (n: number): Step => ({ kind: 'delete-server', serverId: id(n), because: [{ rule: 'surplus', serverId: id(n) }] });
const mark = (n: number): Step => ({ kind: 'mark-server', serverId: id(n), because: [{ rule: 'surplus', serverId: id(n) }] });
const kinds = (steps: readonly Step[]): readonly string[] => steps.map(({ kind }) => kind);

describe('transform', () => {
  it('says nothing of more to do when nothing was left out', () => {
    expect(transform([create, create, add(1), add(2)], limits).map(({ kind }) => kind)).toEqual([
      'create-server',
      'create-server',
      'add-nodes',
    ]);
  });

  it('merges what is of one kind on one load balancer into one call, with all reasons', () => {
    const [call] = transform([remove(1), remove(2)], limits);
    expect(call).toMatchObject({ kind: 'remove-nodes', nodeIds: ['n1', 'n2'], because: [{ serverId: 's1' }, { serverId: 's2' }] });
  });

  it('makes one call per load balancer: removals before additions before a change', () => {
    expect(kinds(transform([drain(3), add(1), remove(2)], limits))).toEqual(['remove-nodes', 'converge-later']);
    expect(kinds(transform([drain(3), add(1)], limits))).toEqual(['add-nodes', 'converge-later']);
    expect(transform([drain(3), drain(4)], limits)).toMatchObject([{ nodeId: 'n3' }, { because: [{ rule: 'more-to-do' }] }]);
  });

  it('leaves out creates beyond the limit, and says so', () => {
    expect(kinds(transform([create, create, create, create], limits))).toEqual([...Array(3).fill('create-server'), 'converge-later']);
  });

  it('lets a delete wait for the removal that it relies on', () => {
    const steps = transform([remove(1), destroy(1), remove(2), destroy(2), remove(3), destroy(3)], limits);
    expect(steps).toMatchObject([{ serverId: 's1' }, { serverId: 's2' }, { nodeIds: ['n1', 'n2'] }, { kind: 'converge-later' }]);
  });

  it('lets a mark wait for the draining that it announces', () => {
    expect(kinds(transform([remove(1), destroy(1), drain(2), mark(2)], limits))).toEqual([
      'delete-server',
      'remove-nodes',
      'converge-later',
    ]);
  });

  it('sends nothing to a locked load balancer, nor deletes what is still on it', () => {
    const steps = transform([remove(1), destroy(1), remove(2, '8' as LoadBalancerId), destroy(2)], limits, new Set([balancer]));
    expect(steps).toMatchObject([{ serverId: 's2' }, { loadBalancerId: '8' }, { kind: 'converge-later' }]);
  });

  it('keeps to the limit of other steps without deleting what is left on a load balancer', () => {
    const all = Array.from({ length: 6 }, (_, n) => [remove(n, `${n}` as LoadBalancerId), destroy(n)]).flat();
    const steps = transform(all, { ...limits, others: 4 });
    expect(kinds(steps)).toEqual([...Array(4).fill('remove-nodes'), 'converge-later']);
  });
});

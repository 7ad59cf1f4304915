import type { Node, Server } from '@lutra/core';
import { defaultOptions, epochMs } from '@lutra/core';
import { planGroup, steadyGroup, transform } from '@lutra/core/testing';
import { type Finding, type Measured, measure, type Part } from './harness.ts';

const now = epochMs(1_790_000_000_000);
const limits = { creates: 100, others: 200, bulkAdd: 25, bulkRemove: 10 };

/** The least that any planner must do with unsorted input: index the nodes in one Map, sort a copy of the servers. */
function floor(servers: readonly Server[], nodes: readonly Node[]): unknown {
  const index = new Map<string, Node>();
  for (const node of nodes) index.set(node.address, node);
  return [index, [...servers].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))];
}

/** Time per plan beside the floor, at three sizes with as many nodes as servers. */
export const planner: Part = {
  name: 'planner',
  about: 'time per plan (planGroup + transform), and its ratio to the floor: index the nodes in one Map, sort a copy of the servers',
  run: () => {
    const findings: Finding[] = [];
    const ratios = new Map<number, number>();
    for (const size of [100, 1_000, 10_000]) {
      const { desired, observed } = steadyGroup(size);
      const [least, plan] = measure([
        { name: 'floor', run: () => floor(observed.servers, observed.nodes) },
        { name: 'plan', run: () => transform(planGroup(desired, observed, now, defaultOptions), limits) },
      ]) as readonly [Measured, Measured];
      const ratio = plan.median / least.median;
      ratios.set(size, ratio);
      const atMost = size === 100 ? {} : { atMost: 4 };
      findings.push(
        { what: `plan, ${size} servers`, value: plan.median, unit: 'ms' },
        { what: `floor, ${size} servers`, value: least.median, unit: 'ms' },
        { what: `ratio, ${size} servers`, value: ratio, unit: 'x the floor', ...atMost },
      );
    }
    const growth = (ratios.get(10_000) ?? Number.NaN) / (ratios.get(1_000) ?? Number.NaN);
    return [...findings, { what: 'ratio at 10,000 / ratio at 1,000', value: growth, unit: 'x', atMost: 1.3 }];
  },
};

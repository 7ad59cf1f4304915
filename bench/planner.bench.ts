import type { Node, Server } from '@lutra/core';
import { defaultOptions, epochMs } from '@lutra/core';
import { planGroup, steadyGroup, transform } from '@lutra/core/testing';
import { type Finding, type Measured, measure, type Part, pairedRatio } from './harness.ts';

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
    const sizes = [100, 1_000, 10_000];
    const bySize = sizes.map((size) => {
      const { desired, observed } = steadyGroup(size);
      // one size at a time: what a larger one leaves in the caches would be paid by whichever comes next, the floor
      const [least, plan] = measure(
        [
          { name: `floor ${size}`, run: () => floor(observed.servers, observed.nodes) },
          { name: `plan ${size}`, run: () => transform(planGroup(desired, observed, now, defaultOptions), limits) },
        ],
        4000,
      ) as [Measured, Measured];
      return { size, least, plan, ratio: pairedRatio(plan, least) };
    });
    const ratioAt = (wanted: number): number => bySize.find(({ size }) => size === wanted)?.ratio ?? Number.NaN;
    return [
      ...bySize.flatMap(({ size, least, plan, ratio }): readonly Finding[] => [
        { what: `plan, ${size} servers`, value: plan.median, unit: 'ms' },
        { what: `floor, ${size} servers`, value: least.median, unit: 'ms' },
        { what: `ratio, ${size} servers`, value: ratio, unit: 'x the floor', ...(size === 100 ? {} : { atMost: 4 }) },
      ]),
      { what: 'ratio at 10,000 / ratio at 1,000', value: ratioAt(10_000) / ratioAt(1_000), unit: 'x', atMost: 1.3 },
    ];
  },
};

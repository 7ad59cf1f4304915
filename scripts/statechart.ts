/** The statechart of the actor of a group, drawn from its machine: a Mermaid diagram for docs/architecture.md. */
import { scalingGroupMachine } from '../packages/core/src/tenant/scaling-group-machine.ts';
import { type ChartTransition, transitionsOf } from '../packages/core/src/testing/statechart.ts';

const root = 'scaling-group';
/** States of the pass are drawn in one box. */
const box = 'converging';

/** What stands between this mark and the end of the block below it is made by `statechart`. */
export const statechartMark = '<!-- the statechart, written by npm run docs: -->\n';

/** The diagram: each pair of states is one arrow, with all that leads from one to the other. */
export function statechart(): string {
  const arrows = new Map<string, string[]>();
  for (const transition of transitionsOf(scalingGroupMachine)) {
    const { from, to } = transition;
    if (to === undefined) continue; // what is only noted changes no state
    const arrow = `${nameOf(from)} --> ${nameOf(to)}`;
    const choices = [...arrows.keys()].filter((one) => one.startsWith(`${nameOf(from)} -->`)).length;
    arrows.set(arrow, [...(arrows.get(arrow) ?? []), labelOf(transition, choices + 1)]);
  }
  const inBox = Object.keys(scalingGroupMachine.states[box]?.states ?? {});
  const isInBox = (arrow: string): boolean => arrow.split(' --> ').every((name) => inBox.includes(name));
  const lines = [...arrows].map(([arrow, labels]) => [arrow, `${arrow} : ${[...new Set(labels)].join(' / ')}`] as const);
  const ends = Object.entries(scalingGroupMachine.states).flatMap(([name, { type }]) => (type === 'final' ? [`${name} --> [*]`] : []));
  return [
    'stateDiagram-v2',
    `  [*] --> ${scalingGroupMachine.root.initial.target[0]?.key ?? root}`,
    '  state deciding <<choice>>',
    `  state ${box} {`,
    ...lines.filter(([arrow]) => isInBox(arrow)).map(([, line]) => `    ${line}`),
    '  }',
    ...lines.filter(([arrow]) => !isInBox(arrow)).map(([, line]) => `  ${line}`),
    ...ends.map((line) => `  ${line}`),
  ].join('\n');
}

/** The page with the diagram of the machine as it is now. */
export function withStatechart(page: string): string {
  const begin = page.indexOf(statechartMark) + statechartMark.length;
  const end = page.indexOf('\n```\n', begin);
  if (begin < statechartMark.length || end < begin) throw new Error(`the page has no block after ${statechartMark}`);
  return `${page.slice(0, begin)}\`\`\`mermaid\n${statechart()}${page.slice(end)}`;
}

const nameOf = (path: ChartTransition['to']): string => path?.at(-1) ?? root;

/** The states that a choice leads to are numbered: the first that applies is entered. */
function labelOf({ on, guard }: ChartTransition, choice: number): string {
  if (on === 'always') return `${choice}`;
  return guard === undefined ? on : `${on}, if ${guard}`;
}

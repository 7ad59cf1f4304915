/** The statechart of a machine, read from the machine itself: for tests that take every transition, and for the picture of it. */
import type { AnyStateMachine, AnyTransitionDefinition } from 'xstate';

/** One way from one state to another. */
export interface ChartTransition {
  /** Where it begins: names of states, from the outermost. Of a state that has states within it, it begins in any of them. */
  readonly from: readonly string[];
  /** Where it leads; undefined = the state stays as it is. */
  readonly to: readonly string[] | undefined;
  /** What brings it: an event, `done` or `error` of the work of the state, or nothing (`always`). */
  readonly on: string;
  /** Under which condition; undefined = whenever none of those before it holds. */
  readonly guard: string | undefined;
}

/** All transitions of a machine, in the order in which it tries them. */
export function transitionsOf(machine: AnyStateMachine): readonly ChartTransition[] {
  return statesWithin(machine.root).flatMap((node) =>
    [...[...node.transitions.values()].flat(), ...(node.always ?? [])].map(chartTransition),
  );
}

/** One transition, as the machine defines it. */
export function chartTransition({ source, target, eventType, guard }: AnyTransitionDefinition): ChartTransition {
  return { from: source.path, to: target?.[0]?.path, on: nameOf(eventType), guard: guardName(guard) };
}

/** One line that names a transition, and no other of its machine. */
export const lineOf = ({ from, to, on, guard }: ChartTransition): string =>
  `${from.join('.')} --${on}${guard === undefined ? '' : ` [${guard}]`}--> ${to === undefined ? 'itself' : to.join('.')}`;

type StateNode = AnyStateMachine['root'];
const statesWithin = (node: StateNode): readonly StateNode[] => [node, ...Object.values(node.states).flatMap(statesWithin)];

function nameOf(eventType: string): string {
  if (eventType === '') return 'always';
  if (eventType.startsWith('xstate.done.actor.')) return 'done';
  return eventType.startsWith('xstate.error.actor.') ? 'error' : eventType;
}

function guardName(guard: unknown): string | undefined {
  if (guard === undefined || typeof guard === 'string') return guard;
  const { type, params } = guard as { readonly type: string; readonly params?: unknown };
  return typeof params === 'string' ? `${type} ${params}` : type;
}

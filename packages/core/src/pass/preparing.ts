/** From the steps of a plan to the writes of a pass, each with the intent that announces it. */
import { hexadecimal } from '../model/hexadecimal.ts';
import type { CreateToken } from '../model/identifiers.ts';
import { type EpochMs, later, milliseconds } from '../model/time.ts';
import type { Options } from '../options.ts';
import { isWriting, type Step, type WritingStep } from '../planner/steps.ts';
import type { Random } from '../ports.ts';
import type { Pass } from './pass.ts';
import { serverRequest } from './server-request.ts';
import type { PlannedWrite } from './settling.ts';
import type { GroupView } from './viewing.ts';

/** What the writes of a pass are prepared with. */
export interface PrepareFacts {
  readonly now: EpochMs;
  readonly options: Pick<Options, 'deleteAgainFirst' | 'deleteAgainMost'>;
  /** Bytes for create tokens, that nobody can guess. */
  readonly secretBytes: Random['secretBytes'];
}

/** The writes of a plan, in the order of its steps. */
export const prepareWrites = (steps: readonly Step[], pass: Pass, view: GroupView, facts: PrepareFacts): readonly PlannedWrite[] =>
  steps.filter(isWriting).flatMap((step) => (isInPlace(step, view) ? [] : [prepare(step, pass, view, facts)]));

/** A draining mark that a server carries where it is not honoured: the plan asks for it, and there is nothing to write. */
const isInPlace = (step: WritingStep, { servers }: GroupView): boolean =>
  step.kind === 'mark-server' && servers.some(({ id, marked }) => id === step.serverId && marked);

function prepare(step: WritingStep, { group, batch }: Pass, view: GroupView, { now, options, secretBytes }: PrepareFacts): PlannedWrite {
  if (step.kind === 'create-server') {
    const token = hexadecimal(secretBytes(16)) as CreateToken;
    const { server, serverName } = serverRequest(group.spec.launchConfiguration, group.groupId, token);
    return { step, request: { server }, intent: { kind: 'create', token, plannedAt: now, state: 'planned', serverName, batch } };
  }
  if (step.kind === 'delete-server') {
    const before = view.intents[`delete:${step.serverId}`];
    const tries = before?.kind === 'delete' ? before.tries + 1 : 1;
    const wait = Math.min(options.deleteAgainMost, options.deleteAgainFirst * 2 ** Math.min(tries - 1, 30));
    const againAt = later(now, milliseconds(wait));
    return { step, request: undefined, intent: { kind: 'delete', serverId: step.serverId, plannedAt: now, tries, againAt } };
  }
  return { step, request: undefined, intent: undefined };
}

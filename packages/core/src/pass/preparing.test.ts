import { describe, expect, it } from 'vitest';
import type { ServerId } from '../model/identifiers.ts';
import { epochMs, seconds } from '../model/time.ts';
import { defaultOptions } from '../options.ts';
import type { Step } from '../planner/steps.ts';
import { aGroup } from '../testing/parts.ts';
import { takeUp } from './pass.ts';
import { prepareWrites } from './preparing.ts';
import type { GroupView } from './viewing.ts';

const because = [{ rule: 'surplus' }] as unknown as Step['because'];
const serverId = 's1' as ServerId;
const now = epochMs(1000);
const options = { ...defaultOptions, deleteAgainFirst: seconds(60), deleteAgainMost: seconds(100) };

/** The writes of a plan, of a group that sees no server and has no intent, unless `view` says otherwise. */
function prepare(steps: readonly Step[], view: object = {}) {
  let tokens = 0;
  const secretBytes = (count: number): Uint8Array => {
    tokens += 1;
    return new Uint8Array(count).fill(tokens);
  };
  const pass = takeUp(aGroup([]), {}, epochMs(500), options);
  return prepareWrites(steps, pass, { intents: {}, servers: [], ...view } as unknown as GroupView, { now, options, secretBytes });
}

describe('prepareWrites', () => {
  it('announces each create by a token of its own, which its request carries', () => {
    const writes = prepare([
      { kind: 'create-server', because },
      { kind: 'create-server', because },
    ]);
    const tokens = ['01'.repeat(16), '02'.repeat(16)];
    expect(writes.map(({ intent }) => intent)).toMatchObject(
      tokens.map((token) => ({ kind: 'create', token, plannedAt: now, state: 'planned', batch: '500' })),
    );
    expect(writes.map(({ request }) => request?.server.metadata)).toMatchObject(tokens.map((token) => ({ 'lutra:create-token': token })));
  });

  it('announces a delete with when it is sent again: after twice as long each time, within bounds', () => {
    const steps: readonly Step[] = [{ kind: 'delete-server', serverId, because }];
    const before = (tries: number) => ({ intents: { [`delete:${serverId}`]: { kind: 'delete', tries } } });
    const intents = [prepare(steps), prepare(steps, before(1)), prepare(steps, before(1000))].flat().map(({ intent }) => intent);
    expect(intents).toEqual(
      [
        [1, 61_000],
        [2, 101_000],
        [1001, 101_000],
      ].map(([tries, againAt]) => ({ kind: 'delete', serverId, plannedAt: now, tries, againAt })),
    );
  });

  it('leaves out what waits, and a mark that is there already', () => {
    const mark: Step = { kind: 'mark-server', serverId, because };
    const steps: readonly Step[] = [mark, { kind: 'converge-later', limited: true, because }, { kind: 'fail', because }];
    expect(prepare(steps)).toEqual([{ step: mark, request: undefined, intent: undefined }]);
    expect(prepare(steps, { servers: [{ id: serverId, marked: true }] })).toEqual([]);
  });
});

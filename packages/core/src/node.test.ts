import { setTimeout as pass } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { nodeClock, nodeRandom } from './node.ts';
import { describeClock } from './testing/clock-contract.ts';
import { describeRandom } from './testing/random-contract.ts';

describeClock('nodeClock', () => ({ clock: nodeClock(), pass: async (ms) => void (await pass(ms)) }));
describeRandom('nodeRandom', nodeRandom);

describe('nodeRandom', () => {
  it('takes secrets from the system in every stream: one that starts again has others', () => {
    const random = nodeRandom();
    const again = () => random.fork('a').fork('b');
    expect(again().next()).toBe(again().next());
    expect(again().uuid()).not.toBe(again().uuid());
    expect(again().secretBytes(16)).not.toEqual(again().secretBytes(16));
  });
});

import { setTimeout as pass } from 'node:timers/promises';
import { nodeClock, nodeRandom } from './node.ts';
import { describeClock } from './testing/clock-contract.ts';
import { describeRandom } from './testing/random-contract.ts';

describeClock('nodeClock', () => ({ clock: nodeClock(), pass: async (ms) => void (await pass(ms)) }));
describeRandom('nodeRandom', nodeRandom);

import { epochMs, milliseconds } from '@lutra/core';
import { z } from 'zod';
import type { ServerPage } from '../world/calls.ts';
import { defineFault } from './fault.ts';

/** An answer has a wrong date. */
export const clockWrongDate = defineFault({
  name: 'clock.wrong_date',
  group: 'actors',
  phase: 'after_commit',
  ops: ['server.list', 'load_balancer.list'],
  params: z.strictObject({
    seconds: z.number().min(-86_400).max(86_400).default(7200).describe('how far it is ahead of the time; negative: behind'),
  }),
  does: 'The answer says (in `Date`) that it is another time than it is. The times that it tells of servers and load balancers are right.',
  imitates: 'one machine behind a proxy whose clock is wrong',
  reaction: 'does not believe another time that one answer tells; nothing is older or younger for it',
  apply: ({ params: { seconds }, call: { op } }) => {
    const ahead = milliseconds(Math.round(seconds * 1000));
    if (op !== 'server.list') return { wire: { ahead } };
    return { alter: (page) => ({ ...(page as ServerPage), cloudNow: epochMs((page as ServerPage).cloudNow + ahead) }), wire: { ahead } };
  },
});

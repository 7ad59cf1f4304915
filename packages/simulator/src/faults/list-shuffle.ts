import { z } from 'zod';
import type { ServerPage } from '../world/calls.ts';
import { defineFault, drawKeys } from './fault.ts';

/** A listing is in another order. */
export const listShuffle = defineFault({
  name: 'list.shuffle',
  group: 'consistency',
  phase: 'after_commit',
  ops: ['server.list'],
  params: z.strictObject({
    order: z.enum(['random', 'oldest']).default('random').describe('`random`: another order each time; `oldest`: oldest first'),
  }),
  does: 'The servers of a page come in another order; the link stays as it was.',
  imitates: 'a database without ORDER BY',
  reaction: 'sorts for itself, takes each id once, and plans the same',
  apply: ({ params: { order }, call, random }) => ({
    alter: (page) => {
      const { servers, ...rest } = page as ServerPage;
      if (order === 'oldest') return { ...rest, servers: servers.toReversed() };
      const lots = servers.map((server) => ({ server, lot: random.at(...drawKeys(call), 'shuffle', String(server.id)) }));
      return { ...rest, servers: lots.sort((a, b) => a.lot - b.lot).map(({ server }) => server) };
    },
  }),
});

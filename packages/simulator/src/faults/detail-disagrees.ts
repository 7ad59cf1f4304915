import type { JsonObject } from '@lutra/core';
import { z } from 'zod';
import { defineFault } from './fault.ts';

/** A server by itself looks otherwise than in the listing. */
export const detailDisagrees = defineFault({
  name: 'detail.disagrees',
  group: 'consistency',
  phase: 'after_commit',
  ops: ['server.get'],
  params: z.strictObject({ status: z.string().min(1).default('BUILD').describe('Nova status that it shows') }),
  does: 'The server, asked for by id, shows another status than it has and than listings show.',
  imitates: 'two databases, of which one is behind',
  reaction: 'acts on neither alone; waits until they agree',
  apply: ({ params: { status } }) => ({ alter: (server) => ({ ...(server as JsonObject), status }) }),
});

import { z } from 'zod';
import { drawDuration } from '../world/pace.ts';
import { defineFault, drawKeys } from './fault.ts';
import { spanSchema } from './span.ts';

/** Tokens and catalogs come late. */
export const authSlowCatalog = defineFault({
  name: 'auth.slow_catalog',
  group: 'identity',
  phase: 'after_commit',
  ops: ['token.create', 'token.impersonate', 'token.list_endpoints'],
  params: z.strictObject({ by: spanSchema.describe('how much later') }),
  does: 'The answer with token or catalog comes so much later.',
  imitates: 'an identity service under load',
  reaction: 'asks once for all who wait, and keeps what it got',
  apply: ({ params: { by }, call, random }) => ({ delayBack: drawDuration(by, random, ...drawKeys(call), 'catalog') }),
});

import { z } from 'zod';
import { defineFault } from './fault.ts';

/** The provider restarts. */
export const providerRestart = defineFault({
  name: 'provider.restart',
  group: 'actors',
  phase: 'before_validate',
  otherPhases: ['after_commit'],
  params: z.strictObject({}),
  does: 'The cloud restarts as the call arrives, or when it is done: this one and all others in flight, of every tenant, break off; locks stay.',
  imitates: 'a control plane that is deployed anew',
  reaction: 'takes the effect of every write in flight for unknown; looks before it does any of them again',
  apply: () => ({ restarts: true, answer: 'lost' }),
});

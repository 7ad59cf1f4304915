import { z } from 'zod';
import { messageIn } from '../world/event-message.ts';
import { refusals } from '../world/refusal.ts';
import { defineFault, paramsOf } from './fault.ts';

/** Messages of events may be only so long. */
export const cfTooLong = defineFault({
  name: 'cf.too_long',
  group: 'feeds',
  phase: 'before_validate',
  ops: ['event.publish'],
  params: z.strictObject({ characters: z.int().min(0).max(255).default(255).describe('of a message, at most') }),
  does: 'An event with a longer message is refused with 400.',
  imitates: 'the limit of 255 characters',
  reaction: 'splits its messages; never sends one again that was refused for its length',
  apply: ({ params: { characters }, call }) =>
    (messageIn(paramsOf(call, 'event.publish')?.entry)?.length ?? 0) > characters
      ? { refuse: refusals.badEvent(`message is longer than ${characters} characters.`) }
      : undefined,
});

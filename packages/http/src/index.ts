/** The public API of the listener. Everything not named here is internal. */
export { type Listening, type ListenOptions, listen } from './listen.ts';
export type { Refusal, RefusalAnswer } from './refusals.ts';
export type { TimeLimits } from './time-limits.ts';

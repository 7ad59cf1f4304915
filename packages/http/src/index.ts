/** The public API of the listener. Everything not named here is internal. */
export { originOf, type PageGuard, type PageRequest, type PageRules, pageGuard } from './foreign-pages.ts';
export { GrowingBytes } from './growing-bytes.ts';
export { type Listening, type ListenOptions, listen } from './listen.ts';
export type { Refusal, RefusalAnswer } from './refusals.ts';
export type { TimeLimits } from './time-limits.ts';

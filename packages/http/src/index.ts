/** The public API of the listener. Everything not named here is internal. */
export { type Listening, type ListenOptions, listen, type TimeLimits } from './listen.ts';
export type { Refusal, RefusalAnswer } from './malformed-requests.ts';

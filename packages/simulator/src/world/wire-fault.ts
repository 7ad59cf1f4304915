import type { DurationMs } from '@lutra/core';

/** How an answer comes over the wire when it does not come as it should. Over HTTP it is done on the socket; in process it becomes what a client makes of it. */
export interface WireFault {
  /** After so many bytes of the body nothing comes any more: for `stallsFor`, or for ever. */
  readonly stallsAt?: number;
  readonly stallsFor?: DurationMs;
  /** After so many bytes of the body the connection breaks. */
  readonly endsAt?: number;
  /** Another body, which is not JSON. `foreign`: nobody can read what the service had to say. */
  readonly body?: { readonly type: string; readonly text: string; readonly foreign: boolean };
  /** The clock of the service is so far ahead of what is true, in `Date` too; negative: behind. In process `Date` is what a listing says of its time. */
  readonly ahead?: DurationMs;
  /** Another status of success than the documented one. */
  readonly status?: number;
}

import type { Autoscaler, Clock, Log } from '@lutra/core';
import type { Links } from './links.ts';

/** What the routes work with. */
export interface RestHost {
  readonly autoscaler: Autoscaler;
  readonly clock: Clock;
  readonly links: Links;
  readonly log: Log;
}

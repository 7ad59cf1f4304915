import { type DurationMs, milliseconds, seconds } from '@lutra/core';

/** What clients may take their time for. When a limit is over, the connection ends. */
export interface TimeLimits {
  /** Sending the head of a request, counted from when the connection opens or the request begins. */
  readonly head: DurationMs;
  /** Sending all of a request. */
  readonly request: DurationMs;
  /** Neither sending nor taking a byte while the client is to do so. */
  readonly silence: DurationMs;
  /** A connection between two requests. */
  readonly idle: DurationMs;
  /** From the head of a request to the last byte of its answer, however the time is spent. */
  readonly exchange: DurationMs;
  /** Taking the last answer of a connection, after which no further request is read. */
  readonly linger: DurationMs;
}

export const defaultTimeLimits: TimeLimits = {
  head: seconds(15),
  request: seconds(60),
  silence: seconds(60),
  idle: seconds(65),
  exchange: seconds(300),
  linger: seconds(1),
};

/** How often Node looks for requests that are late: a third of a limit, so that none is exceeded by more. */
export const checkingInterval = ({ head, request }: TimeLimits): number => Math.max(10, Math.floor(Math.min(head, request) / 3));

/** How long a connection may be without a whole head: past the moment at which Node answers 408, so that this only ends what Node does not see. */
export const patienceForHeads = (limits: TimeLimits): DurationMs => milliseconds(limits.head + 2 * checkingInterval(limits));

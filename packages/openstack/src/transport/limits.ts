import { type Clock, type DurationMs, type EpochMs, later, seconds } from '@lutra/core';
import { TransportError } from './transport.ts';

/** Bounds of one attempt. */
export interface TransportLimits {
  /** Until a connection is there. */
  readonly connect: DurationMs;
  /** From the call until the headers of the answer are there. */
  readonly headers: DurationMs;
  /** From then until the last byte of its body is there. */
  readonly body: DurationMs;
  /** Bytes of a body. */
  readonly longestBody: number;
}

export const defaultLimits: TransportLimits = {
  connect: seconds(5),
  headers: seconds(45),
  body: seconds(30),
  longestBody: 16 * 2 ** 20,
};

/** What ends the wait for one part of an answer. */
export interface Patience {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The attempt as a whole is given up at this instant. */
  readonly deadline: EpochMs;
  /** Whether bytes may have gone out by now. */
  readonly opened: () => boolean;
}

/** The error for an attempt that must not begin any more; undefined if it may. */
export function tooLate({ clock, signal, deadline }: Patience): TransportError | undefined {
  if (signal.aborted) return new TransportError('aborted', 'given up before it was sent', { opened: false, cause: signal.reason });
  return clock.now() < deadline ? undefined : new TransportError('timeout', 'its deadline passed before it was sent', { opened: false });
}

/** What `work` comes to. Rejects once the caller gives up, or `within` or the deadline has passed; `work` then goes on unheard. */
export function awaited<T>(work: Promise<T>, part: string, within: DurationMs, patience: Patience): Promise<T> {
  const { clock, signal, deadline, opened } = patience;
  const until = Math.min(later(clock.now(), within), deadline);
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new TransportError('aborted', `given up while waiting for ${part}`, { opened: opened() }));
    const expire = (): void => reject(new TransportError('timeout', `no ${part} in time`, { opened: opened() }));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    const timer = clock.after(Math.max(0, until - clock.now()) as DurationMs).subscribe(expire);
    const settle = (): void => {
      timer.unsubscribe();
      signal.removeEventListener('abort', giveUp);
    };
    work.then(settle, settle);
    work.then(resolve, reject);
  });
}

/** The real clock and real chance, for production on Node.js. The only file of the core that touches the system. */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { Observable } from 'rxjs';
import type { DurationMs } from './model/time.ts';
import type { Clock, Random, RandomStream } from './ports.ts';
import { seededRandom } from './random.ts';
import { steadyTime } from './steady-time.ts';

/** Longest wait that Node's timers take; longer ones are waited for in parts. */
const longestTimer = 2 ** 31 - 1;

/**
 * The system's clock: wall time, but never back, whatever sets the system's (`steadyTime` says how it is followed); leases and
 * deadlines are counted on it. A wait that is unsubscribed from leaves no timer behind.
 */
export function nodeClock(): Clock {
  return {
    now: steadyTime(
      () => Date.now(),
      () => performance.now(),
    ),
    after: (delay: DurationMs) =>
      new Observable<void>((subscriber) => {
        let timer: NodeJS.Timeout;
        const wait = (left: number): void => {
          const part = Math.min(left, longestTimer);
          timer = setTimeout(() => {
            if (left > part) {
              wait(left - part);
              return;
            }
            subscriber.next();
            subscriber.complete();
          }, part);
        };
        wait(Math.max(0, delay));
        return () => clearTimeout(timer);
      }),
  };
}

/** Chance from the system's random source: a seed nobody knows for jitter, node:crypto itself for ids and secrets. */
export function nodeRandom(): Random {
  return withSecrets(seededRandom(randomBytes(16).toString('hex')));
}

/** Whatever stream they are asked of, secrets come from the system. */
const withSecrets = (stream: Random & RandomStream): Random & RandomStream => ({
  next: () => stream.next(),
  fork: (name) => withSecrets(stream.fork(name)),
  at: (...keys) => stream.at(...keys),
  ...secrets,
});
const secrets: Pick<Random, 'secretBytes' | 'uuid'> = {
  secretBytes: (count) => new Uint8Array(randomBytes(count)),
  uuid: () => randomUUID(),
};

/** HMAC-SHA-256 under `key`: stands for a secret where it is looked up, and is of no use to who does not know the key. */
export const keyedDigest =
  (key: Uint8Array) =>
  (secret: string): string =>
    createHmac('sha256', key).update(secret).digest('base64');

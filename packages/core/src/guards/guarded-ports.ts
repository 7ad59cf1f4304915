/** The small ports, so that one which throws harms nobody but itself. */
import { readableError } from '../errors.ts';
import type { Log, Metrics, Random, RandomStream } from '../ports.ts';

/** A log of which no method throws. An error that could not be read is one that says so. */
export function guardedLog(log: Log): Log {
  const at =
    (level: keyof Log) =>
    (fields: object, message: string): void =>
      unharmed(() => log[level]('err' in fields ? { ...fields, err: readableError(fields.err) } : fields, message));
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Metrics of which no method throws. */
export const guardedMetrics = (metrics: Metrics): Metrics => ({
  wokeUp: (lag) => unharmed(() => metrics.wokeUp(lag)),
  passEnded: (end, took) => unharmed(() => metrics.passEnded(end, took)),
  stepEnded: (kind, effect) => unharmed(() => metrics.stepEnded(kind, effect)),
  converged: (took) => unharmed(() => metrics.converged(took)),
  clockSkew: (skew) => unharmed(() => metrics.clockSkew(skew)),
  stopped: (isStopped) => unharmed(() => metrics.stopped(isStopped)),
});

/**
 * Chance of which no choice throws: anything but a number from 0 to 1 counts as a half, and a stream is made when it is first drawn from. Secrets and
 * ids have no such way out: without them nothing is made, and what needs them fails.
 */
export function guardedRandom(random: Random): Random & RandomStream {
  return guardedFork(() => random as Random & RandomStream);
}

function guardedFork(fork: () => Random & RandomStream): Random & RandomStream {
  let made: (Random & RandomStream) | undefined;
  const stream = (): Random & RandomStream => {
    made ??= fork();
    return made;
  };
  return {
    next: () => fraction(() => stream().next()),
    at: (...keys) => fraction(() => stream().at(...keys)),
    fork: (name) => guardedFork(() => stream().fork(name)),
    secretBytes: (count) => {
      const bytes = stream().secretBytes(count);
      if (!(bytes instanceof Uint8Array) || bytes.length !== count) throw new TypeError(`the random port made no ${count} secret bytes`);
      return bytes;
    },
    uuid: () => {
      const uuid: unknown = stream().uuid();
      if (typeof uuid !== 'string' || uuid === '') throw new TypeError('the random port made no uuid');
      return uuid;
    },
  };
}

function fraction(draw: () => number): number {
  try {
    const drawn = draw();
    return drawn >= 0 && drawn < 1 ? drawn : 0.5;
  } catch {
    return 0.5;
  }
}

/** Does it, whatever it throws, now or later. */
function unharmed(work: () => unknown): void {
  try {
    const answer = work();
    if (answer instanceof Promise) answer.catch(() => undefined);
  } catch {
    // it harms nobody but itself
  }
}

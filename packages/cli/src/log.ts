import type { Autoscaler, GroupEvent, Log } from '@lutra/core';
import { redact, redactText } from '@lutra/rest';
import { type DestinationStream, pino, stdTimeFunctions } from 'pino';
import type { Config } from './config.ts';

/** A log that is written somewhere. */
export interface OpenLog extends Log {
  /** Opens the file again, after it was moved away. */
  reopen(): void;
}

/** A file's lines are gathered for this long, ms, and up to so many bytes. */
const [gatherFor, gatherBytes] = [250, 15 * 1024];

/**
 * JSON lines, without secrets. On stderr each is written at once. In a file they are written a few at a time, because a write for every
 * request costs more than the request; the last ones when the process ends, unless it is killed.
 */
export function createLog({ logLevel: level, logFile }: Pick<Config, 'logLevel' | 'logFile'>): OpenLog {
  if (logFile === undefined) return logTo(level, pino.destination({ fd: 2, sync: true }));
  const file = pino.destination({ dest: logFile, mkdir: true, sync: true, minLength: gatherBytes, periodicFlush: gatherFor });
  process.once('exit', () => file.flushSync());
  return logTo(level, file, () => file.reopen());
}

/** A log whose every line goes to `destination`, without secrets. */
export function logTo(level: Config['logLevel'], destination: DestinationStream, reopen: () => void = () => {}): OpenLog {
  const logger = pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label: string) => ({ level: label }) } },
    destination,
  );
  const at =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void => {
      if (logger.isLevelEnabled(name)) logger[name](redact(fields), redactText(message));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), reopen };
}

/** Logs what happens to groups: what tenants see at info, the single passes at debug. */
export function logEvents({ events$ }: Autoscaler, log: Log): void {
  events$.subscribe(({ kind, at: _, ...fields }) => log[levelOf(kind)](fields, kind));
}

const levelOf = (kind: GroupEvent['kind']): 'debug' | 'info' => (kind === 'pass-planned' || kind === 'pass-ended' ? 'debug' : 'info');

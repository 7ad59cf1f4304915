import type { Autoscaler, GroupEvent, Log } from '@lutra/core';
import { redact, redactText } from '@lutra/rest';
import { type DestinationStream, pino, stdTimeFunctions } from 'pino';
import type { Config } from './config.ts';

/** A log that is written somewhere. */
export interface OpenLog extends Log {
  /** Opens the file again, after it was moved away. */
  reopen(): void;
}

/** JSON lines on stderr, or in a file. Written at once, so that the last line before the end is not lost. No secret gets there. */
export function createLog({ logLevel: level, logFile }: Pick<Config, 'logLevel' | 'logFile'>): OpenLog {
  const destination = pino.destination({ ...(logFile === undefined ? { fd: 2 } : { dest: logFile, mkdir: true }), sync: true });
  return logTo(level, destination, () => {
    if (logFile !== undefined) destination.reopen();
  });
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

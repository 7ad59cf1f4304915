import { type Autoscaler, type Clock, type EpochMs, formatInstant, type GroupEvent, type Log } from '@lutra/core';
import { redact, redactText } from '@lutra/rest';
import { type DestinationStream, pino } from 'pino';
import type { Config } from './config.ts';
import { LogFile } from './log-file.ts';

/** A log that is written somewhere. */
export interface OpenLog extends Log {
  /** Opens the file again, after it was moved away. */
  reopen(): void;
}

/**
 * JSON lines, without secrets. On stderr each is written at once; in a file a few at a time, the last ones when the process ends, unless it
 * is killed. Throws CliError when the file cannot be opened.
 */
export function createLog({ logLevel: level, logFile }: Pick<Config, 'logLevel' | 'logFile'>, clock: Clock): OpenLog {
  if (logFile === undefined) return logTo(level, clock, stderrLines());
  const file = new LogFile(logFile, clock, console.error);
  process.once('exit', () => file.flush());
  return logTo(level, clock, file, () => file.reopen());
}

/** Lines that stderr does not take, because nobody reads it or its disk is full, are kept up to this much and then lost. */
const keptForStderr = 1 << 20;

function stderrLines(): DestinationStream {
  return pino.destination({ fd: 2, sync: true, maxLength: keptForStderr }).on('error', () => {}); // there is nowhere to tell it
}

/** A log whose every line goes to `destination`, without secrets. */
export function logTo(level: Config['logLevel'], clock: Clock, destination: DestinationStream, reopen: () => void = () => {}): OpenLog {
  const logger = pino(
    { level, base: null, timestamp: timeField(clock), formatters: { level: (label: string) => ({ level: label }) } },
    destination,
  );
  const at =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void => {
      if (logger.isLevelEnabled(name)) logger[name](redact(fields), redactText(message));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), reopen };
}

/** The time of a line, as pino wants it: with the comma before it. Written anew only when a millisecond has passed. */
function timeField(clock: Clock): () => string {
  let [at, text]: [EpochMs | undefined, string] = [undefined, ''];
  return () => {
    const now = clock.now();
    if (now !== at) [at, text] = [now, `,"time":"${formatInstant(now)}"`];
    return text;
  };
}

/** Logs what happens to groups: what tenants see at info, the single passes at debug. */
export function logEvents({ events$ }: Autoscaler, log: Log): void {
  events$.subscribe(({ kind, at: _, ...fields }) => log[levelOf(kind)](fields, kind));
}

const levelOf = (kind: GroupEvent['kind']): 'debug' | 'info' => (kind === 'pass-planned' || kind === 'pass-ended' ? 'debug' : 'info');

import type { Autoscaler, GroupEvent, Log } from '@lutra/core';
import { pino, stdSerializers, stdTimeFunctions } from 'pino';
import type { Config } from './config.ts';

/** JSON lines on stderr. Written at once, so that the last line before the end is not lost. */
export function createLog(level: Config['logLevel']): Log {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: stdSerializers.err, error: stdSerializers.err },
  };
  return pino(options, pino.destination({ fd: 2, sync: true }));
}

/** Logs what happens to groups: what tenants see at info, the single passes at debug. */
export function logEvents({ events$ }: Autoscaler, log: Log): void {
  events$.subscribe(({ kind, at: _, ...fields }) => log[levelOf(kind)](fields, kind));
}

const levelOf = (kind: GroupEvent['kind']): 'debug' | 'info' => (kind === 'pass-planned' || kind === 'pass-ended' ? 'debug' : 'info');

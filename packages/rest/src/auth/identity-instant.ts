import { type EpochMs, epochMs, parseInstant } from '@lutra/core';

/**
 * An instant as identity services write it: ISO 8601 with `Z`, with an offset (`2016-01-02T03:04:05.000-06:00`), or with neither,
 * which means UTC. undefined for anything else.
 */
export function parseIdentityInstant(text: string): EpochMs | undefined {
  const match = /^(.+?)(?:Z|([+-])(\d{2}):?(\d{2}))?$/.exec(text);
  const instant = match?.[1] === undefined ? undefined : parseInstant(`${match[1]}Z`);
  if (instant === undefined || match === null) return undefined;
  const offset = (Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0)) * 60_000;
  return epochMs(match[2] === '-' ? instant + offset : instant - offset);
}

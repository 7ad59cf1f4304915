/** How a server looked a while ago, for listings that lag. */
import type { EpochMs } from '@lutra/core';
import { longestLag } from './published.ts';
import { lookOf, type ServerRecord } from './server-record.ts';

/** Keeps how a server looks before it changes. What no listing can show any more is forgotten. */
export function rememberLook(record: ServerRecord, now: EpochMs): void {
  const recent = record.past.filter(({ until }) => until >= now - longestLag);
  record.past = [...recent, { until: now, look: lookOf(record) }];
}

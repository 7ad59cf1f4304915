import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { type EpochMs, epochMs, later, seconds } from '@lutra/core';
import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Connection, type Exchange, mostUnanswered } from './connection.ts';
import { defaultTimeLimits } from './time-limits.ts';

let now: EpochMs = epochMs(0);
const clock = { now: () => now, after: () => NEVER };
const exchange = (): Exchange =>
  ({ req: { complete: true, resume: () => {} }, res: Object.assign(new EventEmitter(), { shouldKeepAlive: true }) }) as unknown as Exchange;

describe('Connection', () => {
  it('gives a request its time from when it is the first without an answer, however many follow it', () => {
    const connection = new Connection(new Socket(), clock, defaultTimeLimits);
    const [first, second] = [exchange(), exchange()];
    connection.begin(first);
    const end = later(now, defaultTimeLimits.exchange);
    now = later(now, seconds(100));
    connection.begin(second);
    expect(connection.deadline).toBe(end);
    first.res.emit('close');
    expect(connection.deadline).toBe(later(now, defaultTimeLimits.exchange));
  });

  it.each([
    ['that has its last answer', true, mostUnanswered],
    ['whose answers are awaited', false, 0],
  ])('breaks off a client %s and sends ever more', (_what, isLast, dropped) => {
    const socket = new Socket();
    const connection = new Connection(socket, clock, defaultTimeLimits);
    for (let sent = 0; sent < mostUnanswered; sent += 1) expect(connection.begin(exchange())).toBe(true);
    if (isLast) connection.end();
    for (let sent = 0; sent < dropped; sent += 1) expect(connection.begin(exchange())).toBe(false);
    expect(socket.destroyed).toBe(false);
    expect(connection.begin(exchange())).toBe(false);
    expect(socket.destroyed).toBe(true);
  });
});

import { Socket } from 'node:net';
import { nodeClock } from '@lutra/core/node';
import { describe, expect, it } from 'vitest';
import { Connections } from './connections.ts';
import { defaultTimeLimits } from './time-limits.ts';

describe('Connections', () => {
  it.each([
    ['takes', 1],
    ['refuses', 0],
  ])('listens to errors of every socket that it %s, so that none ends the process', (_what, most) => {
    const socket = new Socket();
    new Connections(nodeClock(), defaultTimeLimits, most).add(socket);
    expect(socket.emit('error', new Error('read ECONNRESET'))).toBe(true); // without a listener it is thrown
    socket.destroy();
  });
});

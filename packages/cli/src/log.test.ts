import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, epochMs } from '@lutra/core';
import { nodeClock } from '@lutra/core/node';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createLog, logTo } from './log.ts';

describe('logTo', () => {
  let now = 0;
  const clock: Clock = { ...nodeClock(), now: () => epochMs(now) };
  const written = (level: Parameters<typeof logTo>[0] = 'info') => {
    const lines: string[] = [];
    return { lines, log: logTo(level, clock, { write: (line) => void lines.push(line) }) };
  };

  it('writes one JSON object a line, with what happened and when', () => {
    const { lines, log } = written();
    log.info({ requestId: 'r', tenantId: 'T' }, 'request');
    log.debug({}, 'too small');
    log.warn({}, 'in the same millisecond');
    now += 1;
    log.error({}, 'in the next');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: 'info', time: '1970-01-01T00:00:00.000Z', requestId: 'r', tenantId: 'T', msg: 'request' },
      { level: 'warn', time: '1970-01-01T00:00:00.000Z', msg: 'in the same millisecond' },
      { level: 'error', time: '1970-01-01T00:00:00.001Z', msg: 'in the next' },
    ]);
  });

  it('writes no token, hash, password, personality or user data, in whatever a line is about', () => {
    const secret = fc.string({ minLength: 12, maxLength: 20, unit: fc.constantFrom(...'GHIJKLMNOPQRSTUVWXYZ') });
    const key = fc.constantFrom('X-Auth-Token', 'adminPass', 'personality', 'user_data', 'hash', 'password', 'token');
    const level = fc.constantFrom('debug', 'info', 'warn', 'error');
    fc.assert(
      fc.property(secret, key, level, fc.object(), (text, name, at, around) => {
        const { lines, log } = written('debug');
        const error = Object.assign(new Error(`POST https://h/v1.0/execute/1/${text}/`), { request: { headers: { [name]: text } } });
        log[at]({ ...around, error, server: { ...around, [name]: [{ contents: text }] } }, `failed: /v1.0/execute/1/${text}`);
        expect(lines).toHaveLength(1);
        expect(lines.join()).not.toContain(text);
      }),
    );
  });
});

describe('createLog', () => {
  it('writes to a file a few lines at a time, and opens it again when it was moved away', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lutra-log-'));
    const logFile = join(folder, 'deep', 'lutra.log');
    const log = createLog({ logLevel: 'info', logFile }, nodeClock());
    const lines = (file: string) => vi.waitFor(() => expect(readFileSync(file, 'utf8')).toContain('line'));
    log.info({}, 'a line');
    await lines(logFile);
    renameSync(logFile, `${logFile}.1`);
    log.reopen();
    log.info({}, 'another line');
    await lines(logFile);
    expect(readFileSync(`${logFile}.1`, 'utf8')).not.toContain('another');
    rmSync(folder, { recursive: true });
  });
});

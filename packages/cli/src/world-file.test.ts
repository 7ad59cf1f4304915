import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epochMs, seconds } from '@lutra/core';
import { VirtualClock } from '@lutra/simulator';
import { afterAll, describe, expect, it } from 'vitest';
import { keepWorld, readWorld } from './world-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'lutra-world-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Lets time pass, and what was begun to be written meanwhile be written: then nothing but the next look is waited for. */
async function pass(clock: VirtualClock, span: number): Promise<void> {
  await clock.runUntil((clock.now() + seconds(span)) as never);
  await expect.poll(() => clock.size, { interval: 1 }).toBe(1);
}

const kept = (file: string) => ({ command: 'cloud', flag: '--world', file });

describe('keepWorld', () => {
  it('writes the world at once, a quarter of a second after a call, and at the end, and only then', async () => {
    const file = join(folder, 'kept.json');
    const clock = new VirtualClock();
    let written = 0;
    const world = { calls: 0, snapshot: () => ({ now: clock.now(), nth: ++written }) as never };
    const stop = keepWorld(kept(file), world, clock);
    const nth = (): number => JSON.parse(readFileSync(file, 'utf8')).nth;
    expect(nth()).toBe(1);
    await pass(clock, 60);
    expect(nth()).toBe(1);
    world.calls = 3;
    await pass(clock, 0.25);
    expect(nth()).toBe(2);
    await pass(clock, 60);
    await stop();
    expect([nth(), clock.size]).toEqual([3, 0]);
    expect(readdirSync(folder)).toEqual(['kept.json']);
  });

  it('writes a world that takes long less often', async () => {
    const file = join(folder, 'slow.json');
    const clock = new VirtualClock();
    let [taken, written] = [0, 0];
    const slowClock = { now: () => epochMs(clock.now() + taken), after: clock.after.bind(clock) };
    const snapshot = (): never => {
      taken += 1000;
      written += 1;
      return {} as never;
    };
    const world = { calls: 0, snapshot };
    const stop = keepWorld(kept(file), world, slowClock);
    for (let n = 0; n < 300; n += 1) {
      world.calls += 1;
      await pass(clock, 0.25);
    }
    expect(written).toBeLessThan(8);
    await stop();
    rmSync(file);
  });

  it('goes on where it cannot be written for a while, and says so once, and when it is over', async () => {
    const place = join(folder, 'place');
    mkdirSync(place);
    const clock = new VirtualClock();
    const world = { calls: 0, snapshot: () => ({}) as never };
    const complaints: string[] = [];
    const stop = keepWorld(kept(join(place, 'x.json')), world, clock, (message) => complaints.push(message));
    rmSync(place, { recursive: true });
    world.calls = 1;
    for (let n = 0; n < 5; n += 1) await pass(clock, 0.25);
    expect(complaints).toEqual([expect.stringMatching(/cannot write .*; it is tried again$/)]);
    mkdirSync(place);
    await pass(clock, 0.25);
    expect(readdirSync(place)).toEqual(['x.json']);
    expect(complaints.slice(1)).toEqual([expect.stringMatching(/x\.json \(--world\) is written again$/)]);
    await stop();
    rmSync(place, { recursive: true });
  });

  it('ends while a write is under way, with the world as it is then', async () => {
    const file = join(folder, 'ended.json');
    const clock = new VirtualClock();
    const world = { calls: 0, snapshot: () => ({ calls: world.calls }) as never };
    const stop = keepWorld(kept(file), world, clock);
    world.calls = 1;
    await clock.runUntil((clock.now() + seconds(0.25)) as never);
    world.calls = 2;
    await stop();
    expect([readFileSync(file, 'utf8'), clock.size]).toEqual(['{"calls":2}', 0]);
    rmSync(file);
  });

  it('complains of a world that is no JSON, and writes it once it is', async () => {
    const file = join(folder, 'odd.json');
    const clock = new VirtualClock();
    let snapshot: unknown = {};
    const world = { calls: 0, snapshot: () => snapshot as never };
    const complaints: string[] = [];
    const stop = keepWorld(kept(file), world, clock, (message) => complaints.push(message));
    snapshot = { now: 1n };
    world.calls = 1;
    await pass(clock, 0.3);
    expect(complaints).toEqual([expect.stringMatching(/^cloud: cannot write .*BigInt.*; it is tried again$/)]);
    snapshot = { now: 2 };
    await pass(clock, 0.25);
    expect(readFileSync(file, 'utf8')).toBe('{"now":2}');
    await stop();
    rmSync(file);
  });

  it('says where it cannot be written', () => {
    const world = { calls: 0, snapshot: () => ({}) as never };
    expect(() => keepWorld(kept(join(folder, 'none', 'x.json')), world, new VirtualClock())).toThrow(
      /^cloud: cannot write .* \(--world\): there is no such file or folder$/,
    );
  });
});

describe('readWorld', () => {
  it('finds none where there is no file, and says what is wrong with one', () => {
    expect(readWorld(kept(join(folder, 'new.json')))).toBeUndefined();
    writeFileSync(join(folder, 'bad.json'), '{');
    expect(() => readWorld(kept(join(folder, 'bad.json')))).toThrow(/^cloud: .*bad\.json \(--world\) holds no simulated world: /);
    expect(() => readWorld(kept(folder))).toThrow(/it is a folder$/);
  });

  it.skipIf(process.platform === 'win32')('reads no device, which may have no end', () => {
    expect(() => readWorld(kept('/dev/null'))).toThrow(/^cloud: cannot read \/dev\/null \(--world\): it is no file/);
  });
});

import { describe, expect, it } from 'vitest';
import { LutraError } from '../errors.ts';
import type { GroupId } from '../model/identifiers.ts';
import { epochMs, seconds } from '../model/time.ts';
import { defaultOptions } from '../options.ts';
import { HandClock } from '../testing/hand-clock.ts';
import { PassPermit, type PermitPorts } from './pass-permit.ts';

function setUp(over: Partial<PermitPorts> = {}, deadline = 60_000) {
  const clock = new HandClock();
  const options = { ...defaultOptions, mayConvergeMaxAge: seconds(1) };
  const permit = new PassPermit({ clock, options, goesOn: () => true, mayConverge: async () => true, ...over }, epochMs(deadline), {
    groupId: 'g' as GroupId,
    pass: epochMs(0),
  });
  return { clock, permit };
}

describe('PassPermit', () => {
  it('is good for as long as the yes of the store may be old, then outdated until the store says yes again', async () => {
    const { clock, permit } = setUp();
    expect(permit.check()).toBe('outdated');
    expect([await permit.renew(), permit.check()]).toEqual([true, 'good']);
    await clock.pass(1000);
    expect(permit.check()).toBe('good');
    await clock.pass(1);
    expect(permit.check()).toBe('outdated');
    expect([await permit.renew(), permit.check()]).toEqual([true, 'good']);
  });

  it('counts the age of the answer from when it came', async () => {
    const clock = new HandClock();
    const slowly = () => new Promise<boolean>((resolve) => void clock.after(seconds(5)).subscribe(() => resolve(true)));
    const { permit } = setUp({ clock, mayConverge: slowly });
    const renewed = permit.renew();
    await clock.pass(5500);
    expect([await renewed, permit.check()]).toEqual([true, 'good']);
    await clock.pass(501);
    expect(permit.check()).toBe('outdated');
  });

  it('is not renewed, and no longer good, when the group may not converge', async () => {
    const answers = [true, false];
    const { permit } = setUp({ mayConverge: async () => answers.shift() ?? false });
    expect(await permit.renew()).toBe(true);
    expect([await permit.renew(), permit.check()]).toEqual([false, 'outdated']);
  });

  it('is over, and asks nobody, once the pass does not go on', async () => {
    let [goesOn, asked] = [true, 0];
    const mayConverge = async () => {
      asked += 1;
      return true;
    };
    const { permit } = setUp({ goesOn: () => goesOn, mayConverge });
    expect(await permit.renew()).toBe(true);
    goesOn = false;
    expect([permit.check(), await permit.renew(), asked]).toEqual(['over', false, 1]);
  });

  it('is over at the deadline of the pass', async () => {
    const { clock, permit } = setUp({}, 500);
    await permit.renew();
    await clock.pass(499);
    expect(permit.check()).toBe('good');
    await clock.pass(1);
    expect([permit.check(), await permit.renew()]).toEqual(['over', false]);
  });

  it('is not renewed when the pass is told to stop while the store is asked', async () => {
    let goesOn = true;
    const mayConverge = async () => {
      goesOn = false;
      return true;
    };
    expect(await setUp({ goesOn: () => goesOn, mayConverge }).permit.renew()).toBe(false);
  });

  it('is not renewed while the store cannot be read, and passes a mistake of ours on', async () => {
    const away = () => Promise.reject(new LutraError('unavailable', 'store away'));
    expect(await setUp({ mayConverge: away }).permit.renew()).toBe(false);
    await expect(setUp({ mayConverge: () => Promise.reject(new TypeError('oops')) }).permit.renew()).rejects.toThrow('oops');
  });
});

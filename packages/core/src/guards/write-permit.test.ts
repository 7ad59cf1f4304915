import { describe, expect, it } from 'vitest';
import { CloudError } from '../errors.ts';
import { sendPermitted, type WritePermit } from './write-permit.ts';

const notStarted = () => new CloudError('not-started', 'not started');

/** A permit that is renewed and checked with these answers, one after another. The last ones stand. */
function permitWith(renewals: readonly boolean[], checks: readonly ReturnType<WritePermit['check']>[]) {
  const asked = { renewals: 0, checks: 0 };
  const permit: WritePermit = {
    renew: async () => {
      asked.renewals += 1;
      return renewals[Math.min(asked.renewals, renewals.length) - 1] ?? false;
    },
    check: () => {
      asked.checks += 1;
      return checks[Math.min(asked.checks, checks.length) - 1] ?? 'over';
    },
  };
  return { permit, asked };
}

/** An adapter that tries `attempts` times, and ends as it should when one may not start. */
function adapter(attempts: number, whenNot: (tried: number) => CloudError = (tried) => (tried === 0 ? notStarted() : lost())) {
  const sent: number[] = [];
  const send = async (mayStart: () => boolean): Promise<string> => {
    for (let tried = 0; tried < attempts; tried += 1) {
      if (!mayStart()) throw whenNot(tried);
      sent.push(tried);
    }
    return 'done';
  };
  return { sent, send };
}
const lost = () => new CloudError('not-repeated', 'not repeated');
const outcome = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error: unknown) => (error instanceof CloudError ? `${error.kind}: ${error.effect}` : error));

describe('sendPermitted', () => {
  it('sends under a good permit, and answers as the call', async () => {
    const { sent, send } = adapter(2);
    const { permit, asked } = permitWith([true], ['good']);
    expect(await sendPermitted(permit, send)).toBe('done');
    expect([sent, asked]).toEqual([[0, 1], { renewals: 1, checks: 2 }]);
  });

  it('does not begin a call whose permit cannot be renewed', async () => {
    const { sent, send } = adapter(1);
    const { permit } = permitWith([false], ['good']);
    expect(await outcome(sendPermitted(permit, send))).toBe('not-started: unsent');
    expect(sent).toEqual([]);
  });

  it('gives a call up whose permit is over by the time of its attempt', async () => {
    const { sent, send } = adapter(1);
    const { permit, asked } = permitWith([true], ['over', 'good']);
    expect(await outcome(sendPermitted(permit, send))).toBe('not-started: unsent');
    expect([sent, asked.renewals]).toEqual([[], 1]);
  });

  it('renews a permit that is only outdated, and sends the call once', async () => {
    const { sent, send } = adapter(1);
    const { permit, asked } = permitWith([true], ['outdated', 'outdated', 'good']);
    expect(await sendPermitted(permit, send)).toBe('done');
    expect([sent, asked.renewals]).toEqual([[0], 3]);
  });

  it('sends nothing when the permit cannot be renewed after all', async () => {
    const { sent, send } = adapter(1);
    const { permit } = permitWith([true, false], ['outdated']);
    expect(await outcome(sendPermitted(permit, send))).toBe('not-started: unsent');
    expect(sent).toEqual([]);
  });

  it.each(['outdated', 'over'] as const)('does not know what came of a call that was sent once and not again: %s', async (later) => {
    const { sent, send } = adapter(2);
    const { permit } = permitWith([true], ['good', later, 'good']);
    expect(await outcome(sendPermitted(permit, send))).toBe('not-repeated: unknown');
    expect(sent).toEqual([0]);
  });

  it.each(['outdated', 'over'] as const)('does not believe that nothing was sent after it was allowed: %s', async (later) => {
    const { sent, send } = adapter(2, notStarted);
    const { permit, asked } = permitWith([true], ['good', later, 'good']);
    expect(await outcome(sendPermitted(permit, send))).toBe('not-repeated: unknown');
    expect([sent, asked.renewals]).toEqual([[0], 1]);
  });

  it('does not believe that it forbade what it was not asked for', async () => {
    const { permit } = permitWith([true], ['good']);
    expect(await outcome(sendPermitted(permit, () => Promise.reject(notStarted())))).toBe('bad-answer: unknown');
  });

  it('lets nothing start once the call is over', async () => {
    let late: (() => boolean) | undefined;
    const { permit } = permitWith([true], ['good']);
    await sendPermitted(permit, async (mayStart) => {
      late = mayStart;
    });
    expect(late?.()).toBe(false);
  });

  it('rejects with anything else as the call does, and as the renewal does', async () => {
    const { permit } = permitWith([true], ['good']);
    const refused = new CloudError('conflict', 'no');
    await expect(sendPermitted(permit, () => Promise.reject(refused))).rejects.toBe(refused);
    const broken: WritePermit = { ...permit, renew: () => Promise.reject(new TypeError('oops')) };
    await expect(sendPermitted(broken, async () => 'done')).rejects.toThrow('oops');
  });
});

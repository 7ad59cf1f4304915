import { epochMs, LutraError, later, seconds } from '@lutra/core';
import { NEVER, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type CacheOptions, cached } from './cached.ts';
import type { Principal } from './principal.ts';

const owner: Principal = { tenants: new Map([['T', 'admin']]), expiresAt: undefined };
const goes = (until: number): Principal => ({ ...owner, expiresAt: epochMs(until) });

/** A cache in front of an identity that answers when the test says so, and by a clock that the test moves. */
function stage(options: Partial<CacheOptions> = {}) {
  let now = epochMs(1_700_000_000_000);
  const patience$ = new Subject<void>();
  const asked: { readonly token: string; answer(of: Principal | undefined): void; fail(): void }[] = [];
  const lookup = (token: string): Promise<Principal | undefined> => {
    const { promise, resolve, reject } = Promise.withResolvers<Principal | undefined>();
    asked.push({ token, answer: resolve, fail: () => reject(new LutraError('unavailable', 'no identity')) });
    return promise;
  };
  const clock = { now: () => now, after: (delay: number) => (delay === 1_000 ? patience$ : NEVER) };
  const authenticate = cached(lookup, { clock, ...options });
  const last = () => {
    const call = asked.at(-1);
    if (call === undefined) throw new Error('identity was not asked');
    return call;
  };
  return {
    authenticate,
    asked,
    last,
    pass: (span: number) => {
      now = later(now, seconds(span));
    },
    patienceEnds: () => patience$.next(),
    /** Makes tokens known. */
    learn: async (...tokens: readonly string[]) => {
      for (const token of tokens) {
        const answer = authenticate(token);
        last().answer(owner);
        await answer;
      }
    },
    now: () => now,
  };
}

describe('cached', () => {
  it('does not forget good tokens for any number that are nobody’s', async () => {
    const { authenticate, asked, last, learn } = stage({ entries: 10 });
    await learn('good');
    for (let index = 0; index < 30; index += 1) {
      const answer = authenticate(`invented ${index}`);
      last().answer(undefined);
      expect(await answer).toBeUndefined();
    }
    const questions = asked.length;
    expect(await authenticate('good')).toBe(owner);
    expect(await authenticate('invented 29')).toBeUndefined();
    expect(asked).toHaveLength(questions);
    const again = authenticate('invented 0'); // Of these it remembers the last ten.
    last().answer(undefined);
    await again;
    expect(asked).toHaveLength(questions + 1);
  });

  it('waits for a new answer about a token that is no longer fresh, so that a revoked one is refused', async () => {
    const { authenticate, last, learn, pass } = stage();
    await learn('good');
    pass(60);
    const answer = authenticate('good');
    last().answer(undefined);
    expect(await answer).toBeUndefined();
  });

  it('serves a known token while as many others as may be are asked about', async () => {
    const { authenticate, asked, learn, pass } = stage({ lookups: 2 });
    await learn('good');
    pass(60);
    const invented = ['a', 'b'].map((token) => authenticate(token));
    await expect(authenticate('c')).rejects.toMatchObject({ code: 'unavailable' });
    const answer = authenticate('good');
    expect(asked.map(({ token }) => token)).toEqual(['good', 'a', 'b', 'good']);
    asked.at(-1)?.answer(owner);
    expect(await answer).toBe(owner);
    for (const call of asked) call.answer(undefined);
    await Promise.all(invented);
  });

  it('serves known tokens from memory when as many of them as may be are asked about', async () => {
    const { authenticate, asked, learn, pass } = stage({ lookups: 1 });
    await learn('one', 'two');
    pass(60);
    const one = authenticate('one');
    expect(await authenticate('two')).toBe(owner);
    expect(asked).toHaveLength(3);
    asked.at(-1)?.answer(owner);
    await one;
  });

  it('waits a second for a slow identity, then serves what it knows, and others at once until identity is quick again', async () => {
    const { authenticate, asked, last, learn, pass, patienceEnds } = stage();
    await learn('one', 'two');
    pass(60);
    const answer = authenticate('one');
    patienceEnds();
    expect(await answer).toBe(owner);
    expect(await authenticate('one')).toBe(owner);
    expect(await authenticate('two')).toBe(owner);
    expect(asked.map(({ token }) => token)).toEqual(['one', 'two', 'one', 'two']); // one question a token
    asked[2]?.answer(owner);
    asked[3]?.answer(undefined);
    await expect.poll(() => authenticate('two')).toBeUndefined(); // The answer counts when it comes.
    expect(last().token).toBe('two');
    pass(60);
    const again = authenticate('one');
    last().answer(undefined);
    expect(await again).toBeUndefined(); // Waited for: identity was quick.
  });

  it('serves what it knows at once after identity has failed, and asks behind the request', async () => {
    const { authenticate, asked, last, learn, pass } = stage();
    await learn('one', 'two');
    pass(60);
    const first = authenticate('one');
    last().fail();
    expect(await first).toBe(owner);
    expect(await authenticate('two')).toBe(owner);
    expect(asked).toHaveLength(4);
    last().fail();
  });

  it('serves nothing beyond its stale time or the end of the token', async () => {
    const { authenticate, last, learn, pass, now, patienceEnds } = stage();
    await learn('one');
    const short = authenticate('short');
    last().answer(goes(now() + 100_000));
    await short;
    pass(100);
    for (const token of ['short', 'one']) {
      const answer = authenticate(token);
      last().fail();
      if (token === 'short') await expect(answer).rejects.toMatchObject({ code: 'unavailable' });
      else expect(await answer).toBe(owner);
    }
    pass(260);
    const late = authenticate('one');
    last().fail();
    await expect(late).rejects.toMatchObject({ code: 'unavailable' });
    await learn('one');
    pass(359);
    const waiting = authenticate('one');
    pass(1);
    patienceEnds();
    last().answer(undefined);
    expect(await waiting).toBeUndefined();
  });
});

import { between, type Clock, type DurationMs, type EpochMs, LutraError, later, seconds } from '@lutra/core';
import { LRUCache } from 'lru-cache';
import { firstValueFrom, from, mergeMap, of, race } from 'rxjs';
import { digestOf } from '../digest.ts';
import type { Principal } from './principal.ts';

export interface CacheOptions {
  readonly clock: Clock;
  /** How long an answer serves further requests: a revoked token works at most this much longer. Default 60 s. */
  readonly ttl?: DurationMs;
  /** How long an answer that is no longer fresh serves while identity is slow or cannot be reached. Default 300 s. */
  readonly stale?: DurationMs;
  /** How long a token that identity does not know is refused without asking again. Default 3 s. */
  readonly negative?: DurationMs;
  /** Good tokens remembered at most, and as many that identity does not know; the one used longest ago goes first. Default 10,000. */
  readonly entries?: number;
  /**
   * Tokens asked about at the same time at most: so many that are not known, and so many that are known and no longer fresh. A further
   * one that is not known is refused with `unavailable`. Default 200.
   */
  readonly lookups?: number;
}

/** An answer that is slower makes identity count as slow: then known tokens do not wait for it. */
const patience = seconds(1);

interface Known {
  readonly principal: Principal;
  readonly freshUntil: EpochMs;
  readonly usableUntil: EpochMs;
}

/**
 * Remembers what `lookup` answered, by a digest of the token. Concurrent questions about one token are one lookup; nothing outlives the
 * token itself. A token that is known but no longer fresh is asked about again. Its request waits for the answer, but at most for
 * `patience`, and not at all while identity is slow: its last answer took longer, or it failed. Then what is known serves until the
 * answer comes. So tokens that are good wait for identity no longer than they must, and invented tokens cannot push them out.
 */
export function cached(
  lookup: (token: string) => Promise<Principal | undefined>,
  options: CacheOptions,
): (token: string) => Promise<Principal | undefined> {
  const { clock, ttl = seconds(60), stale = seconds(300), negative = seconds(3), entries = 10_000, lookups = 200 } = options;
  const known = new LRUCache<string, Known>({ max: entries });
  /** Until when tokens that identity does not know are refused. */
  const refused = new LRUCache<string, EpochMs>({ max: entries });
  /** What is being asked: about tokens that are not known, and about those that are. */
  const [first, again] = [new Map<string, Promise<Principal | undefined>>(), new Map<string, Promise<Principal | undefined>>()];
  let slow = false;

  const remember = (digest: string, principal: Principal | undefined): void => {
    const now = clock.now();
    if (principal === undefined) {
      known.delete(digest);
      refused.set(digest, later(now, negative));
      return;
    }
    const fresh = later(now, ttl);
    const end = principal.expiresAt ?? later(fresh, stale);
    known.set(digest, { principal, freshUntil: earlier(fresh, end), usableUntil: earlier(later(fresh, stale), end) });
    refused.delete(digest);
  };

  const ask = async (token: string, digest: string): Promise<Principal | undefined> => {
    const begun = clock.now();
    try {
      const principal = await lookup(token);
      slow = between(begun, clock.now()) > patience;
      remember(digest, principal);
      return principal;
    } catch (error) {
      slow = true;
      throw error;
    }
  };

  /** The answer about a token, shared by all who ask for it at the same time; undefined when too many are asked about. */
  const answerOn = (token: string, digest: string, asking: typeof first): Promise<Principal | undefined> | undefined => {
    const running = first.get(digest) ?? again.get(digest);
    if (running !== undefined) return running;
    if (asking.size >= lookups) return undefined;
    const asked = ask(token, digest).finally(() => asking.delete(digest));
    asking.set(digest, asked);
    asked.catch(() => {}); // each request that waits for it gets the error; maybe none does
    return asked;
  };

  /** The answer when it comes in time; else what is known. */
  const answerOrKnown = (answer: Promise<Principal | undefined>, entry: Known): Promise<Principal | undefined> => {
    const usable = (): boolean => clock.now() < entry.usableUntil;
    const settled = answer.catch((error: unknown) => {
      if (usable()) return entry.principal;
      throw error;
    });
    const impatient = clock.after(patience).pipe(
      mergeMap(() => {
        slow = true;
        return usable() ? of(entry.principal) : from(settled);
      }),
    );
    return firstValueFrom(race(from(settled), impatient));
  };

  return async (token) => {
    const digest = digestOf(token);
    const now = clock.now();
    if (now < (refused.get(digest) ?? 0)) return undefined;
    const entry = known.get(digest);
    if (entry !== undefined && now < entry.freshUntil) return entry.principal;
    if (entry === undefined || now >= entry.usableUntil) {
      const answer = answerOn(token, digest, first);
      if (answer === undefined) throw new LutraError('unavailable', 'Too many tokens are being checked at the moment; please try again.');
      return answer;
    }
    const answer = answerOn(token, digest, again);
    return answer === undefined || slow ? entry.principal : answerOrKnown(answer, entry);
  };
}

const earlier = (a: EpochMs, b: EpochMs): EpochMs => (a < b ? a : b);

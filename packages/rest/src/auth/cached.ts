import { type Clock, type DurationMs, type EpochMs, LutraError, later, seconds } from '@lutra/core';
import type { Principal } from './principal.ts';
import { digestOf } from './tokens.ts';

export interface CacheOptions {
  readonly clock: Clock;
  /** How long an answer serves further requests: a revoked token works at most this much longer. Default 60 s. */
  readonly ttl?: DurationMs;
  /** How long an answer that is no longer fresh serves while identity cannot be reached. Default 300 s. */
  readonly stale?: DurationMs;
  /** How long a token that identity does not know is refused without asking again. Default 3 s. */
  readonly negative?: DurationMs;
  /** Tokens remembered at most; the one asked for longest ago goes first. Default 10,000. */
  readonly entries?: number;
  /** Tokens asked about at the same time at most; further ones are refused with `unavailable`. Default 200. */
  readonly lookups?: number;
}

interface Entry {
  readonly principal: Principal | undefined;
  readonly freshUntil: EpochMs;
  readonly usableUntil: EpochMs;
}

/**
 * Remembers what `lookup` answered, by a digest of the token. Concurrent questions about one token are one lookup; nothing outlives the
 * token itself; when identity cannot be reached, what was known a while ago still holds.
 */
export function cached(
  lookup: (token: string) => Promise<Principal | undefined>,
  options: CacheOptions,
): (token: string) => Promise<Principal | undefined> {
  const { clock, ttl = seconds(60), stale = seconds(300), negative = seconds(3), entries = 10_000, lookups = 200 } = options;
  const known = new Map<string, Entry>();
  const asking = new Map<string, Promise<Principal | undefined>>();

  const remember = (digest: string, principal: Principal | undefined): void => {
    const now = clock.now();
    const fresh = later(now, principal === undefined ? negative : ttl);
    const usable = principal === undefined ? fresh : later(fresh, stale);
    const end = principal?.expiresAt ?? usable;
    known.delete(digest); // so that it becomes the youngest
    known.set(digest, { principal, freshUntil: earlier(fresh, end), usableUntil: earlier(usable, end) });
    const [eldest] = known.keys();
    if (known.size > entries && eldest !== undefined) known.delete(eldest);
  };

  const ask = async (token: string, digest: string, entry: Entry | undefined): Promise<Principal | undefined> => {
    try {
      const principal = await lookup(token);
      remember(digest, principal);
      return principal;
    } catch (error) {
      if (entry?.principal !== undefined && clock.now() < entry.usableUntil) return entry.principal;
      throw error;
    }
  };

  return async (token) => {
    const digest = digestOf(token);
    const entry = known.get(digest);
    if (entry !== undefined && clock.now() < entry.freshUntil) return entry.principal;
    const running = asking.get(digest);
    if (running !== undefined) return running;
    if (asking.size >= lookups) throw new LutraError('unavailable', 'Too many tokens are being checked at the moment; please try again.');
    const asked = ask(token, digest, entry).finally(() => asking.delete(digest));
    asking.set(digest, asked);
    return asked;
  };
}

const earlier = (a: EpochMs, b: EpochMs): EpochMs => (a < b ? a : b);

/**
 * Authenticates by Keystone. The service logs in with its own credentials and asks identity whom a client's token belongs to:
 * `GET /v2.0/tokens/{token}`, or `GET /v3/auth/tokens` with the token in `X-Subject-Token`.
 * Sources: OpenStack Identity API v2.0 and v3, "Validate token"; spec/providers.md, section 1.
 */
import { type Clock, type DurationMs, type Log, seconds, silentLog } from '@lutra/core';
import { type CacheOptions, cached } from './cached.ts';
import { type IdentityAnswer, identityAt, unavailable } from './keystone-http.ts';
import { type KeystoneCredentials, type KeystoneVersion, type OwnToken, v2, v3 } from './keystone-versions.ts';
import type { Authenticator, Principal } from './principal.ts';

/** Which identity service to ask about tokens, as whom, and how long its answers serve. */
export interface KeystoneOptions extends Omit<CacheOptions, 'clock'> {
  readonly clock: Clock;
  /** Identity's address, with its version: `https://identity.example/v2.0` or `.../v3`. */
  readonly url: string;
  /** Who we are: a user that may validate tokens. */
  readonly credentials: KeystoneCredentials;
  /** One request to identity takes at most this long. Default 5 s. */
  readonly deadline?: DurationMs;
  readonly log?: Log;
}

/** Our own token is renewed this long before it ends. */
const renewal = seconds(60);

/** Authenticates by Keystone v2.0 or v3, whichever `url` ends in. Throws a TypeError when it ends in neither. */
export function keystoneAuthenticator(options: KeystoneOptions): Authenticator {
  const { url, clock, credentials, log = silentLog, deadline = seconds(5) } = options;
  const version = versionAt(url);
  const ask = identityAt(url, clock, deadline);
  const login = loginOnce(async () => {
    const answer = await ask('POST', version.loginPath, {}, version.loginBody(credentials));
    const own = version.readLogin(answer);
    if (own === undefined) {
      const cause = new Error(`identity refused the service's own credentials with ${answer.status}`);
      log.error({ status: answer.status }, cause.message);
      throw unavailable(cause);
    }
    return own;
  }, clock);

  const validate = async (token: string): Promise<Principal | undefined> => {
    let answer = await askAs(await login.token(), token);
    if (answer.status === 401) {
      // Our own token is no longer good; a client's bad token is answered with 404.
      login.forget();
      answer = await askAs(await login.token(), token);
    }
    if (answer.status === 404) return undefined;
    const principal = answer.status === 200 || answer.status === 203 ? version.readPrincipal(answer.body) : undefined;
    if (principal === undefined) {
      log.error({ status: answer.status }, 'identity does not let the service check tokens, or answers what cannot be read');
      throw unavailable(new Error(`identity answered ${answer.status}`));
    }
    return principal.expiresAt !== undefined && principal.expiresAt <= clock.now() ? undefined : principal;
  };
  const askAs = (own: string, token: string): Promise<IdentityAnswer> => {
    const { path, headers } = version.validation(token);
    return ask('GET', path, { 'X-Auth-Token': own, ...headers });
  };

  return { authenticate: cached(validate, options), challenge: `Keystone uri="${url}"` };
}

function versionAt(url: string): KeystoneVersion {
  const end = /\/(v2\.0|v3)\/*$/.exec(url)?.[1];
  if (end === undefined) throw new TypeError('the address of identity must end in /v2.0 or /v3');
  return end === 'v3' ? v3 : v2;
}

/** Our own token: one login for all who need it at the same time, kept until it is about to end. */
function loginOnce(login: () => Promise<OwnToken>, clock: Clock): { token(): Promise<string>; forget(): void } {
  let own: OwnToken | undefined;
  let running: Promise<OwnToken> | undefined;
  return {
    token: async () => {
      if (own !== undefined && clock.now() < own.expiresAt - renewal) return own.id;
      running ??= login().finally(() => {
        running = undefined;
      });
      own = await running;
      return own.id;
    },
    forget: () => {
      own = undefined;
    },
  };
}

/**
 * Authenticates by Keystone. The service logs in with its own credentials and asks identity whom a client's token belongs to:
 * `GET /v2.0/tokens/{token}`, or `GET /v3/auth/tokens` with the token in `X-Subject-Token`.
 * Sources: OpenStack Identity API v2.0 and v3, "Validate token"; spec/providers.md, section 1.
 */
import { type Clock, type DurationMs, type EpochMs, epochMs, type Log, LutraError, later, seconds, silentLog } from '@lutra/core';
import { type CacheOptions, cached } from './cached.ts';
import { type IdentityAnswer, identityAt, unavailable } from './keystone-http.ts';
import { type KeystoneCredentials, type KeystoneVersion, type OwnToken, v2, v3 } from './keystone-versions.ts';
import { type Authenticator, defaultRoles, type Principal, type RoleNames } from './principal.ts';

/** Which identity service to ask about tokens, as whom, and how long its answers serve. */
export interface KeystoneOptions extends Omit<CacheOptions, 'clock'> {
  readonly clock: Clock;
  /** Identity's address, with its version: `https://identity.example/v2.0` or `.../v3`. */
  readonly url: string;
  /** Who we are: a user that may validate tokens. */
  readonly credentials: KeystoneCredentials;
  /** One request to identity takes at most this long. Default 5 s. */
  readonly deadline?: DurationMs;
  /** What the roles that identity names mean here. Default: the names of the API's documents. */
  readonly roles?: RoleNames;
  readonly log?: Log;
}

/** Our own token is renewed this long before it ends. */
const renewal = seconds(60);
/** Logins are at least this far apart, also after a refusal, or after a token that had ended when it came. */
const loginSpacing = seconds(5);

/**
 * Authenticates by Keystone v2.0 or v3, whichever `url` ends in. Throws a TypeError, which does not repeat it, when it ends in neither or is
 * more than an address: clients see `url` in `WWW-Authenticate`, so it must hold no password.
 */
export function keystoneAuthenticator(options: KeystoneOptions): Authenticator {
  const { url, clock, credentials, log = silentLog, deadline = seconds(5), roles = defaultRoles } = options;
  const version = versionAt(url);
  const ask = identityAt(url, clock, deadline);
  const login = loginOnce(async () => {
    const answer = await ask('POST', version.loginPath, {}, version.loginBody(credentials));
    const own = version.readLogin(answer);
    if (own === undefined) {
      const cause = new Error(`identity refused the service's own credentials with ${answer.status}`);
      log.error({ status: answer.status }, cause.message);
      return unavailable(cause);
    }
    return own;
  }, clock);

  const validate = async (token: string): Promise<Principal | undefined> => {
    const own = await login.token();
    let answer = await askAs(own, token);
    if (answer.status === 401) {
      // Our own token is no longer good; a client's bad token is answered with 404.
      login.forget(own);
      answer = await askAs(await login.token(), token);
    }
    if (answer.status === 404) return undefined;
    const principal = answer.status === 200 || answer.status === 203 ? version.readPrincipal(answer.body, roles) : undefined;
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
  const end = /^https?:\/\/[^\s@?#"\\]+\/(v2\.0|v3)\/*$/.exec(url)?.[1];
  if (end === undefined) {
    throw new TypeError('the address of identity must be a URL without user name, password and query, and must end in /v2.0 or /v3');
  }
  return end === 'v3' ? v3 : v2;
}

/** Our own token: one login for all who need it at the same time, kept until it is about to end. A refusal is kept for a while, too. */
function loginOnce(login: () => Promise<OwnToken | LutraError>, clock: Clock): { token(): Promise<string>; forget(id: string): void } {
  let own: { readonly id: string; readonly goodUntil: EpochMs } | undefined;
  let refused: { readonly error: LutraError; readonly until: EpochMs } | undefined;
  let running: Promise<string> | undefined;
  const logIn = async (): Promise<string> => {
    const told = await login();
    const spaced = later(clock.now(), loginSpacing);
    if (told instanceof LutraError) {
      refused = { error: told, until: spaced };
      throw told;
    }
    own = { id: told.id, goodUntil: epochMs(Math.max(told.expiresAt - renewal, spaced)) };
    return told.id;
  };
  return {
    token: async () => {
      if (own !== undefined && clock.now() < own.goodUntil) return own.id;
      if (refused !== undefined && clock.now() < refused.until) throw refused.error;
      running ??= logIn().finally(() => {
        running = undefined;
      });
      return running;
    },
    forget: (id) => {
      if (own?.id === id) own = undefined; // another one may have been got meanwhile
    },
  };
}

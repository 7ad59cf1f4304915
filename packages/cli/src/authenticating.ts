/** Who may use the API, as the configuration says it. */
import { unwatchFile, watchFile } from 'node:fs';
import { type Clock, type Log, LutraError } from '@lutra/core';
import { type Authenticator, type KeystoneCredentials, keystoneAuthenticator, type TokenList, tokenList } from '@lutra/rest';
import { CliError } from './cli-error.ts';
import type { Config } from './config.ts';
import { warnOfReaders } from './input-file.ts';
import { readYaml } from './yaml-file.ts';

/** An identity service to ask where the configuration names none. */
export interface OwnIdentity {
  readonly url: string;
  readonly credentials: KeystoneCredentials;
}

/** The simulated cloud's identity; its user `service` is there unless a file of users replaces it. `url`: of the cloud's own API. */
export const simulatedIdentity = (url: string): OwnIdentity => ({
  url: `${url}/v2.0`,
  credentials: { username: 'service', password: 'password' },
});

/** How often the file of tokens is looked at, ms. */
const watchInterval = 2_000;

/** The authenticator for a configuration; undefined when everybody may do everything. Throws CliError when the file of tokens is none. */
export function authenticatorFor({ auth }: Config, clock: Clock, log: Log, own?: OwnIdentity): Authenticator | undefined {
  if (auth.mode === 'none') return undefined;
  if (auth.mode === 'tokens') return watchedTokens(auth.tokens ?? '', log);
  const { url, username, password, apiKey, tenant, domain, roles, ttl } = auth.keystone;
  const identity = url === undefined ? own : { url, credentials: { username: username ?? '', password, apiKey, tenant, domain } };
  if (identity === undefined) throw new CliError(2, 'config: auth.keystone.url must be given: this cloud has no identity of its own');
  return keystoneAuthenticator({ ...identity, clock, log, roles, ttl });
}

/** What a warning calls it. */
const tokenFile = 'the file of tokens';

/** The tokens of a file, read again when it changes and on SIGHUP. A wrong file is logged, and the tokens before it stay good. */
function watchedTokens(file: string, log: Log): Authenticator {
  const tokens = readTokens(file);
  warnOfReaders(file, tokenFile, log);
  const again = (): void => {
    try {
      warnOfReaders(file, tokenFile, log);
      tokens.replace(parseTokenFile(file));
      log.info({ file }, 'the file of tokens was read again');
    } catch (error) {
      log.error({ file, error: messageOf(error) }, 'the file of tokens is not good; the tokens before it stay good');
    }
  };
  watchFile(file, { interval: watchInterval, persistent: false }, again);
  process.on('SIGHUP', again).once('exit', () => unwatchFile(file, again));
  return tokens;
}

/** The tokens of a file. Throws CliError that names the file and what is wrong, never a token. */
export function readTokens(file: string): TokenList {
  try {
    return tokenList(parseTokenFile(file));
  } catch (error) {
    throw new CliError(2, `config: auth.tokens: ${file}: ${messageOf(error)}`, { cause: error });
  }
}

const parseTokenFile = (file: string): unknown => readYaml(file, (why) => why, 'texts');

const messageOf = (error: unknown): string =>
  error instanceof CliError || error instanceof LutraError ? error.message : 'it could not be read';

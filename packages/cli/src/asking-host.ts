/** How the commands for operators and tenants ask a running host, over HTTP. */
import { type Clock, seconds } from '@lutra/core';
import type { Command } from 'commander';
import { CliError } from './cli-error.ts';

/** Where a host answers, and what to show it. */
export interface HostFlags {
  readonly url?: string;
  readonly json?: true;
}

/** A host answers within so long, or is said not to answer. */
const patience = seconds(15);
/** The most of an answer that is read into a message, characters. */
const longestMessage = 500;
/** Where `lutra serve` listens when nothing else is said. */
const defaultUrl = 'http://127.0.0.1:8080';

/** Gives a command the flags that say which host it asks. */
export const addHostFlags = (command: Command): Command =>
  command
    .option('--url <url>', `the host to ask; without it LUTRA_URL, or ${defaultUrl}`)
    .option('--json', 'print what the host answered as one JSON document')
    .addHelpText(
      'after',
      '\nWhere the host asks for tokens, put yours into LUTRA_TOKEN.\nExit code: 0 when it is done, 1 when not, 2 for wrong arguments.',
    );

/** A request to a host. */
export interface HostRequest {
  readonly method: 'GET' | 'PUT';
  readonly path: string;
  readonly body?: object;
}

/**
 * What a host answers, as JSON. Throws a CliError that says in words why there is no such answer: nobody listens, the host is silent, it
 * refuses, or it is no lutra. `command`: which one asks.
 */
export async function askHost(
  command: string,
  { url = process.env.LUTRA_URL || defaultUrl }: HostFlags,
  { method, path, body }: HostRequest,
  clock: Clock,
): Promise<unknown> {
  const target = targetOf(command, url, path);
  const token = process.env.LUTRA_TOKEN;
  const given = new AbortController();
  const timer = clock.after(patience).subscribe(() => given.abort());
  try {
    const answer = await fetch(target, {
      method,
      redirect: 'manual', // a token is for this host and no other
      signal: given.signal,
      headers: { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }), ...(token && { 'X-Auth-Token': token }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (answer.ok) return parsed(command, target, text);
    throw new CliError(1, `${command}: ${refusalOf(answer.status, text, target, token !== undefined && token !== '')}`);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(1, `${command}: ${whyNoAnswer(error, given.signal.aborted, target)}`, { cause: error });
  } finally {
    timer.unsubscribe();
  }
}

function targetOf(command: string, url: string, path: string): URL {
  const base = URL.parse(url);
  const isPlain = base !== null && /^https?:$/.test(base.protocol) && base.username === '' && base.password === '';
  if (!isPlain || base.search !== '' || base.hash !== '')
    throw new CliError(
      2,
      `${command}: the URL of the host must be an address such as ${defaultUrl}, without user name, password and query`,
    );
  return new URL(base.pathname.replace(/\/+$/, '') + path, base);
}

function parsed(command: string, { origin }: URL, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(1, `${command}: what answers at ${origin} is no lutra: its answer is no JSON`, { cause: error });
  }
}

/** What a refusal says, and what to do about it. */
function refusalOf(status: number, text: string, { origin, pathname }: URL, hasToken: boolean): string {
  if (status === 401) {
    return hasToken
      ? `${origin} does not know the token in LUTRA_TOKEN, or no longer. Nothing was changed.`
      : `${origin} asks for a token: put yours into LUTRA_TOKEN. Nothing was changed.`;
  }
  const message = messageIn(text);
  if (status === 403) return `${origin} refuses: ${message || 'this user may not do that'} Nothing was changed.`;
  if (status === 404) return `there is no ${pathname} at ${origin}: it is no lutra, or an older one`;
  return `${origin} answered ${status}${message === '' ? '' : `: ${message}`}`;
}

/** The message of an error as the API writes it; empty when there is none. */
function messageIn(text: string): string {
  try {
    const { error } = JSON.parse(text);
    return typeof error?.message === 'string' ? error.message.slice(0, longestMessage) : '';
  } catch {
    return '';
  }
}

function whyNoAnswer(error: unknown, isLate: boolean, { origin }: URL): string {
  if (isLate) return `${origin} did not answer within ${patience / 1000} s, so whether it was done is not known; ask again`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ECONNREFUSED') return `nobody listens at ${origin}. Is the host running there? Name another with --url, or LUTRA_URL.`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `there is no ${origin}: its name is not known. Name another host with --url, or LUTRA_URL.`;
  const why = cause instanceof Error ? cause.message : error instanceof Error ? error.message : String(error);
  return `${origin} could not be asked, so whether it was done is not known: ${why}`;
}

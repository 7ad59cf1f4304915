import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';

/** By which names a port is called, and which web pages may drive it. */
export interface PageRules {
  /** Name or address that is listened on. */
  readonly host: string;
  /** What clients call the port by, where that is not its own address. */
  readonly publicUrl?: string | undefined;
  /** Origins (`https://dashboard.example`) whose pages may do everything that a client may. Their names are names of the port, too. */
  readonly allowedOrigins?: readonly string[] | undefined;
}

/** What a browser says of where a request comes from, and what for. */
export type PageRequest = Pick<IncomingMessage, 'method' | 'headers'>;

/** Says why a request is refused as one of a foreign web page; undefined when it may pass. */
export type PageGuard = (request: PageRequest) => string | undefined;

/** Methods that change nothing. What a page may read, the browser decides: it shows no answer to a page of another origin. */
const safeMethods = new Set<string | undefined>(['GET', 'HEAD', 'OPTIONS']);
/** Characters of a header that a sentence shows. */
const mostShown = 100;

/**
 * For a port that asks nobody for a token: any page in a browser on this machine can send requests there, so that being able to reach the
 * port proves nothing. Two headers show that a page sent a request:
 *
 * - `Host`. A page whose name was made to lead here (DNS rebinding) counts as one of the port's own for the browser, and reads answers; but
 *   its requests carry its name. Names that pass: loopback, that of `publicUrl`, those of `allowedOrigins`; and on a port that others can
 *   reach, the name that it listens on and every address, since an address leads nowhere else. No name at all: HTTP/1.0, no browser.
 * - `Origin` and `Sec-Fetch-Site`. A page of another origin may send a POST without asking first; the browser says whose it is.
 */
export function pageGuard({ host, publicUrl, allowedOrigins = [] }: PageRules): PageGuard {
  const trusted = new Set([...allowedOrigins, ...(publicUrl === undefined ? [] : [publicUrl])].flatMap((url) => originOf(url) ?? []));
  const names = new Set([...trusted].map((origin) => new URL(origin).hostname));
  const isPublic = !isLoopbackName(host.toLowerCase());
  if (isPublic) names.add(host.toLowerCase());
  const isOwnName = (name: string): boolean => isLoopbackName(name) || names.has(name) || (isPublic && isAddress(name));
  const ownOrigin = (called: string): string | undefined => {
    const origin = originOf(`http://${called}`);
    return origin !== undefined && isOwnName(nameOf(origin)) ? origin : undefined;
  };
  // Nearly all requests come by the name of the one before, and parsing it takes longer than everything else here.
  let last: readonly [host: string, origin: string | undefined] = ['', undefined];

  return ({ method, headers }) => {
    if (headers.host && headers.host !== last[0]) last = [headers.host, ownOrigin(headers.host)];
    const called = headers.host ? last[1] : undefined;
    if (headers.host && called === undefined) {
      return `The host is called ${shown(headers.host)} here, and that is not one of its names. Where nobody is asked for a token it answers only to loopback, to the name of publicUrl and to those of allowedOrigins: set one of them, or have tokens asked for.`;
    }
    if (safeMethods.has(method)) return undefined;
    const { origin, 'sec-fetch-site': site } = headers;
    const isForeign = origin === undefined ? site === 'cross-site' : origin !== called && !trusted.has(origin);
    if (!isForeign) return undefined;
    return `A web page of ${origin === undefined ? 'another site' : shown(origin)} may only read here, because nobody is asked for a token. Name its origin in allowedOrigins, serve it from publicUrl, or have tokens asked for.`;
  };
}

/** Scheme, name and port as a browser writes them; undefined for what is no such URL. */
export function originOf(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return undefined;
  return parsed.username === '' && parsed.password === '' && parsed.pathname === '/' && parsed.search === '' && parsed.hash === ''
    ? parsed.origin
    : undefined;
}

const nameOf = (origin: string): string => new URL(origin).hostname.replace(/\.$/, '');

/** Whether a name or address, in lower case, always leads to this machine. */
const isLoopbackName = (name: string): boolean =>
  /^(?:(?:.+\.)?localhost|\[?::1\]?)$/.test(name) || (isIPv4(name) && name.startsWith('127.'));

const isAddress = (name: string): boolean => isIPv4(name) || name.startsWith('[');

const shown = (text: string): string => JSON.stringify(text.length <= mostShown ? text : `${text.slice(0, mostShown)}...`);

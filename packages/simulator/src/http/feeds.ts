/** Cloud Feeds (spec/providers.md, section 6), under /feeds[/{tenant}]: without the tenant it is the token's. */

import type { TenantId } from '@lutra/core';
import type { ValueOf } from '../world/calls.ts';
import { isoOf } from '../world/iso-time.ts';
import { objectOf, segment, wordsOf } from '../world/json-values.ts';
import { refusals } from '../world/refusal.ts';
import { type HttpAnswer, refused } from './answer.ts';
import { askAs, type HttpRequest, jsonIn, neverDone, param, type Route } from './request.ts';

const entriesPerPage = 25;
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character] ?? character);
const atom = (status: number, text: string): HttpAnswer => ({ status, raw: { type: 'application/atom+xml', text } });

const tenantFor = ({ params, world, caller }: HttpRequest): TenantId =>
  (params.tenant ?? world.identity.token(caller.token ?? '')?.tenantId ?? '') as TenantId;
const feedIn = ({ params }: HttpRequest): string => `${param(params, 'feed')}/events`;

const entryXml = ({ id, at, entry }: ValueOf<'event.publish'>): string =>
  `<entry xmlns="http://www.w3.org/2005/Atom"><id>urn:uuid:${escaped(id)}</id><title type="text">${escaped(wordsOf(entry.title ?? ''))}</title>` +
  `<content type="application/json">${escaped(JSON.stringify(entry.content))}</content><updated>${isoOf(at)}</updated></entry>`;

function publish(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
  const entry = objectOf(jsonIn(request)?.entry);
  if (entry === undefined) {
    const unread = refusals.badEvent('Expecting an Atom entry as JSON: { "entry": ... }.');
    return askAs(request, tenantFor(request), 'event.publish', { feed: feedIn(request), entry: {} }, neverDone, refused, unread);
  }
  const done = (event: ValueOf<'event.publish'>): HttpAnswer => atom(201, entryXml(event));
  return askAs(request, tenantFor(request), 'event.publish', { feed: feedIn(request), entry }, done, refused);
}

function read(request: HttpRequest): Promise<HttpAnswer> {
  const page = Math.max(1, Number(request.query.get('page') ?? 1) || 1);
  const base = `${request.origin}/feeds/${segment(tenantFor(request))}/${segment(param(request.params, 'feed'))}/events`;
  const done = (events: ValueOf<'event.list'>): HttpAnswer => {
    const from = (page - 1) * entriesPerPage;
    const next = events.length > from + entriesPerPage ? `<link rel="next" href="${escaped(`${base}?page=${page + 1}`)}"/>` : '';
    const shown = events
      .slice(from, from + entriesPerPage)
      .map(entryXml)
      .join('');
    return atom(200, `<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="${escaped(base)}"/>${next}${shown}</feed>`);
  };
  return askAs(request, tenantFor(request), 'event.list', { feed: feedIn(request) }, done, refused);
}

export const feedRoutes: readonly Route[] = ['/feeds', '/feeds/:tenant'].flatMap((prefix) => [
  { on: `POST ${prefix}/:feed/events`, answer: publish },
  { on: `GET ${prefix}/:feed/events`, answer: read },
]);

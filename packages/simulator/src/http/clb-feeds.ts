import type { LoadBalancerId, NodeId } from '@lutra/core';
import { isoOf } from '../world/iso-time.ts';
import { segment } from '../world/json-values.ts';
import type { FeedEntries } from '../world/load-balancer-record.ts';
import type { Refusal } from '../world/refusal.ts';
import { type HttpAnswer, refused } from './answer.ts';
import { askAs, type HttpRequest, param, type Route, tenantOf } from './request.ts';

/** Entries on one page. */
const usualPageSize = 100;
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character] ?? character);

const xml = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): HttpAnswer => ({
  status,
  headers,
  raw: { type: status === 200 ? 'application/atom+xml' : 'application/xml', text },
});

/** A page of a feed, newest first. */
function feedXml(entries: FeedEntries, url: string, page: number): string {
  const { pageSize = usualPageSize, endless = false } = entries;
  const from = (page - 1) * pageSize;
  const shown = entries.slice(from, from + pageSize);
  const next = endless || entries.length > from + pageSize ? `<link rel="next" href="${escaped(`${url}?page=${page + 1}`)}"/>` : '';
  const told = shown.map(
    ({ at, summary, nodeId }) =>
      `<entry><id>${escaped(`${url}#${at}-${nodeId ?? ''}`)}</id><title>${nodeId === undefined ? 'Load Balancer' : 'Node'} Event</title>` +
      `<summary>${escaped(summary)}</summary><updated>${isoOf(at)}</updated></entry>`,
  );
  return `<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="${escaped(url)}"/>${next}${told.join('')}</feed>`;
}

/** These paths have their errors in XML too. */
function refusedXml(refusal: Refusal): HttpAnswer {
  const answer = refused(refusal);
  if (typeof answer === 'string') return answer;
  const name = refusal.status === 404 ? 'itemNotFound' : 'loadBalancerFault';
  const message =
    refusal.status === 404 ? (refusal.kind === 'no-such-node' ? 'Node not found' : 'Load balancer not found') : refusal.message;
  const text = `<${name} xmlns="http://docs.openstack.org/loadbalancers/api/v1.0" code="${refusal.status}"><message>${escaped(message)}</message></${name}>`;
  return xml(refusal.status, text, answer.headers);
}

function feed(request: HttpRequest, about: NodeId | 'nodes' | 'all', path: string): Promise<HttpAnswer> {
  const loadBalancerId = param(request.params, 'loadBalancer') as LoadBalancerId;
  const page = Math.max(1, Number(request.query.get('page') ?? 1) || 1);
  const url = `${request.origin}/v1.0/${segment(tenantOf(request))}/loadbalancers/${segment(loadBalancerId)}${path}.atom`;
  const done = (entries: FeedEntries): HttpAnswer => xml(200, feedXml(entries, url, page));
  return askAs(request, tenantOf(request), 'load_balancer.get_feed', { loadBalancerId, about }, done, refusedXml);
}

/** Feeds of a load balancer, of its nodes, and of one node. */
export const clbFeedRoutes = (all: string): readonly Route[] => [
  { on: `GET ${all}/:loadBalancer/.atom`, answer: (request) => feed(request, 'all', '') },
  { on: `GET ${all}/:loadBalancer/nodes/.atom`, answer: (request) => feed(request, 'nodes', '/nodes') },
  {
    on: `GET ${all}/:loadBalancer/nodes/:node/.atom`,
    answer: (request) => feed(request, param(request.params, 'node') as NodeId, `/nodes/${segment(param(request.params, 'node'))}`),
  },
];

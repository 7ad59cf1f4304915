import type { ServerId, ServerRequest } from '@lutra/core';
import type { CallRequest } from './verdict.ts';

/** A call to Nova, or to Glance (`glance_image.get`). */
export type NovaCall =
  | { readonly op: 'server.list'; readonly query: string }
  | { readonly op: 'server.get' | 'server.delete' | 'server.get_metadata'; readonly serverId: ServerId }
  | { readonly op: 'server.create'; readonly request: ServerRequest }
  | { readonly op: 'server.set_metadata'; readonly serverId: ServerId; readonly key: string; readonly value: string }
  | { readonly op: 'server.replace_metadata'; readonly serverId: ServerId; readonly metadata: Readonly<Record<string, string>> }
  | { readonly op: 'image.get' | 'glance_image.get' | 'flavor.get'; readonly id: string }
  | { readonly op: 'limits.get' };

/** The first page of all servers. `limit`: servers a page; the service may grant fewer. */
export const listServers = (limit: number): NovaCall => ({ op: 'server.list', query: `limit=${limit}` });
/** The page that another one links to. */
export const listMoreServers = (next: string): NovaCall => ({ op: 'server.list', query: next });
/** Servers of exactly this name. Nova takes a regular expression. */
export const findServersNamed = (name: string): NovaCall => ({ op: 'server.list', query: `name=${exactly(name)}` });
/** Servers at exactly this address. Nova takes a regular expression. */
export const findServersAt = (address: string): NovaCall => ({ op: 'server.list', query: `ip=${exactly(address)}` });

/** A pattern that only this text matches, as a value of a query. */
const exactly = (text: string): string => encodeURIComponent(`^${text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`);

/**
 * What is sent for a call. No call names a microversion: at 2.1 a flavor has an id, personality is accepted, and networks may be left out
 * (spec/openstack.md, section 1).
 */
export function novaRequest(call: NovaCall): CallRequest {
  switch (call.op) {
    case 'server.list':
      return { service: 'compute', method: 'GET', path: '/servers/detail', ...(call.query === '' ? {} : { query: call.query }) };
    case 'server.get':
      return { service: 'compute', method: 'GET', path: server(call.serverId) };
    case 'server.delete':
      return { service: 'compute', method: 'DELETE', path: server(call.serverId) };
    case 'server.create':
      return { service: 'compute', method: 'POST', path: '/servers', body: { server: call.request.server } };
    case 'server.get_metadata':
      return { service: 'compute', method: 'GET', path: `${server(call.serverId)}/metadata` };
    case 'server.set_metadata': {
      const path = `${server(call.serverId)}/metadata/${encodeURIComponent(call.key)}`;
      return { service: 'compute', method: 'PUT', path, body: { meta: { [call.key]: call.value } } };
    }
    case 'server.replace_metadata':
      return { service: 'compute', method: 'PUT', path: `${server(call.serverId)}/metadata`, body: { metadata: call.metadata } };
    case 'image.get':
      return { service: 'compute', method: 'GET', path: `/images/${encodeURIComponent(call.id)}` };
    case 'glance_image.get':
      return { service: 'image', method: 'GET', path: `/v2/images/${encodeURIComponent(call.id)}` };
    case 'flavor.get':
      return { service: 'compute', method: 'GET', path: `/flavors/${encodeURIComponent(call.id)}` };
    case 'limits.get':
      return { service: 'compute', method: 'GET', path: '/limits' };
  }
}

const server = (id: ServerId): string => `/servers/${encodeURIComponent(id)}`;

/** The metadata of a server without the items whose keys start with one of the prefixes. */
export const strippedMetadata = (
  metadata: Readonly<Record<string, string>>,
  prefixes: readonly string[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(metadata).filter(([key]) => !prefixes.some((prefix) => key.startsWith(prefix))));

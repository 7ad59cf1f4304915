import {
  epochMs,
  type JsonObject,
  type JsonValue,
  readServerMetadata,
  type Server,
  type ServerId,
  serverStateOf,
  type TenantId,
} from '@lutra/core';
import { instantOf, isoOf } from './iso-time.ts';
import type { ServerLook } from './server-record.ts';

/** Nova's links to a server: `self`, and `bookmark` without the version. */
export const linksOf = (computeUrl: string, tenantId: TenantId, id: ServerId): readonly JsonValue[] => [
  { rel: 'self', href: `${computeUrl}/${tenantId}/servers/${id}` },
  { rel: 'bookmark', href: `${computeUrl.replace(/\/v2$/, '')}/${tenantId}/servers/${id}` },
];

const addressesOf = ({ address, publicAddress }: ServerLook): JsonObject => ({
  ...(publicAddress === '' ? {} : { public: [{ addr: publicAddress, version: 4 }] }),
  ...(address === '' ? {} : { private: [{ addr: address, version: 4 }] }),
});

const entity = (id: JsonValue | undefined): JsonValue => (typeof id === 'string' && id !== '' ? { id, links: [] } : '');

/** A server as Nova shows it (spec/providers.md, section 3.1). Made once for each look that it has. */
export function serverJson(record: ServerLook, computeUrl: string, tenantId: TenantId): JsonObject {
  record.json ??= {
    id: record.id,
    name: record.name,
    status: record.status,
    created: isoOf(record.createdAt),
    updated: isoOf(record.updatedAt),
    tenant_id: tenantId,
    user_id: tenantId,
    progress: record.status === 'BUILD' ? record.progress : 100,
    'OS-EXT-STS:task_state': record.deletingShown ? 'deleting' : record.status === 'BUILD' ? 'spawning' : null,
    'OS-EXT-STS:vm_state': record.status === 'BUILD' ? 'building' : record.status.toLowerCase(),
    'OS-DCF:diskConfig': record.request['OS-DCF:diskConfig'] ?? 'AUTO',
    key_name: record.request.key_name ?? null,
    image: entity(record.request.imageRef),
    flavor: entity(record.request.flavorRef),
    links: linksOf(computeUrl, tenantId, record.id),
    addresses: addressesOf(record),
    accessIPv4: record.publicAddress,
    accessIPv6: '',
    metadata: record.metadata,
  };
  return record.json;
}

const parsed = new WeakMap<JsonObject, Server>();

/** What the core knows of a server, read from its Nova JSON. The same JSON object gives the same server object. */
export function parseServer(json: JsonObject): Server {
  const known = parsed.get(json);
  if (known !== undefined) return known;
  const marks = readServerMetadata(objectIn(json.metadata));
  const taskState = json['OS-EXT-STS:task_state'];
  const server: Server = {
    id: textIn(json.id) as ServerId,
    name: textIn(json.name),
    state: serverStateOf(textIn(json.status), typeof taskState === 'string' ? taskState : null),
    createdAt: instantOf(textIn(json.created)) ?? epochMs(0),
    servicenetAddress: servicenetAddressIn(json.addresses),
    groupId: marks.groupId,
    desiredLoadBalancers: marks.desiredLoadBalancers,
    marked: marks.marked,
    createToken: marks.createToken,
    links: Array.isArray(json.links) ? json.links : [],
  };
  parsed.set(json, server);
  return server;
}

const textIn = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
const objectIn = (value: JsonValue | undefined): JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : {};

function servicenetAddressIn(addresses: JsonValue | undefined): string {
  const entries = objectIn(addresses).private;
  if (!Array.isArray(entries)) return '';
  const texts = entries.map((entry: JsonValue) => textIn(objectIn(entry).addr));
  return texts.find((address) => address.startsWith('10.')) ?? '';
}

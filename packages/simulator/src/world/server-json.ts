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
import { publicAddressOf } from './addresses.ts';
import { publicNetwork } from './catalogue.ts';
import { instantOf, isoOf, wholeSeconds } from './iso-time.ts';
import { segment, textOf } from './json-values.ts';
import { lastSegment } from './reference.ts';
import type { ServerLook } from './server-record.ts';
import { taskStateOf, vmStateOf } from './server-status.ts';

/** Nova's links to a server: `self`, and `bookmark` without the version. */
export const linksOf = (computeUrl: string, tenantId: TenantId, id: ServerId): readonly JsonValue[] => [
  { rel: 'self', href: `${computeUrl}/${segment(tenantId)}/servers/${id}` },
  { rel: 'bookmark', href: `${computeUrl.replace(/\/v2$/, '')}/${segment(tenantId)}/servers/${id}` },
];

/** A server is on the public network unless it names its networks and leaves that one out. */
const isPublic = ({ request }: ServerLook): boolean => {
  const ids = Array.isArray(request.networks) ? JSON.stringify(request.networks) : '[]';
  return ids === '[]' || ids.includes(publicNetwork);
};
const publicAddressesOf = (look: ServerLook): readonly JsonObject[] => {
  if (look.status === 'BUILD' || look.unpublic || !isPublic(look)) return [];
  const address = look.address || look.publicBase || Object.values(look.isolated)[0];
  return address === undefined ? [] : [{ addr: publicAddressOf(address), version: 4 }];
};
/** By the label of the network; none before the build is done. */
export function addressesOf(look: ServerLook): JsonObject {
  const open = publicAddressesOf(look);
  return {
    ...(open.length === 0 ? {} : { public: open }),
    ...(look.address === '' ? {} : { private: [{ addr: look.address, version: 4 }] }),
    ...Object.fromEntries(Object.entries(look.isolated).map(([label, addr]) => [label, [{ addr, version: 4 }]])),
  };
}

const entity = (reference: JsonValue | undefined, kind: string, computeUrl: string): JsonValue => {
  if ((typeof reference !== 'string' && typeof reference !== 'number') || reference === '') return '';
  const id = lastSegment(textOf(reference)) ?? '';
  const href = `${computeUrl.replace(/\/v2$/, '')}/${kind}/${segment(id)}`;
  return { id, links: [{ rel: 'bookmark', href }] };
};

/** A server as Nova shows it (spec/providers.md, section 3.1). */
export function serverJson(look: ServerLook, computeUrl: string, tenantId: TenantId): JsonObject {
  const open = publicAddressesOf(look);
  return {
    id: look.id,
    name: look.name,
    status: look.status,
    created: isoOf(look.createdAt),
    updated: isoOf(look.updatedAt),
    tenant_id: tenantId,
    user_id: tenantId,
    progress: look.status === 'BUILD' ? look.progress : 100,
    'OS-EXT-STS:task_state': taskOf(look),
    'OS-EXT-STS:vm_state': vmStateOf(look.status),
    'OS-EXT-STS:power_state': look.status === 'ACTIVE' ? 1 : 0,
    'OS-DCF:diskConfig': look.request['OS-DCF:diskConfig'] ?? 'AUTO',
    key_name: look.request.key_name ?? null,
    image: entity(look.request.imageRef, 'images', computeUrl),
    flavor: entity(look.request.flavorRef, 'flavors', computeUrl),
    links: look.links,
    ...(look.status === 'ERROR' ? { fault: { code: 500, created: isoOf(look.updatedAt), message: faultMessage } } : {}),
    addresses: addressesOf(look),
    accessIPv4: textIn(open[0]?.addr),
    accessIPv6: '',
    hostId: '',
    config_drive: '',
    metadata: look.metadata,
  };
}

/** What Nova says of a server in ERROR. */
const faultMessage = 'No valid host was found. There are not enough hosts available.';

const taskOf = ({ deletingShown, status }: ServerLook): string | null => (deletingShown ? 'deleting' : taskStateOf(status));

/** What the core knows of a server by what Nova shows of it: what a client reads from its JSON. */
export function readServer(look: ServerLook): Server {
  const { id, name, status, createdAt, metadata, links } = look;
  const address = look.isolated.private ?? look.address; // a network of the tenant's own may have that label, too
  const marks = readServerMetadata(metadata);
  return {
    id,
    name,
    state: serverStateOf(status, taskOf(look)),
    createdAt: wholeSeconds(createdAt),
    servicenetAddress: address.startsWith('10.') ? address : '',
    groupId: marks.groupId,
    desiredLoadBalancers: marks.desiredLoadBalancers,
    marked: marks.marked,
    createToken: marks.createToken,
    ...(status === 'ERROR' ? { fault: faultMessage } : {}),
    links,
  };
}

/** What the core knows of a server, read from its Nova JSON. */
export function parseServer(json: JsonObject): Server {
  const marks = readServerMetadata(objectIn(json.metadata));
  const taskState = json['OS-EXT-STS:task_state'];
  const fault = textIn(objectIn(json.fault).message);
  return {
    id: textIn(json.id) as ServerId,
    name: textIn(json.name),
    state: serverStateOf(textIn(json.status), typeof taskState === 'string' ? taskState : null),
    createdAt: instantOf(textIn(json.created)) ?? epochMs(0),
    servicenetAddress: servicenetAddressIn(json.addresses),
    groupId: marks.groupId,
    desiredLoadBalancers: marks.desiredLoadBalancers,
    marked: marks.marked,
    createToken: marks.createToken,
    ...(fault === '' ? {} : { fault }),
    links: Array.isArray(json.links) ? json.links : [],
  };
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

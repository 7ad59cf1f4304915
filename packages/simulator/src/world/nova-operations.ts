import { type JsonObject, type JsonValue, readServerMetadata } from '@lutra/core';
import { computeLimits, flavors, images, metadataItems } from './catalogue.ts';
import { withoutPrefixes } from './compute.ts';
import type { Limits } from './effects.ts';
import type { CommitContext, Operation, Operations } from './operation.ts';
import { demandOf, overQuota, quotaResources } from './quota.ts';
import { type Refusal, refusals } from './refusal.ts';
import { linksOf } from './server-json.ts';
import type { ServerRecord } from './server-record.ts';
import type { Tenant } from './tenant.ts';

type OfServer = 'server.get' | 'server.delete' | 'server.set_metadata' | 'server.strip_metadata';
type NovaCall = OfServer | 'server.list' | 'server.create' | 'image.get' | 'flavor.get' | 'limits.get';

/** An operation on one server, which is refused when there is none of that id. */
const onServer = <N extends OfServer>(
  commit: (
    tenant: Tenant,
    server: ServerRecord,
    params: Parameters<Operation<N>['commit']>[1],
    context: CommitContext,
  ) => ReturnType<Operation<N>['commit']>,
  refuse: (server: ServerRecord, params: Parameters<Operation<N>['commit']>[1], limits: Limits) => Refusal | undefined = () => undefined,
): Operation<N> => ({
  key: ({ serverId }) => serverId,
  subject: (tenant, { serverId }) => {
    const server = tenant.compute.servers.find(serverId);
    return server === undefined ? { serverId } : { serverId, name: server.name, metadata: server.metadata };
  },
  validate: (tenant, params, limits) => {
    const server = tenant.compute.servers.find(params.serverId);
    return server === undefined ? refusals.noSuchServer(params.serverId) : refuse(server, params, limits);
  },
  commit: (tenant, params, context) => {
    const server = tenant.compute.servers.find(params.serverId);
    if (server === undefined) throw new Error(`Server ${params.serverId} was found valid and is not there.`);
    return commit(tenant, server, params, context);
  },
});

/** What Nova does (spec/providers.md, section 3). */
export const novaOperations: Operations<NovaCall> = {
  'server.list': {
    key: () => '',
    subject: (_tenant, { name }) => (name === undefined ? {} : { name }),
    validate: (tenant, { marker }) =>
      marker === undefined || tenant.compute.servers.find(marker) !== undefined
        ? undefined
        : refusals.badRequest(`marker [${marker}] not found`),
    commit: ({ compute }, { limit = Number.POSITIVE_INFINITY, marker, name }, { now, effects: { view } }) => {
      const page =
        name === undefined
          ? compute.list(view, limit, marker)
          : compute
              .list(view, Number.POSITIVE_INFINITY, marker)
              .filter((look) => look.name === name)
              .slice(0, limit);
      // A page that is exactly full has a next one, empty or not: as in the real one.
      return {
        servers: page.map((look) => compute.show(look)),
        next: page.length >= limit ? page.at(-1)?.id : undefined,
        cloudNow: now,
      };
    },
    tellParams: ({ limit, marker, name }) => ({
      ...(limit === undefined ? {} : { limit }),
      ...(marker === undefined ? {} : { marker }),
      ...(name === undefined ? {} : { name }),
    }),
    tellValue: ({ servers }) => ({ servers: servers.length }),
  },
  'server.create': {
    key: ({ server }) => String(server.name ?? ''),
    subject: (_tenant, { server }) => ({ name: String(server.name ?? ''), metadata: objectOrNothing(server.metadata) ?? {} }),
    validate: (tenant, { server }, limits) => whyNotCreated(server, limits) ?? whyTooMuch(tenant, server, limits),
    commit: ({ id: tenantId, compute }, { server }, { effects, computeUrl, random }) => {
      const record = compute.create(server, effects.fate, 'caller');
      const adminPass = random.fork(`password/${tenantId}/${record.serial}`).uuid().slice(0, 12);
      return { id: record.id, links: linksOf(computeUrl, tenantId, record.id), adminPass };
    },
    tellParams: ({ server }) => {
      const metadata = objectOrNothing(server.metadata) ?? {};
      return { group: readServerMetadata(metadata).groupId ?? null, image: server.imageRef ?? null, flavor: server.flavorRef ?? null };
    },
    tellValue: ({ id }) => ({ id }),
  },
  'server.get': {
    ...onServer<'server.get'>(({ compute }, server) => compute.show(server)),
    tellValue: (json) => ({ status: json.status ?? null, task: json['OS-EXT-STS:task_state'] ?? null }),
  },
  'server.delete': onServer<'server.delete'>(({ compute }, server, _params, { effects }) => {
    compute.delete(server, 'caller', effects.deletion);
    return null;
  }),
  'server.set_metadata': {
    ...onServer<'server.set_metadata'>(
      ({ compute }, server, { key, value }) => {
        compute.setMetadata(server, { ...server.metadata, [key]: value }, 'caller');
        return null;
      },
      ({ metadata }, { key }, { metadataItems: most = metadataItems }) =>
        !(key in metadata) && Object.keys(metadata).length >= most ? refusals.tooMuchMetadata(most, 'metadata-limit') : undefined,
    ),
    tellParams: ({ key, value }) => ({ [key]: value }),
  },
  'server.strip_metadata': onServer<'server.strip_metadata'>(({ compute }, server, { prefixes }) => {
    compute.setMetadata(server, withoutPrefixes(server.metadata, prefixes), 'caller');
    return null;
  }),
  'image.get': {
    key: ({ id }) => id,
    validate: (_tenant, { id }) => (images.has(id) ? undefined : refusals.noSuchImage()),
    commit: (_tenant, { id }) => images.get(id) ?? { id, status: 'DELETED' },
    tellValue: ({ status }) => ({ status }),
  },
  'flavor.get': {
    key: ({ id }) => id,
    validate: (_tenant, { id }) => (flavors.has(id) ? undefined : refusals.noSuchFlavor()),
    commit: (_tenant, { id }) => ({ id }),
  },
  'limits.get': { key: () => '', validate: () => undefined, commit: () => computeLimits },
};

function whyNotCreated(server: JsonObject, { metadataItems: most = metadataItems }: Limits): Refusal | undefined {
  const { name, imageRef, flavorRef } = server;
  if (typeof name !== 'string' || name.trim() === '') return refusals.badServerRequest('Server name is not defined');
  const bootsFromVolume = server.block_device_mapping !== undefined || server.block_device_mapping_v2 !== undefined;
  if (typeof imageRef !== 'string' || imageRef === '') {
    if (!bootsFromVolume) return refusals.badServerRequest('Missing imageRef attribute');
  } else if (!images.has(imageRef)) return refusals.badServerRequest('Can not find requested image');
  else if (images.get(imageRef)?.status !== 'ACTIVE') return refusals.badServerRequest(`Image ${imageRef} is not active.`);
  if (typeof flavorRef !== 'string' || !flavors.has(flavorRef)) return refusals.badServerRequest('Invalid flavorRef provided.');
  if (server.metadata === undefined) return undefined;
  const metadata = objectOrNothing(server.metadata);
  if (metadata === undefined || Object.values(metadata).some((value) => typeof value !== 'string')) {
    return refusals.badServerRequest('Malformed metadata: items are strings');
  }
  return Object.keys(metadata).length > most ? refusals.tooMuchMetadata(most, 'unexpected-refusal') : undefined;
}

/** Quotas are looked at last, when the request itself is good. */
function whyTooMuch({ compute }: Tenant, { flavorRef }: JsonObject, { quota = {}, used }: Limits): Refusal | undefined {
  const flavor = flavors.get(String(flavorRef));
  if (flavor === undefined) return undefined;
  const lowest = Object.fromEntries(quotaResources.map((resource) => [resource, quota[resource] ?? compute.quota[resource]]));
  const message = overQuota(lowest, { ...compute.used, ...used }, demandOf(flavor));
  return message === undefined ? undefined : refusals.overQuota(message);
}

const objectOrNothing = (value: JsonValue | undefined): JsonObject | undefined =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : undefined;

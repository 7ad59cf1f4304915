import { readServerMetadata } from '@lutra/core';
import { computeLimits, flavors, metadataItems } from './catalogue.ts';
import { objectOf, wordsOf } from './json-values.ts';
import { limitsOf } from './nova-more-operations.ts';
import { onServer } from './on-server.ts';
import type { Operations } from './operation.ts';
import { refusals } from './refusal.ts';
import { pageOf } from './server-listing.ts';
import { withoutPrefixes } from './server-metadata.ts';
import { whyNotCreated, whyNotMarked, whyTooMuch } from './server-validation.ts';

type NovaCall =
  | 'server.list'
  | 'server.create'
  | 'server.get'
  | 'server.delete'
  | 'server.set_metadata'
  | 'server.strip_metadata'
  | 'image.get'
  | 'flavor.get'
  | 'limits.get';

/** What Nova does (spec/providers.md, section 3). */
export const novaOperations: Operations<NovaCall> = {
  'server.list': {
    key: () => '',
    subject: (_tenant, { name }) => (name === undefined ? {} : { name }),
    validate: ({ compute }, { marker, filter }) => {
      const gone = filter?.changesSince === undefined ? [] : compute.departed();
      return marker === undefined || compute.servers.find(marker) !== undefined || gone.some(({ look }) => look.id === marker)
        ? undefined
        : refusals.badRequest(`marker [${marker}] not found`);
    },
    commit: ({ compute }, request, { now, effects: { view } }) => {
      const page = pageOf(compute, view, request);
      // A page that is exactly full has a next one, empty or not: as in the real one.
      return {
        servers: page,
        next: page.length >= (request.limit ?? Number.POSITIVE_INFINITY) ? page.at(-1)?.id : undefined,
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
    key: ({ server }) => wordsOf(server.name ?? ''),
    subject: (_tenant, { server }) => ({ name: wordsOf(server.name ?? ''), metadata: objectOf(server.metadata) ?? {} }),
    validate: (tenant, { server }, limits) => whyNotCreated(tenant, server, limits) ?? whyTooMuch(tenant, server, limits),
    commit: ({ id: tenantId, compute }, { server }, { effects, random }) => {
      const record = compute.create(server, effects.fate, 'caller');
      const adminPass = random.fork(`password/${tenantId}/${record.serial}`).uuid().slice(0, 12);
      return { id: record.id, links: record.links, adminPass };
    },
    tellParams: ({ server }) => {
      const metadata = objectOf(server.metadata) ?? {};
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
      (server, { key }, _tenant, { metadataItems: most = metadataItems }) => {
        const isOneMore = !Object.hasOwn(server.metadata, key) && Object.keys(server.metadata).length >= most;
        return whyNotMarked(server) ?? (isOneMore ? refusals.tooMuchMetadata(most, 'metadata-limit') : undefined);
      },
    ),
    tellParams: ({ key, value }) => ({ [key]: value }),
  },
  'server.strip_metadata': onServer<'server.strip_metadata'>(
    ({ compute }, server, { prefixes }) => {
      compute.setMetadata(server, withoutPrefixes(server.metadata, prefixes), 'caller');
      return null;
    },
    (server) => whyNotMarked(server),
  ),
  'image.get': {
    key: ({ id }) => id,
    validate: ({ belongings }, { id }) => (belongings.image(id) === undefined ? refusals.noSuchImage() : undefined),
    commit: ({ belongings }, { id }) => {
      const image = belongings.image(id);
      if (image === undefined) throw new Error(`Image ${id} was found valid and is not there.`);
      return image;
    },
    tellValue: ({ status }) => ({ status }),
  },
  'flavor.get': {
    key: ({ id }) => id,
    validate: (_tenant, { id }) => (flavors.has(id) ? undefined : refusals.noSuchFlavor()),
    commit: (_tenant, { id }) => {
      const flavor = flavors.get(id);
      if (flavor === undefined) throw new Error(`Flavor ${id} was found valid and is not there.`);
      return { id, ...flavor };
    },
  },
  'limits.get': { key: () => '', validate: () => undefined, commit: (tenant) => ({ ...computeLimits, ...limitsOf(tenant) }) },
};

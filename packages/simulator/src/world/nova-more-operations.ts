import type { JsonObject } from '@lutra/core';
import { flavors, longestName, saidQuota } from './catalogue.ts';
import type { NovaCalls } from './nova-calls.ts';
import { onServer } from './on-server.ts';
import type { Operations } from './operation.ts';
import { refusals } from './refusal.ts';
import { act, whyNotActed } from './server-actions.ts';
import { addressesOf } from './server-json.ts';
import { whyBadMetadata, whyNotMarked } from './server-validation.ts';
import type { Tenant } from './tenant.ts';

/** Characters of a public key. */
const longestKey = 16_384;

const strings = (metadata: JsonObject) => metadata as Readonly<Record<string, string>>;
const keyless = { key: () => '', validate: () => undefined };
const full = (tenant: Tenant, what: string) =>
  tenant.belongings.full ? refusals.overQuota(`Quota exceeded, too many ${what}.`) : undefined;
function found<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('What was found valid is not there.');
  return thing;
}

/** What else Nova and the image service do: actions, metadata, images, flavors, keys, networks. */
export const novaMoreOperations: Operations<keyof NovaCalls> = {
  'server.update': onServer<'server.update'>(
    ({ compute }, server, { name }) => {
      compute.rename(server, name);
      return compute.show(server);
    },
    (_server, { name }) => {
      if (name.trim() === '') return refusals.badRequest('Server name is an empty string');
      return name.length > longestName ? refusals.badRequest(`Server name has more than ${longestName} characters`) : undefined;
    },
  ),
  'server.act': {
    ...onServer<'server.act'>(
      (tenant, server, { action, details }, { random }) =>
        act(tenant, server, action, details, () =>
          random.fork(`password/${tenant.id}/${server.serial}/${server.acted}`).uuid().slice(0, 12),
        ),
      (server, { action, details }, tenant) => whyNotActed(tenant, server, action, details),
    ),
    tellParams: ({ action }) => ({ action }),
  },
  'server.get_addresses': onServer<'server.get_addresses'>((_tenant, server) => addressesOf(server)),
  'server.get_metadata': onServer<'server.get_metadata'>((_tenant, { metadata }) => metadata),
  'server.replace_metadata': onServer<'server.replace_metadata'>(
    ({ compute }, server, { metadata }) => {
      compute.setMetadata(server, strings(metadata), 'caller');
      return server.metadata;
    },
    (server, { metadata }) => whyNotMarked(server) ?? whyBadMetadata(metadata, 0),
  ),
  'server.update_metadata': onServer<'server.update_metadata'>(
    ({ compute }, server, { metadata }) => {
      compute.setMetadata(server, { ...server.metadata, ...strings(metadata) }, 'caller');
      return server.metadata;
    },
    (server, { metadata }) =>
      whyNotMarked(server) ?? whyBadMetadata(metadata, Object.keys(server.metadata).filter((key) => !Object.hasOwn(metadata, key)).length),
  ),
  'server.delete_metadata': onServer<'server.delete_metadata'>(
    ({ compute }, server, { key }) => {
      const { [key]: _, ...rest } = server.metadata;
      compute.setMetadata(server, rest, 'caller');
      return null;
    },
    (server, { key }) =>
      whyNotMarked(server, 'delete metadata') ?? (Object.hasOwn(server.metadata, key) ? undefined : refusals.noSuch('Metadata item')),
  ),
  'image.list': { ...keyless, commit: ({ belongings }) => belongings.images() },
  'image.delete': {
    key: ({ id }) => id,
    validate: ({ belongings }, { id }) => {
      if (belongings.image(id) === undefined) return refusals.noSuchImage();
      return belongings.owns(id) ? undefined : refusals.notAuthorised('nova');
    },
    commit: ({ belongings }, { id }) => {
      belongings.removeImage(id);
      return null;
    },
  },
  'flavor.list': { ...keyless, commit: () => [...flavors].map(([id, flavor]) => ({ id, ...flavor })) },
  'keypair.list': { ...keyless, commit: ({ belongings }) => belongings.keypairs() },
  'keypair.get': {
    key: ({ name }) => name,
    validate: ({ belongings }, { name }) => (belongings.keypair(name) === undefined ? refusals.noSuch(`Keypair ${name}`) : undefined),
    commit: ({ belongings }, { name }) => found(belongings.keypair(name)),
  },
  'keypair.create': {
    key: ({ name }) => name,
    validate: (tenant, { name, publicKey }) => {
      if ((publicKey ?? '').length > longestKey) return refusals.badRequest(`Keypair data is invalid: more than ${longestKey} characters`);
      if (!/^[\w @.-]{1,255}$/.test(name)) return refusals.badRequest('Keypair data is invalid: Keypair name contains unsafe characters');
      return tenant.belongings.keypair(name) === undefined ? full(tenant, 'key pairs') : refusals.keypairExists(name);
    },
    commit: ({ belongings }, { name, publicKey }) => belongings.makeKeypair(name, publicKey),
  },
  'keypair.delete': {
    key: ({ name }) => name,
    validate: ({ belongings }, { name }) => (belongings.keypair(name) === undefined ? refusals.noSuch(`Keypair ${name}`) : undefined),
    commit: ({ belongings }, { name }) => {
      belongings.removeKeypair(name);
      return null;
    },
  },
  'network.list': {
    ...keyless,
    commit: ({ belongings, pools }) => {
      pools.furnish(); // the network that comes with RackConnect
      return belongings.networks();
    },
  },
  'network.get': {
    key: ({ id }) => id,
    validate: ({ belongings }, { id }) => (belongings.network(id) === undefined ? refusals.noSuch(`Network ${id}`) : undefined),
    commit: ({ belongings }, { id }) => found(belongings.network(id)),
  },
  'network.create': {
    key: ({ label }) => label,
    validate: (tenant, { label, cidr }) =>
      label.length > longestName || cidr.length > longestName
        ? refusals.badRequest(`label and cidr have at most ${longestName} characters`)
        : full(tenant, 'networks'),
    commit: ({ belongings }, { label, cidr }) => belongings.makeNetwork(label, cidr),
  },
  'glance_image.list': { ...keyless, commit: ({ belongings }) => belongings.images() },
  'glance_image.get': {
    key: ({ id }) => id,
    validate: ({ belongings }, { id }) => (belongings.image(id) === undefined ? refusals.noSuchImage() : undefined),
    commit: ({ belongings }, { id }) => found(belongings.image(id)),
  },
};

/** What the limits of an account say, beside what it uses. */
export const limitsOf = ({ compute: { quota, used } }: Tenant) => ({
  maxInstances: quota.instances ?? saidQuota.instances,
  maxCores: quota.cores ?? saidQuota.cores,
  maxRam: quota.ram ?? saidQuota.ram,
  usedInstances: used.instances,
  usedCores: used.cores,
  usedRam: used.ram,
});

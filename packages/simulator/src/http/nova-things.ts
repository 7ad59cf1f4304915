import type { JsonObject } from '@lutra/core';
import { isoOf } from '../world/iso-time.ts';
import { objectOf, segment, textOf } from '../world/json-values.ts';
import type { FlavorRecord, ImageRecord, Keypair, LimitsRecord, NetworkRecord } from '../world/nova-calls.ts';
import { refusals } from '../world/refusal.ts';
import { ask, type HttpRequest, jsonIn, param, type Route, refuse, tenantOf } from './request.ts';

/** Links to a thing of the tenant's Nova. */
const linksTo = (request: HttpRequest, kind: string, id: string) => {
  const place = `${segment(tenantOf(request))}/${kind}/${segment(id)}`;
  return [
    { rel: 'self', href: `${request.origin}/v2/${place}` },
    { rel: 'bookmark', href: `${request.origin}/${place}` },
  ];
};
const imageJson = (request: HttpRequest, { id, name, status, minDisk, minRam, createdAt, server }: ImageRecord): JsonObject => ({
  id,
  name,
  status,
  progress: status === 'ACTIVE' ? 100 : 50,
  minDisk,
  minRam,
  'OS-EXT-IMG-SIZE:size': 1_000_000_000,
  'OS-DCF:diskConfig': 'AUTO',
  created: isoOf(createdAt),
  updated: isoOf(createdAt),
  metadata: { image_type: server === undefined ? 'base' : 'snapshot', os_type: 'linux' },
  ...(server === undefined ? {} : { server: { id: server, links: linksTo(request, 'servers', server) } }),
  links: linksTo(request, 'images', id),
});
const flavorJson = (request: HttpRequest, { id, name, ram, cores, disk }: FlavorRecord): JsonObject => ({
  id,
  name,
  ram,
  disk,
  vcpus: cores,
  swap: 0,
  rxtx_factor: cores * 100,
  'OS-FLV-EXT-DATA:ephemeral': 0,
  'OS-FLV-WITH-EXT-SPECS:extra_specs': {},
  'OS-FLV-DISABLED:disabled': false,
  'os-flavor-access:is_public': true,
  links: linksTo(request, 'flavors', id),
});
const brief = ({ id = '', name = '', links = [] }: JsonObject): JsonObject => ({ id, name, links });
const keypairJson = ({ name, publicKey, fingerprint }: Keypair): JsonObject => ({ name, public_key: publicKey, fingerprint });
const networkJson = ({ id, label, cidr }: NetworkRecord): JsonObject => ({ id, label, cidr });

const limitsJson = (limits: LimitsRecord): JsonObject => ({
  limits: {
    rate: [
      {
        uri: '*',
        regex: '.*',
        limit: [
          { verb: 'GET', value: 1500, remaining: 1500, unit: 'MINUTE', 'next-available': '1970-01-01T00:00:00Z' },
          { verb: 'POST', value: 150, remaining: 150, unit: 'MINUTE', 'next-available': '1970-01-01T00:00:00Z' },
        ],
      },
    ],
    absolute: {
      maxPersonality: limits.maxPersonality,
      maxPersonalitySize: limits.maxPersonalitySize,
      maxServerMeta: 40,
      maxImageMeta: 40,
      maxTotalInstances: limits.maxInstances,
      maxTotalCores: limits.maxCores,
      maxTotalRAMSize: limits.maxRam,
      maxTotalKeypairs: 1000,
      maxTotalPrivateNetworks: 10,
      totalInstancesUsed: limits.usedInstances,
      totalCoresUsed: limits.usedCores,
      totalRAMUsed: limits.usedRam,
      totalPrivateNetworksUsed: 0,
    },
  },
});

/** Images, flavors, limits, keys and networks, as Nova has them. */
export function novaThingsRoutes(prefix: string): readonly Route[] {
  const at = `${prefix}/:tenant`;
  const listImages =
    (detailed: boolean): Route['answer'] =>
    (request) => {
      const { query } = request;
      const [name, status] = [query.get('name'), query.get('status')?.toUpperCase()];
      return ask(request, 'image.list', {}, (images) => {
        const found = images.filter((image) => (name === null || image.name === name) && (status === undefined || image.status === status));
        const shown = found.map((image) => imageJson(request, image));
        return { status: 200, body: { images: detailed ? shown : shown.map(brief) } };
      });
    };
  const listFlavors =
    (detailed: boolean): Route['answer'] =>
    (request) =>
      ask(request, 'flavor.list', {}, (flavors) => {
        const shown = flavors.map((flavor) => flavorJson(request, flavor));
        return { status: 200, body: { flavors: detailed ? shown : shown.map(brief) } };
      });
  return [
    { on: `GET ${at}/images`, answer: listImages(false) },
    { on: `GET ${at}/images/detail`, answer: listImages(true) },
    {
      on: `GET ${at}/images/:image`,
      answer: (request) =>
        ask(request, 'image.get', { id: param(request.params, 'image') }, (image) => ({
          status: 200,
          body: { image: imageJson(request, image) },
        })),
    },
    {
      on: `DELETE ${at}/images/:image`,
      answer: (request) => ask(request, 'image.delete', { id: param(request.params, 'image') }, () => ({ status: 204 })),
    },
    { on: `GET ${at}/flavors`, answer: listFlavors(false) },
    { on: `GET ${at}/flavors/detail`, answer: listFlavors(true) },
    {
      on: `GET ${at}/flavors/:flavor`,
      answer: (request) =>
        ask(request, 'flavor.get', { id: param(request.params, 'flavor') }, (flavor) => ({
          status: 200,
          body: { flavor: flavorJson(request, flavor) },
        })),
    },
    {
      on: `GET ${at}/flavors/:flavor/os-extra_specs`,
      answer: (request) =>
        ask(request, 'flavor.get', { id: param(request.params, 'flavor') }, () => ({ status: 200, body: { extra_specs: {} } })),
    },
    {
      on: `GET ${at}/limits`,
      answer: (request) => ask(request, 'limits.get', {}, (limits) => ({ status: 200, body: limitsJson(limits) })),
    },
    {
      on: `GET ${at}/os-keypairs`,
      answer: (request) =>
        ask(request, 'keypair.list', {}, (keypairs) => ({
          status: 200,
          body: { keypairs: keypairs.map((keypair) => ({ keypair: keypairJson(keypair) })) },
        })),
    },
    {
      on: `POST ${at}/os-keypairs`,
      answer: (request) => {
        const keypair = objectOf(jsonIn(request)?.keypair);
        const name = textOf(keypair?.name);
        if (name === undefined) {
          return refuse(request, 'keypair.create', { name: '', publicKey: undefined }, refusals.badRequest('Keypair name is missing.'));
        }
        return ask(request, 'keypair.create', { name, publicKey: textOf(keypair?.public_key) }, ({ privateKey, ...made }) => ({
          status: 200,
          body: { keypair: { ...keypairJson(made), ...(privateKey === undefined ? {} : { private_key: privateKey }), user_id: '' } },
        }));
      },
    },
    {
      on: `GET ${at}/os-keypairs/:keypair`,
      answer: (request) =>
        ask(request, 'keypair.get', { name: param(request.params, 'keypair') }, (keypair) => ({
          status: 200,
          body: { keypair: keypairJson(keypair) },
        })),
    },
    {
      on: `DELETE ${at}/os-keypairs/:keypair`,
      answer: (request) => ask(request, 'keypair.delete', { name: param(request.params, 'keypair') }, () => ({ status: 202 })),
    },
    ...['os-networksv2', 'os-networks'].flatMap((name): readonly Route[] => [
      {
        on: `GET ${at}/${name}`,
        answer: (request) =>
          ask(request, 'network.list', {}, (networks) => ({ status: 200, body: { networks: networks.map(networkJson) } })),
      },
      {
        on: `POST ${at}/${name}`,
        answer: (request) => {
          const network = objectOf(jsonIn(request)?.network);
          const [label, cidr] = [textOf(network?.label), textOf(network?.cidr)];
          if (label === undefined || cidr === undefined) {
            return refuse(request, 'network.create', { label: '', cidr: '' }, refusals.badRequest('A network needs a label and a cidr.'));
          }
          return ask(request, 'network.create', { label, cidr }, (made) => ({ status: 200, body: { network: networkJson(made) } }));
        },
      },
      {
        on: `GET ${at}/${name}/:network`,
        answer: (request) =>
          ask(request, 'network.get', { id: param(request.params, 'network') }, (network) => ({
            status: 200,
            body: { network: networkJson(network) },
          })),
      },
    ]),
    // Clients ask which extensions there are before they use any; those that there are answer to their own paths.
    { on: `GET ${at}/extensions`, answer: (request) => ask(request, 'limits.get', {}, () => ({ status: 200, body: { extensions: [] } })) },
  ];
}

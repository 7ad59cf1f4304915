import type { JsonObject } from '@lutra/core';
import type { HttpRequest, Route } from './request.ts';

/** One version of an API, as OpenStack's version documents show it. */
function version(id: string, status: string, href: string, type: string, more: JsonObject = {}): JsonObject {
  return {
    id,
    status,
    updated: '2013-07-23T11:33:21Z',
    links: [{ rel: 'self', href }],
    'media-types': [{ base: 'application/json', type: `application/vnd.openstack.${type}+json` }],
    ...more,
  };
}

const identityVersions = (base: string): readonly JsonObject[] => [
  version('v3.14', 'stable', `${base}/v3/`, 'identity-v3'),
  version('v2.0', 'stable', `${base}/v2.0/`, 'identity-v2.0'),
];
const computeV2 = (origin: string): JsonObject =>
  version('v2.0', 'SUPPORTED', `${origin}/v2/`, 'compute', { version: '', min_version: '' });
const computeV21 = (origin: string): JsonObject =>
  version('v2.1', 'CURRENT', `${origin}/v2.1/`, 'compute', { version: '2.1', min_version: '2.1' });
const imageV2 = (origin: string): JsonObject => version('v2.9', 'CURRENT', `${origin}/image/v2/`, 'image');

/** Where identity is found: at the root, as Keystone has it, and under /identity. */
export const identityPrefixes = ['', '/identity'] as const;

const identity = identityPrefixes.flatMap((prefix): readonly Route[] => {
  const base = ({ origin }: HttpRequest): string => `${origin}${prefix}`;
  return [
    { on: `GET ${prefix}/`, answer: (request) => ({ status: 300, body: { versions: { values: [...identityVersions(base(request))] } } }) },
    { on: `GET ${prefix}/v3`, answer: (request) => ({ status: 200, body: { version: identityVersions(base(request))[0] ?? null } }) },
    { on: `GET ${prefix}/v2.0`, answer: (request) => ({ status: 200, body: { version: identityVersions(base(request))[1] ?? null } }) },
  ];
});

/** Version documents: how clients find out what there is. */
export const versionRoutes: readonly Route[] = [
  ...identity,
  { on: 'GET /v2', answer: ({ origin }) => ({ status: 200, body: { version: computeV2(origin) } }) },
  { on: 'GET /v2.1', answer: ({ origin }) => ({ status: 200, body: { version: computeV21(origin) } }) },
  { on: 'GET /image', answer: ({ origin }) => ({ status: 300, body: { versions: [imageV2(origin)] } }) },
  { on: 'GET /image/v2', answer: ({ origin }) => ({ status: 200, body: { version: imageV2(origin) } }) },
];

import type { JsonObject, TenantId } from '@lutra/core';
import type { ValueOf } from '../world/calls.ts';
import { isoOf } from '../world/iso-time.ts';
import type { ImageRecord } from '../world/nova-calls.ts';
import { type HttpAnswer, refused } from './answer.ts';
import { askAs, type HttpRequest, param, type Route } from './request.ts';

const imageJson = ({ id, name, status, minDisk, minRam, createdAt, server }: ImageRecord): JsonObject => ({
  id,
  name,
  status: status.toLowerCase(),
  visibility: server === undefined ? 'public' : 'private',
  protected: server === undefined,
  min_disk: minDisk,
  min_ram: minRam,
  size: 1_000_000_000,
  disk_format: 'vhd',
  container_format: 'ovf',
  created_at: isoOf(createdAt),
  updated_at: isoOf(createdAt),
  tags: [],
  self: `/v2/images/${id}`,
  file: `/v2/images/${id}/file`,
  schema: '/v2/schemas/image',
});

/** The tenant of the path, or of the token. */
const tenantFor = ({ params, world, caller }: HttpRequest): TenantId =>
  (params.tenant ?? world.identity.token(caller.token ?? '')?.tenantId ?? '') as TenantId;

const list: Route['answer'] = (request) => {
  const { query } = request;
  const [name, status] = [query.get('name'), query.get('status')?.toLowerCase()];
  const done = (images: ValueOf<'glance_image.list'>): HttpAnswer => {
    const shown = images.map(imageJson);
    const found = shown.filter((image) => (name === null || image.name === name) && (status === undefined || image.status === status));
    return { status: 200, body: { images: found, first: '/v2/images', schema: '/v2/schemas/images' } };
  };
  return askAs(request, tenantFor(request), 'glance_image.list', {}, done, refused);
};
const show: Route['answer'] = (request) => {
  const done = (image: ValueOf<'glance_image.get'>): HttpAnswer => ({ status: 200, body: imageJson(image) });
  return askAs(request, tenantFor(request), 'glance_image.get', { id: param(request.params, 'image') }, done, refused);
};

/** Glance v2: read only. Clients put `v2/images` behind whatever the catalog says, so all of these are the same. */
export const glanceRoutes: readonly Route[] = ['/image/v2', '/image/v2/:tenant', '/image/v2/:tenant/v2'].flatMap((prefix) => [
  { on: `GET ${prefix}/images`, answer: list },
  { on: `GET ${prefix}/images/:image`, answer: show },
]);

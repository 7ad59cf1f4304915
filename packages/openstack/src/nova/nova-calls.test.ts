import type { ServerId } from '@lutra/core';
import { describe, expect, it } from 'vitest';
import { findServersAt, findServersNamed, listMoreServers, listServers, novaRequest, strippedMetadata } from './nova-calls.ts';

const serverId = 's/1' as ServerId;
const queryOf = (query: string | undefined): object => Object.fromEntries(new URLSearchParams(query));

describe('novaRequest', () => {
  it('lists servers with details, page by page (providers 3.1)', () => {
    expect(novaRequest(listServers(1000))).toEqual({ service: 'compute', method: 'GET', path: '/servers/detail', query: 'limit=1000' });
    expect(novaRequest(listMoreServers('limit=100&marker=s1'))).toMatchObject({ path: '/servers/detail', query: 'limit=100&marker=s1' });
    expect(novaRequest(listMoreServers(''))).not.toHaveProperty('query');
  });
  it('looks for a name and an address as they are, though Nova takes patterns', () => {
    expect(queryOf(novaRequest(findServersNamed('web+1.a (x)')).query)).toEqual({ name: '^web\\+1\\.a \\(x\\)$' });
    expect(queryOf(novaRequest(findServersAt('10.1.0.5')).query)).toEqual({ ip: '^10\\.1\\.0\\.5$' });
  });
  it('creates with the whole server, and no microversion (providers 3.2; openstack N11)', () => {
    const server = { name: 'web', imageRef: 'i1', flavorRef: '2', metadata: { 'rax:autoscale:group:id': 'g1', 'lutra:create-token': 't' } };
    expect(novaRequest({ op: 'server.create', request: { server } })).toEqual({
      service: 'compute',
      method: 'POST',
      path: '/servers',
      body: { server },
    });
  });
  it('encodes the parts of a path', () => {
    expect(novaRequest({ op: 'server.get', serverId })).toEqual({ service: 'compute', method: 'GET', path: '/servers/s%2F1' });
    expect(novaRequest({ op: 'server.delete', serverId })).toEqual({ service: 'compute', method: 'DELETE', path: '/servers/s%2F1' });
    expect(novaRequest({ op: 'image.get', id: 'a b' })).toMatchObject({ method: 'GET', path: '/images/a%20b' });
    expect(novaRequest({ op: 'flavor.get', id: '2?' })).toMatchObject({ method: 'GET', path: '/flavors/2%3F' });
    expect(novaRequest({ op: 'glance_image.get', id: 'i1' })).toEqual({ service: 'image', method: 'GET', path: '/v2/images/i1' });
    expect(novaRequest({ op: 'limits.get' })).toEqual({ service: 'compute', method: 'GET', path: '/limits' });
  });
  it('marks a server with one item (providers 3.5)', () => {
    const call = { op: 'server.set_metadata', serverId, key: 'rax:autoscale:server:state', value: 'DRAINING' } as const;
    expect(novaRequest(call)).toEqual({
      service: 'compute',
      method: 'PUT',
      path: '/servers/s%2F1/metadata/rax%3Aautoscale%3Aserver%3Astate',
      body: { meta: { 'rax:autoscale:server:state': 'DRAINING' } },
    });
    expect(JSON.stringify(novaRequest({ ...call, key: '__proto__' }).body)).toBe('{"meta":{"__proto__":"DRAINING"}}');
  });
  it('reads and replaces all metadata (providers 3.6)', () => {
    expect(novaRequest({ op: 'server.get_metadata', serverId })).toMatchObject({ method: 'GET', path: '/servers/s%2F1/metadata' });
    expect(novaRequest({ op: 'server.replace_metadata', serverId, metadata: { a: '1' } })).toMatchObject({
      method: 'PUT',
      path: '/servers/s%2F1/metadata',
      body: { metadata: { a: '1' } },
    });
  });
});

describe('strippedMetadata', () => {
  it('leaves out the items of the prefixes', () => {
    const metadata = { 'rax:autoscale:group:id': 'g1', 'rax:auto_scaling_group_id': 'g1', 'lutra:create-token': 't', mine: 'x', rax: 'y' };
    expect(strippedMetadata(metadata, ['rax:autoscale:', 'rax:auto_scaling', 'lutra:'])).toEqual({ mine: 'x', rax: 'y' });
  });
});
